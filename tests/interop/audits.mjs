// A chained event log of the package's own gates and executors. `audits.mjs PATH SEED COUNT`: COUNT handoffs, of which most go wrong.
import { AgentIdentity, AgentRegistry, CapabilityOverlap, createEnvelope, issueCapability, MemoryNonceStore, signPacket } from "../../pkg/dist/index.js";
import { TrustHandoffExecutor, TrustHandoffMiddleware } from "../../pkg/dist/index.js";
import { JsonlSink } from "../../pkg/dist/sinks/jsonl.js";
import { label, seed as drawFrom } from "./random_values.mjs";

const [path, seed, count] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
drawFrom(seed);

const [planner, researcher, stranger] = [1, 2, 3].map((byte) => AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(byte)));
const NOW = Math.floor(Date.now() / 1000) * 1000;
const rfc3339 = (ms) => new Date(ms).toISOString().replace(".000", "");
const registry = new AgentRegistry()
  .register(planner.agentId, planner.publicKeyPem, { roots: ["read"], now: NOW - 1000 })
  .register(researcher.agentId, researcher.publicKeyPem, { now: NOW - 1000 });
const overlap = new CapabilityOverlap();
const log = await JsonlSink.open(path, { logId: "interop", identity: researcher, checkpointEvery: 50, fsync: "never" });
const told = [];
const events = (event) => {
  told.push(log.emit(event));
  return told.at(-1);
};
const gateAt = (now) =>
  new TrustHandoffMiddleware({ audience: researcher.agentId, registry, overlap, nonces: new MemoryNonceStore(), events, clock: () => now });
const gate = gateAt(NOW);

function wire(number, more = {}, { identity = planner, now = NOW } = {}) {
  const fields = {
    ...{ packet_id: `audit-${number}-${label(20)}`, to_agent: researcher.agentId, intent: "Summarize \u{1f600}", risk_level: "read" },
    ...{ permissions: { allowed_actions: ["read"], max_tool_calls: 3 }, ...more },
  };
  return createEnvelope(signPacket(identity, fields, { now }));
}

/** What goes wrong, by turns. */
const STORIES = [
  (n) => new TrustHandoffExecutor({ gate, identity: researcher }).execute(wire(n), (task) => task.use("read").then(() => ({}))),
  async (n) => {
    const text = wire(n);
    await gate.handle(text);
    await gate.handle(text);
  },
  (n) => gate.handle(wire(n).replace("Summarize", "Publish")),
  (n) => gate.handle(wire(n, {}, { identity: AgentIdentity.generate({ agentId: planner.agentId }) })),
  (n) => gate.handle(wire(n, {}, { identity: stranger })),
  (n) => gate.handle(wire(n, {}, { now: NOW - 3_600_000 })),
  (n) => gate.handle(wire(n, { ai_provenance: { source: `page ${label(10)}`, ...(n % 2 === 0 && { model: "m" }) } })),
  () => gate.handle("{"),
  async (n) => {
    const grant = { subject_agent: planner.agentId, allowed_actions: ["read"] };
    const old = issueCapability(planner, { ...grant, expires_at: rfc3339(NOW + 60_000) }, { now: NOW });
    overlap.register(old, issueCapability(planner, { ...grant, expires_at: rfc3339(NOW + 3_600_000) }, { now: NOW }), { now: NOW });
    await gateAt(NOW + 70_000).handle(wire(n, { capability_token: old.token }, { now: NOW + 65_000 }));
  },
  async (n) => {
    const leaving = AgentIdentity.generate();
    registry.register(leaving.agentId, leaving.publicKeyPem, { now: NOW - 1000 });
    await new TrustHandoffExecutor({ gate, identity: researcher }).execute(wire(n, {}, { identity: leaving }), async (task) => {
      registry.revoke(leaving.agentId, { now: NOW });
      await task.use("read").catch(() => {});
      return {};
    });
  },
];

for (let number = 0; number < count; number += 1) {
  await STORIES[number % STORIES.length](number);
  // Events come faster than a busy disk takes them, and of more than a sink holds those are dropped that nobody has proven.
  await Promise.all(told.splice(0));
}
await log.close();
