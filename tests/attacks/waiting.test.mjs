/** W. Hosts and clocks: what changes, lies or comes late while a gate waits. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { MemoryNonceStore } from "../../pkg/dist/index.js";
import { planner, root, wire } from "./cast.mjs";
import { codes, knownAgents, NOW_MS, receiver } from "./receiver.mjs";
import { at, capability, revocationKeys, token } from "./wire.mjs";

const reviewed = { constraints: { max_runtime_seconds: null, data_boundary: null, requires_human_review: true } };

test("W06 a host that calls its gate from within gets its own answer, and loses none", async () => {
  const inner = [];
  const nonces = new MemoryNonceStore();
  const gate = receiver({
    nonces: (...args) => {
      if (args[2].nonce === "outer") inner.push(gate.handleSync(wire({ nonce: "inner" })).decision);
      return nonces.checkAndStore(...args);
    },
    policy: (packet) => {
      if (packet.nonce === "outer") inner.push(gate.handleSync(wire({ nonce: `inner ${inner.length}` })).decision);
      return true;
    },
  });
  assert.equal((await gate.handle(wire({ nonce: "outer" }))).decision, "ACCEPT");
  assert.deepEqual(inner, ["ACCEPT", "ACCEPT"]);
  assert.equal(gate.handleSync(wire({ nonce: "outer" })).code, "replay_detected");
});

test("W07 a packet that expires while a host is awaited is refused before a nonce is taken", async () => {
  for (const slow of ["policy", "approvals", "revocations"]) {
    let now = NOW_MS;
    const nonces = new MemoryNonceStore();
    const answer = slow === "revocations" ? false : true;
    const late = async () => {
      now = NOW_MS + 900_000;
      return answer;
    };
    const gate = receiver({ nonces, clock: () => now, approvals: () => true, [slow]: late });
    assert.equal((await gate.handle(wire(reviewed))).code, "expired", slow);
    assert.equal(nonces.size, 0);
  }
});

test("W07 a packet that expires while its nonce is taken is refused", async () => {
  let now = NOW_MS;
  const nonces = async () => {
    now = NOW_MS + 900_000;
    return true;
  };
  assert.equal((await receiver({ nonces, clock: () => now }).handle(wire())).code, "expired");
});

test("W07 what is revoked while a host is awaited is refused, and takes no nonce", async () => {
  const agents = knownAgents();
  let revoked = [];
  const changes = {
    "the agent, in the registry": [() => agents.revoke(planner.id, { now: NOW_MS }), "agent_revoked"],
    "the packet, by the host": [() => (revoked = [revocationKeys.packet(planner, "pk-1")]), "packet_revoked"],
    "the key, by the host": [() => (revoked = [revocationKeys.key(planner)]), "agent_revoked"],
  };
  for (const [name, [change, code]] of Object.entries(changes).reverse()) {
    revoked = [];
    const nonces = new MemoryNonceStore();
    const policy = async () => {
      change();
      return true;
    };
    const gate = receiver({ registry: agents, nonces, policy, revocations: (keys) => keys.some((key) => revoked.includes(key)) });
    assert.equal((await gate.handle(wire())).code, code, name);
    assert.equal(nonces.size, 0);
  }
});

test("W07 a capability that ends or whose issuer is revoked while a host is awaited is refused", async () => {
  const text = wire({ capability_token: token(capability(root, planner, { expires_at: at(60) }), root) });
  for (const [change, code] of [["time", "capability_expired"], ["issuer", "capability_revoked"], ["nothing", null]]) {
    let now = NOW_MS;
    const agents = knownAgents();
    const policy = async () => {
      if (change === "time") now = NOW_MS + 60_000;
      if (change === "issuer") agents.revoke(root.id, { now: NOW_MS });
      return true;
    };
    assert.equal((await receiver({ registry: agents, policy, clock: () => now }).handle(text)).code, code, change);
  }
});

test("W09 only a literal boolean counts, from whichever host and in whichever wrapping", async () => {
  const odd = [1, 0, "true", "false", "", null, undefined, {}, [], [true], new Boolean(true), new Boolean(false), { then: 1 }, 1n, NaN, () => true];
  const hosts = { policy: "policy_denied", approvals: "human_review_required", revocations: "revocation_unavailable", nonces: "replay_store_invalid_reply" };
  for (const [host, code] of Object.entries(hosts)) {
    for (const answer of odd) {
      const make = () => receiver({ approvals: () => true, [host]: () => answer });
      assert.equal(await codes(make, wire(reviewed)), code, `${host}: ${String(answer)}`);
    }
  }
});

test("W09 a thenable is awaited once, and its lies are worth one answer", async () => {
  let reads = 0;
  const thenable = (answers) => ({
    get then() {
      reads += 1;
      return (resolve) => answers.forEach((answer) => resolve(answer));
    },
  });
  assert.equal((await receiver({ policy: () => thenable([false, true]) }).handle(wire())).code, "policy_denied");
  assert.equal((await receiver({ nonces: () => thenable([1, true]) }).handle(wire())).code, "replay_store_invalid_reply");
  assert.equal(reads, 2);
  // Where nothing is awaited, it is a wrong reply, and its `then` is left alone.
  assert.equal(receiver({ policy: () => thenable([true]) }).handleSync(wire()).code, "policy_denied");
  assert.equal(reads, 2);
});

test("W10 an answer after the timeout turns no refusal into an acceptance", async () => {
  const hosts = { policy: ["policy_unavailable", true], approvals: ["approval_unavailable", true], revocations: ["revocation_unavailable", false], nonces: ["replay_store_unavailable", true] };
  for (const [host, [code, good]] of Object.entries(hosts)) {
    let settled = false;
    const late = () =>
      sleep(300).then(() => {
        settled = true;
        return good;
      });
    const gate = receiver({ approvals: () => true, storeTimeoutMs: 10, [host]: late });
    const decision = await gate.handle(wire(reviewed));
    assert.deepEqual([decision.code, settled], [code, false], host);
    await sleep(350);
    assert.deepEqual([decision.decision, decision.code, decision.packet, settled], ["REJECT", code, undefined, true], host);
  }
});

test("W11 a clock that is set back, or tells no time, admits nothing", async () => {
  let now = NOW_MS;
  const gate = receiver({ clock: () => now });
  now = NOW_MS + 900_000;
  assert.equal((await gate.handle(wire())).code, "expired");
  now = NOW_MS;
  assert.equal((await gate.handle(wire())).code, "expired");
  const broken = [NaN, "2026-03-08T12:00:00Z", undefined, null, Infinity, -1, new Date(NOW_MS), BigInt(NOW_MS), Promise.resolve(NOW_MS), 1e300, { valueOf: () => NOW_MS }];
  for (const reading of broken) {
    const nonces = new MemoryNonceStore();
    assert.equal(await codes(() => receiver({ clock: () => reading, nonces }), wire()), "clock_invalid", String(reading));
    assert.equal(nonces.size, 0);
  }
  const throwing = receiver({
    clock: () => {
      throw new Error("no time");
    },
  });
  assert.equal((await throwing.handle(wire())).code, "clock_invalid");
});
