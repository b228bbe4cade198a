/** Events of one gate stand in the order in which things happened: an audit takes time that goes back for a clock that somebody moved. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { gate, NOW, planner, registry, researcher, stranger, trusthandoff, wire } from "./support.mjs";
import { LogWriter, Sentinel } from "../../pkg/dist/sentinel.js";

const { revoke, RevocationList, TrustHandoffExecutor } = trusthandoff;

/** What happens during a task of ten minutes, and who learns of it first. */
const CHANGES = {
  "a revocation in the registry": ({ agents }, now) => agents.revoke(stranger.agentId, { now }),
  "a signed revocation": ({ revocations }, now) => revocations.add(revoke(stranger, { agentId: stranger.agentId }, { now }).text, { now }),
  "a rotation": ({ agents }, now) => agents.rotate(stranger.agentId, trusthandoff.AgentIdentity.generate({ agentId: stranger.agentId }).publicKeyPem, { now }),
};

for (const [name, change] of Object.entries(CHANGES)) {
  test(`${name} while a task runs is told before what follows it, and no clock seems to go back`, async () => {
    let now = NOW;
    const agents = registry().register(stranger.agentId, stranger.publicKeyPem, { now: NOW - 1000 });
    const revocations = new RevocationList({ registry: agents });
    const writer = new LogWriter({ logId: "order" });
    const lines = [];
    const one = gate({ registry: agents, revocations, clock: () => now, events: (event) => void lines.push(writer.append(event)) });
    const { status } = await new TrustHandoffExecutor({ gate: one, identity: researcher }).execute(wire(), async (task) => {
      change({ agents, revocations }, now + 1000);
      now += 600_000;
      await task.use("read");
      return {};
    });
    assert.equal(status, "OK");
    await one.handle(wire({}, { identity: planner, now }));
    const events = lines.map((line) => JSON.parse(line));
    const types = events.map(({ event_type }) => event_type);
    const changed = name === "a rotation" ? "key_rotated" : "revoked";
    assert.deepEqual(types, ["packet_accepted", "task_started", changed, "tool_used", "task_finished", "attested", "packet_accepted"]);
    assert.equal(Date.parse(events[2].timestamp), NOW + 1000);
    assert.deepEqual(new Sentinel().ingest(`${lines.join("\n")}\n`).detectViolations(), []);
  });
}

test("what changed in several places while a gate had nothing to do is told in the order in which it did", async () => {
  let now = NOW;
  const agents = registry().register(stranger.agentId, stranger.publicKeyPem, { now: NOW - 1000 });
  const revocations = new RevocationList({ registry: agents });
  const events = [];
  const one = gate({ registry: agents, revocations, clock: () => now, events: (event) => void events.push(event) });
  revocations.add(revoke(stranger, { publicKey: stranger.publicKeyPem }, { now }).text, { now });
  agents.revoke(stranger.agentId, { now: now + 60_000 });
  now += 120_000;
  revocations.add(revoke(planner, { agentId: planner.agentId }, { now }).text, { now });
  await one.handle(wire({}, { now }));
  const told = events.map(({ event_type, timestamp }) => [event_type, Date.parse(timestamp) - NOW]);
  assert.deepEqual(told, [["revoked", 0], ["revoked", 60_000], ["revoked", 120_000], ["packet_rejected", 120_000]]);
});
