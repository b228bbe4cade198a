/** A. Replay, where the attack is on the store around the gate. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as soon } from "node:timers/promises";
import { MemoryNonceStore, TrustHandoffMiddleware } from "../../pkg/dist/index.js";
import { mallory, planner, researcher, wire } from "./cast.mjs";
import { codes, knownAgents, NOW_MS, receiver } from "./receiver.mjs";
import { chainOf, envelope, packet, signed } from "./wire.mjs";

const from = (sender, nonce) => {
  const packed = signed(packet(sender, researcher, { nonce, packet_id: nonce }), sender);
  return envelope(packed, chainOf(packed));
};

test("A04 there is no gate without a store, and no store by default", () => {
  const complete = { audience: researcher.id, registry: knownAgents(), nonces: new MemoryNonceStore() };
  assert.ok(new TrustHandoffMiddleware(complete));
  for (const nonces of [undefined, null]) {
    assert.throws(() => new TrustHandoffMiddleware({ ...complete, nonces }), { code: "config_invalid", field: "nonces" });
  }
});

test("A04 one store serves many gates: what one let in, a fresh one refuses", async () => {
  const nonces = new MemoryNonceStore();
  const text = wire();
  assert.equal((await receiver({ nonces }).handle(text)).decision, "ACCEPT");
  for (let n = 0; n < 3; n += 1) assert.equal(await codes(() => receiver({ nonces }), text), "replay_detected");
});

test("A05 junk of one sender evicts no live nonce and locks nobody out", () => {
  const nonces = new MemoryNonceStore({ capacity: 20 });
  const gate = receiver({ nonces });
  const victim = from(planner, "victim");
  assert.equal(gate.handleSync(victim).decision, "ACCEPT");
  const junk = Array.from({ length: 30 }, (_, n) => gate.handleSync(from(mallory, `junk ${n}`)).code);
  assert.deepEqual([junk.filter((code) => code === null).length, junk.at(-1)], [10, "replay_store_full"]);
  assert.equal(gate.handleSync(victim).code, "replay_detected");
  assert.equal(gate.handleSync(from(planner, "another")).decision, "ACCEPT");
  assert.equal(nonces.size, 12);
});

test("A07 of a hundred parallel submissions exactly one is accepted, however the store answers", async () => {
  const memory = () => new MemoryNonceStore();
  const slow = () => {
    const store = new MemoryNonceStore();
    return async (...args) => {
      const taken = store.checkAndStore(...args);
      await soon();
      return taken;
    };
  };
  for (const nonces of [memory(), slow()]) {
    const gate = receiver({ nonces, policy: async () => true });
    const text = wire();
    const decisions = await Promise.all(Array.from({ length: 100 }, () => gate.handle(text)));
    const accepted = decisions.filter(({ decision }) => decision === "ACCEPT");
    assert.equal(accepted.length, 1);
    assert.ok(decisions.every(({ decision, code }) => decision === "ACCEPT" || code === "replay_detected"));
  }
});

test("A08 a call drops a bounded number of expired nonces, however many there are", () => {
  const nonces = new MemoryNonceStore({ capacity: 100_000 });
  const store = (key, expires, now) => nonces.checkAndStore(key, expires, { nowMs: now, fingerprint: key });
  for (let n = 0; n < 20_000; n += 1) store(`old ${n}`, NOW_MS + 1000, NOW_MS);
  let held = nonces.size;
  for (let n = 0; n < 500; n += 1) {
    store(`new ${n}`, NOW_MS + 9000, NOW_MS + 5000);
    assert.ok(held + 1 - nonces.size <= 64, `${held + 1 - nonces.size} in one call`);
    held = nonces.size;
  }
  assert.equal(held, 500);
});

test("A09 a store does not grow for ever: what has expired leaves it", () => {
  const nonces = new MemoryNonceStore({ capacity: 50 });
  let now = NOW_MS;
  const gate = receiver({ nonces, clock: () => now });
  const every = 20;
  for (let round = 0; round < 10; round += 1) {
    for (let n = 0; n < every; n += 1) {
      const packed = signed(packet(planner, researcher, { nonce: `${round} ${n}`, issued_at: iso(now), expires_at: iso(now + 900_000) }), planner);
      assert.equal(gate.handleSync(envelope(packed)).decision, "ACCEPT");
    }
    assert.ok(nonces.size <= 2 * every);
    now += 2_000_000;
  }
});

const iso = (ms) => new Date(ms).toISOString().replace(".000Z", "Z");

test("A12 only literal true of a store admits, and only literal false has seen", async () => {
  const odd = ["false", "no", "true", 1, 0, "", null, undefined, [], [0], [true], {}, { ok: true }, Symbol.iterator, 1n, new Boolean(true), NaN, () => true];
  for (const answer of odd) {
    assert.equal(await codes(() => receiver({ nonces: () => answer }), wire()), "replay_store_invalid_reply", String(answer));
    assert.equal((await receiver({ nonces: async () => answer }).handle(wire())).code, "replay_store_invalid_reply", String(answer));
  }
  assert.equal(await codes(() => receiver({ nonces: () => true }), wire()), null);
  assert.equal(await codes(() => receiver({ nonces: () => false }), wire()), "replay_detected");
});

test("A13 a falsy store is an error, and a store that only looks falsy is used", async () => {
  for (const nonces of [0, "", false, null, NaN, 0n]) {
    assert.throws(() => receiver({ nonces }), { code: "config_invalid", field: "nonces" }, String(nonces));
  }
  let asked = 0;
  const looksFalsy = {
    length: 0,
    valueOf: () => false,
    [Symbol.toPrimitive]: () => 0,
    checkAndStore() {
      asked += 1;
      return false;
    },
  };
  assert.equal((await receiver({ nonces: looksFalsy }).handle(wire())).code, "replay_detected");
  assert.equal(asked, 1);
});
