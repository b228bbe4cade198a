/** Every host callback × every way it can fail: never an acceptance, always that callback's own code. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { FAULTS, TIMEOUT_MS } from "./faults.mjs";
import { gate, MemoryNonceStore, NOW, planner, trusthandoff, wire } from "./support.mjs";

/** What each host replies when all is well, and the codes of its failures. */
const HOSTS = {
  nonces: { good: true, failed: "replay_store_unavailable", odd: "replay_store_invalid_reply" },
  revocations: { good: false, failed: "revocation_unavailable", odd: "revocation_unavailable" },
  approvals: { good: true, failed: "approval_unavailable", odd: "human_review_required" },
  policy: { good: true, failed: "policy_unavailable", odd: "policy_denied" },
  resolveAgent: { good: { publicKeyPem: planner.publicKeyPem, revoked: false }, failed: "registry_unavailable", odd: "registry_invalid_reply" },
};

/** An unknown agent is an answer, not a fault. */
const isAnswer = (host, fault) => host === "resolveAgent" && ["undefined", "null"].includes(fault);

const text = wire({ constraints: { requires_human_review: true } });
const allGood = () => Object.fromEntries(Object.entries(HOSTS).map(([name, { good }]) => [name, () => good]));
const verifier = (hosts) => gate({ registry: undefined, storeTimeoutMs: TIMEOUT_MS, ...allGood(), ...hosts });

test("with every host in order the envelope is accepted", async () => {
  assert.equal((await verifier({}).handle(text)).decision, "ACCEPT");
  assert.equal(verifier({}).handleSync(text).decision, "ACCEPT");
});

for (const [host, codes] of Object.entries(HOSTS)) {
  for (const [fault, { reply, found, sync = found, agent = found, syncAgent = sync }] of Object.entries(FAULTS)) {
    const isAgent = host === "resolveAgent";
    const expected = isAnswer(host, fault) ? "agent_unknown" : codes[isAgent ? agent : found];
    const expectedSync = isAnswer(host, fault) ? "agent_unknown" : codes[isAgent && fault === "an object whose getter throws" ? agent : isAgent ? syncAgent : sync];

    test(`${host}: ${fault}`, async () => {
      const started = performance.now();
      const decision = await verifier({ [host]: () => reply(codes.good) }).handle(text);
      assert.ok(performance.now() - started < TIMEOUT_MS + 100);
      assert.deepEqual([decision.decision, decision.code], ["REJECT", expected]);
      const atOnce = verifier({ [host]: () => swallow(reply(codes.good)) }).handleSync(text);
      assert.deepEqual([atOnce.decision, atOnce.code], ["REJECT", expectedSync]);
      // W10: what settles afterwards changes nothing and surfaces nowhere (an unhandled rejection would fail this file).
      if (fault.endsWith("late")) {
        await sleep(100);
        assert.equal(decision.decision, "REJECT");
        assert.equal(decision.packet, undefined);
      }
    });
  }
}

/** handleSync does not wait for promises, so nobody would listen to their rejection. */
function swallow(reply) {
  if (reply instanceof Promise) reply.catch(() => {});
  return reply;
}

for (const [name, clock] of Object.entries({
  throws: () => {
    throw new Error("no time");
  },
  NaN: () => NaN,
  "a string": () => "2026-03-08T12:00:00Z",
  "a Date": () => new Date(NOW),
  undefined: () => undefined,
  "a promise": async () => NOW,
  Infinity: () => Infinity,
  "before 1970": () => -1,
  "a bigint": () => BigInt(NOW),
  null: () => null,
})) {
  test(`W11 clock: ${name}`, async () => {
    const nonces = new MemoryNonceStore();
    const decision = await gate({ clock, nonces }).handle(wire());
    assert.deepEqual([decision.decision, decision.code, decision.packet], ["REJECT", "clock_invalid", undefined]);
    assert.equal(nonces.size, 0);
  });
}

test("W11 a clock that breaks while a host is asked refuses, with no nonce taken", async () => {
  let reads = 0;
  const nonces = new MemoryNonceStore();
  const decision = await gate({ clock: () => (reads++ === 0 ? NOW : NaN), nonces, policy: async () => true }).handle(wire());
  assert.equal(decision.code, "clock_invalid");
  assert.equal(nonces.size, 0);
});

test("a packet that expires while a host thinks is refused", async () => {
  let now = NOW;
  const policy = async () => {
    now = NOW + 900_000;
    return true;
  };
  assert.equal((await gate({ clock: () => now, policy }).handle(wire())).code, "expired");
});

test("a full store refuses with a code of its own", async () => {
  for (const nonces of [
    () => {
      throw new trusthandoff.TrustHandoffError("replay_store_full", "full");
    },
    async () => Promise.reject(Object.assign(new Error("full"), { code: "replay_store_full" })),
  ]) {
    assert.equal((await gate({ nonces }).handle(wire())).code, "replay_store_full");
  }
});

test("handleSync of an asynchronous host that rejects refuses, and no rejection is left over", async (t) => {
  const left = [];
  const note = (reason) => left.push(reason);
  process.on("unhandledRejection", note);
  t.after(() => process.off("unhandledRejection", note));
  const rejecting = async () => {
    throw new Error("down");
  };
  for (const [host, { odd }] of Object.entries(HOSTS)) assert.equal(verifier({ [host]: rejecting }).handleSync(text).code, odd);
  assert.equal(gate({ clock: rejecting }).handleSync(text).code, "clock_invalid");
  await sleep(10);
  assert.deepEqual(left, []);
});

test("handleSync starts no work: a thenable that is no promise is never called", async () => {
  let started = 0;
  const lazy = { then: () => (started += 1) };
  assert.equal(gate({ nonces: () => lazy }).handleSync(wire()).code, "replay_store_invalid_reply");
  await sleep(5);
  assert.equal(started, 0);
});

test("W6 a host that calls the gate again from within gets its own answer", async () => {
  const inner = [];
  const verifierOfBoth = gate({
    policy: (packet) => {
      if (packet.intent === "outer") inner.push(verifierOfBoth.handleSync(wire({ intent: "inner" })).decision);
      return true;
    },
  });
  assert.equal((await verifierOfBoth.handle(wire({ intent: "outer" }))).decision, "ACCEPT");
  assert.equal(verifierOfBoth.handleSync(wire({ intent: "outer" })).decision, "ACCEPT");
  assert.deepEqual(inner, ["ACCEPT", "ACCEPT"]);
});
