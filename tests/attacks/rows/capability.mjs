/** F, as far as a packet that carries a capability is concerned: nobody gains authority by carrying one. */
import { fields, mallory, planner, registry, researcher, root, row, rows, wire, writer } from "../cast.mjs";
import { at, capability, capabilityBytes, envelope, packet, reviewDigest, revocationKeys, signed, spelt, token } from "../wire.mjs";

/** The planner exercises what the root granted it. */
const exercised = (granted = {}, more = {}) => wire({ capability_token: token(capability(root, planner, granted), root), ...more });
/** The root hands on to the receiver. */
const handedOn = (granted = {}, subject = researcher) =>
  envelope(signed(packet(root, researcher, { capability_token: token(capability(root, subject, granted), root) }), root));
const genuine = exercised();
const grants = (...allowed_actions) => ({ delegated_permissions: { allowed_actions, max_tool_calls: 3 } });
const permits = (...allowed_actions) => ({ permissions: { allowed_actions, max_tool_calls: 3 } });
const carried = (text) => wire({ capability_token: text });
const constraints = (max_runtime_seconds, data_boundary, requires_human_review) => ({ max_runtime_seconds, data_boundary, requires_human_review });
/** Under a capability that demands a minute, the boundary and a review. */
const binding = token(capability(root, planner, { constraints: constraints(60, "eu", true) }), root);
const bound = (given) => wire({ capability_token: binding, constraints: given });
const boundDigest = reviewDigest(fields({ capability_token: binding, constraints: constraints(60, "eu", true) }));
const many = (count) => ["read", ...Array.from({ length: count - 1 }, () => "summarize")];
const rootOfMany = { registry: registry({ [root.id]: { keys: [{ public_key_pem: root.pem }], roots: ["read", "summarize"] } }) };
const raw = (text) => Buffer.from(text).toString("base64url");
const good = token(capability(root, planner), root);
/** Holds characters of which the two alphabets differ. */
const slashed = token(capability(root, planner, { capability_id: "~~~???>>>" }), root);
const revokedRoot = { revoked_at: at(0), keys: [{ public_key_pem: root.pem }], roots: ["read"] };
const FIELD = { field: "/packet/capability_token" };

export default [
  { id: "F00", title: "a capability that is exercised and one that is handed on are accepted", attack: [{ send: genuine, code: null }, { send: handedOn(), code: null }] },
  row("F01", "a forged capability is refused", carried(token(capability(root, planner), mallory)), "capability_signature_invalid", { step: FIELD, twin: { send: genuine } }),
  row("F01", "a capability that was changed after signing is refused", carried(raw(Buffer.from(good, "base64url").toString().replace('"max_tool_calls":3', '"max_tool_calls":9'))), "capability_signature_invalid", {
    step: FIELD,
    twin: { send: genuine },
  }),
  row("F02", "a capability of 2020 is refused", exercised({ issued_at: "2020-01-01T00:00:00Z", expires_at: "2020-01-02T00:00:00Z" }), "capability_expired", { twin: { send: genuine } }),
  row("F02", "a capability is over at the moment it expires", exercised({ expires_at: at(10) }), "capability_expired", { now: at(10), twin: { send: exercised({ expires_at: at(10) }), now: at(9.999) } }),
  row("F02", "no grace prolongs a capability", exercised({ expires_at: at(10) }), "capability_expired", { now: at(10), gate: { grace_seconds: 60 }, twin: { send: genuine } }),
  row("F03", "a capability of 2090 is refused", exercised({ issued_at: "2090-01-01T00:00:00Z", expires_at: "2091-01-01T00:00:00Z" }), "capability_not_yet_valid", { twin: { send: genuine } }),
  row("F03", "a capability from beyond the skew is refused", exercised({ issued_at: at(30.001) }), "capability_not_yet_valid", { twin: { send: exercised({ issued_at: at(30) }) } }),
  row("F03", "a capability that ends before it starts is refused", exercised({ issued_at: at(20), expires_at: at(19) }), "malformed_time_window", { twin: { send: exercised({ issued_at: at(19), expires_at: at(20) }) } }),
  row("F03", "a capability of no length at all has expired", exercised({ expires_at: at(0) }), "capability_expired", { twin: { send: exercised({ expires_at: at(0.001) }) } }),
  row("F04", "an agent that is no root grants nothing", wire({ capability_token: token(capability(writer, planner), writer) }), "untrusted_root", {
    step: FIELD,
    twin: { send: wire({ capability_token: token(capability(writer, planner), writer) }), gate: { registry: registry({ [writer.id]: { keys: [{ public_key_pem: writer.pem }], roots: ["read"] } }) } },
  }),
  row("F04", "a root grants nothing beyond its own actions", exercised(grants("read", "wire_money")), "untrusted_root", { step: FIELD, twin: { send: exercised(grants("read", "summarize")) } }),
  row("F04", "nobody is a root by its own word", handedOn(), "untrusted_root", { gate: { self_certifying: true }, step: FIELD, twin: { send: handedOn(), gate: {} } }),
  row("F04", "an issuer's id is the hash of its key where ids certify themselves", exercised({ issuer_agent: writer.id }), "agent_id_mismatch", {
    gate: { self_certifying: true },
    twin: { send: exercised({ issuer_agent: writer.id }), gate: { registry: registry({ [writer.id]: { keys: [{ public_key_pem: root.pem }], roots: ["read"] } }) } },
  }),
  row("F04", "a capability under a stranger's name is refused", exercised({ issuer_agent: "agent:stranger" }), "agent_unknown", { twin: { send: genuine } }),
  row("F04", "a capability under another agent's key is refused", wire({ capability_token: token(capability(root, planner, { public_key: mallory.pem }), mallory) }), "public_key_mismatch", { twin: { send: genuine } }),
  row("F05", "a narrower capability without the one it narrows is refused", exercised({ parent_capability_id: "cap-0" }), "parent_missing", { twin: { send: genuine } }),
  row("F06", "a packet has no more tool calls than its capability", exercised({ delegated_permissions: { allowed_actions: ["read"], max_tool_calls: 2 } }), "authority_escalation", {
    step: { field: "/packet/permissions/max_tool_calls" },
    twin: { send: genuine },
  }),
  row("F06", "unlimited tool calls are more than any number", exercised({}, { permissions: { allowed_actions: ["read"], max_tool_calls: null } }), "authority_escalation", {
    step: { field: "/packet/permissions/max_tool_calls" },
    twin: { send: exercised({ delegated_permissions: { allowed_actions: ["read"], max_tool_calls: null } }, { permissions: { allowed_actions: ["read"], max_tool_calls: null } }) },
  }),
  ...rows(
    "F07",
    "a packet demands what its capability demands",
    { nothing: bound(null), "a longer run": bound(constraints(61, "eu", true)), "no limit to the run": bound(constraints(null, "eu", true)), "another boundary": bound(constraints(60, "us", true)), "no boundary": bound(constraints(60, null, true)), "no review": bound(constraints(60, "eu", false)) },
    "constraint_relaxed",
    { step: { field: "/packet/constraints" }, gate: { policy: true, approved: [boundDigest] }, twin: { send: bound(constraints(60, "eu", true)) } },
  ),
  ...rows(
    "F12",
    "a stolen capability is refused",
    { "of another subject": wire({ capability_token: token(capability(root, writer), root) }), "granted to the receiver, not by the sender": wire({ capability_token: token(capability(root, researcher), root) }) },
    "capability_subject_mismatch",
    { twin: { send: genuine } },
  ),
  row("F12", "a capability handed on to another than the receiver is refused", handedOn({}, writer), "capability_subject_mismatch", { twin: { send: handedOn() } }),
  {
    id: "F12",
    title: "a capability handed on is under the very key of its packet, though the issuer holds both",
    gate: { registry: registry({ [root.id]: { keys: [{ public_key_pem: root.pem }, { public_key_pem: writer.pem }], roots: ["read"] } }) },
    attack: [
      {
        send: envelope(signed(packet(root, researcher, { capability_token: token(capability(root, researcher, { public_key: writer.pem }), writer) }), root)),
        code: "capability_subject_mismatch",
      },
      { send: handedOn(), code: null },
    ],
  },
  ...rows(
    "F16",
    "a token in a second spelling is refused",
    {
      "a newline": carried(`${good}\n`),
      padding: carried(`${good}${"=".repeat((4 - (good.length % 4)) % 4 || 4)}`),
      "standard base64": carried(Buffer.from(slashed, "base64url").toString("base64").replaceAll("=", "")),
      "junk within": carried(`${good.slice(0, 40)}!${good.slice(40)}`),
      "other white space in its JSON": carried(raw(`${Buffer.from(good, "base64url")} `)),
      "keys in another order": carried(raw(JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(Buffer.from(good, "base64url").toString())).reverse())))),
      "a default left out": carried(raw(Buffer.from(good, "base64url").toString().replace('"constraints":null,', ""))),
      "a time in the wire's other spelling": carried(token(capability(root, planner, { issued_at: spelt('"2026-03-08T12:00:00+00:00"', '"2026-03-08 12:00:00+00:00"') }), root)),
      "the JSON itself": carried("{}"),
      "an escape that needs none": carried(raw(Buffer.from(good, "base64url").toString().replace("cap-1", "\\u0063ap-1"))),
    },
    "token_noncanonical",
    { step: FIELD, twin: { send: genuine } },
  ),
  row("F10", "a packet without a capability is refused where one is required", wire(permits("read")), "capability_missing", {
    step: FIELD,
    gate: { require_capability: true },
    twin: { send: genuine, gate: { require_capability: true } },
  }),
  ...rows(
    "F15",
    "whatever stands for a token, the verifier answers",
    { empty: carried(""), "no JSON": carried(raw("garbage")), "an array": carried(raw("[]")), "an empty object": carried(raw("{}")), "an unknown key": carried(token(capability(root, planner), root, { is_admin: true })), "a number too large": carried(raw("9".repeat(400))) },
    "capability_invalid",
    { step: FIELD, twin: { send: genuine } },
  ),
  ...rows(
    "F18",
    "a capability that the host revoked is refused",
    { "by its id": genuine },
    "capability_revoked",
    { gate: { revoked: [revocationKeys.capability(root, "cap-1")] }, twin: { send: genuine, gate: { revoked: [revocationKeys.capability(planner, "cap-1"), revocationKeys.capability(root, "cap-2")] } } },
  ),
  row("F18", "a capability that the host revoked by its content is refused, whatever its id", genuine, "capability_revoked", {
    gate: { revoked: [revocationKeys.digest(capabilityBytes(capability(root, planner)))] },
    twin: { send: genuine, gate: { revoked: [revocationKeys.digest(capabilityBytes(capability(root, writer)))] } },
  }),
  row("F18", "a capability of an issuer that the host revoked is refused", genuine, "capability_revoked", { gate: { revoked: [revocationKeys.agent(root)] }, twin: { send: genuine, gate: { revoked: [] } } }),
  row("F18", "a capability under a key that the host revoked is refused", genuine, "capability_revoked", { gate: { revoked: [revocationKeys.key(root)] }, twin: { send: genuine, gate: { revoked: [] } } }),
  row("F18", "a capability of a revoked issuer is refused", genuine, "capability_revoked", { gate: { registry: registry({ [root.id]: revokedRoot }) }, twin: { send: genuine, gate: {} } }),
  row("F19", "a packet permits nothing beyond the capability it carries", exercised({}, permits("read", "summarize")), "authority_escalation", {
    step: { field: "/packet/permissions/allowed_actions" },
    twin: { send: exercised(grants("read", "summarize"), permits("summarize")) },
  }),
  row("F19", "a capability of more than 256 actions, each to be compared with each, is refused", exercised(grants(...many(257))), "field_invalid", {
    step: FIELD,
    gate: rootOfMany,
    twin: { send: exercised(grants(...many(256))) },
  }),
  row("F20", "a policy that answers false refuses", wire(), "policy_denied", { gate: { policy: false }, twin: { send: wire(), gate: { policy: true } } }),
];
