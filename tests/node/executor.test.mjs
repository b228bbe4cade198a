/** TrustHandoffExecutor: what runs may do no more than was delegated, for no longer than it is, whatever it tries. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fakeClock } from "./fake_clock.mjs";
import { allSettled, FAULTS, TIMEOUT_MS } from "./faults.mjs";
import { AgentRegistry, failureOf, gate, MemoryNonceStore, NOW, planner, registry, researcher, trusthandoff, wire } from "./support.mjs";

const { issueCapability, MemoryCounterStore, PacketDecision, TrustHandoffExecutor, TrustHandoffError } = trusthandoff;

/** An executor behind a gate of these options, at the time of all tests or at the present. */
const executor = (gateOptions = {}, options = {}) => new TrustHandoffExecutor({ gate: gate(gateOptions), ...options });
const present = (options = {}) => ({ clock: Date.now, ...options });
const fresh = (packet) => wire(packet, { now: Date.now() });
const granting = (allowed_actions, max_tool_calls = null, more = {}) => ({ permissions: { allowed_actions, max_tool_calls }, ...more });

/** Runs a function that must not run. */
const never = () => assert.fail("the function was called");

/** How many of so many uses at once are admitted, and the code of the first that is not. */
async function spend(task, uses, action = "read") {
  const all = await Promise.allSettled(Array.from({ length: uses }, () => task.use(action)));
  const refused = all.filter(({ status }) => status === "rejected");
  return [uses - refused.length, refused[0]?.reason.code];
}

test("a good task runs once, with what it was given, and ends", async () => {
  const runs = executor();
  const text = wire();
  let given;
  const done = await runs.execute(text, async (task) => {
    given = task;
    await task.use("read");
    await task.use("summarize", "report.txt");
    task.throwIfStale();
    assert.equal(task.signal.aborted, false);
    return { ok: true };
  });
  assert.ok(done.decision instanceof PacketDecision);
  assert.deepEqual([done.decision.decision, done.status, done.error], ["ACCEPT", "OK", null]);
  assert.deepEqual(done.result, { ok: true });
  assert.ok(Object.isFrozen(done) && Object.isFrozen(given));
  assert.equal(given.packet, done.decision.packet);
  assert.equal(given.decision, done.decision);
  const again = await runs.execute(text, never);
  assert.deepEqual([again.status, again.error.code, again.result], ["REJECTED", "replay_detected", undefined]);
});

test("a function may be synchronous, throw anything, or return nothing", async () => {
  const runs = executor();
  assert.equal((await runs.execute(wire(), () => 7)).result, 7);
  assert.deepEqual(await statusOf(runs.execute(wire(), () => undefined)), ["OK", undefined]);
  for (const thrown of [new Error("mine"), undefined, null, "text", { code: "replay_detected" }]) {
    const sync = await runs.execute(wire(), () => {
      throw thrown;
    });
    const later = await runs.execute(wire(), async () => Promise.reject(thrown));
    for (const { status, error, result } of [sync, later]) assert.deepEqual([status, error, result], ["ERROR", thrown, undefined]);
  }
  const trap = {
    get then() {
      throw new Error("trap door");
    },
  };
  assert.equal((await runs.execute(wire(), () => trap)).status, "ERROR");
});

const statusOf = async (execution) => {
  const { status, error } = await execution;
  return [status, error?.code];
};

test("what the gate refuses is not run, and the error is the gate's", async () => {
  for (const [options, text, code] of [
    [{}, wire().replace("Summarize", "Publish"), "invalid_signature"],
    [{ clock: () => NOW + 900_000 }, wire(), "expired"],
    [{ policy: () => false }, wire(), "policy_denied"],
    [{}, wire({ constraints: { requires_human_review: true } }), "human_review_required"],
    [{}, "{}", "missing_field"],
  ]) {
    const { decision, status, error } = await executor(options).execute(text, never);
    assert.deepEqual([decision.decision, status, error.code, decision.code], ["REJECT", "REJECTED", code, code]);
    assert.ok(error instanceof TrustHandoffError);
  }
});

test("F21 a constraint that nobody enforces is not executed, and burns no nonce; the gate alone lets it through", async () => {
  const nonces = new MemoryNonceStore();
  const bound = wire({ constraints: { data_boundary: "eu" } });
  assert.deepEqual(await statusOf(executor({ nonces }).execute(bound, never)), ["REJECTED", "constraint_unsupported"]);
  assert.deepEqual(await statusOf(executor({ nonces, boundary: ["us"] }).execute(bound, never)), ["REJECTED", "constraint_unsupported"]);
  assert.equal(nonces.size, 0);
  assert.deepEqual(await statusOf(executor({ nonces, boundary: ["us", "eu"] }).execute(bound, () => 1)), ["OK", undefined]);
  assert.equal((await gate().handle(wire({ constraints: { data_boundary: "eu" } }))).decision, "ACCEPT");
  const none = await executor().execute(wire({ constraints: { max_runtime_seconds: 0 } }), never);
  assert.equal(none.status, "REJECTED");
});

test("B05 only what is permitted may be used, asked by verb or by verb and resource", async () => {
  const runs = executor();
  const seen = [];
  const text = wire(granting(["read", "fetch:https://api.example.com/**"]));
  const { status, error } = await runs.execute(text, async (task) => {
    for (const [action, resource] of [
      ["read"],
      ["read", "anything"],
      ["fetch", "https://api.example.com/v1/x"],
      ["fetch:https://api.example.com/v1/x"],
      ["write"],
      ["fetch"],
      ["fetch", "https://evil.example.com/"],
      ["fetch", "https://api.example.com/../x"],
      [""],
    ]) {
      seen.push(await task.use(action, resource).then(() => null, (refused) => refused.code));
    }
  });
  assert.deepEqual(seen.slice(0, 5), [null, null, null, null, "action_not_permitted"]);
  assert.ok(seen.slice(5).every((code) => ["action_not_permitted", "action_invalid"].includes(code)), seen.join());
  assert.deepEqual([status, error.code], ["PARTIAL", "action_not_permitted"]);
});

test("a refused action leaves the next one free, a swallowed refusal is no OK, and one that is not caught is an ERROR", async () => {
  const runs = executor();
  const swallowing = await runs.execute(wire(), async (task) => {
    await task.use("delete").catch(() => {});
    await task.use("read");
    return "as if nothing had happened";
  });
  assert.deepEqual([swallowing.status, swallowing.error.code, swallowing.result], ["PARTIAL", "action_not_permitted", "as if nothing had happened"]);
  const failing = await runs.execute(wire(), (task) => task.use("delete"));
  assert.deepEqual([failing.status, failing.error.code, failing.result], ["ERROR", "action_not_permitted", undefined]);
});

test("F13 fifty-one uses of a budget of two admit two, at once or one after the other", async () => {
  for (const use of [
    (task) => spend(task, 51),
    async (task) => {
      const codes = [];
      for (let call = 0; call < 51; call += 1) codes.push(await task.use("read").then(() => null, ({ code }) => code));
      return [codes.filter((code) => code === null).length, codes.at(-1)];
    },
  ]) {
    const { status, result, error } = await executor().execute(wire(granting(["read"], 2)), use);
    assert.deepEqual([status, result, error.code], ["PARTIAL", [2, "tool_calls_exhausted"], "tool_calls_exhausted"]);
  }
});

test("F13 an action that is not permitted costs nothing", async () => {
  const { result } = await executor().execute(wire(granting(["read"], 1)), async (task) => {
    await spend(task, 5, "write");
    return spend(task, 3);
  });
  assert.deepEqual(result, [1, "tool_calls_exhausted"]);
});

test("F13 two packets of one capability share its budget: twenty uses at once admit two", async () => {
  const agents = new AgentRegistry().register(planner.agentId, planner.publicKeyPem, { roots: ["read"], now: NOW - 1000 });
  const capability = issueCapability(planner, { subject_agent: researcher.agentId, allowed_actions: ["read"], max_tool_calls: 2 }, { now: NOW });
  const sibling = () => wire(granting(["read"], 2, { capability_token: capability.token }));
  const one = gate({ registry: agents });
  const runs = [new TrustHandoffExecutor({ gate: one }), new TrustHandoffExecutor({ gate: one })];
  const both = await Promise.all(runs.map((each) => each.execute(sibling(), (task) => spend(task, 10))));
  assert.deepEqual(both.map(({ status, decision }) => [status, decision.code]), Array(2).fill(["PARTIAL", null]));
  assert.equal(both[0].result[0] + both[1].result[0], 2);
  assert.deepEqual(both.map(({ result }) => result[1]), Array(2).fill("tool_calls_exhausted"));
  // A third one comes too late.
  assert.deepEqual((await runs[0].execute(sibling(), (task) => spend(task, 1))).result, [0, "tool_calls_exhausted"]);
});

test("F13 no limit is none, and a limit of zero is one", async () => {
  assert.deepEqual((await executor().execute(wire(granting(["read"])), (task) => spend(task, 30))).result, [30, undefined]);
  assert.deepEqual((await executor().execute(wire(granting(["read"], 0)), (task) => spend(task, 3))).result, [0, "tool_calls_exhausted"]);
});

test("executors of one gate share its counters, and can share others", async () => {
  const one = gate({ nonces: () => true });
  const text = wire(granting(["read"], 3));
  const uses = (options) => new TrustHandoffExecutor({ gate: one, ...options }).execute(text, (task) => spend(task, 2));
  assert.deepEqual((await uses()).result, [2, undefined]);
  assert.deepEqual((await uses()).result, [1, "tool_calls_exhausted"]);
  const counters = new MemoryCounterStore();
  assert.deepEqual((await uses({ counters })).result, [2, undefined]);
  assert.deepEqual((await uses({ counters: (...args) => counters.reserve(...args) })).result, [1, "tool_calls_exhausted"]);
});

test("F13 gates of one process share a budget, whatever clock each goes by", async () => {
  const owner = trusthandoff.AgentIdentity.generate();
  const agents = registry().register(owner.agentId, owner.publicKeyPem, { roots: ["read"], now: NOW - 1000 });
  const right = issueCapability(owner, { subject_agent: planner.agentId, allowed_actions: ["read"], max_tool_calls: 3 }, { now: NOW });
  const text = () => wire({ ...granting(["read"], 3), capability_token: right.token });
  const clocks = [() => NOW, () => NOW, () => NOW + 20_000, () => NOW - 20_000, () => NOW];
  const spent = [];
  for (const clock of clocks) {
    const { result } = await executor({ registry: agents, requireCapability: true, clock }).execute(text(), (task) => spend(task, 2));
    spent.push(result[0]);
  }
  assert.deepEqual(spent, [2, 1, 0, 0, 0]);
  // One that is far ahead makes nothing forgotten that another still needs, and nothing unavailable.
  const ahead = present({ clock: () => NOW + 400 * 86_400_000 });
  const later = wire(granting(["read"], 1), { now: NOW + 400 * 86_400_000 });
  assert.deepEqual((await executor(ahead).execute(later, (task) => spend(task, 2))).result, [1, "tool_calls_exhausted"]);
  assert.deepEqual((await executor({ registry: agents }).execute(text(), (task) => spend(task, 2))).result, [0, "tool_calls_exhausted"]);
  assert.deepEqual((await executor().execute(wire(granting(["read"], 1)), (task) => spend(task, 2))).result, [1, "tool_calls_exhausted"]);
});

test("the counter store is told keys, limits, and until when", async () => {
  const asked = [];
  const counters = { reserve: (...args) => asked.push(args) > 0 };
  await executor({}, { counters }).execute(wire(granting(["read"], 3, { packet_id: "p-1" })), (task) => task.use("read"));
  const [[list, expiresAtMs, about]] = asked;
  assert.equal(asked.length, 1);
  assert.deepEqual(list.map(({ limit }) => limit), [3]);
  assert.match(list[0].key, new RegExp(`^packet\\|${planner.fingerprint}\\|[0-9a-f]{64}$`));
  assert.ok(expiresAtMs >= NOW + 900_000);
  assert.deepEqual(about, { nowMs: NOW, issuedAtMs: NOW });
  assert.ok([list, list[0], about].every(Object.isFrozen));
});

describe("time and revocation", () => {
  const { elapse, outcome } = fakeClock();
  const aborted = (task) => new Promise((resolve) => task.signal.addEventListener("abort", resolve, { once: true }));

  test("F21 max_runtime_seconds ends the task at once, whatever the function does", async () => {
    const limited = () => wire({ constraints: { max_runtime_seconds: 1 } });
    for (const stubborn of [
      () => new Promise(() => {}),
      (task) => new Promise((resolve) => task.signal.addEventListener("abort", () => setTimeout(resolve, 50, "late"))),
      (task) => new Promise((_, reject) => task.signal.addEventListener("abort", () => reject(task.signal.reason))),
      (task) => new Promise((_, reject) => task.signal.addEventListener("abort", () => setTimeout(reject, 20, new Error("late")))),
    ]) {
      let signal;
      const executing = executor().execute(limited(), (task) => {
        signal = task.signal;
        return stubborn(task);
      });
      const [{ status, result, error }, after] = await outcome(executing);
      assert.deepEqual([status, result, error.code, signal.reason.code], ["TIMEOUT", undefined, "max_runtime_exceeded", "max_runtime_exceeded"]);
      assert.equal(after, 1000);
    }
    await elapse(60);
  });

  test("F24 a revocation reaches a running task within one interval", async () => {
    const agents = registry();
    const runs = executor(present({ registry: agents }), { everyMs: 500 });
    let waited;
    const executing = runs.execute(fresh(), async (task) => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      agents.revoke(planner.agentId);
      const revoked = Date.now();
      await aborted(task);
      waited = Date.now() - revoked;
      assert.throws(() => task.throwIfStale(), { code: "agent_revoked" });
      assert.equal((await failureOf(() => task.use("read"))).code, "agent_revoked");
      return task.signal.reason.code;
    });
    const [{ status, result, error }] = await outcome(executing);
    assert.deepEqual([status, result, error.code], ["PARTIAL", "agent_revoked", "agent_revoked"]);
    assert.ok(waited <= 500, `${waited} ms`);
  });

  test("F24 a revocation is found at the moment of use, and ends the whole task", async () => {
    const agents = registry();
    const { status, error } = await executor(present({ registry: agents }), { everyMs: 60_000 }).execute(fresh(), async (task) => {
      await task.use("read");
      agents.revoke(planner.agentId);
      assert.equal((await failureOf(() => task.use("read"))).code, "agent_revoked");
      assert.deepEqual([task.signal.aborted, task.signal.reason.code], [true, "agent_revoked"]);
    });
    assert.deepEqual([status, error.code], ["PARTIAL", "agent_revoked"]);
  });

  test("H05 a task that outlives its packet is told, and is no OK", async () => {
    const executing = executor(present()).execute(fresh({ ttl_seconds: 2 }), async (task) => {
      await aborted(task);
      return (await failureOf(() => task.use("read"))).code;
    });
    const [{ status, result, error }] = await outcome(executing);
    assert.deepEqual([status, result, error.code], ["PARTIAL", "expired", "expired"]);
    let now = NOW;
    const unaware = await executor({ clock: () => now }).execute(wire(), () => {
      now = NOW + 900_000;
      return "done";
    });
    assert.deepEqual([unaware.status, unaware.error.code], ["PARTIAL", "expired"]);
  });

  test("H04 a check that hangs ends a running task", async () => {
    let answer = () => false;
    const runs = executor(present({ revocations: (keys) => answer(keys), storeTimeoutMs: 50 }), { everyMs: 500, jitter: 1 });
    const executing = runs.execute(fresh(), async (task) => {
      answer = () => new Promise(() => {});
      await aborted(task);
    });
    const [{ status, error }] = await outcome(executing);
    assert.equal(status, "PARTIAL");
    // The host's own deadline comes before that of the whole check.
    assert.equal(error.code, "revocation_unavailable");
  });
});

test("F21 a function that pauses for nobody has no more time than others", async () => {
  const busy = await executor().execute(wire({ constraints: { max_runtime_seconds: 1 } }), () => {
    const end = performance.now() + 1010;
    while (performance.now() < end);
    return "done";
  });
  assert.deepEqual([busy.status, busy.result, busy.error.code], ["TIMEOUT", undefined, "max_runtime_exceeded"]);
  const quick = await executor().execute(wire({ constraints: { max_runtime_seconds: 1 } }), () => "done");
  assert.equal(quick.status, "OK");
});

test("after the end nothing is allowed any more, and the signal says so", async () => {
  let kept;
  await executor().execute(wire(), (task) => void (kept = task));
  assert.deepEqual([kept.signal.aborted, kept.signal.reason.code], [true, "task_finished"]);
  assert.equal((await failureOf(() => kept.use("read"))).code, "task_finished");
  assert.throws(() => kept.throwIfStale(), { code: "task_finished" });
});

test("after an end before its time nothing is allowed either, and it is the end that is told", async () => {
  let kept;
  await executor({ storeTimeoutMs: 50 }).execute(wire({ constraints: { max_runtime_seconds: 1 } }), (task) => new Promise(() => (kept = task)));
  assert.equal(kept.signal.reason.code, "max_runtime_exceeded");
  assert.equal((await failureOf(() => kept.use("read"))).code, "task_finished");
  assert.throws(() => kept.throwIfStale(), { code: "task_finished" });
});

test("what is over between the acceptance and the start is not started", async () => {
  const found = new Set();
  for (let reads = 0; reads < 12; reads += 1) {
    let left = Infinity;
    const clock = () => (left-- > 0 ? NOW : NOW + 900_000);
    const nonces = () => ((left = reads), true);
    let ran = false;
    const { decision, status, error } = await executor({ clock, nonces }).execute(wire(), () => void (ran = true));
    assert.deepEqual([error?.code ?? null, ran], [status === "OK" ? null : "expired", status !== "REJECTED"], `${reads} reads`);
    found.add(`${decision.decision} ${status}`);
  }
  assert.deepEqual([...found], ["REJECT REJECTED", "ACCEPT REJECTED", "ACCEPT PARTIAL", "ACCEPT OK"]);
});

test("a use that is not waited for is not a use, and its refusal ends no process", async (t) => {
  const left = [];
  const note = (reason) => left.push(reason);
  process.on("unhandledRejection", note);
  t.after(() => process.off("unhandledRejection", note));
  const refused = await executor().execute(wire(), async (task) => {
    task.use("delete");
    await sleep(20);
    return 1;
  });
  assert.deepEqual([refused.status, refused.error.code], ["PARTIAL", "action_not_permitted"]);
  const hasty = await executor({}, { counters: async () => sleep(20).then(() => true) }).execute(wire(granting(["read"], 2)), (task) => {
    task.use("read");
    return 1;
  });
  assert.deepEqual([hasty.status, hasty.error.code], ["PARTIAL", "task_finished"]);
  await sleep(50);
  assert.deepEqual(left, []);
});

test("W22 a use that is not answered when the function returns ends in PARTIAL, however soon its answer would come", async () => {
  const accepting = { "no host is asked": [{}, {}], "counted at once": [{}, granting(["read"], 2)], "hosts that answer later": [{ revocations: async () => false }, granting(["read"], 2)] };
  const hasty = {
    "returns at once": (task) => void task.use("read"),
    "is asynchronous": async (task) => void task.use("read"),
    "asks once more behind its end": (task) => void Promise.resolve().then(() => task.use("read").catch(() => {})),
  };
  for (const [name, [options, packet]] of Object.entries(accepting)) {
    for (const [what, fn] of Object.entries(hasty)) {
      const told = [];
      const runs = executor({ ...options, events: (event) => told.push(event) }, { identity: researcher });
      const { status, error, receipt } = await runs.execute(wire({ permissions: { allowed_actions: ["read", "summarize"], max_tool_calls: packet.permissions?.max_tool_calls ?? null } }), fn);
      assert.deepEqual([status, error?.code], ["PARTIAL", "task_finished"], `${name}, ${what}`);
      assert.match(receipt.attestation, /"status": ?"PARTIAL"/);
      assert.ok(!told.some(({ event_type }) => event_type === "tool_used"), `${name}, ${what}`);
    }
    const patient = await executor(options).execute(wire(packet), (task) => Promise.all([task.use("read"), task.use("read")]));
    assert.deepEqual([patient.status, patient.error], ["OK", null], name);
  }
  const { error } = await executor().execute(wire(), (task) => void [task.use("read"), task.use("read")]);
  assert.match(error.message, /2 uses .* await every `use`/);
});

test("W20 what fails once the function has run costs neither outcome nor receipt", async () => {
  const broken = () => {
    throw new Error("mine");
  };
  let over = false;
  const once = (value) => () => (over ? broken() : value);
  const sinks = {
    "a sink throws": { events: broken },
    "a sink rejects": { events: async () => broken() },
    "a sink's promise cannot be read": { events: () => ({ get then() { return broken(); } }) },
    "the clock throws": { clock: once(NOW) },
    "the clock gives no time": { clock: () => (over ? NaN : NOW) },
  };
  for (const [name, options] of Object.entries(sinks)) {
    over = false;
    const { status, result, receipt, unattested, error } = await executor(options, { identity: researcher }).execute(wire(), () => {
      over = true;
      return { done: true };
    });
    const late = name.startsWith("the clock");
    assert.deepEqual([status, result, error?.code], late ? ["PARTIAL", { done: true }, "clock_invalid"] : ["OK", { done: true }, undefined], name);
    assert.ok(receipt !== null && unattested === null, name);
  }
  const globals = {
    performance: { now: broken },
    clearTimeout: broken,
    crypto: { getRandomValues: broken, randomUUID: broken },
  };
  for (const [name, value] of Object.entries(globals)) {
    const kept = Object.getOwnPropertyDescriptor(globalThis, name);
    try {
      const { status, result } = await executor({ nonces: async () => true }, { identity: researcher }).execute(wire({ constraints: { max_runtime_seconds: 60 } }), () => {
        Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
        return { done: true };
      });
      assert.deepEqual([status, result], ["OK", { done: true }], name);
    } finally {
      Object.defineProperty(globalThis, name, kept);
    }
  }
});

test("W10 a use that is admitted after the task has ended is not admitted", async () => {
  let release;
  let used;
  const runs = executor({}, { counters: () => new Promise((resolve) => (release = resolve)) });
  await runs.execute(wire(granting(["read"], 2)), async (task) => {
    used = failureOf(() => task.use("read"));
    await sleep(5);
  });
  release(true);
  assert.equal((await used).code, "task_finished");
});

test("F20 strictPolicy asks for a policy, of the executor or of its gate", async () => {
  const make = (gateOptions, options) => executor(gateOptions, { strictPolicy: true, ...options });
  const error = await failureOf(() => make({}, {}));
  assert.deepEqual([error.code, error.name], ["no_policy_provided", "ConfigurationError"]);
  for (const runs of [make({ policy: () => true }, {}), make({}, { policy: () => true }), make({ policy: () => true }, { policy: { isAllowed: () => true } })]) {
    assert.equal((await runs.execute(wire(), () => 1)).status, "OK");
  }
  assert.equal((await executor({}, { strictPolicy: false }).execute(wire(), () => 1)).status, "OK");
});

test("F20 both policies must allow, the gate's first, and each sees the verified packet", async () => {
  const asked = [];
  const says = (who, answer) => (packet) => {
    asked.push([who, packet.intent, Object.isFrozen(packet)]);
    return answer;
  };
  const run = async (first, second) => {
    asked.length = 0;
    const [status, code] = await statusOf(executor({ policy: says("gate", first) }, { policy: says("executor", second) }).execute(wire(), () => 1));
    return [status, code, asked.map(([who]) => who).join()];
  };
  assert.deepEqual(await run(true, true), ["OK", undefined, "gate,executor"]);
  assert.deepEqual(asked, [["gate", "Summarize the findings", true], ["executor", "Summarize the findings", true]]);
  assert.deepEqual(await run(true, false), ["REJECTED", "policy_denied", "gate,executor"]);
  assert.deepEqual(await run(false, true), ["REJECTED", "policy_denied", "gate"]);
  assert.deepEqual(await run(1, true), ["REJECTED", "policy_denied", "gate"]);
  assert.deepEqual(await run(Promise.resolve(true), Promise.resolve(true)), ["OK", undefined, "gate,executor"]);
  // The gate itself asks its own only.
  assert.equal((await gate({ policy: () => true }).handle(wire())).decision, "ACCEPT");
});

/** Hosts of the executor: what they say when all is well, and which codes their failures have. */
const HOSTS = {
  counters: { at: "use", good: true, failed: "counter_unavailable", odd: "counter_invalid_reply" },
  policy: { at: "start", good: true, failed: "policy_unavailable", odd: "policy_denied" },
  "the gate's policy": { at: "start", good: true, failed: "policy_unavailable", odd: "policy_denied" },
  boundary: { at: "start", good: true, failed: "constraint_unsupported", odd: "constraint_unsupported" },
  revocations: { at: "use", good: false, failed: "revocation_unavailable", odd: "revocation_unavailable" },
};

describe("every host that fails in every way", { concurrency: true }, () => {
  for (const [host, codes] of Object.entries(HOSTS)) {
    for (const [fault, { reply, found }] of Object.entries(FAULTS)) {
      test(`${host}: ${fault}`, async () => {
        let answer = () => codes.good;
        const asks = () => answer();
        const inGate = { "the gate's policy": "policy", boundary: "boundary", revocations: "revocations" }[host];
        const policies = { policy: () => true };
        const runs = executor(
          { storeTimeoutMs: TIMEOUT_MS, boundary: () => true, ...policies, ...(inGate && { [inGate]: asks }) },
          { ...policies, ...(!inGate && { [host]: asks }), everyMs: 60_000 },
        );
        const text = () => wire(granting(["read"], 5, { constraints: { data_boundary: "eu" } }));
        assert.equal((await runs.execute(text(), (task) => task.use("read"))).status, "OK");
        const faulty = () => reply(codes.good);
        const code = codes[found];
        if (codes.at === "start") {
          answer = faulty;
          const { status, error, decision } = await runs.execute(text(), never);
          assert.deepEqual([status, error.code, decision.decision], ["REJECTED", code, "REJECT"]);
          // W10: nothing comes of it later either.
          if (fault.endsWith("late")) await allSettled();
          assert.equal(decision.packet, undefined);
          return;
        }
        let admitted = false;
        const { status, error } = await runs.execute(text(), async (task) => {
          answer = faulty;
          const refusal = await failureOf(() => task.use("read").then(() => (admitted = true)));
          if (fault.endsWith("late")) await allSettled();
          return refusal.code;
        });
        assert.deepEqual([status, error.code, admitted], ["PARTIAL", code, false]);
      });
    }
  }
});

test("a counter store that is full says so", async () => {
  const counters = new MemoryCounterStore({ capacity: 1 });
  counters.reserve([{ key: "other", limit: 1 }], NOW + 9e8, { nowMs: NOW });
  for (const store of [counters, async () => Promise.reject(Object.assign(new Error("full"), { code: "counter_store_full" }))]) {
    const { error } = await executor({}, { counters: store }).execute(wire(granting(["read"], 2)), (task) => task.use("read"));
    assert.equal(error.code, "counter_store_full");
  }
});

test("misuse is an error of the caller's, and runs nothing", async () => {
  const runs = executor();
  for (const [call, code, field] of [
    [() => new TrustHandoffExecutor(), "config_invalid", "gate"],
    [() => new TrustHandoffExecutor(null), "config_invalid", null],
    [() => new TrustHandoffExecutor({ gate: {} }), "config_invalid", "gate"],
    [() => new TrustHandoffExecutor({ gate: { handle: () => ({ decision: "ACCEPT" }) } }), "config_invalid", "gate"],
    [() => executor({}, { counters: null }), "config_invalid", "counters"],
    [() => executor({}, { counters: {} }), "config_invalid", "counters"],
    [() => executor({}, { policy: null }), "config_invalid", "policy"],
    [() => executor({}, { strictPolicy: "false" }), "config_invalid", "strictPolicy"],
    [() => executor({}, { strict: true }), "config_invalid", "strict"],
    [() => executor({}, { everyMs: NaN }), "config_invalid", "everyMs"],
    [() => executor({}, { everyMs: 10 }), "config_invalid", "everyMs"],
    [() => executor({}, { jitter: -1 }), "config_invalid", "jitter"],
    [() => runs.execute(wire()), "argument_type", "fn"],
    [() => runs.execute(wire(), "fn"), "argument_type", "fn"],
    [() => runs.execute(JSON.parse(wire()), never), "argument_type", null],
    [() => runs.execute(wire(), never, { now: NOW }), "config_invalid", "now"],
    [() => runs.execute(wire(), never, { approvals: "x" }), "argument_type", "approvals"],
    [() => runs.execute(wire(), never, { approvals: [1] }), "argument_type", "approvals"],
    [() => runs.execute(wire(), never, { onReview: true }), "argument_type", "onReview"],
    [() => runs.execute(wire(), never, 5), "argument_type", null],
  ]) {
    const error = await failureOf(call);
    assert.deepEqual([error?.code, error?.field], [code, field], String(call));
    assert.ok(!/[\r\n]/.test(error.message));
  }
});

test("an action that is none is refused, and was asked for in vain", async () => {
  const { status, result, error } = await executor().execute(wire(), async (task) => {
    const codes = [];
    for (const [action, resource] of [[undefined], [null], [1], [{}], ["read", null], ["read", 1], ["fetch:x", "y"], ["\ud800"], ["read", "\udfff"]]) {
      codes.push((await failureOf(() => task.use(action, resource)))?.code);
    }
    return codes;
  });
  assert.deepEqual([status, error.code], ["PARTIAL", "argument_type"]);
  assert.deepEqual(result, [...Array(7).fill("argument_type"), "invalid_unicode", "invalid_unicode"]);
});

test("W6 hosts that call the executor again from within get their own answers", async () => {
  let inner;
  const runs = executor({
    policy: async (packet) => {
      if (packet.intent === "outer") inner = await runs.execute(wire({ intent: "inner" }), () => "inner");
      return true;
    },
  });
  const outer = await runs.execute(wire({ intent: "outer" }), async () => runs.execute(wire({ intent: "third" }), () => "third"));
  assert.deepEqual([outer.status, outer.result.result, inner.result], ["OK", "third", "inner"]);
});

test("a polluted prototype permits nothing and lends no time", async () => {
  const planted = { use: () => true, counters: () => true, policy: () => true, approvals: [], onReview: () => [], review: () => [], everyMs: 1, maxRuntimeMs: null, valid: { valid_until_ms: 9e15 }, purpose: "handle", action: "read", failure: null, reply: true };
  const runs = executor();
  const reviewed = wire({ constraints: { requires_human_review: true } });
  for (const names of [...Object.keys(planted).map((name) => [name]), Object.keys(planted)]) {
    const [few, nonceless] = [wire(granting(["read"], 1)), executor({ nonces: () => true })];
    for (const name of names) Object.defineProperty(Object.prototype, name, { __proto__: null, value: planted[name], configurable: true, enumerable: true, writable: true });
    try {
      const { status, result } = await nonceless.execute(few, async (task) => [...(await spend(task, 3)), (await failureOf(() => task.use("write"))).code]);
      assert.deepEqual([status, result], ["PARTIAL", [1, "tool_calls_exhausted", "action_not_permitted"]], names.join());
      assert.equal((await runs.execute(reviewed, never)).error.code, "human_review_required", names.join());
    } finally {
      for (const name of names) delete Object.prototype[name];
    }
  }
});

test("the receiver's packets are told apart: one's budget is not another's", async () => {
  const runs = executor();
  const uses = (task) => spend(task, 3);
  const [one, other] = await Promise.all([runs.execute(wire(granting(["read"], 2)), uses), runs.execute(wire(granting(["read"], 2)), uses)]);
  assert.deepEqual([one.result[0], other.result[0]], [2, 2]);
  assert.equal(one.decision.packet.to_agent, researcher.agentId);
});
