/** F. Execution and watching: what a host, a function or the passing of time might let through. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { MemoryCounterStore, MemoryNonceStore, TrustHandoffExecutor, TrustHandoffMiddleware } from "../../pkg/dist/index.js";
import { fields, mallory, planner, registry, researcher, root, wire } from "./cast.mjs";
import { knownAgents, NOW_MS, receiver } from "./receiver.mjs";
import { capability, chainOf, envelope, revocationKeys, signed, token } from "./wire.mjs";

let count = 0;
/** The planner's packet, each with a nonce of its own. */
const sent = (more = {}) => wire({ nonce: `n-${(count += 1)}`, packet_id: `pk-${count}`, ...more });
const permits = (allowed_actions, max_tool_calls = null) => ({ permissions: { allowed_actions, max_tool_calls } });
const limits = (more) => ({ constraints: { max_runtime_seconds: null, data_boundary: null, requires_human_review: false, ...more } });
const executor = (gate = {}, options = {}) => new TrustHandoffExecutor({ gate: receiver(gate), counters: new MemoryCounterStore(), ...options });
const never = () => assert.fail("the function was called");
const refusal = (used) => used.then(() => null, (error) => error.code);
const outcome = async (run) => {
  const { status, error } = await run;
  return error === null ? status : `${status} ${error.code}`;
};
/** How a signal came to its end. Watchers keep no process alive, so this does. */
function ended(signal) {
  const alive = setTimeout(() => {}, 10_000);
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(signal.reason.code), { once: true })).finally(() => clearTimeout(alive));
}

/** A packet that is valid now, for what waits for real time. */
const present = (more = {}) => {
  const time = (ms) => new Date(ms).toISOString().replace(".000Z", "Z").replace(/\.(\d{3})Z/, ".$1000Z");
  const now = Date.now();
  const { ttl_seconds = 900, ...rest } = more;
  return sent({ issued_at: time(now), expires_at: time(now + ttl_seconds * 1000), ttl_seconds, ...rest });
};

test("B05 the function is told what it may do by the gate, not by the intent, nor by what it says of itself", async () => {
  const { status, result, error } = await executor().execute(sent({ intent: "delete_everything", ...permits(["read"]) }), async (task) => {
    assert.throws(() => task.packet.permissions.allowed_actions.push("delete_everything"), TypeError);
    assert.throws(() => (task.use = () => true), TypeError);
    const codes = [];
    for (const action of ["read", "delete_everything", { toString: () => "read" }, ["read"]]) codes.push(await refusal(task.use(action)));
    return codes;
  });
  assert.deepEqual([status, error.code, result], ["PARTIAL", "action_not_permitted", [null, "action_not_permitted", "argument_type", "argument_type"]]);
  assert.equal(await outcome(executor().execute(sent(permits(["read"])), (task) => task.use("read"))), "OK");
});

test("F13 calls made at once are no more than calls made in turn", async () => {
  const together = async (task) => (await Promise.all(Array.from({ length: 50 }, () => refusal(task.use("read"))))).filter((code) => code === null).length;
  const { result, error } = await executor().execute(sent(permits(["read"], 2)), together);
  assert.deepEqual([result, error.code], [2, "tool_calls_exhausted"]);
  assert.equal((await executor().execute(sent(permits(["read"])), together)).result, 50);
});

test("F13 a budget outlasts the executor, the run and the packet, not the gate's store", async () => {
  const gate = receiver();
  const granted = token(capability(root, planner, { delegated_permissions: { allowed_actions: ["read"], max_tool_calls: 3 } }), root);
  const once = (task) => task.use("read");
  const run = (options) => new TrustHandoffExecutor({ gate, ...options }).execute(sent({ capability_token: granted, ...permits(["read"], 1) }), once);
  assert.deepEqual([await outcome(run()), await outcome(run()), await outcome(run()), await outcome(run())], ["OK", "OK", "OK", "ERROR tool_calls_exhausted"]);
  // Whoever brings a store of its own says so.
  assert.equal(await outcome(run({ counters: new MemoryCounterStore() })), "OK");
});

test("F13 nobody but the store says how much has been used", async () => {
  for (const options of [{ toolCallsUsed: -50 }, { tool_calls_used: 0 }, { used: 0 }]) {
    await assert.rejects(async () => executor().execute(sent(), never, options), { code: "config_invalid" });
    assert.throws(() => executor({}, options), { code: "config_invalid" });
  }
  for (const [answer, code] of [[1, "counter_invalid_reply"], ["true", "counter_invalid_reply"], [undefined, "counter_invalid_reply"], [-1, "counter_invalid_reply"], [false, "tool_calls_exhausted"], [true, null]]) {
    const { result } = await executor({}, { counters: () => answer }).execute(sent(permits(["read"], 2)), (task) => refusal(task.use("read")));
    assert.equal(result, code, String(answer));
  }
});

test("F20 what a policy says counts only if it is true, and nobody's silence is a policy", async () => {
  for (const answer of ["no", "yes", 1, {}, [], null, undefined, new Boolean(true)]) {
    assert.equal(await outcome(executor({}, { policy: () => answer }).execute(sent(), never)), "REJECTED policy_denied", String(answer));
  }
  assert.equal(await outcome(executor({}, { policy: () => true, strictPolicy: true }).execute(sent(), () => 1)), "OK");
  assert.throws(() => executor({}, { strictPolicy: true }), { code: "no_policy_provided" });
  for (const policy of [null, "allow", {}, { isAllowed: true }]) assert.throws(() => executor({}, { policy }), { code: "config_invalid" });
});

test("F21 a run ends at its limit, whatever the function makes of it", async () => {
  const limited = limits({ max_runtime_seconds: 1 });
  const stubborn = executor({ clock: Date.now }).execute(present(limited), (task) => {
    task.signal.addEventListener("abort", () => {});
    return sleep(5000, "late", { ref: false });
  });
  const inTime = executor({ clock: Date.now }).execute(present(limited), () => sleep(10, "done"));
  assert.equal(await outcome(stubborn), "TIMEOUT max_runtime_exceeded");
  assert.equal(await outcome(inTime), "OK");
});

test("F21 a boundary is kept to by those who say so, in so many words", async () => {
  const bound = () => sent(limits({ data_boundary: "eu" }));
  for (const boundary of [undefined, "us", ["us", "eu "], () => "eu", () => 1, async () => "true", { isHonoured: () => undefined }]) {
    assert.equal(await outcome(executor({ boundary }).execute(bound(), never)), "REJECTED constraint_unsupported", String(boundary));
  }
  for (const boundary of ["eu", ["us", "eu"], (name) => name === "eu", { isHonoured: async () => true }]) {
    assert.equal(await outcome(executor({ boundary }).execute(bound(), () => 1)), "OK");
  }
});

test("F22 whoever is told of a decision has no part in it, and what would record it is not promised", async () => {
  const events = () => {
    throw new Error("the log is full");
  };
  assert.equal(await outcome(executor({ events }).execute(sent(), () => 1)), "OK");
  assert.equal(await outcome(executor({ events }).execute(sent({ to_agent: "agent:other" }), never)), "REJECTED wrong_audience");
  for (const options of [{ audit: () => {} }, { auditHook: () => {} }, { identity: {} }]) assert.throws(() => executor({}, options), { code: "config_invalid" });
});

test("F23 a revocation store that fails, or says nothing much, revokes everything", async () => {
  const answers = ["", 0, null, undefined, "false", [], {}, NaN];
  const failures = [
    () => {
      throw new Error("no connection");
    },
    async () => Promise.reject(new TypeError("no connection")),
    () => new Promise(() => {}),
  ];
  for (const revocations of [...answers.map((answer) => () => answer), ...failures]) {
    const runs = executor({ revocations, storeTimeoutMs: 20 });
    assert.equal(await outcome(runs.execute(sent(), never)), "REJECTED revocation_unavailable", String(revocations));
  }
  assert.equal(await outcome(executor({ revocations: () => false }).execute(sent(), () => 1)), "OK");
});

test("F23 a store that fails between two uses ends the task at the second", async () => {
  let answer = false;
  const { status, result } = await executor({ revocations: () => answer }).execute(sent(), async (task) => {
    const first = await refusal(task.use("read"));
    answer = "";
    return [first, await refusal(task.use("read")), task.signal.aborted];
  });
  assert.deepEqual([status, result], ["PARTIAL", [null, "revocation_unavailable", true]]);
});

test("F24 what is revoked after the decision is refused at the next use, and at every later one", async () => {
  const granted = token(capability(root, planner), root);
  const changes = {
    "the agent, in the registry": ["agent_revoked", (agents) => agents.revoke(planner.id, { now: NOW_MS })],
    "the issuer, in the registry": ["capability_revoked", (agents) => agents.revoke(root.id, { now: NOW_MS })],
    "the packet, by the host": ["packet_revoked", (agents, revoked) => revoked.push(revocationKeys.packet(planner, "pk-x"))],
    "the capability, by the host": ["capability_revoked", (agents, revoked) => revoked.push(revocationKeys.capability(root, "cap-1"))],
  };
  for (const [name, [code, change]] of Object.entries(changes)) {
    const [agents, revoked] = [knownAgents(), []];
    const runs = executor({ registry: agents, revocations: (keys) => keys.some((key) => revoked.includes(key)) });
    const { status, result } = await runs.execute(wire({ capability_token: granted, packet_id: "pk-x", ...permits(["read"], 3) }), async (task) => {
      const before = await refusal(task.use("read"));
      change(agents, revoked);
      const after = [await refusal(task.use("read")), await refusal(task.use("read"))];
      assert.equal(task.signal.aborted, true);
      return [before, ...after];
    });
    assert.deepEqual([status, result], ["PARTIAL", [null, code, code]], name);
  }
});

test("F24 what is revoked while the use is being counted is refused", async () => {
  const agents = knownAgents();
  const counters = async () => {
    agents.revoke(planner.id, { now: NOW_MS });
    return true;
  };
  const { result } = await executor({ registry: agents }, { counters }).execute(sent(permits(["read"], 3)), (task) => refusal(task.use("read")));
  assert.equal(result, "agent_revoked");
});

test("F24 a function that failed, or did what it was refused, is not reported as one that succeeded", async () => {
  const failed = await executor().execute(sent(), () => {
    throw new Error("mine");
  });
  assert.deepEqual([failed.status, failed.error.message, failed.result], ["ERROR", "mine", undefined]);
  const hidden = await executor().execute(sent(), async (task) => {
    await refusal(task.use("delete"));
    return "all is well";
  });
  assert.deepEqual([hidden.status, hidden.error.code], ["PARTIAL", "action_not_permitted"]);
  const done = await executor().execute(sent(), () => "all is well");
  assert.deepEqual([done.status, done.error, Object.isFrozen(done)], ["OK", null, true]);
});

test("F17 no setting is taken from the environment", () => {
  const script = `
    import { TrustHandoffExecutor, TrustHandoffMiddleware, AgentRegistry, MemoryNonceStore } from ${JSON.stringify(new URL("../../pkg/dist/index.js", import.meta.url).href)};
    const gate = new TrustHandoffMiddleware({ audience: ${JSON.stringify(researcher.id)}, registry: AgentRegistry.fromJson(process.argv[1]), nonces: new MemoryNonceStore(), clock: () => ${NOW_MS} });
    new TrustHandoffExecutor({ gate });
    console.log((await gate.handle(process.argv[2])).code);
  `;
  const run = (env, text) => spawnSync(process.execPath, ["--input-type=module", "-e", script, JSON.stringify(registry()), text], { encoding: "utf8", env: { PATH: process.env.PATH, ...env } }).stdout.trim();
  const untimed = wire({ risk_level: null, ttl_seconds: null });
  const forged = envelope({ ...signed(fields(), mallory) });
  for (const value of ["true", "1", "false", "0", ""]) {
    const env = Object.fromEntries(["STRICT_MODE", "STRICT", "SKIP_VERIFY", "ENFORCE_DEFAULT_TTL_POLICY", "ALLOW_UNSIGNED", "MAX_DEPTH"].map((name) => [`TRUSTHANDOFF_${name}`, value]));
    assert.deepEqual([run(env, untimed), run(env, forged)], ["null", "invalid_signature"], value);
  }
});

test("H04 start, stop, start: a watcher that was stopped in between still watches, and one that hangs has a deadline", async () => {
  let answer = () => false;
  const gate = receiver({ clock: Date.now, revocations: (keys) => answer(keys) });
  const decision = await gate.handle(present());
  assert.equal(decision.code, null);
  const watcher = gate.watch(decision, { everyMs: 500, jitter: 0, timeoutMs: 50 });
  watcher.stop().start().stop().start();
  assert.equal(await watcher.check(), true);
  answer = () => true;
  assert.equal(await ended(watcher.signal), "agent_revoked");
  answer = () => new Promise(() => {});
  watcher.start();
  assert.equal(watcher.stale, false);
  assert.equal(await ended(watcher.signal), "revalidation_timeout");
  answer = () => false;
  watcher.start();
  assert.equal(await watcher.check(), true);
  watcher.stop();
});

test("H04 an interval that would never come is refused", async () => {
  const gate = receiver();
  const decision = await gate.handle(sent());
  for (const everyMs of [NaN, Infinity, -1, 0, "500", null]) {
    assert.throws(() => gate.watch(decision, { everyMs }), { code: "config_invalid", field: "everyMs" });
    assert.throws(() => executor({}, { everyMs }), { code: "config_invalid", field: "everyMs" });
  }
  gate.watch(decision, { everyMs: 500 }).stop();
});

test("H05 the end of validity is watched, of the packet and of all that it rests on, though nobody answers", async () => {
  const gate = receiver({ clock: Date.now, revocations: () => false });
  const decision = await gate.handle(present({ ttl_seconds: 1 }));
  const watcher = gate.watch(decision, { everyMs: 60_000 });
  assert.equal(await ended(watcher.signal), "expired");
  assert.ok(Date.now() >= decision.validUntilMs);
  assert.throws(() => watcher.throwIfStale(), { code: "expired" });
  // A capability that ends before its packet does.
  let now = NOW_MS;
  const early = receiver({ clock: () => now });
  const short = await early.handle(sent({ capability_token: token(capability(root, planner, { expires_at: "2026-03-08T12:01:00Z" }), root) }));
  assert.equal(short.validUntilMs, NOW_MS + 60_000);
  const over = early.watch(short);
  now = NOW_MS + 59_999;
  over.throwIfStale();
  now = NOW_MS + 60_000;
  assert.throws(() => over.throwIfStale(), { code: "expired" });
});

test("H05 a packet without an id is refused before it is accepted, and watched under none", async () => {
  const gate = receiver();
  const refused = await gate.handle(sent({ packet_id: "" }));
  assert.equal(refused.code, "field_invalid");
  assert.throws(() => gate.watch(refused), { code: "argument_type" });
  const decision = await gate.handle(sent());
  gate.watch(decision).stop();
});

test("H06 whatever a host throws, what was accepted goes stale", async () => {
  const thrown = [undefined, null, 0, "exit", Symbol("exit"), new Error("exit"), { code: null }, { code: "ok", message: "fine" }, Object.freeze([])];
  for (const value of thrown) {
    let isBroken = false;
    const host = (good, fail) => () => (isBroken ? fail() : good);
    for (const fail of [
      () => {
        throw value;
      },
      () => Promise.reject(value),
    ]) {
      isBroken = false;
      const gate = receiver({ revocations: host(false, fail) });
      const watcher = gate.watch(await gate.handle(sent()));
      assert.equal(await watcher.check(), true);
      isBroken = true;
      assert.equal(await watcher.check(), false);
      assert.deepEqual([watcher.stale, watcher.code, watcher.signal.aborted], [true, "revocation_unavailable", true], String(value));
    }
  }
});

test("H06 a registry that is gone leaves nothing standing", async () => {
  let record = { publicKeyPem: planner.pem };
  const gate = new TrustHandoffMiddleware({ audience: researcher.id, resolveAgent: () => record, nonces: new MemoryNonceStore(), clock: () => NOW_MS });
  const decision = await gate.handle(envelope(signed(fields(), planner), chainOf(fields())));
  for (const [now, code] of [[null, "agent_unknown"], [undefined, "agent_unknown"], [{}, "registry_invalid_reply"], [{ publicKeyPem: mallory.pem }, "public_key_mismatch"], [{ publicKeyPem: planner.pem, revoked: true }, "agent_revoked"]]) {
    record = { publicKeyPem: planner.pem };
    const watcher = gate.watch(decision);
    assert.equal(await watcher.check(), true);
    record = now;
    assert.deepEqual([await watcher.check(), watcher.code], [false, code]);
  }
});
