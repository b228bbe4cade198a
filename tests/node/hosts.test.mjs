/** Every host callback × every way it can fail: never an acceptance, always that callback's own code. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { allSettled, FAULTS, TIMEOUT_MS } from "./faults.mjs";
import { AgentRegistry, gate, MemoryNonceStore, NOW, planner, researcher, stranger, trusthandoff, wire } from "./support.mjs";

const { issueCapability } = trusthandoff;

/** What each host replies when all is well, and the codes of its failures. */
const HOSTS = {
  nonces: { good: true, failed: "replay_store_unavailable", odd: "replay_store_invalid_reply" },
  revocations: { good: false, failed: "revocation_unavailable", odd: "revocation_unavailable" },
  approvals: { good: true, failed: "approval_unavailable", odd: "human_review_required" },
  boundary: { good: true, failed: "constraint_unsupported", odd: "constraint_unsupported" },
  policy: { good: true, failed: "policy_unavailable", odd: "policy_denied" },
  resolveAgent: { good: { publicKeyPem: planner.publicKeyPem, revoked: false }, failed: "registry_unavailable", odd: "registry_invalid_reply" },
};

/** An unknown agent is an answer, not a fault. */
const isAnswer = (host, fault) => host === "resolveAgent" && ["undefined", "null"].includes(fault);

const text = wire({ constraints: { requires_human_review: true, data_boundary: "eu" } });
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
      const decision = await verifier({ [host]: () => reply(codes.good) }).handle(text);
      assert.deepEqual([decision.decision, decision.code], ["REJECT", expected]);
      const atOnce = verifier({ [host]: () => swallow(reply(codes.good)) }).handleSync(text);
      assert.deepEqual([atOnce.decision, atOnce.code], ["REJECT", expectedSync]);
      // W10: what settles afterwards changes nothing and surfaces nowhere (an unhandled rejection would fail this file).
      if (fault.endsWith("late")) {
        await allSettled();
        assert.equal(decision.decision, "REJECT");
        assert.equal(decision.packet, undefined);
      }
    });
  }
}

for (const [fault, { reply, found, sync = found }] of Object.entries(FAULTS)) {
  test(`onReview: ${fault}`, async () => {
    const codes = { failed: "approval_unavailable", odd: "human_review_required" };
    const nonces = new MemoryNonceStore();
    const reviewing = gate({ nonces, review: { reviewers: [stranger.agentId], timeoutMs: TIMEOUT_MS } });
    const decision = await reviewing.handle(text, { onReview: () => reply("APPROVED") });
    assert.deepEqual([decision.decision, decision.code], ["REJECT", codes[found]]);
    const atOnce = reviewing.handleSync(text, { onReview: () => swallow(reply("APPROVED")) });
    assert.deepEqual([atOnce.decision, atOnce.code], ["REJECT", codes[sync]]);
    if (fault.endsWith("late")) await allSettled();
    assert.deepEqual([decision.packet, nonces.size], [undefined, 0]);
  });
}

/** A capability that ended ten seconds ago, in a packet that is fresh; and the one that took its place. */
const granted = (expires) => {
  const grant = { subject_agent: researcher.agentId, allowed_actions: ["read", "summarize"], max_tool_calls: 3, expires_at: new Date(expires).toISOString().replace(".000Z", "Z") };
  return issueCapability(planner, grant, { now: NOW - 60_000 });
};
const [ended, successor] = [granted(NOW - 10_000), granted(NOW + 3_600_000)];
const overlapping = (overlap, more = {}) =>
  gate({
    registry: new AgentRegistry().register(planner.agentId, planner.publicKeyPem, { roots: ["read", "summarize"], now: NOW - 100_000 }),
    storeTimeoutMs: TIMEOUT_MS,
    overlap,
    ...more,
  });
const carrying = () => wire({ capability_token: ended.token });

test("D09 an ended capability admits where its successor is known, and the decision and an event say so", async () => {
  const events = [];
  const asked = [];
  const successors = { successor: (digest) => (asked.push(digest), successor.token) };
  for (const handle of ["handle", "handleSync"]) {
    const decision = await overlapping(successors, { events: (event) => events.push(event) })[handle](carrying());
    assert.deepEqual([decision.code, decision.notices], [null, ["token_overlap_used"]]);
    assert.equal(decision.validUntilMs, NOW + 20_000);
    const [event, accepted] = events.splice(0);
    const { event_type, packet_id, reason, producer_id, timestamp } = event;
    assert.deepEqual([event_type, packet_id, reason], ["token_overlap_used", decision.packetId, "expired_but_within_overlap"]);
    assert.deepEqual([producer_id, timestamp, accepted.event_type], [researcher.agentId, "2026-03-08T12:00:00Z", "packet_accepted"]);
    assert.ok(Object.isFrozen(event) && Object.isFrozen(decision.notices));
  }
  assert.ok(asked.every((digest) => digest === ended.digest) && asked.length >= 2);
  const ordinary = await overlapping(successors, { events: (event) => events.push(event.event_type) }).handle(wire());
  assert.deepEqual(events, ["packet_accepted"]);
  assert.deepEqual([ordinary.code, ordinary.notices], [null, []]);
  assert.equal((await overlapping(undefined).handle(carrying())).code, "capability_expired");
});

test("H02 what is told of a decision changes none", async () => {
  for (const events of [
    () => {
      throw new Error("disk full");
    },
    async () => Promise.reject(new Error("disk full")),
    () => new Promise(() => {}),
    (event) => {
      event.event_type = "nothing";
    },
  ]) {
    for (const handle of ["handle", "handleSync"]) {
      assert.equal((await overlapping(() => successor.token, { events })[handle](carrying())).decision, "ACCEPT");
    }
  }
  const inner = [];
  const reentrant = overlapping(() => successor.token, { events: () => inner.length < 3 && inner.push(reentrant.handleSync(carrying()).decision) });
  assert.equal(reentrant.handleSync(carrying()).decision, "ACCEPT");
});

for (const [fault, { reply }] of Object.entries(FAULTS)) {
  test(`overlap: ${fault}`, async () => {
    const code = { undefined: "capability_expired", null: "capability_expired", '"true"': "overlap_invalid", '"false"': "overlap_invalid" }[fault];
    const decision = await overlapping(() => reply(successor.token)).handle(carrying());
    assert.deepEqual([decision.decision, decision.code], ["REJECT", code ?? "overlap_unavailable"]);
    const atOnce = overlapping(() => swallow(reply(successor.token))).handleSync(carrying());
    assert.deepEqual([atOnce.decision, atOnce.code], ["REJECT", code ?? "overlap_unavailable"]);
    if (fault.endsWith("late")) await allSettled();
    assert.equal(decision.packet, undefined);
  });
}

test("D09 a successor of another's, or one that has ended too, extends nothing", async () => {
  const wider = issueCapability(planner, { subject_agent: stranger.agentId, allowed_actions: ["read"] }, { now: NOW });
  const forged = issueCapability(stranger, { subject_agent: researcher.agentId, allowed_actions: ["read"] }, { now: NOW });
  for (const token of [wider.token, forged.token, ended.token, `${successor.token} `, "\ud800", "x".repeat(2 ** 21), JSON.stringify(successor)]) {
    const decision = await overlapping(() => token).handle(carrying());
    assert.equal(decision.decision, "REJECT", token.slice(0, 20));
    assert.ok(["overlap_invalid", "capability_expired"].includes(decision.code), decision.code);
  }
});

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
