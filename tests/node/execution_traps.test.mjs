/** W4: traps of the core while something runs that it has accepted: never a permission, and no budget starts afresh. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { trapNext } from "./trap.mjs";

// After the wrapper around WebAssembly.Instance, which must be there first.
const { failureOf, fields, gate, MemoryNonceStore, NOW, planner, researcher, trusthandoff, wire } = await import("./support.mjs");
const { signPacket, TrustHandoffExecutor, verifySignature } = trusthandoff;

const limited = () => wire({ permissions: { allowed_actions: ["read"], max_tool_calls: 2 } });

for (const door of ["coregate_begin", "corerun_advance", "corerun_resume"]) {
  test(`W4 a trap in ${door} at a use permits nothing, ends the task, and gives no call back`, async () => {
    const executor = new TrustHandoffExecutor({ gate: gate({ nonces: () => true, revocations: () => false }) });
    const text = limited();
    const { status, error } = await executor.execute(text, async (task) => {
      await task.use("read");
      const sprung = trapNext(door);
      assert.equal((await failureOf(() => task.use("read"))).code, "internal_error");
      assert.equal(sprung(), true);
      assert.deepEqual([task.signal.aborted, task.signal.reason.code], [true, "internal_error"]);
      assert.equal((await failureOf(() => task.use("read"))).code, "internal_error");
    });
    assert.deepEqual([status, error.code], ["PARTIAL", "internal_error"]);
    // The next task works, with what is left of the budget.
    const { result } = await executor.execute(text, async (task) => {
      const codes = [];
      for (let call = 0; call < 3; call += 1) codes.push(await task.use("read").then(() => null, ({ code }) => code));
      return codes;
    });
    assert.ok(result.filter((code) => code === null).length <= 1);
    assert.equal(result.at(-1), "tool_calls_exhausted");
  });
}

test("W4 what was accepted and cannot be read is not run", async () => {
  const executor = new TrustHandoffExecutor({ gate: gate() });
  const sprung = trapNext("acceptedview");
  const { decision, status, error } = await executor.execute(wire(), () => assert.fail("ran"));
  assert.equal(sprung(), true);
  assert.deepEqual([decision.decision, status, error.code], ["REJECT", "REJECTED", "internal_error"]);
  assert.equal((await executor.execute(wire(), () => "ran")).result, "ran");
});

test("W4 a trap in the gate of an executor runs nothing and takes no nonce", async () => {
  const nonces = new MemoryNonceStore();
  const executor = new TrustHandoffExecutor({ gate: gate({ nonces }) });
  const text = wire();
  const sprung = trapNext("corerun_advance");
  assert.equal((await executor.execute(text, () => assert.fail("ran"))).error.code, "internal_error");
  assert.deepEqual([sprung(), nonces.size], [true, 0]);
  assert.equal((await executor.execute(text, () => "ran")).result, "ran");
});

test("W4 a trap in a check goes stale, and so does one elsewhere while a check waits; a new start looks again", async () => {
  let answer = () => false;
  const verifier = gate({ revocations: (keys) => answer(keys) });
  const decision = await verifier.handle(wire());
  const watcher = verifier.watch(decision, { everyMs: 60_000 });
  const sprung = trapNext("corerun_advance");
  assert.equal(await watcher.check(), false);
  assert.deepEqual([sprung(), watcher.code], [true, "internal_error"]);
  watcher.start();
  assert.equal(await watcher.check(), true);

  let release;
  answer = () => new Promise((resolve) => (release = resolve));
  const waiting = watcher.check();
  trapNext("checktask");
  assert.equal(verifySignature(wire()).code, "internal_error");
  release(false);
  assert.equal(await waiting, false);
  assert.equal(watcher.code, "internal_error");
  answer = () => false;
  watcher.start();
  assert.equal(await watcher.check(), true);
  watcher.stop();
});

test("W4 a trap while people are asked approves nothing", async () => {
  const packet = signPacket(planner, fields({ to_agent: researcher.agentId, constraints: { requires_human_review: true } }), { now: NOW });
  const nonces = new MemoryNonceStore();
  const verifier = gate({ nonces, review: { timeoutMs: 1000 } });
  const sprung = trapNext("corerun_view");
  const decision = await verifier.handle(trusthandoff.createEnvelope(packet), { onReview: () => assert.fail("asked about what cannot be read") });
  assert.deepEqual([sprung(), decision.code, nonces.size], [true, "internal_error", 0]);
});
