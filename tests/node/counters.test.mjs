/** The counter store in memory: one atomic step, bounded, never forgetful of a budget that is still running. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { failureOf, NOW, trusthandoff, work } from "./support.mjs";

const { MemoryCounterStore, ArgumentTypeError, TrustHandoffError } = trusthandoff;
const END = NOW + 60_000;
const at = (nowMs) => ({ nowMs });

test("F13 a budget of two admits two of fifty-one", () => {
  const store = new MemoryCounterStore();
  const admitted = Array.from({ length: 51 }, () => store.reserve([{ key: "a", limit: 2 }], END, at(NOW)));
  assert.deepEqual(admitted, [true, true, ...Array(49).fill(false)]);
  assert.equal(store.size, 1);
});

test("all or none: a counter that is used up leaves the others untouched, whatever their order", () => {
  for (const flip of [(list) => list, (list) => [...list].reverse()]) {
    const store = new MemoryCounterStore();
    assert.equal(store.reserve(flip([{ key: "leaf", limit: 9 }, { key: "root", limit: 1 }]), END, at(NOW)), true);
    assert.equal(store.reserve(flip([{ key: "leaf", limit: 9 }, { key: "root", limit: 1 }, { key: "new", limit: 1 }]), END, at(NOW)), false);
    assert.equal(store.size, 2);
    // Eight of the nine are left.
    for (let call = 0; call < 8; call += 1) assert.equal(store.reserve([{ key: "leaf", limit: 9 }], END, at(NOW)), true);
    assert.equal(store.reserve([{ key: "leaf", limit: 9 }], END, at(NOW)), false);
  }
});

test("a limit of zero or less admits nothing and takes no room; an integer of any size is a limit", () => {
  const store = new MemoryCounterStore({ capacity: 3 });
  for (const limit of [0, -1, 0n, -1n]) assert.equal(store.reserve([{ key: "none", limit }], END, at(NOW)), false);
  assert.equal(store.size, 0);
  for (const limit of [2 ** 60, 10n ** 300n, 1n]) assert.equal(store.reserve([{ key: `k${limit}`, limit }], END, at(NOW)), true);
});

test("a counter named twice in one call is taken twice, under the lower limit", () => {
  const store = new MemoryCounterStore();
  assert.equal(store.reserve([{ key: "a", limit: 9 }, { key: "a", limit: 1 }], END, at(NOW)), false);
  assert.equal(store.reserve([{ key: "a", limit: 3 }, { key: "a", limit: 9 }], END, at(NOW)), true);
  assert.equal(store.reserve([{ key: "a", limit: 3 }], END, at(NOW)), true);
  assert.equal(store.reserve([{ key: "a", limit: 3 }], END, at(NOW)), false);
});

test("a counter lives until the latest expiry that was said of it, and not longer", () => {
  const store = new MemoryCounterStore();
  assert.equal(store.reserve([{ key: "a", limit: 2 }], END, at(NOW)), true);
  assert.equal(store.reserve([{ key: "a", limit: 2 }], END + 1000, at(NOW)), true);
  assert.equal(store.reserve([{ key: "a", limit: 2 }], END, at(END + 999)), false);
  assert.equal(store.size, 1);
  assert.equal(store.reserve([{ key: "b", limit: 2 }], END + 9000, at(END + 1000)), true);
  assert.equal(store.size, 1);
});

test("A05 a full store refuses new counters with a code of its own, still counts those it has, and evicts none", () => {
  const store = new MemoryCounterStore({ capacity: 2 });
  for (const key of ["a", "b"]) assert.equal(store.reserve([{ key, limit: 2 }], END, at(NOW)), true);
  for (const counters of [[{ key: "c", limit: 2 }], [{ key: "a", limit: 2 }, { key: "c", limit: 2 }]]) {
    assert.throws(() => store.reserve(counters, END, at(NOW)), { code: "counter_store_full" });
  }
  assert.equal(store.reserve([{ key: "a", limit: 2 }, { key: "b", limit: 2 }], END, at(NOW)), true);
  assert.equal(store.reserve([{ key: "a", limit: 2 }], END, at(NOW)), false);
  // Room is made by time alone.
  assert.equal(store.reserve([{ key: "c", limit: 2 }], END + 5000, at(END)), true);
  assert.equal(store.size, 1);
});

test("W11 a clock that jumps and comes back refreshes no budget", () => {
  const store = new MemoryCounterStore();
  assert.equal(store.reserve([{ key: "a", limit: 1 }], END, at(NOW)), true);
  assert.equal(store.reserve([{ key: "b", limit: 1 }], END + 9000, at(END)), true);
  assert.throws(() => store.reserve([{ key: "a", limit: 1 }], END, at(NOW)), { code: "counter_unavailable" });
  // Not even with another expiry than before.
  assert.throws(() => store.reserve([{ key: "a", limit: 1 }], END + 9000, at(NOW)), { code: "counter_unavailable" });
  assert.equal(store.reserve([{ key: "b", limit: 1 }], END + 9000, at(NOW)), false);
});

test("thousands of counters expire in any order of arrival", () => {
  const store = new MemoryCounterStore();
  const order = Array.from({ length: 5000 }, (_, index) => (index * 2711) % 5000);
  for (const index of order) store.reserve([{ key: `k${index}`, limit: 1 }], NOW + 1 + index, at(NOW));
  assert.equal(store.size, 5000);
  for (const gone of [1, 2, 777, 2500, 4999]) {
    store.reserve([{ key: "other", limit: 1e9 }], NOW + 99_999, at(NOW + gone));
    assert.equal(store.size, 5000 - gone + 1);
  }
});

test("A08 a full store answers in constant time", () => {
  const store = new MemoryCounterStore({ capacity: 100_000 });
  for (let index = 0; index < 100_000; index += 1) store.reserve([{ key: `k${index}`, limit: 1 }], END + index, at(NOW));
  const worked = work(() => {
    for (let call = 0; call < 10_000; call += 1) assert.throws(() => store.reserve([{ key: "new", limit: 1 }], END, at(NOW)), { code: "counter_store_full" });
  });
  assert.ok(worked < 2000, "10,000 refusals scanned the store");
});

test("every wrong argument is one clear line, and takes nothing", async () => {
  const store = new MemoryCounterStore();
  const counter = { key: "a", limit: 1 };
  const wrong = [
    ...[undefined, null, "a", {}, [], [null], ["a"], [{}], [{ key: 1, limit: 1 }]].map((counters) => [counters, END, at(NOW)]),
    ...[undefined, null, NaN, Infinity, 1.5, "1", true, {}].map((limit) => [[counter, { key: "b", limit }], END, at(NOW)]),
    ...[undefined, null, NaN, -1, "1", new Date(NOW)].map((end) => [[counter], end, at(NOW)]),
    ...[null, NaN, -1, "1"].map((nowMs) => [[counter], END, { nowMs }]),
  ];
  for (const args of wrong) {
    const error = await failureOf(() => store.reserve(...args));
    assert.ok(error instanceof ArgumentTypeError, `${args}`);
    assert.ok(!/[\r\n]/.test(error.message));
  }
  assert.equal(store.size, 0);
  for (const options of [null, 1, [], { capacity: 0 }, { capacity: NaN }, { capacity: 1e9 }, { capacty: 1 }]) {
    const error = await failureOf(() => new MemoryCounterStore(options));
    assert.ok(error instanceof TrustHandoffError && error.code === "config_invalid", JSON.stringify(options));
  }
});

test("a limit that changes between two looks is looked at once", () => {
  const store = new MemoryCounterStore();
  let looks = 0;
  const tricky = {
    key: "a",
    get limit() {
      looks += 1;
      return looks === 1 ? 0 : 100;
    },
  };
  assert.equal(store.reserve([tricky], END, at(NOW)), false);
  assert.equal(looks, 1);
});

test("a polluted prototype supplies no limit and no time", () => {
  const store = new MemoryCounterStore();
  const ends = Date.now() + 60_000;
  assert.equal(store.reserve([{ key: "a", limit: 1 }], ends), true);
  Object.prototype.nowMs = ends + 1;
  Object.prototype.limit = 100;
  try {
    assert.equal(store.reserve([{ key: "a", limit: 1 }], ends, {}), false);
    assert.throws(() => store.reserve([{ key: "a" }], ends, {}), { code: "argument_type" });
  } finally {
    delete Object.prototype.nowMs;
    delete Object.prototype.limit;
  }
});
