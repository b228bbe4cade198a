/** C. A chain with its proof: the signed packets of every hop, each of which the next one must follow from. */
import { ana, mallory, planner, registry, researcher, root, row, rows, writer } from "../cast.mjs";
import { agent, at, json, packet, pemOf, proven, revocationKeys, signed } from "../wire.mjs";

const wide = { permissions: { allowed_actions: ["read", "summarize"], max_tool_calls: 5 }, risk_level: null, ttl_seconds: null };
const tight = { max_runtime_seconds: 60, data_boundary: "eu", requires_human_review: false };

/** The root hands on to the writer, the writer to the planner, the planner to the receiver. */
const first = (more = {}, signer = root, form) => signed(packet(root, writer, { packet_id: "pk-root", nonce: "n-root", expires_at: at(1200), ...wide, ...more }), signer, form);
const second = (more = {}, signer = writer, form) => signed(packet(writer, planner, { packet_id: "pk-writer", nonce: "n-writer", expires_at: at(1000), ...wide, ...more }), signer, form);
const last = (more = {}, signer = planner, form) => signed(packet(planner, researcher, { packet_id: "pk-planner", nonce: "n-planner", ...more }), signer, form);

const genuine = proven([first(), second(), last()]);
const along = (packets, chain) => proven(packets, [], { chain });
const chainOf = (packet_ids, agents) => ({ packet_ids, agents, hops: [] });
const ids = ["pk-root", "pk-writer", "pk-planner"];
const agents = [root.id, writer.id, planner.id];
const TWIN = { twin: { send: genuine } };
const OF_FIRST = { step: { field: "/proof/packets/0" }, ...TWIN };
const OF_SECOND = { step: { field: "/proof/packets/1" }, ...TWIN };

/** As many hops as asked for, by agents of their own, each of whom the receiver knows. */
const relays = Array.from({ length: 12 }, (_, n) => agent(100 + n));
const many = { registry: registry(Object.fromEntries(relays.map((relay) => [relay.id, relay.pem]))) };
const line = (count) =>
  proven(
    relays.slice(0, count).map((from, n) => {
      const to = n === count - 1 ? researcher : relays[n + 1];
      return signed(packet(from, to, { packet_id: `pk-${n}`, nonce: `n-${n}` }), from);
    }),
  );

/** One packet changed in one character of its text, after it was signed. */
const tampered = (packed) => ({ ...packed, intent: `${packed.intent}!` });

export default [
  { id: "C02", title: "a chain whose every hop is proven is accepted, by a strict gate too", gate: { strict: true }, attack: [{ send: genuine, code: null }] },
  {
    id: "C02",
    title: "hops in either form prove each other",
    attack: [
      { send: proven([first({}, root, "0.3.3"), second(), last()]), code: null, form: "0.4.0" },
      { send: proven([first(), second({}, writer, "0.3.3"), last({ nonce: "n-2" }, planner, "0.3.3")]), code: null, form: "0.3.3" },
    ],
  },
  row("C01", "a strict gate admits no hop beyond the proven ones, as stated by depth", proven([first(), second(), last({ provenance: { origin_workflow: null, delegation_depth: 4 } })]), "chain_unproven", {
    gate: { strict: true },
    step: { field: "/chain" },
    twin: { send: proven([first(), second(), last({ provenance: { origin_workflow: null, delegation_depth: 3 } })]) },
  }),
  row("C01", "a strict gate admits no chain beside a proof of nothing", along([last()], chainOf(["pk-writer", "pk-planner"], [writer.id, planner.id])), "chain_mismatch", {
    gate: { strict: true },
    step: { field: "/chain/packet_ids" },
    ...TWIN,
  }),
  row("C01", "a proven chain is no longer than others may be", line(6), "depth_exceeded", { gate: many, twin: { send: line(5) } }),
  row("C01", "a proof of more packets than the chain lists is as deep as it is", proven([first(), second(), last()], [], { chain: chainOf(["pk-planner"], [planner.id]) }), "depth_exceeded", {
    gate: { max_depth: 2 },
    twin: { send: genuine, gate: { max_depth: 3 } },
  }),
  ...rows(
    "C02",
    "a chain that lists other packets than are proven is refused",
    {
      "an id of another": along([first(), second(), last()], chainOf(["pk-other", "pk-writer", "pk-planner"], agents)),
      "in another order": along([first(), second(), last()], chainOf(["pk-writer", "pk-root", "pk-planner"], agents)),
      "one more than is proven": along([first(), second(), last()], chainOf(["pk-0", ...ids], [mallory.id, ...agents])),
      "one fewer than is proven": along([first(), second(), last()], chainOf(ids.slice(1), agents.slice(1))),
      "a proven packet left out": along([second(), last()], chainOf(ids, agents)),
      "proven packets exchanged": along([second(), first(), last()], chainOf(ids, agents)),
      "a packet proven twice": along([first(), first(), second(), last()], chainOf(ids, agents)),
    },
    "chain_mismatch",
    { step: { field: "/chain/packet_ids" }, ...TWIN },
  ),
  ...rows(
    "C02",
    "a chain that lists other agents than are proven is refused",
    {
      "another first one": along([first(), second(), last()], chainOf(ids, [mallory.id, writer.id, planner.id])),
      "another one between": along([first(), second(), last()], chainOf(ids, [root.id, mallory.id, planner.id])),
    },
    "chain_mismatch",
    { step: { field: "/chain/agents" }, ...TWIN },
  ),
  ...rows(
    "C02",
    "a hop that was for another than who sends on is refused",
    {
      "the first was for a stranger": proven([first({ to_agent: "agent:stranger" }), second(), last()]),
      "a hop is left out, of chain and proof alike": proven([first(), last()]),
      "hops exchanged, in chain and proof alike": proven([second(), first(), last()]),
    },
    "chain_mismatch",
    OF_FIRST,
  ),
  row("C02", "a hop that was for a third is refused, however long the proof", proven([first(), second({ to_agent: mallory.id }), last()]), "chain_mismatch", OF_SECOND),
  ...rows(
    "C02",
    "a hop that permits more than the one before it is refused",
    {
      "another action": proven([first(), second({ permissions: { allowed_actions: ["read", "delete"], max_tool_calls: 5 } }), last()]),
      "a wider pattern": proven([first({ permissions: { allowed_actions: ["read:/docs/*"], max_tool_calls: 5 } }), second({ permissions: { allowed_actions: ["read:/docs/**"], max_tool_calls: 5 } }), last({ permissions: { allowed_actions: [], max_tool_calls: 1 } })]),
      "more calls": proven([first(), second({ permissions: { allowed_actions: ["read"], max_tool_calls: 6 } }), last()]),
      "unlimited calls": proven([first(), second({ permissions: { allowed_actions: ["read"], max_tool_calls: null } }), last()]),
      "a longer life": proven([first({ expires_at: at(999) }), second(), last()]),
      "a longer life, by a microsecond": proven([first({ expires_at: at(999).replace("Z", ".999999Z") }), second(), last()]),
    },
    "authority_escalation",
    OF_FIRST,
  ),
  ...rows(
    "C02",
    "the packet itself permits no more than the hop before it",
    {
      "another action": proven([first(), second(), last({ permissions: { allowed_actions: ["delete"], max_tool_calls: 3 } })]),
      "more calls": proven([first(), second({ permissions: { allowed_actions: ["read"], max_tool_calls: 2 } }), last()]),
      "unlimited calls": proven([first(), second(), last({ permissions: { allowed_actions: ["read"], max_tool_calls: null } })]),
      "a longer life": proven([first({ expires_at: at(800) }), second({ expires_at: at(800) }), last()]),
    },
    "authority_escalation",
    OF_SECOND,
  ),
  ...rows(
    "C02",
    "what a hop demands, every later one demands",
    {
      "no constraints": proven([first({ constraints: tight }), second(), last()]),
      "a longer run": proven([first({ constraints: tight }), second({ constraints: { ...tight, max_runtime_seconds: 61 } }), last()]),
      "no limit to the run": proven([first({ constraints: tight }), second({ constraints: { ...tight, max_runtime_seconds: null } }), last()]),
      "another boundary": proven([first({ constraints: tight }), second({ constraints: { ...tight, data_boundary: "us" } }), last()]),
      "no boundary": proven([first({ constraints: tight }), second({ constraints: { ...tight, data_boundary: null } }), last()]),
      "no review": proven([first({ constraints: { ...tight, requires_human_review: true } }), second({ constraints: tight }), last()]),
    },
    "constraint_relaxed",
    { step: { field: "/proof/packets/0" }, twin: { send: proven([first({ constraints: tight }), second({ constraints: tight }), last({ constraints: { ...tight, max_runtime_seconds: 60 } })]) } },
  ),
  ...rows(
    "C02",
    "work that an AI made does not lose its mark on the way",
    { "at the second hop": proven([first({ ai_provenance: { source: "model" } }), second(), last()]), "marked again later": proven([first({ ai_provenance: { source: "model" } }), second(), last({ ai_provenance: { source: "model" } })]) },
    "invalid_ai_provenance",
    {
      step: { field: "/proof/packets/0" },
      twin: { send: proven([first({ ai_provenance: { source: "model" } }), second({ ai_provenance: { source: "relay" } }), last({ ai_provenance: { source: "model" } })]) },
    },
  ),
  row("C02", "an earlier hop's AI provenance names its source", proven([first({ ai_provenance: { source: "" } }), second({ ai_provenance: { source: "x" } }), last({ ai_provenance: { source: "x" } })]), "invalid_ai_provenance", OF_FIRST),
  ...rows(
    "C02",
    "an earlier hop that was forged is refused",
    {
      "changed after signing": proven([tampered(first()), second(), last()]),
      "signed by another under the sender's key": proven([first({}, mallory), second(), last()]),
      "with another's signature": proven([{ ...first(), signature: second().signature }, second(), last()]),
      "signed by the next one": proven([first({}, writer), second(), last()]),
    },
    "invalid_signature",
    OF_FIRST,
  ),
  row("C02", "the last hop before the packet is verified as well", proven([first(), tampered(second()), last()]), "invalid_signature", OF_SECOND),
  row("B07", "an earlier hop's signature has one spelling", proven([{ ...first(), signature: `${first().signature}\n` }, second(), last()]), "signature_encoding_invalid", OF_FIRST),
  row("B06", "an earlier hop's key is no weak one", proven([first({ public_key: pemOf(Buffer.from(`01${"00".repeat(31)}`, "hex")) }), second(), last()]), "weak_public_key", TWIN),
  row("B08", "an earlier hop's key has one spelling", proven([first({ public_key: root.pem.trimEnd() }), second(), last()]), "public_key_encoding_invalid", TWIN),
  row("B04", "an earlier hop's algorithm is the one", proven([first({ signature_algo: "none" }), second(), last()]), "unsupported_algorithm", TWIN),
  row("C02", "an earlier hop under its sender's name and another's key is refused", proven([first({ public_key: mallory.pem }, mallory), second(), last()]), "public_key_mismatch", OF_FIRST),
  row("C02", "an earlier hop of an agent that nobody knows is refused", proven([signed(packet(agent(99), writer, { packet_id: "pk-root", ...wide, expires_at: at(1200) }), agent(99)), second(), last()]), "agent_unknown", OF_FIRST),
  row("C02", "where ids certify themselves, those of earlier hops do", proven([first({ from_agent: "agent:root" }), second(), last()]), "agent_id_mismatch", {
    gate: { self_certifying: true },
    ...OF_FIRST,
  }),
  row("B10", "an earlier hop of a revoked agent is refused", genuine, "agent_revoked", {
    gate: { registry: registry({ [root.id]: { keys: [{ public_key_pem: root.pem }], revoked_at: at(0) } }) },
    step: { field: "/proof/packets/0" },
    twin: { send: genuine, gate: { registry: registry({ [root.id]: { keys: [{ public_key_pem: root.pem }], revoked_at: at(1) } }) } },
  }),
  row("C02", "an earlier hop under a key that its sender gave up is refused", genuine, "public_key_mismatch", {
    gate: { registry: registry({ [root.id]: { keys: [{ public_key_pem: root.pem, not_before: null, not_after: at(0) }, { public_key_pem: ana.pem }] } }) },
    step: { field: "/proof/packets/0" },
    twin: { send: genuine, gate: { registry: registry({ [root.id]: { keys: [{ public_key_pem: root.pem, not_before: null, not_after: at(1) }] } }) } },
  }),
  ...rows(
    "C02",
    "an earlier hop that the host revoked takes all that follows along",
    { "by its id": genuine },
    "packet_revoked",
    { gate: { revoked: [revocationKeys.packet(root, "pk-root")] }, twin: { send: genuine, gate: { revoked: [revocationKeys.packet(planner, "pk-root"), revocationKeys.packet(root, "pk-planner")] } } },
  ),
  row("C02", "an earlier hop that the host revoked by its content takes all that follows along", genuine, "packet_revoked", {
    gate: { revoked: [revocationKeys.packetDigest(without(second(), "signature"))] },
    twin: { send: genuine, gate: { revoked: [revocationKeys.packetDigest(without(second({ intent: "another" }), "signature"))] } },
  }),
  row("C02", "an earlier sender that the host revoked takes all that follows along", genuine, "agent_revoked", { gate: { revoked: [revocationKeys.agent(root)] }, twin: { send: genuine, gate: { revoked: [revocationKeys.agent(mallory)] } } }),
  row("C02", "an earlier sender's key that the host revoked takes all that follows along", genuine, "agent_revoked", { gate: { revoked: [revocationKeys.key(writer)] }, twin: { send: genuine, gate: { revoked: [revocationKeys.key(mallory)] } } }),
  row("D13", "an earlier hop is over at the moment it expires", proven([first({ expires_at: at(905) }), second({ expires_at: at(905) }), last({ ...wide, permissions: { allowed_actions: ["read"], max_tool_calls: 1 }, issued_at: at(5), expires_at: at(905) })]), "expired", {
    now: at(905),
    twin: { send: genuine, now: at(899) },
  }),
  row("D13", "an earlier hop that has expired is refused, whatever its child says", proven([first({ issued_at: at(-1200), expires_at: at(-1) }), second({ expires_at: at(-1) }), last()]), "expired", OF_FIRST),
  row("D13", "an earlier hop from beyond the skew is refused", proven([first({ issued_at: at(31) }), second(), last()]), "issued_in_future", { step: { field: "/proof/packets/0" }, twin: { send: proven([first({ issued_at: at(30) }), second(), last()]) } }),
  row("D06", "an earlier hop that never expires is refused", proven([first({ expires_at: null }), second(), last()]), "expiry_missing", TWIN),
  ...rows(
    "C02",
    "a proven task that returns to an agent it has passed is refused",
    {
      "to the receiver": proven([signed(packet(researcher, planner, { packet_id: "pk-0" }), researcher), last()]),
      "to an earlier sender": proven([signed(packet(planner, writer, { packet_id: "pk-0", ...wide, expires_at: at(1200) }), planner), second(), last()]),
    },
    "loop_detected",
    { step: { field: "/chain/agents" }, ...TWIN },
  ),
  row("C02", "a packet that proves itself is refused", along([last(), last()], chainOf(["pk-planner", "pk-planner"], [planner.id, planner.id])), "chain_mismatch", OF_FIRST),
  ...rows(
    "B11",
    "earlier hops keep to the same lengths",
    { "an empty nonce": proven([first({ nonce: "" }), second(), last()]), "no intent": proven([first({ intent: "" }), second(), last()]), "257 actions": proven([first({ permissions: { allowed_actions: Array.from({ length: 257 }, () => "read"), max_tool_calls: 5 } }), second(), last()]) },
    "field_invalid",
    TWIN,
  ),
  row("E01", "an unsigned extra key in an earlier hop is refused", proven([{ ...first(), is_admin: true }, second(), last()]), "unknown_field", { step: { field: "/proof/packets/0/is_admin" }, ...TWIN }),
  ...rows(
    "E01",
    "a proof holds nothing beside its packets and capabilities",
    { "an extra key": proven([last()], [], { proof: { packets: [], capabilities: [], trusted: true } }), "signatures apart": proven([last()], [], { proof: { signatures: [] } }) },
    "unknown_field",
    { twin: { send: proven([last()]) } },
  ),
  ...rows(
    "E03",
    "a proof has one shape",
    Object.fromEntries([true, [], "x", { packets: {} }, { packets: ["x"] }, { packets: [null] }, { capabilities: "x" }, { capabilities: [1] }, { capabilities: [null] }].map((proof) => [json(proof), proven([last()], [], { proof })])),
    "type_mismatch",
    { twin: { send: proven([last()]) } },
  ),
  {
    id: "C02",
    title: "a proof of nothing is no proof and no fault",
    attack: [null, {}, { packets: [], capabilities: [] }].map((proof, n) => ({ send: proven([last({ nonce: `n-${n}` })], [], { proof }), code: null })),
  },
];

function without(object, key) {
  const { [key]: _, ...rest } = object;
  return rest;
}
