/** What is received moves no terminal and exhausts nothing. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { AgentIdentity, createEnvelope, signPacket } from "../../pkg/dist/index.js";
import { answers, directory, run } from "./support.mjs";

const planner = AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(1));
const wire = (more) => createEnvelope(signPacket(planner, { to_agent: "agent:r", intent: "Summarize", permissions: { allowed_actions: ["read"] }, ...more }));

/** Escape sequences of one and of two bytes, text that runs backwards, an invisible tag, line separators. */
const EVIL = "\u001b[2J\u009b2J\u202eevil\u{e0001}\u2028\u0007";
const RAW = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\p{Cf}\u2028\u2029]/u;

/** The program believes that its standard error is a terminal. */
const ON_TERMINAL = { NODE_OPTIONS: "--import=data:text/javascript,process.stderr.isTTY=true" };
const GATE = ["--self-certifying", "--audience", "agent:r"];

test("verify: why something was refused is one short line on the terminal, whatever was received", async () => {
  for (const key of [EVIL, "k".repeat(100_000)]) {
    const { code, err } = await run(["verify", "-", ...GATE], { input: wire().replace("{", `{${JSON.stringify(key)}: 1, `), env: ON_TERMINAL });
    assert.equal(code, 1);
    assert.match(err, /^refused: .*is not known|^refused: .*k…\n$/);
    assert.doesNotMatch(err, RAW);
    assert.ok(err.length < 400 && err.indexOf("\n") === err.length - 1, `${err.length} characters`);
  }
});

test("verify and check answer in JSON that moves no terminal and says the same", async () => {
  const text = wire({ packet_id: EVIL });
  const one = await run(["verify", "-", ...GATE], { input: text });
  assert.doesNotMatch(one.out, RAW);
  assert.equal(JSON.parse(one.out).packet_id, EVIL);
  for (const [command, options, more] of [
    ["verify", GATE, {}],
    ["check", [], { kind: "envelope" }],
  ]) {
    const { out } = await run([command, "--jsonl", "-", ...options], { input: JSON.stringify({ id: [EVIL], text, ...more }) });
    assert.doesNotMatch(out, RAW, command);
    assert.deepEqual(answers(out)[0].id, [EVIL]);
  }
});

test("errors about what was received are short, and move no terminal", async (t) => {
  const dir = directory(t);
  const key = join(dir, "key.pem");
  writeFileSync(key, planner.privateKeyPem());
  for (const name of [EVIL, "k".repeat(100_000)]) {
    const { code, err } = await run(["sign", "-", "--key", key], { input: JSON.stringify({ to_agent: "agent:r", intent: "x", [name]: 1 }) });
    assert.equal(code, 2);
    assert.doesNotMatch(err, RAW);
    assert.ok(err.length < 1100, `${err.length} characters`);
    const registry = join(dir, "registry.json");
    writeFileSync(registry, JSON.stringify({ [name]: 5 }));
    const refused = await run(["verify", "-", "--registry", registry, "--audience", "agent:r"], { input: "x" });
    assert.equal(refused.code, 2);
    assert.doesNotMatch(refused.err, RAW);
    assert.ok(refused.err.length < 1100, `${refused.err.length} characters`);
  }
});

test("inspect --json moves no terminal either, and gives the object as it was", async () => {
  const text = wire({ context: { [EVIL]: EVIL } }).replaceAll("\\u009b", "\u009b").replaceAll("\\u202e", "\u202e");
  assert.match(text, RAW);
  const { out } = await run(["inspect", "-", "--json"], { input: text });
  assert.doesNotMatch(out, RAW);
  assert.deepEqual(JSON.parse(out).fields, JSON.parse(text));
});

test("inspect shows the first 2,000 leaves, and says how many more there are", async () => {
  const { code, out, err } = await run(["inspect", "-"], { input: JSON.stringify({ packet: { a: Array(200_000).fill(0) } }) });
  assert.deepEqual([code, err], [1, ""]);
  assert.equal(out.split("\n").filter((row) => row.startsWith("  packet.a[")).length, 2000);
  assert.match(out, /… and 198,000 more; --json shows them all/);
  const all = await run(["inspect", "-"], { input: JSON.stringify({ packet: { a: Array(1999).fill(0) } }) });
  assert.doesNotMatch(all.out, /more; --json/);
});

test("inspect cuts names and paths as they grow: a long key above many leaves costs no memory", async () => {
  const wide = { packet: { ["k".repeat(200_000)]: Array(20_000).fill(1) } };
  const deep = `{"packet":${'{"0123456789012345678901234567890123456789":'.repeat(100)}${JSON.stringify(Array(1000).fill(1))}${"}".repeat(101)}`;
  for (const input of [JSON.stringify(wide), deep]) {
    // Under this limit every path in full would end the process.
    const { code, out, err } = await run(["inspect", "-"], { input, env: { NODE_OPTIONS: "--max-old-space-size=256" } });
    assert.deepEqual([code, err], [1, ""]);
    for (const row of out.split("\n")) assert.ok(row.length < 260, `${row.length} characters`);
  }
});

test("inspect tells of a refused object only what is certain", async () => {
  const rows = async (input) => JSON.parse((await run(["inspect", "-", "--json"], { input })).out).checks.map(({ check, outcome }) => [check, outcome]);
  assert.deepEqual(await rows(wire()), [["form", "pass"], ["signature", "pass"]]);
  assert.deepEqual(await rows(wire().replace("Summarize", "Publish")), [["form", "pass"], ["invalid_signature", "fail"]]);
  assert.deepEqual(await rows(wire().replace('"intent"', '"intend"')), [["missing_field", "fail"]]);
  assert.deepEqual(await rows("[]"), [["unknown_kind", "fail"]]);
});

test("verify --help says whose approvals are evaluated", async () => {
  const { out } = await run(["verify", "--help"]);
  assert.match(out, /signed\s+approval of a reviewer of the registry/);
  const line = JSON.stringify({ id: 1, text: wire({ constraints: { requires_human_review: true } }), approvals: ["{}"] });
  const [answer] = answers((await run(["verify", "--jsonl", "-", ...GATE], { input: line })).out);
  assert.deepEqual([answer.decision, answer.code], ["REJECT", "human_review_required"]);
});
