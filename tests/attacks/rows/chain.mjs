/** C. The delegation chain: unsigned, so it can only make a gate stricter. */
import { mallory, planner, researcher, row, rows, wire, writer } from "../cast.mjs";

const genuine = wire();
const others = Array.from({ length: 64 }, (_, n) => `agent:${n}`);
/** A chain of `n` delegations that ends in the planner's. */
const chain = (n, more = {}) => ({ packet_ids: others.slice(0, n), agents: [...others.slice(0, n - 1), planner.id], hops: [], ...more });
const along = (given) => wire({}, { chain: given });
const stated = (delegation_depth) => wire({ provenance: { origin_workflow: null, delegation_depth } });

const hop = (allowed_actions, max_tool_calls, agent_id = "agent:1") => ({ agent_id, delegated_permissions: { allowed_actions, max_tool_calls } });
const hops = (...list) => along(chain(2, { hops: list }));

/** Patterns of any depth over one letter, which none of what follows them fits: every place stays possible to the end. */
const slow = (n) => Array.from({ length: n }, (_, i) => `r:a/**/${"a/".repeat(100)}b${i}*/**`);
const long = (n) => Array.from({ length: n }, (_, i) => `r:${"a/".repeat(110)}${i}`);

export default [
  row("E13", "patterns made to be slow to compare keep no gate busy", hops(hop([...slow(7), "r:**"], 3), hop(long(8), 3)), "work_exceeded", {
    step: { field: "/chain/hops/1" },
    twin: { send: hops(hop([...slow(7), "r:**"], 3), hop(slow(7), 3)) },
  }),
  ...rows(
    "C01",
    "a chain that is longer than admitted is refused",
    {
      "9 delegations": along(chain(9)),
      "6 delegations": along(chain(6)),
      "6 packets and one agent": along(chain(1, { packet_ids: others.slice(0, 6) })),
      "6 agents and one packet": along(chain(6, { packet_ids: ["pk-1"] })),
    },
    "depth_exceeded",
    { twin: { send: along(chain(5)) } },
  ),
  row("C01", "an empty chain does not make a packet a first one", along({ packet_ids: [], agents: [], hops: [] }), "chain_mismatch", { step: { field: "/chain/agents" }, twin: { send: genuine } }),
  row("C01", "a chain that ends in another than the sender is refused", along(chain(1, { agents: [mallory.id] })), "chain_mismatch", { step: { field: "/chain/agents" }, twin: { send: genuine } }),
  row("C01", "a gate may admit no delegation at all", genuine, "depth_exceeded", { gate: { max_depth: 0 }, twin: { send: genuine, gate: { max_depth: 1 } } }),
  ...rows(
    "C02",
    "a chain that contradicts itself is refused",
    {
      "more packets than agents": along(chain(1, { packet_ids: ["a", "b"] })),
      "more agents than packets": along(chain(2, { packet_ids: ["a"] })),
    },
    "chain_mismatch",
    { step: { field: "/chain/agents" }, twin: { send: along(chain(2)) } },
  ),
  ...rows(
    "C02",
    "a task that returns to an agent it has passed is refused",
    {
      "the sender twice": along({ packet_ids: ["a", "b", "c"], agents: [planner.id, mallory.id, planner.id], hops: [] }),
      "another twice": along({ packet_ids: ["a", "b", "c", "d"], agents: [writer.id, mallory.id, writer.id, planner.id], hops: [] }),
      "back to the receiver": along({ packet_ids: ["a", "b"], agents: [researcher.id, planner.id], hops: [] }),
    },
    "loop_detected",
    { twin: { send: along({ packet_ids: ["a", "b", "c"], agents: [writer.id, mallory.id, planner.id], hops: [] }) } },
  ),
  row("C02", "a packet to its own sender is a loop", wire({ to_agent: planner.id }), "loop_detected", { gate: { audience: [researcher.id, planner.id] }, twin: { send: genuine } }),
  {
    id: "C02",
    title: "a chain as the reference relays it is genuine: an agent and a packet id twice in a row",
    attack: [{ send: along({ packet_ids: ["pk-0", "pk-0", "pk-0"], agents: [mallory.id, planner.id, planner.id], hops: [] }), code: null }],
  },
  ...rows(
    "C02",
    "a hop that grants more than it was granted is refused",
    {
      "another action": hops(hop(["read"], 3), hop(["read", "write"], 3)),
      "more calls": hops(hop(["read"], 3), hop(["read"], 4)),
      "unlimited calls": hops(hop(["read"], 3), hop(["read"], null)),
    },
    "authority_escalation",
    { step: { field: "/chain/hops/1" }, twin: { send: hops(hop(["read", "write"], 3), hop(["read"], 3)) } },
  ),
  row("C02", "a third hop is held to the second", hops(hop(["read", "write"], null), hop(["read"], null), hop(["write"], null)), "authority_escalation", {
    step: { field: "/chain/hops/2" },
    twin: { send: hops(hop(["read", "write"], null), hop(["read"], null), hop(["read"], 1)) },
  }),
  row("C01", "a strict gate admits no hops that nobody proves", along(chain(2)), "chain_unproven", { gate: { strict: true }, step: { field: "/chain" }, twin: { send: genuine } }),
  row("C01", "a strict gate admits no depth that nobody proves", stated(2), "chain_unproven", { gate: { strict: true }, step: { field: "/chain" }, twin: { send: stated(1) } }),
  row("C02", "more hops than are admitted are refused", along(chain(1, { hops: Array.from({ length: 6 }, () => hop(["read"], 3)) })), "depth_exceeded", {
    twin: { send: along(chain(1, { hops: Array.from({ length: 5 }, () => hop(["read"], 3)) })) },
  }),
  ...[0, 1].map((place) => {
    const wide = (count) => hop(Array.from({ length: count }, () => "read"), 3);
    const along = (count) => (place === 0 ? hops(wide(count), hop(["read"], 3)) : hops(hop(["read"], 3), wide(count)));
    return row("C02", `hop ${place} with more than 256 actions, each to be compared with each, is refused`, along(257), "field_invalid", {
      step: { field: `/chain/hops/${place}/delegated_permissions/allowed_actions` },
      twin: { send: along(256) },
    });
  }),
  ...rows("C03", "a signed depth is enforced, however short the chain", { 6: stated(6), "1 000 000": stated(1_000_000), "300 digits": stated(10n ** 299n) }, "depth_exceeded", {
    twin: { send: stated(5) },
  }),
];
