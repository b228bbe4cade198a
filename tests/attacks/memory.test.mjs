/** W4, W5. Faults and memory of the WebAssembly instance itself; in a process of its own, which it instruments. */
import assert from "node:assert/strict";
import { test } from "node:test";

/** Every instance the package makes, and the export that is to trap next. */
const memories = [];
let trapping = null;
const Instance = WebAssembly.Instance;
// (module (func (export "f") unreachable))
const TRAP = Uint8Array.from(Buffer.from("0061736d01000000010401600000030201000705010166000" + "00a05010300000b", "hex"));
const { f: unreachable } = new Instance(new WebAssembly.Module(TRAP)).exports;

WebAssembly.Instance = function (module, imports) {
  const { exports } = new Instance(module, imports);
  memories.push(exports.memory);
  const guarded = {};
  for (const [name, value] of Object.entries(exports)) {
    guarded[name] =
      typeof value !== "function"
        ? value
        : (...args) => {
            if (trapping !== null && name.toLowerCase().includes(trapping)) {
              trapping = null;
              unreachable();
            }
            return value(...args);
          };
  }
  return { exports: guarded };
};

const { MemoryNonceStore, verifySignature } = await import("../../pkg/dist/index.js");
const { wire } = await import("./cast.mjs");
const { receiver } = await import("./receiver.mjs");

const total = () => memories.reduce((sum, memory) => sum + memory.buffer.byteLength, 0);

for (const door of ["corerun_advance", "coregate_begin"]) {
  for (const handle of ["handle", "handleSync"]) {
    test(`W04 a trap in ${door} refuses ${handle}, retires the instance, and the next call works in a fresh one`, async () => {
      const nonces = new MemoryNonceStore();
      const gate = receiver({ nonces });
      assert.equal((await gate[handle](wire({ nonce: "before" }))).decision, "ACCEPT");
      const before = memories.length;
      trapping = door;
      const decision = await gate[handle](wire());
      assert.deepEqual([decision.decision, decision.code, decision.packet, trapping], ["REJECT", "internal_error", undefined, null]);
      assert.equal(nonces.size, 1, "a trap takes no nonce");
      assert.equal((await gate[handle](wire())).decision, "ACCEPT");
      assert.ok(memories.length > before, "the memory of the trapped instance is not used again");
      assert.equal((await gate[handle](wire({ nonce: "before" }))).code, "replay_detected", "what was taken stays taken");
    });
  }
}

test("W05 hostile texts of a megabyte do not grow the memory again and again", () => {
  const hostile = ["[".repeat(2 ** 20), `[${"0,".repeat(2 ** 19 - 2)}0]`, `"${"\\u00e9".repeat(170_000)}"`, `{"packet":{${Array.from({ length: 60_000 }, (_, n) => `"k${n}":${n}`).join()}}}`, wire({ intent: "x".repeat(900_000) })];
  const gate = receiver();
  const round = () => {
    for (const text of hostile) {
      assert.equal(gate.handleSync(text).decision, "REJECT");
      assert.equal(verifySignature(text).code === null, text === hostile.at(-1));
    }
  };
  round();
  const after = total();
  for (let n = 0; n < 10; n += 1) round();
  assert.equal(total(), after);
});

test("W05 a text beyond the limit is refused by its size before it is copied into the core", () => {
  const gate = receiver();
  gate.handleSync(`${" ".repeat(2 ** 20)}x`);
  const before = total();
  for (const huge of [" ".repeat(2 ** 26), new Uint8Array(2 ** 26), "\ud800".repeat(2 ** 22)]) {
    assert.equal(gate.handleSync(huge).code, "input_too_large");
    assert.equal(verifySignature(huge).code, "input_too_large");
  }
  assert.equal(total(), before);
});

test("W05 ten thousand refusals and acceptances grow the memory by nothing", () => {
  const gate = receiver({ nonces: () => true });
  const texts = [wire(), wire().replace("Summarize", "Publish"), "{", wire({ to_agent: "agent:other" })];
  for (let n = 0; n < 4_000; n += 1) gate.handleSync(texts[n % 4]);
  const before = total();
  for (let n = 0; n < 10_000; n += 1) gate.handleSync(texts[n % 4]);
  assert.equal(total(), before);
});
