/** The streams that other programs drive: `check --jsonl` and `verify --jsonl`. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { AgentIdentity, AgentRegistry, createEnvelope, signPacket } from "../../pkg/dist/index.js";
import { answers, directory, PROGRAM, run } from "./support.mjs";

const NOW = "2026-03-08T12:00:00Z";
const planner = AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(1));
const packet = (more, now = NOW) => signPacket(planner, { to_agent: "agent:r", intent: "x", permissions: {}, ...more }, { now });
const wire = (more, now) => createEnvelope(packet(more, now));
const line = (object) => `${JSON.stringify(object)}\n`;

const verifyArgs = ["verify", "--jsonl", "-", "--self-certifying", "--audience", "agent:r"];

test("check answers a line each, in order, with the id it was given", async () => {
  const input = [
    line({ id: 1, kind: "envelope", text: wire() }),
    line({ id: "two", kind: "packet", text: packet().text }),
    line({ id: { any: ["json"] }, kind: "envelope", text: wire().replace('"x"', '"y"') }),
    '{"id": 12345678901234567890123, "kind": "envelope", "text": "nonsense"}\n',
    line({ id: null, kind: "teapot", text: "{}" }),
    line({ id: 6, kind: "envelope" }),
  ].join("");
  const { code, out, err } = await run(["check", "--jsonl", "-"], { input });
  assert.deepEqual([code, err], [1, ""]);
  const lines = out.trimEnd().split("\n");
  assert.equal(lines.length, 6);
  assert.deepEqual(JSON.parse(lines[0]), { id: 1, valid: true, code: null, form: "0.4.0" });
  assert.deepEqual(JSON.parse(lines[1]), { id: "two", valid: true, code: null, form: "0.4.0" });
  assert.deepEqual({ ...JSON.parse(lines[2]), form: undefined }, { id: { any: ["json"] }, valid: false, code: "invalid_signature", form: undefined });
  assert.ok(lines[3].includes("12345678901234567890123"));
  for (const text of lines.slice(3)) {
    const { valid, code: why } = JSON.parse(text);
    assert.equal(valid, false);
    assert.match(why, /^[a-z_]+$/);
  }
});

test("a run without a refusal exits 0, an empty one too", async () => {
  assert.equal((await run(["check", "--jsonl", "-"], { input: line({ id: 1, kind: "envelope", text: wire() }) })).code, 0);
  for (const input of ["", "\n\n", " \t \r\n"]) assert.deepEqual(await run(["check", "--jsonl", "-"], { input }), { code: 0, out: "", err: "" });
  assert.deepEqual(await run(verifyArgs, { input: "\n" }), { code: 0, out: "", err: "" });
});

test("a line that is not JSON gets exactly the answer of the contract, and the run goes on", async () => {
  const good = line({ id: 1, kind: "envelope", text: wire(), now: NOW });
  for (const bad of ["nonsense", "{", '{"id": 1} x', "\u0000", '{"id": NaN}', "'", "\ufeff{}", "]"]) {
    const checked = await run(["check", "--jsonl", "-"], { input: `${bad}\n${good}` });
    assert.equal(checked.code, 1);
    assert.deepEqual(answers(checked.out), [{ id: null, valid: false, code: "malformed_json" }, { id: 1, valid: true, code: null, form: "0.4.0" }], bad);
    const verified = await run(verifyArgs, { input: `${bad}\n${good}` });
    assert.equal(verified.code, 1);
    const [first, second] = answers(verified.out);
    assert.deepEqual(first, { id: null, decision: "REJECT", code: "malformed_json" }, bad);
    assert.equal(second.decision, "ACCEPT");
  }
});

test("bytes that are no UTF-8, CRLF endings, and a last line without its newline", async () => {
  const good = line({ id: 1, kind: "envelope", text: wire() }).trimEnd();
  const input = Buffer.concat([Buffer.from([0xff, 0xfe, 0x0a]), Buffer.from(`${good}\r\n\r\n${good}`)]);
  const { code, out } = await run(["check", "--jsonl", "-"], { input });
  const found = answers(out);
  assert.equal(code, 1);
  assert.deepEqual(found.map(({ valid }) => valid), [false, true, true]);
});

test("verify shares its stores over the run: the same envelope again is a replay", async () => {
  const text = wire();
  const input = [line({ id: 1, text, now: NOW }), line({ id: 2, text, now: NOW }), line({ id: 3, text: wire(), now: NOW })].join("");
  const { code, out } = await run(verifyArgs, { input });
  assert.equal(code, 1);
  const found = answers(out);
  assert.deepEqual(Object.keys(found[0]), ["id", "decision", "code", "packet_id", "form"]);
  assert.deepEqual(found.map(({ code: why }) => why), [null, "replay_detected", null]);
});

test("a now that jumps back and forth lets no nonce in twice", async () => {
  const text = wire();
  const later = "2026-03-08T18:00:00Z";
  const much = "2027-01-01T00:00:00Z";
  const before = "2026-03-08T11:59:40Z";
  const input = [
    line({ id: "first", text, now: NOW }),
    line({ id: "later", text: wire({}, later), now: later }),
    line({ id: "much later", text: wire({}, much), now: much }),
    line({ id: "again", text, now: NOW }),
    line({ id: "before", text, now: before }),
  ].join("");
  const found = answers((await run(verifyArgs, { input })).out);
  assert.deepEqual(found.map(({ code }) => code), [null, null, null, "replay_detected", "replay_detected"]);
});

test("--now is the time of every line that has none of its own", async () => {
  const text = wire();
  const input = [line({ id: 1, text }), line({ id: 2, text: wire({}, "2026-04-01T00:00:00Z"), now: "2026-04-01T00:00:01Z" })].join("");
  assert.deepEqual(answers((await run([...verifyArgs, "--now", NOW], { input })).out).map(({ code }) => code), [null, null]);
  assert.equal(answers((await run(verifyArgs, { input: line({ id: 1, text }) })).out)[0].code, "expired");
  const odd = answers((await run(verifyArgs, { input: line({ id: 1, text, now: "noon" }) })).out)[0];
  assert.deepEqual([odd.id, odd.decision], [1, "REJECT"]);
  assert.match(odd.code, /^[a-z_]+$/);
});

test("verify asks the registry it is given", async (t) => {
  const cwd = directory(t);
  writeFileSync(join(cwd, "agents.json"), JSON.stringify({ [planner.agentId]: planner.publicKeyPem }));
  const stranger = AgentIdentity.generate();
  const foreign = createEnvelope(signPacket(stranger, { to_agent: "agent:r", intent: "x", permissions: {} }, { now: NOW }));
  const input = line({ id: 1, text: wire(), now: NOW }) + line({ id: 2, text: foreign, now: NOW });
  const { out } = await run(["verify", "--jsonl", "-", "--registry", "agents.json", "--audience", "agent:r"], { cwd, input });
  assert.deepEqual(answers(out).map(({ code }) => code), [null, "agent_unknown"]);
  const { out: other } = await run(["verify", "--jsonl", "-", "--registry", "agents.json", "--audience", "agent:other"], { cwd, input });
  assert.deepEqual(answers(other).map(({ code }) => code), ["wrong_audience", "agent_unknown"]);
  assert.ok(new AgentRegistry());
});

test("--strict requires a risk level", async () => {
  const { packets } = JSON.parse(readFileSync(new URL("../vectors/reference-0.4.0.json", import.meta.url), "utf8"));
  const { wire: text } = packets.find(({ name }) => name === "minimal");
  const audience = JSON.parse(text).packet.to_agent;
  assert.equal(JSON.parse(text).packet.risk_level, null);
  const args = ["verify", "--jsonl", "-", "--self-certifying", "--audience", audience];
  const input = line({ id: 1, text, now: NOW });
  assert.equal(answers((await run(args, { input })).out)[0].code, null);
  assert.equal(answers((await run([...args, "--strict"], { input })).out)[0].code, "risk_level_required");
});

test("an envelope that requires human review is refused where nobody approved", async () => {
  const text = wire({ constraints: { requires_human_review: true } });
  assert.equal(answers((await run(verifyArgs, { input: line({ id: 1, text, now: NOW }) })).out)[0].code, "human_review_required");
});

test("a line over 16 MiB is answered and skipped; one of 16 MiB is read", async () => {
  const limit = 16 * 1024 * 1024;
  const good = line({ id: "good", kind: "envelope", text: wire() });
  const head = '{"id": "padded", "kind": "envelope", "text": "';
  const padded = (length) => `${head}${"x".repeat(length - head.length - 2)}"}\n`;
  const input = Buffer.from(`${good}${padded(limit + 1)}${good}${padded(limit)}${good}`);
  for (const [args, ok] of [
    [["check", "--jsonl", "-"], { valid: true }],
    [[...verifyArgs, "--now", NOW], {}],
  ]) {
    const { code, out, err } = await run(args, { input });
    assert.deepEqual([code, err], [1, ""]);
    const found = answers(out);
    assert.equal(found.length, 5);
    assert.deepEqual([found[1].id, found[1].code], [null, "input_too_large"]);
    assert.deepEqual([found[3].id, found[3].code], ["padded", "input_too_large"]);
    for (const index of [0, 4]) assert.equal(found[index].valid, ok.valid);
    assert.equal(found[0].id, "good");
  }
});

test("memory does not grow with the input: 60,000 lines, and one line of 400 MB", async () => {
  const good = line({ id: 1, kind: "packet", text: "{}" });
  const peak = await peakMemory(["check", "--jsonl", "-"], function* () {
    for (let block = 0; block < 60; block += 1) yield Buffer.from(good.repeat(1000));
    const block = Buffer.alloc(4 * 1024 * 1024, 0x78);
    for (let index = 0; index < 100; index += 1) yield block;
    yield Buffer.from(`\n${good}`);
  });
  assert.equal(peak.lines, 60_002);
  assert.ok(peak.kilobytes < 300_000, `${peak.kilobytes} kB`);
});

/** Feeds a run block by block and reports its largest resident size, as the system counts it. */
function peakMemory(args, blocks) {
  return new Promise((resolve, reject) => {
    const report = "process.on('exit', () => require('fs').writeSync(2, String(process.resourceUsage().maxRSS)))";
    const program = `${report}; process.argv.splice(1, 0, ""); import(${JSON.stringify(pathToFileURL(PROGRAM))})`;
    const watched = spawn(process.execPath, ["--input-type=commonjs", "--eval", program, "--", ...args]);
    let lines = 0;
    let err = "";
    watched.stdout.on("data", (chunk) => (lines += chunk.filter((byte) => byte === 10).length));
    watched.stderr.on("data", (chunk) => (err += chunk));
    watched.on("error", reject);
    watched.on("close", () => resolve({ lines, kilobytes: Number(err) }));
    (async () => {
      for (const block of blocks()) if (!watched.stdin.write(block)) await new Promise((drained) => watched.stdin.once("drain", drained));
      watched.stdin.end();
    })().catch(reject);
  });
}

test("a reader that leaves early is no error", async () => {
  const input = line({ id: 1, kind: "packet", text: "{}" }).repeat(50_000);
  const child = spawn(process.execPath, [PROGRAM, "check", "--jsonl", "-"]);
  let err = "";
  child.stderr.on("data", (chunk) => (err += chunk));
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  child.stdout.once("data", () => child.stdout.destroy());
  const code = await new Promise((resolve) => child.on("close", resolve));
  assert.equal(err, "");
  assert.ok(code === 0 || code === 1);
});
