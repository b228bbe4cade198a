/** B05, F12, F13, F21. What was accepted is executed: it may do what it was permitted, as often as it was. */
import { fields, mallory, planner, registry, researcher, root, row, rows, wire, writer } from "../cast.mjs";
import { at, capability, envelope, packet, proven, signed, token } from "../wire.mjs";

const permits = (allowed_actions, max_tool_calls = null, more = {}) => ({ permissions: { allowed_actions, max_tool_calls }, ...more });
const limits = (more) => ({ constraints: { max_runtime_seconds: null, data_boundary: null, requires_human_review: false, ...more } });
const all = (code, ...actions) => actions.map((action) => [action, code]);
const allowed = (...actions) => all(null, ...actions);
/** Executed with these uses; the twin makes only such as are allowed. */
const runs = (id, title, send, uses, { twin = uses.filter(([, code]) => code === null), ...more } = {}) => ({ id, title, attack: [{ send, code: null, uses }], twin: { send, uses: twin }, ...more });
const EXHAUSTED = "tool_calls_exhausted";
const reads = (n) => Array(n).fill(["read", null]);
const spent = ["read", EXHAUSTED];

const scoped = wire(permits(["read:/docs/*", "fetch:https://api.example.com/v1/**"]));
const exercised = (capabilities, more = {}, nonce = "n") =>
  proven([signed(fields({ capability_token: capabilities.at(-1), nonce, packet_id: `pk-${nonce}`, ...permits(["read"]), ...more }), planner)], capabilities);
const limited = (n) => ({ delegated_permissions: { allowed_actions: ["read"], max_tool_calls: n } });
const single = token(capability(root, planner, limited(2)), root);
const parent = token(capability(root, writer, limited(2)), root);
const child = (id) => token(capability(writer, planner, { capability_id: id, parent_capability_id: "cap-1", ...limited(2) }), writer);

/** The writer may make three calls and hands them on, twice. */
const origin = signed(packet(writer, planner, { packet_id: "pk-0", nonce: "n-0", ...permits(["read"], 3) }), writer);
const handedOn = (nonce) => proven([origin, signed(fields({ packet_id: `pk-${nonce}`, nonce, ...permits(["read"], 2) }), planner)]);
const within = (more) => wire({ capability_token: single, ...permits(["read"], 2), ...more });

export default [
  runs("B05", "an intent permits nothing: the actions do", wire({ intent: "delete_everything", ...permits([]) }), all("action_not_permitted", "delete_everything", "read")),
  runs("B05", "an action that was not permitted is refused, each time", wire(permits(["read"])), [
    ...allowed("read", "read:/any"),
    ...all("action_not_permitted", "delete", "READ", "read ", "rea", "reads", "", ":", "read\u0000", "*"),
    ...allowed("read"),
  ]),
  runs("B05", "a pattern binds the resource", scoped, [
    ...allowed("read:/docs/a", "fetch:https://api.example.com/v1/users?page=2", `read:/docs/${"a".repeat(1000)}`, "read:/docs/*"),
    ...all("action_not_permitted", "read", "read:/docs/a/b", "read:/docs/../etc", "read:/etc/passwd", "read:/docs/%2e%2e", "read://docs/a", "read:/docs/**", "read:/docs/**********", "read:/docs/..%20", "read:/docs/%25%32%65."),
    ...all("action_not_permitted", "fetch:https://api.example.com@evil.example/v1/x", "fetch:https://api.example.com.evil.example/v1/x", "fetch:http://api.example.com/v1/x", "fetch:https://api.example.com/v1/../admin"),
  ]),
  runs("F13", "a tool call more than was granted is refused, and so is every later one", wire(permits(["read"], 2)), [...reads(2), spent, spent]),
  runs("F13", "what is not permitted costs no tool call", wire(permits(["read"], 1)), [...all("action_not_permitted", "delete", "delete"), ...reads(1), spent]),
  ...[0, -5, -(10n ** 300n)].map((most) => ({
    ...runs("F13", `who may make ${String(most).slice(0, 4)} tool calls makes none`, wire(permits(["read"], most)), [spent, spent]),
    twin: { send: wire(permits(["read"])), uses: reads(2) },
  })),
  runs("F13", "a capability's limit counts for every packet that exercises it", within({ packet_id: "a", nonce: "a" }), [...reads(1)], {
    attack: [
      { send: within({ packet_id: "a", nonce: "a" }), code: null, uses: reads(1) },
      { send: within({ packet_id: "b", nonce: "b" }), code: null, uses: [...reads(1), spent] },
    ],
  }),
  runs("F13", "siblings share what their parent was granted", exercised([parent, child("cap-a")], permits(["read"], 2), "a"), [...reads(2)], {
    attack: [
      { send: exercised([parent, child("cap-a")], permits(["read"], 2), "a"), code: null, uses: reads(1) },
      { send: exercised([parent, child("cap-b")], permits(["read"], 2), "b"), code: null, uses: [...reads(1), spent] },
    ],
  }),
  runs("F13", "packets of one origin share what it was granted", handedOn("a"), reads(2), {
    attack: [
      { send: handedOn("a"), code: null, uses: [...reads(2), spent] },
      { send: handedOn("b"), code: null, uses: [...reads(1), spent] },
    ],
  }),
  runs("F13", "an id of a packet is counted for its own sender only", wire(permits(["read"], 1)), reads(1), {
    attack: [
      { send: envelope(signed(packet(mallory, researcher, permits(["read"], 1)), mallory)), code: null, uses: [...reads(1), spent] },
      { send: wire(permits(["read"], 1)), code: null, uses: [...reads(1), spent] },
    ],
  }),
  runs("F13", "a store that says no is believed", wire(permits(["read"], 2)), [spent], { gate: { counters: false }, twin: [] }),
  runs("F13", "a store without room counts nothing and admits nothing", wire(permits(["read"], 2)), [["read", "counter_store_full"]], { gate: { counters: "full" }, twin: [] }),
  row("F21", "who executes keeps to a data boundary or refuses it", wire(limits({ data_boundary: "eu" })), "constraint_unsupported", {
    step: { uses: [], field: "/packet/constraints/data_boundary" },
    twin: { send: wire(limits({ data_boundary: "eu" })), uses: [], gate: { boundary: ["eu"] } },
  }),
  ...rows("F21", "what may not run at all is not run", { "no second": wire(limits({ max_runtime_seconds: 0 })), "less than none": wire(limits({ max_runtime_seconds: -1 })), "10^300 below none": wire(limits({ max_runtime_seconds: -(10n ** 300n) })) }, "max_runtime_exceeded", {
    step: { uses: [], field: "/packet/constraints/max_runtime_seconds" },
    twin: { send: wire(limits({ max_runtime_seconds: 1 })), uses: [] },
  }),
  row("F21", "what requires a review is not run without one", wire(limits({ requires_human_review: true })), "human_review_required", { step: { uses: [] }, twin: { send: wire(limits({})), uses: [] } }),
  row("F12", "a packet that has expired runs nothing, whatever its token", within({ issued_at: at(-1000), expires_at: at(-100) }), "expired", { step: { uses: [] }, twin: { send: within({}), uses: reads(2) } }),
  row("F12", "an unsigned packet runs nothing, whatever its token", within({}).replace("Summarize", "Delete"), "invalid_signature", { step: { uses: [] }, twin: { send: within({}), uses: reads(2) } }),
  row("F01", "a forged capability runs nothing", exercised([token(capability(root, planner), mallory)]), "capability_signature_invalid", {
    step: { uses: [] },
    twin: { send: exercised([token(capability(root, planner, limited(null)), root)]), uses: reads(1) },
  }),
  row("F04", "where ids certify themselves, nobody is a root by its own word", exercised([token(capability(mallory, planner, limited(null)), mallory)]), "untrusted_root", {
    gate: { self_certifying: true },
    step: { uses: [] },
    twin: { send: exercised([token(capability(mallory, planner, limited(null)), mallory)]), uses: reads(1), gate: { registry: registry({ [mallory.id]: { keys: [{ public_key_pem: mallory.pem }], roots: ["read"] } }) } },
  }),
];
