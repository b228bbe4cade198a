/** Fake timers, as Vitest, Jest and Sinon install them: all three use this library. Whatever was made before, during or after follows them. */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { afterEach, test } from "node:test";
import { failureOf, registry, researcher, trusthandoff, wire } from "./support.mjs";

const FakeTimers = createRequire(new URL("../tools/package.json", import.meta.url))("@sinonjs/fake-timers");
const { MemoryNonceStore, TrustHandoffExecutor, TrustHandoffMiddleware } = trusthandoff;

const HOUR = 3_600_000;
const realNow = Date.now;

/** With the default clock. */
const gate = (more = {}) => new TrustHandoffMiddleware({ audience: researcher.agentId, registry: registry(), nonces: new MemoryNonceStore(), ...more });
const fresh = (more) => wire(more, { now: Date.now() });

let clock;
/** What all three fake by default; the test runner needs its `nextTick`. */
const TO_FAKE = ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "setImmediate", "clearImmediate", "Date", "performance"];
const install = (options = {}) => (clock = FakeTimers.install({ now: realNow(), toFake: TO_FAKE, ...options }));
afterEach(() => clock?.uninstall());

test("the clock is read at each call: a gate made before, under or after fake timers goes by the time of the moment", async () => {
  const before = gate();
  const sent = Array.from({ length: 2 }, () => fresh());
  assert.equal((await before.handle(sent[0])).decision, "ACCEPT");
  for (const toFake of [["Date"], TO_FAKE]) {
    install({ now: realNow() + HOUR, toFake });
    for (const verifier of [gate(), gate({ clock: Date.now }), gate({ clock: () => Date.now() })]) assert.equal(verifier.handleSync(sent[1]).code, "expired");
    const late = gate();
    clock.uninstall();
    assert.equal(late.handleSync(fresh()).decision, "ACCEPT");
  }
  install({ now: realNow() + HOUR });
  assert.equal(before.handleSync(sent[1]).code, "expired");
  assert.equal(before.handleSync(fresh()).decision, "ACCEPT");
});

test("everything that has a time by default has that of the moment", () => {
  const now = Date.UTC(2031, 4, 5);
  install({ now });
  const [planner, other] = [trusthandoff.AgentIdentity.generate(), trusthandoff.AgentIdentity.generate()];
  const packet = trusthandoff.signPacket(planner, { to_agent: "agent:b", intent: "x" });
  const texts = [
    packet.text,
    trusthandoff.approve(other, packet.text, { decision: "APPROVED" }).text,
    trusthandoff.revoke(planner, { packet: packet.text }).text,
    trusthandoff.issueCapability(planner, { subject_agent: "agent:b", allowed_actions: ["read"] }).issued_at,
  ];
  for (const text of texts) assert.match(text, /2031-05-05T00:00:00/);
});

test("time set back to the beginning of 1970 is a time", () => {
  install({ now: 0 });
  assert.equal(gate({ registry: registryAt(0) }).handleSync(fresh()).decision, "ACCEPT");
});

test("W11 a gate that has seen a later time holds it, whoever fakes the clock; a gate made then goes by the clock", async () => {
  const seen = gate();
  install({ now: realNow() + HOUR });
  assert.equal(seen.handleSync(fresh()).decision, "ACCEPT");
  clock.setSystemTime(realNow());
  const set = fresh();
  assert.equal(seen.handleSync(set).code, "expired");
  assert.equal(seen.handleSync(set, { now: Date.now() }).decision, "ACCEPT");
  assert.equal(gate().handleSync(fresh()).decision, "ACCEPT");
});

test("a store that does not answer is given up when fake time has passed", async () => {
  install();
  const pending = gate({ nonces: () => new Promise(() => {}) }).handle(fresh());
  await clock.tickAsync(2100);
  assert.equal((await pending).code, "replay_store_unavailable");
});

test("a task's runtime and the watch over it pass in fake time", async () => {
  install();
  let revoked = false;
  const verifier = gate({ revocations: () => revoked });
  const executor = new TrustHandoffExecutor({ gate: verifier });
  const timed = executor.execute(fresh({ constraints: { max_runtime_seconds: 5 } }), () => new Promise(() => {}));
  await clock.tickAsync(5100);
  assert.deepEqual([(await timed).status, (await timed).error.code], ["TIMEOUT", "max_runtime_exceeded"]);
  const watcher = verifier.watch(await verifier.handle(fresh()));
  revoked = true;
  await clock.tickAsync(6000);
  assert.deepEqual([watcher.stale, watcher.code], [true, "agent_revoked"]);
});

test("all that can be faked is faked, and a task is executed and attested", async () => {
  install();
  const executor = new TrustHandoffExecutor({ gate: gate({ nonces: async () => true }), identity: researcher });
  const done = await executor.execute(fresh(), async (task) => task.use("read"));
  assert.deepEqual([done.status, typeof done.receipt.attestation], ["OK", "string"]);
});

test("a timer is called off by the clock that it was set on", async () => {
  const warnings = [];
  const warned = (warning) => warnings.push(String(warning));
  process.on("warning", warned);
  const { warn } = console;
  console.warn = warned;
  try {
    // Set on the real clock, called off under the fake one, and the other way round.
    const real = gate();
    const first = real.watch(real.handleSync(fresh()));
    install();
    first.stop();
    const faked = gate();
    const second = faked.watch(faked.handleSync(fresh()));
    assert.ok(clock.countTimers() > 0);
    const held = clock;
    clock.uninstall();
    second.stop();
    assert.equal(held.countTimers(), 0);
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    console.warn = warn;
    process.off("warning", warned);
  }
  assert.deepEqual(warnings, []);
});

test("after a fake day the budgets of this process are counted on in real time", async () => {
  const granting = { permissions: { allowed_actions: ["read"], max_tool_calls: 1 } };
  const spend = async (text) => {
    const executor = new TrustHandoffExecutor({ gate: gate({ nonces: () => true }) });
    return (await executor.execute(text, (task) => task.use("read"))).error?.code ?? "OK";
  };
  const running = fresh(granting);
  assert.equal(await spend(running), "OK");
  install({ now: realNow() + 24 * HOUR });
  assert.equal(await spend(fresh(granting)), "OK");
  clock.uninstall();
  assert.equal(await spend(running), "tool_calls_exhausted");
  assert.equal(await spend(fresh(granting)), "OK");
});

test("a clock that gives no time ends in a code, not in a raw error", async () => {
  const { now } = Date;
  const broken = () => {
    throw new Error("mine");
  };
  for (const read of [() => NaN, () => "x", broken]) {
    const sent = fresh();
    Date.now = read;
    try {
      assert.equal((await gate().handle(sent)).code, "clock_invalid");
      assert.equal((await failureOf(() => trusthandoff.signPacket(researcher, { to_agent: "agent:b", intent: "x" }))).code, "clock_invalid");
    } finally {
      Date.now = now;
    }
  }
});

function registryAt(now) {
  const [{ agentId, publicKeyPem }] = [trusthandoff.AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(1))];
  return new trusthandoff.AgentRegistry().register(agentId, publicKeyPem, { now });
}
