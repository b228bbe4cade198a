/** RevalidationWatcher: whatever way a check fails, what was accepted goes stale; and nothing else makes it so. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { fakeClock } from "./fake_clock.mjs";
import { allSettled, FAULTS, TIMEOUT_MS } from "./faults.mjs";
import { AgentRegistry, failureOf, gate, NOW, planner, registry, trusthandoff, wire } from "./support.mjs";

const { RevalidationWatcher, TrustHandoffError } = trusthandoff;
const { elapse, outcome } = fakeClock();

/** A gate that lives now, with a packet it has accepted. */
async function accepted(options = {}, packet = {}) {
  const now = Date.now();
  const verifier = gate({ clock: Date.now, ...options });
  const decision = await verifier.handle(wire(packet, { now }));
  assert.equal(decision.code, null);
  return { verifier, decision };
}

/** A host that says "nothing is revoked" until its answer is changed. */
function revocations() {
  const host = { answer: () => false, calls: 0 };
  host.isRevoked = (...args) => {
    host.calls += 1;
    return host.answer(...args);
  };
  return host;
}

/** The code with which a watcher goes stale, and after how many milliseconds. */
async function staleness(watcher) {
  const stale = new Promise((resolve) => watcher.signal.addEventListener("abort", resolve, { once: true }));
  const [, after] = await outcome(stale);
  return [watcher.code, after];
}

describe("watching", () => {
  test("a good acceptance stays good, and is checked at once and at the interval", async () => {
    const host = revocations();
    const { verifier, decision } = await accepted({ revocations: host });
    const before = host.calls;
    const watcher = verifier.watch(decision, { everyMs: 500, jitter: 0 });
    assert.ok(watcher instanceof RevalidationWatcher);
    await elapse(50);
    const first = host.calls;
    assert.ok(first > before, "no check at once");
    await elapse(600);
    assert.ok(host.calls > first, "no check at the interval");
    assert.deepEqual([watcher.stale, watcher.code, watcher.reason, watcher.signal.aborted], [false, null, null, false]);
    watcher.throwIfStale();
    assert.equal(await watcher.check(), true);
    watcher.stop();
  });

  test("one check runs at a time, and who comes meanwhile shares the next one", async () => {
    const open = [];
    let isLater = false;
    const { verifier, decision } = await accepted({ revocations: () => isLater && new Promise((resolve) => open.push(resolve)) });
    isLater = true;
    const watcher = verifier.watch(decision, { everyMs: 60_000, jitter: 0 });
    const found = [1, 2, 3, 4, 5].map(() => watcher.check());
    const asked = [];
    for (let times = 0; times < 6; times += 1) {
      await elapse(1);
      asked.push(open.length);
      open.splice(0).forEach((answer) => answer(times > 0));
    }
    assert.equal(Math.max(...asked), 1, `${asked}`);
    assert.deepEqual(await Promise.all(found), [true, false, false, false, false]);
    assert.equal(watcher.code, "agent_revoked");
    watcher.stop();
  });

  test("what is revoked in the registry is stale within one interval, and says so in every way", async () => {
    const agents = registry();
    const { verifier, decision } = await accepted({ registry: agents });
    const told = [];
    const watcher = verifier.watch(decision, { everyMs: 500, onStale: (error) => told.push(error) });
    await elapse(20);
    agents.revoke(planner.agentId);
    const [code, after] = await staleness(watcher);
    assert.equal(code, "agent_revoked");
    assert.ok(after <= 500, `${after} ms`);
    assert.equal(watcher.stale, true);
    assert.ok(watcher.reason.length > 0);
    assert.ok(watcher.signal.reason instanceof TrustHandoffError);
    assert.equal(watcher.signal.reason.code, "agent_revoked");
    assert.throws(() => watcher.throwIfStale(), { code: "agent_revoked" });
    assert.equal(await watcher.check(), false);
    assert.deepEqual(told, [watcher.signal.reason]);
  });

  test("H05 the end of validity is watched with nothing to ask anybody", async () => {
    const { verifier, decision } = await accepted({}, { ttl_seconds: 2 });
    assert.ok(decision.validUntilMs - Date.now() <= 2000);
    const watcher = verifier.watch(decision, { everyMs: 60_000 });
    const left = Math.ceil(decision.validUntilMs - Date.now());
    assert.deepEqual(await staleness(watcher), ["expired", left]);
    // Anew, and at once no longer good again.
    const { signal } = watcher;
    watcher.start();
    assert.notEqual(watcher.signal, signal);
    assert.deepEqual([watcher.stale, watcher.code, watcher.signal.aborted], [true, "expired", true]);
  });

  test("H05 a look at the clock needs no timer", async () => {
    let now = NOW;
    const verifier = gate({ clock: () => now });
    const watcher = verifier.watch(await verifier.handle(wire()));
    watcher.throwIfStale();
    now = NOW + 900_000 - 1;
    watcher.throwIfStale();
    now = NOW + 900_000;
    assert.throws(() => watcher.throwIfStale(), { code: "expired" });
    assert.deepEqual([watcher.stale, watcher.signal.aborted], [true, true]);
    // W11: a clock that is set back makes nothing good again.
    now = NOW;
    watcher.start();
    assert.equal(watcher.code, "expired");
  });

  test("W11 a clock that tells no time any more is no reason to go on", async () => {
    let now = NOW;
    const verifier = gate({ clock: () => now });
    const decision = await verifier.handle(wire());
    for (const broken of [NaN, undefined, "2026-03-08T12:00:00Z", Promise.resolve(NOW)]) {
      now = NOW;
      const watcher = verifier.watch(decision);
      now = broken;
      assert.throws(() => watcher.throwIfStale(), { code: "clock_invalid" });
      assert.equal(await watcher.check(), false);
    }
  });

  test("H04 start, stop, start: what was revoked in between is found at once", async () => {
    const host = revocations();
    const { verifier, decision } = await accepted({ revocations: host });
    const watcher = verifier.watch(decision, { everyMs: 60_000 });
    await elapse(20);
    watcher.stop();
    const { signal } = watcher;
    const before = host.calls;
    host.answer = () => true;
    await elapse(50);
    assert.deepEqual([host.calls, watcher.stale, signal.aborted], [before, false, false]);
    watcher.start();
    assert.equal(watcher.signal, signal);
    assert.equal((await staleness(watcher))[0], "agent_revoked");
  });

  test("H04 stale, start: a fresh signal and a check, and it goes stale again for a new reason", async () => {
    const host = revocations();
    const { verifier, decision } = await accepted({ revocations: host });
    const told = [];
    const watcher = verifier.watch(decision, { onStale: (error) => told.push(error.code) });
    host.answer = () => "no";
    assert.equal(await watcher.check(), false);
    assert.equal(watcher.code, "revocation_unavailable");
    const { signal } = watcher;
    host.answer = () => false;
    watcher.start();
    assert.notEqual(watcher.signal, signal);
    assert.deepEqual([signal.aborted, watcher.signal.aborted, watcher.stale], [true, false, false]);
    await elapse(30);
    assert.equal(watcher.stale, false);
    host.answer = (keys) => keys.some((key) => key.startsWith("packet|"));
    assert.equal(await watcher.check(), false);
    assert.deepEqual([watcher.code, told], ["packet_revoked", ["revocation_unavailable", "packet_revoked"]]);
  });

  test("starting twice watches once; stopping and disposing twice is nothing", async () => {
    const host = revocations();
    const { verifier, decision } = await accepted({ revocations: host });
    const before = host.calls;
    verifier.watch(decision, { everyMs: 60_000 });
    await elapse(30);
    const aCheck = host.calls - before;
    const watcher = verifier.watch(decision, { everyMs: 60_000 }).start().start();
    await elapse(30);
    const once = host.calls;
    assert.deepEqual([once - before, aCheck > 0], [2 * aCheck, true]);
    watcher.stop().stop();
    watcher[Symbol.dispose]();
    watcher[Symbol.dispose]();
    await elapse(30);
    assert.equal(host.calls, once);
    assert.deepEqual([watcher.stale, watcher.signal.aborted], [false, false]);
    // A stopped one still answers when asked.
    assert.equal(await watcher.check(), true);
  });

  test("H04 a check that hangs is over at its deadline", async () => {
    const host = revocations();
    for (const [options, code] of [[{ timeoutMs: 50 }, "revalidation_timeout"], [{}, "revocation_unavailable"]]) {
      host.answer = () => false;
      const { verifier, decision } = await accepted({ revocations: host, storeTimeoutMs: options.timeoutMs === undefined ? 50 : 2000 });
      let release;
      host.answer = () => new Promise((resolve) => (release = resolve));
      const watcher = verifier.watch(decision, options);
      assert.deepEqual(await staleness(watcher), [code, 50]);
      // W10: what it says now is too late.
      release(false);
      await elapse(20);
      assert.equal(watcher.code, code);
    }
  });

  test("a check from before a stop says nothing about what was started since", async () => {
    const host = revocations();
    const { verifier, decision } = await accepted({ revocations: host });
    let release;
    host.answer = () => new Promise((resolve) => (release = resolve));
    const watcher = verifier.watch(decision, { timeoutMs: 200 });
    const slow = watcher.check();
    watcher.stop();
    host.answer = () => false;
    watcher.start();
    release(true);
    host.answer = () => false;
    await slow;
    await elapse(250);
    assert.deepEqual([watcher.stale, watcher.signal.aborted], [false, false]);
    watcher.stop();
  });

  for (const [fault, { reply, found, agent = found }] of Object.entries(FAULTS)) {
    test(`H06 a host that fails goes stale: ${fault}`, async () => {
      const good = { publicKeyPem: planner.publicKeyPem };
      for (const [host, honest, code] of [
        ["revocations", () => false, "revocation_unavailable"],
        ["resolveAgent", () => good, isUnknown(fault) ? "agent_unknown" : agent === "failed" ? "registry_unavailable" : "registry_invalid_reply"],
      ]) {
        let answer = honest;
        const { verifier, decision } = await accepted({ registry: undefined, resolveAgent: () => good, storeTimeoutMs: TIMEOUT_MS, [host]: (...args) => answer(...args) });
        answer = () => reply(honest());
        const watcher = verifier.watch(decision, { timeoutMs: 1000 });
        assert.equal((await staleness(watcher))[0], code, host);
        if (fault.endsWith("late")) await allSettled();
        assert.equal(watcher.code, code);
      }
    });
  }

  test("what onStale does stays its own affair", async () => {
    const thenTrap = Object.defineProperty({}, "then", {
      get() {
        throw new Error("trap door");
      },
    });
    for (const onStale of [
      () => {
        throw new Error("mine");
      },
      () => {
        throw undefined;
      },
      async () => Promise.reject(new Error("mine")),
      () => new Promise(() => {}),
      () => thenTrap,
    ]) {
      const agents = registry();
      const { verifier, decision } = await accepted({ registry: agents });
      const watcher = verifier.watch(decision, { onStale });
      agents.revoke(planner.agentId);
      assert.equal(await watcher.check(), false);
      assert.equal(watcher.code, "agent_revoked");
    }
  });

  test("who starts again whatever goes stale is not called without end", async () => {
    const host = revocations();
    const { verifier, decision } = await accepted({ revocations: host });
    let restarts = 0;
    const watcher = verifier.watch(decision, {
      onStale: () => {
        restarts += 1;
        if (restarts < 1000) watcher.start();
      },
    });
    host.answer = () => true;
    await elapse(100);
    watcher.stop();
    assert.ok(restarts > 0 && restarts < 1000, `${restarts} restarts in 100 ms`);

    let now = NOW;
    const over = gate({ clock: () => now });
    let told = 0;
    const expiring = over.watch(await over.handle(wire()), {
      onStale: () => {
        told += 1;
        expiring.start();
      },
    });
    now = NOW + 900_000;
    assert.throws(() => expiring.throwIfStale(), { code: "expired" });
    assert.equal(told, 1);
  });

  test("a signal of the caller's stops the watcher for good, and is left alone afterwards", async () => {
    const host = revocations();
    const { verifier, decision } = await accepted({ revocations: host });
    const parent = new AbortController();
    const watcher = verifier.watch(decision, { signal: parent.signal, everyMs: 500, jitter: 0 });
    await elapse(20);
    parent.abort(new Error("the page was left"));
    const before = host.calls;
    watcher.start();
    await elapse(600);
    assert.deepEqual([host.calls, watcher.stale, watcher.running, watcher.signal.reason.message], [before, false, false, "the page was left"]);
    const never = verifier.watch(decision, { signal: parent.signal });
    await elapse(20);
    assert.deepEqual([host.calls, never.stale], [before, false]);
  });

  test("a watcher keeps no process alive", () => {
    const script = `
      import { AgentIdentity, AgentRegistry, createEnvelope, MemoryNonceStore, signPacket, TrustHandoffMiddleware } from "${new URL("../../pkg/dist/index.js", import.meta.url)}";
      const [a, b] = [AgentIdentity.generate(), AgentIdentity.generate()];
      const registry = new AgentRegistry().register(a.agentId, a.publicKeyPem);
      const gate = new TrustHandoffMiddleware({ audience: b.agentId, registry, nonces: new MemoryNonceStore() });
      const decision = await gate.handle(createEnvelope(signPacket(a, { to_agent: b.agentId, intent: "x" })));
      const watcher = gate.watch(decision, { everyMs: 500 });
      setTimeout(() => console.log(watcher.stale), 700);
    `;
    const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], { encoding: "utf8", timeout: 20_000 });
    assert.deepEqual([status, stdout, stderr], [0, "false\n", ""]);
  });
});

const isUnknown = (fault) => ["undefined", "null"].includes(fault);

test("H04 no interval that is none: every senseless option is refused by its name", async () => {
  const { verifier, decision } = await accepted();
  const wrong = {
    everyMs: [NaN, 0, -1, 499, 499.9, Infinity, 2 ** 31, "1000", null, 1000n, {}],
    jitter: [NaN, -0.1, 1.1, Infinity, "0", null, true],
    timeoutMs: [NaN, 0, -1, 1.5, Infinity, 2 ** 31, "50", null],
    signal: [null, {}, true, new AbortController(), { aborted: false, addEventListener() {}, removeEventListener() {} }],
    onStale: [null, {}, true, "x"],
    every: [1000],
  };
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      const error = await failureOf(() => verifier.watch(decision, { [name]: value }));
      assert.deepEqual([error?.code, error?.field], ["config_invalid", name], `${name}: ${String(value)}`);
      assert.ok(!/[\r\n]/.test(error.message));
    }
  }
  for (const options of [null, 1, [], Object.create({ everyMs: 1000 })]) assert.equal((await failureOf(() => verifier.watch(decision, options)))?.code, "config_invalid");
  for (const everyMs of [500, 500.5, 2 ** 31 - 1]) verifier.watch(decision, { everyMs, jitter: 1 }).stop();
});

test("only what this gate accepted can be watched", async () => {
  const { verifier, decision } = await accepted();
  const other = gate({ clock: Date.now });
  const refused = await verifier.handle(wire({}, { now: Date.now() }).replace("Summarize", "x"));
  for (const [watching, value] of [
    [verifier, refused],
    [other, decision],
    ...[undefined, null, 1, "x", {}, { ...decision }, Object.create(decision)].map((value) => [verifier, value]),
  ]) {
    const error = await failureOf(() => watching.watch(value));
    assert.ok(error instanceof TypeError && error.code === "argument_type", String(error));
  }
  assert.throws(() => new RevalidationWatcher(), { code: "config_invalid" });
  assert.throws(() => new RevalidationWatcher(undefined, { revalidate: async () => Infinity }, {}), { code: "config_invalid" });
});

test("a polluted prototype sets no pace and tells nobody", async () => {
  const { verifier, decision } = await accepted();
  const planted = { everyMs: 1, jitter: 7, timeoutMs: 1, signal: AbortSignal.abort(), onStale: () => assert.fail("called"), justAccepted: true, parent: AbortSignal.abort() };
  Object.assign(Object.prototype, planted);
  try {
    const watcher = verifier.watch(decision, {});
    assert.equal(await watcher.check(), true);
    watcher.stop();
  } finally {
    for (const name of Object.keys(planted)) delete Object.prototype[name];
  }
});

test("the gate's own registry is looked at, whoever else knows the agent", async () => {
  const agents = AgentRegistry.fromJson(registry().toJson());
  const { verifier, decision } = await accepted({ registry: agents });
  const watcher = verifier.watch(decision);
  agents.rotate(planner.agentId, trusthandoff.AgentIdentity.generate().publicKeyPem, { overlapSeconds: 0 });
  assert.equal(await watcher.check(), false);
  assert.equal(watcher.code, "public_key_mismatch");
});
