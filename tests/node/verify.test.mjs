import assert from "node:assert/strict";
import { test } from "node:test";
import { gate, planner, trusthandoff, wire } from "./support.mjs";

const { verifySignature } = trusthandoff;

test("text and bytes give the same report", () => {
  const text = wire();
  const report = verifySignature(text);
  assert.deepEqual(verifySignature(new TextEncoder().encode(text)), report);
  assert.deepEqual(verifySignature(Buffer.from(text)), report);
  assert.deepEqual([report.valid, report.code, report.form, report.agentId, report.idMatchesKey], [true, null, "0.4.0", planner.agentId, true]);
  assert.throws(() => (report.valid = false), TypeError);
});

test("a changed byte is refused with its code", () => {
  const report = verifySignature(wire().replace("Summarize", "summarize"));
  assert.deepEqual([report.valid, report.code], [false, "invalid_signature"]);
});

test("W1 an object is a TypeError that says what JSON.parse has lost", () => {
  for (const lossy of [JSON.parse(wire()), [], null, undefined, 1, true, new Map(), new ArrayBuffer(8), new Float64Array(2), Symbol("x"), 1n, () => {}]) {
    assert.throws(() => verifySignature(lossy), (error) => error instanceof TypeError && error.code === "argument_type" && !error.message.includes("\n"));
  }
  assert.throws(() => verifySignature({}), /JSON\.parse has already lost/);
});

test("W3 a lone surrogate is refused, not turned into U+FFFD", async () => {
  const replaced = wire({ intent: "caf\ufffd" });
  const lone = replaced.replace("\\ufffd", "\ud800");
  assert.notEqual(lone, replaced);
  for (const text of [lone, "\udc00", `${wire()}\ud83d`]) {
    assert.equal(verifySignature(text).code, "invalid_unicode");
    assert.equal((await gate().handle(text)).code, "invalid_unicode");
  }
});

test("W5 a huge input is refused by its size, whatever it holds", async () => {
  for (const huge of [" ".repeat(2 ** 25), "\ud800".repeat(2 ** 21), new Uint8Array(2 ** 25), `${wire()}${" ".repeat(2 ** 20)}`]) {
    assert.equal(verifySignature(huge).code, "input_too_large");
    assert.equal((await gate().handle(huge)).code, "input_too_large");
  }
});

test("it judges packets and envelopes only: by a member `packet`, and with the code of what it found", () => {
  const packet = JSON.parse(wire()).packet;
  const without = (name) => JSON.stringify(Object.fromEntries(Object.entries(packet).filter(([key]) => key !== name)));
  for (const [text, kind, code, field] of [
    [wire(), "envelope", null, null],
    [JSON.stringify(packet), "packet", null, null],
    [without("packet_id"), "packet", "missing_field", "/packet_id"],
    [without("signature"), "packet", "missing_field", "/signature"],
    ['{"attestation": {}, "result": {}}', "packet", "missing_field", undefined],
    ['{"chain": {"packet_ids": [], "agents": [], "hops": []}}', "packet", "missing_field", undefined],
    ['{"packet": null, "chain": {"packet_ids": [], "agents": [], "hops": []}}', "envelope", "type_mismatch", "/packet"],
    ["[]", undefined, "type_mismatch", ""],
    ["null", undefined, "type_mismatch", ""],
    ['"text"', undefined, "type_mismatch", ""],
    ["x", undefined, "malformed_json", null],
    ["eyJhIjoxfQ", undefined, "malformed_json", null],
  ]) {
    const report = verifySignature(text);
    assert.equal(report.code, code, text.slice(0, 40));
    if (kind !== undefined) assert.equal(report.kind, kind, text.slice(0, 40));
    if (field !== undefined) assert.equal(report.field, field, text.slice(0, 40));
  }
});

test("nothing that can be received makes it throw", () => {
  for (const text of ["", " ", "null", "[]", "{}", "nul", '{"packet": {}}', "\0", "1e999", '"\\ud800"', "[".repeat(100_000), '{"a":1,"a":2}']) {
    const { valid, code, reason } = verifySignature(text);
    assert.equal(valid, false, text.slice(0, 20));
    assert.match(code, /^[a-z_]+$/);
    assert.ok(!reason.includes("\n"));
  }
  for (const bytes of [[0xff], [0xc0, 0x80], [0xef, 0xbb, 0xbf, 0x7b, 0x7d]]) assert.equal(verifySignature(Uint8Array.from(bytes)).valid, false);
});
