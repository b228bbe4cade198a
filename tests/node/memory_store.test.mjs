import assert from "node:assert/strict";
import { test } from "node:test";
import { gate, MemoryNonceStore, NOW, wire, work } from "./support.mjs";

const about = (nowMs, fingerprint) => ({ nowMs, fingerprint });

test("A05 a full store refuses and evicts no live nonce", () => {
  const store = new MemoryNonceStore({ capacity: 10 });
  for (let index = 0; index < 10; index += 1) assert.equal(store.checkAndStore(`k${index}`, NOW + 1000, about(NOW, `sender ${index}`)), true);
  assert.throws(() => store.checkAndStore("one more", NOW + 1000, about(NOW, "sender x")), { code: "replay_store_full" });
  for (let index = 0; index < 10; index += 1) assert.equal(store.checkAndStore(`k${index}`, NOW + 1000, about(NOW, `sender ${index}`)), false);
  assert.equal(store.size, 10);
});

test("A05 one sender holds at most half of it", () => {
  const store = new MemoryNonceStore({ capacity: 10 });
  for (let index = 0; index < 5; index += 1) store.checkAndStore(`k${index}`, NOW + 1000, about(NOW, "flooder"));
  assert.throws(() => store.checkAndStore("k5", NOW + 1000, about(NOW, "flooder")), { code: "replay_store_full" });
  assert.equal(store.checkAndStore("k5", NOW + 1000, about(NOW, "another")), true);
});

test("A06 a nonce is held until it expires, and its room is free then", () => {
  const store = new MemoryNonceStore({ capacity: 1 });
  assert.equal(store.checkAndStore("a", NOW + 1000, { nowMs: NOW }), true);
  assert.equal(store.checkAndStore("a", NOW + 1000, { nowMs: NOW + 999 }), false);
  assert.equal(store.checkAndStore("b", NOW + 9000, { nowMs: NOW + 5000 }), true);
  assert.equal(store.size, 1);
});

test("A06 after a jump of the clock and back what may have been forgotten is refused, not let in twice", async () => {
  const nonces = new MemoryNonceStore();
  assert.equal(nonces.checkAndStore("a", NOW + 1000, { nowMs: NOW }), true);
  assert.equal(nonces.checkAndStore("b", NOW + 9000, { nowMs: NOW + 5000 }), true);
  const unknown = { name: "MiddlewareExecutionError", code: "replay_store_unavailable", message: /clock went back/ };
  assert.throws(() => nonces.checkAndStore("a", NOW + 1000, { nowMs: NOW + 10 }), unknown);
  assert.equal(nonces.checkAndStore("b", NOW + 9000, { nowMs: NOW + 10 }), false);
  assert.equal(nonces.checkAndStore("c", NOW + 20_000, { nowMs: NOW + 10 }), true);
  const verifier = gate();
  const text = wire();
  assert.equal((await verifier.handle(text)).decision, "ACCEPT");
  await verifier.handle(wire({}, { now: NOW + 3_600_000 }), { now: NOW + 3_600_000 });
  assert.equal((await verifier.handle(text, { now: NOW })).code, "replay_store_unavailable");
});

test("A03 another sender's nonce of the same name is another nonce", async () => {
  const verifier = gate();
  assert.equal((await verifier.handle(wire({ nonce: "same" }))).decision, "ACCEPT");
  assert.equal((await verifier.handle(wire({ nonce: "same", packet_id: "other" }))).code, "replay_detected");
});

test("A08 work per call is constant: the last tenth of 200,000 costs no more than the first", () => {
  const store = new MemoryNonceStore({ capacity: 400_000 });
  const tenth = (from) =>
    work(() => {
      for (let index = from; index < from + 20_000; index += 1) store.checkAndStore(`th1:${index}`, NOW + 900_000 + index, about(NOW + index / 100, `s${index % 7}`));
    });
  const times = Array.from({ length: 10 }, (_, index) => tenth(index * 20_000));
  assert.equal(store.size, 200_000);
  // Wide, because machines are noisy; a scan of all entries would be a thousandfold.
  assert.ok(Math.min(...times.slice(5)) < 10 * Math.max(...times.slice(0, 5)), times.join(" "));
});

test("without a context the store keeps its own time", () => {
  const store = new MemoryNonceStore();
  assert.equal(store.checkAndStore("k", Date.now() + 60_000), true);
  assert.equal(store.checkAndStore("k", Date.now() + 60_000), false);
});

test("wrong arguments are errors with a code", () => {
  for (const capacity of [0, -1, 1.5, "10", null, Infinity, NaN]) assert.throws(() => new MemoryNonceStore({ capacity }), { code: "config_invalid", field: "capacity" });
  assert.throws(() => new MemoryNonceStore({ capcity: 5 }), { code: "config_invalid", field: "capcity" });
  const store = new MemoryNonceStore();
  for (const args of [[1, NOW], ["k", "soon"], ["k", NaN], ["k"], ["k", NOW, { nowMs: "now" }]]) {
    assert.throws(() => store.checkAndStore(...args), { name: "ArgumentTypeError", code: "argument_type" });
  }
});
