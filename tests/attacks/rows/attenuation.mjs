/** F. Capabilities narrowed over several holders: what one link lacks, the chain lacks. D09: one that takes another's place. */
import { ana, fields, mallory, planner, registry, researcher, root, row, rows, wire, writer } from "../cast.mjs";
import { agent, at, capability, capabilityBytes, capabilityDigest, packet, proven, revocationKeys, signed, token } from "../wire.mjs";

const grant = (allowed_actions = ["read"], max_tool_calls = 3) => ({ delegated_permissions: { allowed_actions, max_tool_calls } });
const demands = { max_runtime_seconds: 60, data_boundary: "eu", requires_human_review: false };

/** The root grants the writer, who narrows it for the planner, who exercises it. */
const of = {
  root: (more = {}) => capability(root, writer, { ...grant(["read", "summarize"], 5), ...more }),
  writer: (more = {}) => capability(writer, planner, { capability_id: "cap-2", parent_capability_id: "cap-1", ...grant(), ...more }),
};
const rootToken = (more = {}, signer = root) => token(of.root(more), signer);
const writerToken = (more = {}, signer = writer) => token(of.writer(more), signer);

/** The planner's packet with the last of these tokens, all of them presented. */
const presents = (tokens, more = {}) => proven([signed(fields({ capability_token: tokens.at(-1), ...more }), planner)], tokens);
const carries = (own, presented, more = {}) => proven([signed(fields({ capability_token: own, ...more }), planner)], presented);
const good = [rootToken(), writerToken()];
const genuine = presents(good);
const TWIN = { twin: { send: genuine } };
const FIELD = { step: { field: "/packet/capability_token" }, ...TWIN };
const OF_FIRST = { step: { field: "/proof/capabilities/0" }, ...TWIN };

/** Links of holders who are known, each narrowing the one before; the last is the planner's. */
const holders = [root, ...Array.from({ length: 16 }, (_, n) => agent(120 + n))];
const known = { registry: registry(Object.fromEntries(holders.slice(1).map((holder) => [holder.id, holder.pem]))) };
const line = (count, edit = (link) => link) =>
  Array.from({ length: count }, (_, n) => {
    const subject = n === count - 1 ? planner : holders[n + 1];
    const link = capability(holders[n], subject, { capability_id: `cap-${n}`, parent_capability_id: n === 0 ? null : `cap-${n - 1}` });
    return token(edit(link, n), holders[n]);
  });
const deep = { ...known, max_depth: 64 };
/** Of itself: its parent is its own id. */
const selfMade = token(capability(root, planner, { parent_capability_id: "cap-1" }), root);

/** A capability that ended ten seconds ago, and what may take its place. */
const ended = capability(root, planner, { issued_at: at(-3600), expires_at: at(-10) });
const successor = (more = {}, signer = root, subject = planner) => token(capability(root, subject, { capability_id: "cap-new", ...more }), signer);
const replaced = (by, old = ended) => ({ overlap: { [capabilityDigest(old)]: by } });
const spent = wire({ capability_token: token(ended, root) });
const OVERLAP = { twin: { send: spent, gate: replaced(successor()) } };

export default [
  {
    id: "F00",
    title: "a narrowed capability is accepted where it is exercised and where it is handed on",
    attack: [
      { send: genuine, code: null },
      { send: proven([signed(packet(writer, researcher, { capability_token: token(of.writer({ subject_agent: researcher.id }), writer) }), writer)], [rootToken(), token(of.writer({ subject_agent: researcher.id }), writer)]), code: null },
    ],
  },
  ...rows(
    "F01",
    "a chain with a forged link is refused",
    { "the root's": presents([rootToken({}, mallory), writerToken()]), "changed after signing": presents([changed(good[0], '"max_tool_calls":5', '"max_tool_calls":6'), good[1]]) },
    "capability_signature_invalid",
    OF_FIRST,
  ),
  ...rows(
    "F01",
    "a chain that ends in a forged link is refused",
    { "by a thief": presents([rootToken(), writerToken({}, mallory)]), "by its own subject": presents([rootToken(), writerToken({}, planner)]) },
    "capability_signature_invalid",
    FIELD,
  ),
  row("F02", "a chain ends when its root does", presents([rootToken({ expires_at: at(10) }), writerToken({ expires_at: at(10) })]), "capability_expired", {
    now: at(10),
    twin: { send: presents([rootToken({ expires_at: at(10) }), writerToken({ expires_at: at(10) })]), now: at(9.999) },
  }),
  row("F03", "a chain starts no earlier than its root", presents([rootToken({ issued_at: at(31) }), writerToken({ issued_at: at(31) })]), "capability_not_yet_valid", {
    twin: { send: presents([rootToken({ issued_at: at(30) }), writerToken({ issued_at: at(30) })]) },
  }),
  row("F03", "a link that ends before it starts is refused", presents([rootToken({ issued_at: at(20), expires_at: at(10) }), writerToken({ issued_at: at(20), expires_at: at(10) })]), "malformed_time_window", TWIN),
  row("F04", "a chain of an agent that is no root is refused, though a holder is one", presents([token(capability(mallory, root, { ...grant(["read"], 5) }), mallory), token(capability(root, planner, { capability_id: "cap-2", parent_capability_id: "cap-1" }), root)]), "untrusted_root", {
    step: { field: "/packet/capability_token" },
    ...TWIN,
  }),
  row("F04", "a root grants nothing beyond its own actions, to whomever narrows it", presents([rootToken(grant(["read", "wire_money"], 5)), writerToken()]), "untrusted_root", FIELD),
  row("F04", "a link under its issuer's name and another's key is refused", presents([rootToken(), writerToken({ public_key: mallory.pem }, mallory)]), "public_key_mismatch", TWIN),
  row("F04", "a link of an issuer that nobody knows is refused", presents([rootToken({ subject_agent: agent(99).id }), token(capability(agent(99), planner, { capability_id: "cap-2", parent_capability_id: "cap-1" }), agent(99))]), "agent_unknown", TWIN),
  ...rows(
    "F05",
    "a narrower capability is not accepted alone",
    { "without proof": wire({ capability_token: good[1] }), "presented by itself": presents([good[1]]) },
    "parent_missing",
    FIELD,
  ),
  row("F05", "a narrower capability under another's parent is refused", presents([rootToken({ capability_id: "cap-9" }), good[1]]), "capability_chain_invalid", FIELD),
  row("F05", "a chain whose middle is left out is refused", carries(line(3)[2], [line(3)[0], line(3)[2]]), "capability_chain_invalid", { gate: known, step: { field: "/packet/capability_token" }, twin: { send: presents(line(3)) } }),
  ...[
    ["by its id", revocationKeys.capability(root, "cap-1"), revocationKeys.capability(writer, "cap-1")],
    ["by its content", revocationKeys.digest(capabilityBytes(of.root())), revocationKeys.digest(capabilityBytes(of.root({ capability_id: "cap-3" })))],
    ["with its issuer", revocationKeys.agent(root), revocationKeys.agent(mallory)],
    ["with its issuer's key", revocationKeys.key(root), revocationKeys.key(mallory)],
    ["in the middle, with its issuer's key", revocationKeys.key(writer), revocationKeys.key(researcher)],
  ].map(([how, key, other]) => row("F05", `what the host revoked takes every narrower capability along: ${how}`, genuine, "capability_revoked", { gate: { revoked: [key] }, twin: { send: genuine, gate: { revoked: [other] } } })),
  row("F05", "a holder that is revoked takes every narrower capability along", genuine, "capability_revoked", {
    gate: { registry: registry({ [writer.id]: { keys: [{ public_key_pem: writer.pem }], revoked_at: at(0) } }) },
    twin: { send: genuine, gate: { registry: registry({ [writer.id]: { keys: [{ public_key_pem: writer.pem }], revoked_at: at(1) } }) } },
  }),
  ...rows(
    "F06",
    "a child has no more tool calls than its parent",
    { "one more": presents([rootToken(), writerToken(grant(["read"], 6))]), "unlimited": presents([rootToken(), writerToken(grant(["read"], null))]), "10^300": presents([rootToken(), writerToken(grant(["read"], 10n ** 300n))]) },
    "authority_escalation",
    FIELD,
  ),
  row("F06", "no later link has more tool calls than an earlier one", presents(line(3, (link, n) => ({ ...link, ...grant(["read"], [5, 4, 5][n]) }))), "authority_escalation", {
    gate: known,
    step: { field: "/packet/capability_token" },
    twin: { send: presents(line(3, (link, n) => ({ ...link, ...grant(["read"], [5, 4, 4][n]) }))) },
  }),
  ...rows(
    "F07",
    "a child demands what its parent demands",
    {
      nothing: presents([rootToken({ constraints: demands }), writerToken()]),
      "a longer run": presents([rootToken({ constraints: demands }), writerToken({ constraints: { ...demands, max_runtime_seconds: 61 } })]),
      "no limit to the run": presents([rootToken({ constraints: demands }), writerToken({ constraints: { ...demands, max_runtime_seconds: null } })]),
      "another boundary": presents([rootToken({ constraints: demands }), writerToken({ constraints: { ...demands, data_boundary: "us" } })]),
      "no boundary": presents([rootToken({ constraints: demands }), writerToken({ constraints: { ...demands, data_boundary: null } })]),
      "no review": presents([rootToken({ constraints: { ...demands, requires_human_review: true } }), writerToken({ constraints: demands })]),
    },
    "constraint_relaxed",
    {
      step: { field: "/packet/capability_token" },
      twin: { send: presents([rootToken({ constraints: demands }), writerToken({ constraints: { ...demands, max_runtime_seconds: 30 } })], { constraints: { ...demands, max_runtime_seconds: 30 } }) },
    },
  ),
  ...rows(
    "F08",
    "a child that its maker should never have signed is refused",
    {
      "another action": presents([rootToken(), writerToken(grant(["read", "root"], 3))]),
      "a wider pattern": presents([rootToken(grant(["read:/docs/*"], 5)), writerToken(grant(["read:/docs/**"], 3))], { permissions: { allowed_actions: [], max_tool_calls: 1 } }),
      "999 calls": presents([rootToken(), writerToken(grant(["read"], 999))]),
      "999 days": presents([rootToken(), writerToken({ expires_at: at(999 * 86_400) })]),
      "a microsecond": presents([rootToken(), writerToken({ expires_at: at(3600).replace("Z", ".000001Z") })]),
      "an earlier start": presents([rootToken(), writerToken({ issued_at: at(-1) })]),
    },
    "authority_escalation",
    FIELD,
  ),
  row("F09", "a child names its issuer's key, not its parent's", presents([rootToken(), writerToken({ public_key: root.pem })]), "capability_signature_invalid", FIELD),
  row("F09", "a child signed by its parent's issuer in the holder's name is refused", presents([rootToken(), writerToken({ public_key: root.pem }, root)]), "public_key_mismatch", TWIN),
  row("F10", "an empty chain proves no narrower capability", carries(good[1], []), "parent_missing", FIELD),
  row("F10", "capabilities that the packet does not carry are none of its own", proven([signed(fields(), planner)], good), "capability_chain_invalid", { step: { field: "/proof/capabilities" }, ...TWIN }),
  ...rows(
    "F10",
    "a proof ends in the very token of the packet",
    {
      "another of the same id": carries(good[1], [good[0], writerToken(grant(["read"], 2))]),
      "one further": carries(good[0], good, { from_agent: planner.id }),
      "the last one missing": carries(good[1], [good[0]]),
      "in another order": carries(good[1], [good[1], good[0]]),
    },
    "capability_chain_invalid",
    { step: { field: "/proof/capabilities" }, ...TWIN },
  ),
  ...rows(
    "F11",
    "a capability of itself is refused",
    { "16 copies": presents(Array(16).fill(selfMade)), "two copies": presents([selfMade, selfMade]), alone: presents([selfMade]) },
    "capability_chain_invalid",
    { gate: deep, ...TWIN, step: { field: "/packet/capability_token" } },
  ),
  row("F11", "200 copies of a capability of itself are refused before one is read", presents(Array(200).fill(selfMade)), "capability_chain_invalid", { gate: deep, step: { field: "/proof/capabilities" }, ...TWIN }),
  ...rows(
    "F11",
    "links that do not follow from one another are refused",
    {
      "an id twice": presents([rootToken(), token(of.writer({ capability_id: "cap-1" }), writer)]),
      "an id twice, further on": presents(line(3, (link, n) => (n === 2 ? { ...link, capability_id: "cap-0" } : link))),
      "the first narrows the last": presents(line(3, (link, n) => (n === 0 ? { ...link, parent_capability_id: "cap-2" } : link))),
      "of another parent": presents([rootToken(), writerToken({ parent_capability_id: "cap-9" })]),
      "of no parent": presents([rootToken(), writerToken({ parent_capability_id: null })]),
      "narrowed by another than its subject": presents([rootToken({ subject_agent: mallory.id }), writerToken()]),
    },
    "capability_chain_invalid",
    { gate: known, step: { field: "/packet/capability_token" }, ...TWIN },
  ),
  row("F11", "a chain of 17 is refused", presents(line(17)), "capability_chain_invalid", { gate: deep, step: { field: "/proof/capabilities" }, twin: { send: presents(line(16)) } }),
  row("C01", "capabilities count as delegations", presents(line(6)), "depth_exceeded", { gate: known, twin: { send: presents(line(5)) } }),
  ...rows(
    "F12",
    "a stolen chain is refused",
    {
      "its leaf for another": presents([rootToken(), writerToken({ subject_agent: ana.id })]),
      "for the receiver, by none of the sender's": presents([rootToken(), writerToken({ subject_agent: researcher.id })]),
    },
    "capability_subject_mismatch",
    TWIN,
  ),
  ...rows("F15", "whatever stands for a link, the verifier answers", { empty: presents(["", good[1]]), "no JSON": presents([raw("garbage"), good[1]]), "an object": presents([raw("{}"), good[1]]) }, "capability_invalid", OF_FIRST),
  row("F15", "a link longer than any token is refused", presents([`${good[0]}${"A".repeat(65_536)}`, good[1]]), "input_too_large", OF_FIRST),
  ...rows("F16", "a link in a second spelling is refused", { "a newline": presents([`${good[0]}\n`, good[1]]), padding: presents([`${good[0]}==`, good[1]]), "other white space": presents([raw(`${Buffer.from(good[0], "base64url")} `), good[1]]) }, "token_noncanonical", OF_FIRST),
  row("F18", "what the host revoked by its content stays revoked under a new signature and place", presents(good, { nonce: "n-2", packet_id: "pk-2" }), "capability_revoked", {
    gate: { revoked: [revocationKeys.digest(capabilityBytes(of.writer()))] },
    twin: { send: genuine, gate: { revoked: [revocationKeys.capability(mallory, "cap-1"), revocationKeys.capability(mallory, "cap-2"), revocationKeys.capability(planner, "cap-2")] } },
  }),
  row("F19", "the packet permits nothing beyond the last of its chain", presents(good, { permissions: { allowed_actions: ["summarize"], max_tool_calls: 3 } }), "authority_escalation", { step: { field: "/packet/permissions/allowed_actions" }, ...TWIN }),
  row("F25", "narrowing holds tool calls and constraints as well as actions", presents([rootToken({ constraints: demands }), writerToken({ ...grant(["read"], 5), constraints: { ...demands, requires_human_review: null, max_runtime_seconds: 10n ** 20n } })]), "constraint_relaxed", {
    step: { field: "/packet/capability_token" },
    ...TWIN,
  }),

  row("D09", "a capability that has ended admits no longer where nothing takes its place", spent, "capability_expired", { gate: { overlap: {} }, ...OVERLAP }),
  row("D09", "a successor of another capability extends nothing", spent, "capability_expired", { gate: replaced(successor(), capability(root, planner, { capability_id: "other" })), ...OVERLAP }),
  row("D09", "an overlap is over 30 seconds after the end", wire({ capability_token: token(ended, root) }), "capability_expired", { gate: replaced(successor()), now: at(20), twin: { send: spent, now: at(19.999) } }),
  ...[
    ["another issuer's", token(capability(mallory, planner, { capability_id: "cap-new" }), mallory)],
    ["one for another subject", successor({}, root, writer)],
    ["one under the issuer's other key", token(capability(root, planner, { capability_id: "cap-new", public_key: ana.pem }), ana)],
    ["one in another issuer's name", successor({ issuer_agent: writer.id })],
    ["the very same token", token(ended, root)],
    ["a forged one", successor({}, mallory)],
    ["no token", "garbage"],
    ["one in a second spelling", `${successor()}\n`],
  ].map(([what, by]) => row("D09", `a capability is not extended by ${what}`, spent, "overlap_invalid", { gate: replaced(by), ...OVERLAP })),
  row("D09", "a successor that has ended itself extends nothing", spent, "capability_expired", { gate: replaced(successor({ issued_at: at(-3600), expires_at: at(-1) })), ...OVERLAP }),
  row("D09", "a successor that has not started extends nothing", spent, "capability_not_yet_valid", { gate: replaced(successor({ issued_at: at(31) })), ...OVERLAP }),
  row("D09", "an expired packet stays expired, whatever takes its capability's place", wire({ capability_token: token(ended, root), issued_at: at(-910), expires_at: at(-10) }), "expired", { gate: replaced(successor()), ...OVERLAP }),
  row("D09", "what was revoked is not extended", spent, "capability_revoked", { gate: { ...replaced(successor()), revoked: [revocationKeys.capability(root, "cap-1")] }, ...OVERLAP }),
  row("D09", "a link that has ended is extended only in its own name", presents([rootToken({ issued_at: at(-3600), expires_at: at(-10) }), writerToken({ issued_at: at(-3600), expires_at: at(-10) })]), "capability_expired", {
    gate: replaced(successor({}, root, writer), of.root({ issued_at: at(-3600), expires_at: at(-10) })),
    twin: {
      send: presents([rootToken({ issued_at: at(-3600), expires_at: at(-10) }), writerToken({ issued_at: at(-3600), expires_at: at(-10) })]),
      gate: {
        overlap: {
          ...replaced(successor({}, root, writer), of.root({ issued_at: at(-3600), expires_at: at(-10) })).overlap,
          ...replaced(token(capability(writer, planner, { capability_id: "cap-new-2" }), writer), of.writer({ issued_at: at(-3600), expires_at: at(-10) })).overlap,
        },
      },
    },
  }),
];

function raw(text) {
  return Buffer.from(text).toString("base64url");
}

function changed(text, from, to) {
  return raw(Buffer.from(text, "base64url").toString().replace(from, to));
}
