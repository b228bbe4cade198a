/** Sentinel as a user has it: what happens at real gates is found in their own logs, from any source, and honest logs give nothing. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { trapNext } from "./trap.mjs";
import { failureOf, gate, planner, stranger, trusthandoff, wire } from "./support.mjs";
import * as sentinel from "../../pkg/dist/sentinel.js";

const { LogWriter, Sentinel, verifyLog } = sentinel;
const declarations = readFileSync(new URL("../../pkg/types/sentinel.d.ts", import.meta.url), "utf8");

const event = (n, event_type, more = {}) => ({
  event_id: `e-${n}`,
  event_type,
  timestamp: new Date(Date.UTC(2026, 2, 8, 12) + n * 1000).toISOString(),
  producer_id: "agent:gate",
  packet_id: `pk-${n}`,
  from_agent: "agent:planner",
  to_agent: "agent:gate",
  ...more,
});
const jsonl = (events) => events.map((each) => `${JSON.stringify(each)}\n`).join("");
const refusals = (count, more) => Array.from({ length: count }, (_, n) => event(n * 120, "packet_rejected", { reason: "expired", ...more }));
const typesOf = (findings) => findings.map(({ type }) => type);
const found = (log, options) => new Sentinel(options).ingest(log).detectViolations();

/** The log of a real gate that was sent `wires`. */
async function gateLog(wires) {
  const writer = new LogWriter({ logId: "gate-1" });
  const lines = [];
  const one = gate({ events: (told) => void lines.push(writer.append(told)) });
  for (const text of wires) await one.handle(text);
  return { writer, lines, text: lines.map((line) => `${line}\n`).join("") };
}

test("what a gate let through is nothing to be found", async () => {
  const { text, writer, lines } = await gateLog([wire(), wire(), wire()]);
  const checkpoint = writer.checkpoint(planner);
  const audit = new Sentinel({ keys: [planner.publicKeyPem], checkpoint }).ingest(`${text}${checkpoint}\n`);
  assert.deepEqual(audit.detectViolations(), []);
  const summary = audit.summary();
  assert.deepEqual([summary.lines, summary.log.sealed, { ...summary.events }], [lines.length + 1, 4, { packet_accepted: 3, log_checkpoint: 1 }]);
});

test("what a gate refused is found in its own log, with the lines that show it", async () => {
  const genuine = wire();
  const { text } = await gateLog([genuine, genuine, wire().replace("Summarize", "Publish"), wire({}, { identity: stranger })]);
  const findings = found(text);
  assert.deepEqual(typesOf(findings), ["rejected_packet", "replay_attempt", "rejected_packet", "tampered_packet", "rejected_packet"]);
  const replay = findings[1];
  assert.deepEqual([...replay.lines], [1, 2]);
  assert.ok(replay.agents.includes(planner.agentId));
  assert.match(replay.sentence, /accepted in line 1/);
  assert.ok(replay.advice.length > 0);
});

test("a log that somebody edited says so, where its hashes are looked at", async () => {
  const { text, writer } = await gateLog([wire(), wire(), wire()]);
  const checkpoint = writer.checkpoint(planner);
  const edited = text.split("\n").toSpliced(1, 1).join("\n");
  const options = { types: "log_break" };
  assert.deepEqual(typesOf(found(edited, options)), ["log_break"]);
  assert.deepEqual(found(edited, { ...options, chain: false }), []);
  assert.deepEqual([...found(edited, options)[0].lines], [1, 2]);
  assert.ok(typesOf(found(text.slice(0, text.indexOf("\n") + 1), { ...options, checkpoint })).includes("log_break"));
  assert.deepEqual(found(jsonl([event(1, "packet_accepted")]), options), []);
  assert.deepEqual(typesOf(found(jsonl([event(1, "packet_accepted")]), { ...options, chain: true })), ["log_break"]);
  assert.equal((await verifyLog(edited)).whole, false);
});

test("the same is found from any source, in pieces of any size", async () => {
  const log = jsonl([event(1, "packet_accepted"), event(2, "packet_rejected", { reason: "invalid_signature", note: "\u{1f600}" }), ...refusals(30)]);
  const whole = JSON.stringify(found(log));
  const bytes = new TextEncoder().encode(log);
  for (const size of [1, 2, 7, 64, 1000]) {
    const audit = new Sentinel();
    for (let at = 0; at < bytes.length; at += size) audit.ingest(bytes.subarray(at, at + size));
    assert.equal(JSON.stringify(audit.detectViolations()), whole, `${size} bytes`);
  }
  for (const source of [log, bytes, new Blob([bytes]), new Blob([bytes]).stream(), [...log]]) {
    const audit = await new Sentinel().ingestStream(source);
    assert.equal(JSON.stringify(audit.detectViolations()), whole);
  }
  const half = await new Sentinel().ingest(bytes.subarray(0, 333)).ingestStream(new Blob([bytes.subarray(333)]));
  assert.equal(JSON.stringify(half.detectViolations()), whole);
});

test("a line that is nearly like the ones before is read as if there were none before", () => {
  const rules = [{ type: "all", severity: "low", event_type: "x", sentence: "{packet_id} {who} {n} {more}" }];
  const line = new TextEncoder().encode('{"event_type": "x", "packet_id": "pk-0123456789", "who": "agent:0123456789", "n": 7, "more": [1, "a"]}\n');
  // Every byte of it in turn is one that matters or one that does not; between them the line as it was.
  const bytes = [...'"\\{}:, \n\t\0\x1f\x7fa', 0x80, 0xff].map((byte) => (typeof byte === "string" ? byte.charCodeAt(0) : byte));
  const lines = [...line.keys()].flatMap((at) => bytes.map((byte) => line.with(at, byte)));
  const log = Buffer.concat(lines.flatMap((spoilt) => [line, spoilt]));
  const told = (size) => {
    const findings = [];
    const audit = new Sentinel({ rules, onFinding: ({ text }) => findings.push(text) });
    for (let at = 0; at < log.length; at += size) audit.ingest(log.subarray(at, at + size));
    return [...findings, audit.summary().text];
  };
  const whole = told(log.length);
  assert.ok(whole.length > lines.length);
  // In short pieces no line is whole, and none is compared.
  assert.deepEqual(told(50), whole);
});

test("a last line without a newline counts, once the log ends", () => {
  const audit = new Sentinel().ingest(JSON.stringify(event(1, "packet_rejected", { reason: "invalid_signature" })));
  assert.deepEqual(audit.findings, []);
  assert.equal(audit.detectViolations().length, 2);
  assert.equal(audit.end().findings.length, 2);
});

test("every finding is told, and of a type the first thousand are kept", () => {
  const told = [];
  const audit = new Sentinel({ onFinding: (finding) => told.push(finding) }).ingest(jsonl(refusals(1200)));
  assert.equal(audit.findings.length, 1000);
  assert.equal(audit.summary().findings.rejected_packet, 1200);
  assert.equal(told.length, 1200);
  assert.match(audit.report(), /^LOW {6}1200 rejected_packet/m);
  const { text, ...members } = { ...told[0], text: told[0].text };
  assert.deepEqual(JSON.parse(text), { ...members });
  assert.ok(Object.isFrozen(told[0]) && Object.isFrozen(told[0].lines) && Object.isFrozen(audit.findings));
  assert.deepEqual(JSON.parse(audit.summary().text).severities, { info: 0, low: 1200, medium: 0, high: 0, critical: 0 });
});

test("what happened when is told while the log is read, in steps that add up to what was decided", () => {
  const audit = new Sentinel();
  assert.equal(audit.timeline, null);
  // A time counts once a second line agrees with it.
  audit.ingest(jsonl([event(0, "packet_accepted"), event(5, "note"), event(5, "packet_rejected", { reason: "invalid_signature" })]));
  const { start, stepSeconds, steps } = audit.timeline;
  assert.equal(Date.parse(start), Date.UTC(2026, 2, 8, 12));
  assert.deepEqual([stepSeconds, steps.map(([accepted, refused]) => accepted + refused).join("")], [1, "100001"]);
  audit.ingest(jsonl(refusals(300).slice(1)));
  const [accepted, refused, found] = audit.timeline.steps.reduce((sums, step) => sums.map((sum, n) => sum + step[n]), [0, 0, 0]);
  assert.deepEqual([accepted, refused, found], [1, 300, 1]);
  assert.ok(audit.timeline.steps.length <= 96 && audit.timeline.stepSeconds > 1 && Object.isFrozen(audit.timeline.steps));
  assert.equal(audit.end().timeline.steps.reduce((sum, [, refused]) => sum + refused, 0), 300);
});

test("findings are told from a time on, of some types, from a severity on", () => {
  const log = jsonl([event(1, "packet_rejected", { reason: "invalid_signature" }), event(90, "packet_rejected", { reason: "public_key_mismatch" })]);
  assert.deepEqual(typesOf(found(log)), ["rejected_packet", "tampered_packet", "rejected_packet", "forged_identity"]);
  assert.deepEqual(typesOf(found(log, { minSeverity: "medium" })), ["tampered_packet", "forged_identity"]);
  assert.deepEqual(typesOf(found(log, { types: ["forged_identity", "burst"] })), ["forged_identity"]);
  for (const since of ["2026-03-08T12:01:00Z", "2026-03-08T13:01:00+01:00", Date.UTC(2026, 2, 8, 12, 1), new Date(Date.UTC(2026, 2, 8, 12, 1))]) {
    assert.deepEqual(typesOf(found(log, { since })), ["rejected_packet", "forged_identity"]);
  }
});

test("a type that nothing finds is refused in one line that names those there are", () => {
  assert.throws(() => new Sentinel({ types: ["burst", "replay"] }), (error) => {
    assert.deepEqual([error.code, error.field], ["config_invalid", "types"]);
    assert.match(error.message, /^[^\n]*nothing finds `replay`; there are acceptance_unattested, .*use_after_revocation[^\n]*$/);
    return true;
  });
  const own = { type: "replay", severity: "low", event_type: "x", sentence: "x." };
  assert.doesNotThrow(() => new Sentinel({ types: ["replay"], rules: [own] }));
});

test("rules are data: a user's own find what they describe, and a wrong one is told with its place", () => {
  const rule = { type: "night_deploy", severity: "high", event_type: "tool_used", where: { action: ["deploy"] }, sentence: "{packet_id} deployed.", advice: "Ask." };
  const log = jsonl([event(1, "packet_accepted"), event(2, "tool_used", { packet_id: "pk-1", action: "deploy" }), event(3, "tool_used", { packet_id: "pk-1", action: "read" })]);
  for (const rules of [[rule], JSON.stringify([rule]), new TextEncoder().encode(JSON.stringify([rule]))]) {
    const [finding, ...more] = found(log, { rules, types: ["night_deploy"] });
    assert.deepEqual([finding.severity, finding.sentence, finding.advice, [...finding.lines], more], ["high", "pk-1 deployed.", "Ask.", [2], []]);
  }
  const often = { ...rule, per: "packet_id", more_than: 1, within_seconds: 60, where: {}, sentence: "{count} uses" };
  assert.equal(found(log, { rules: [often], types: "night_deploy" })[0].sentence, "2 uses");
  for (const [wrong, code, field] of [
    [[{ ...rule, sevrity: "low" }], "unknown_field", "/0/sevrity"],
    [[rule, { ...rule, severity: "bad" }], "field_invalid", "/1/severity"],
    [[{ ...rule, within_seconds: 0, more_than: 1 }], "field_invalid", "/0/within_seconds"],
    [[{ ...rule, type: undefined }], "missing_field", "/0/type"],
    ["[", "malformed_json", null],
    [{}, "field_invalid", ""],
  ]) {
    const error = (() => {
      try {
        return new Sentinel({ rules: wrong });
      } catch (thrown) {
        return thrown;
      }
    })();
    assert.deepEqual([error.code, error.field], [code, field], JSON.stringify(wrong));
  }
});

test("the log ends once, and one source at a time is read", async () => {
  const audit = new Sentinel();
  const pending = audit.ingestStream([jsonl([event(1, "packet_accepted")])]);
  assert.throws(() => audit.ingest("{}"), { code: "config_invalid" });
  assert.throws(() => audit.end(), { code: "config_invalid" });
  assert.equal((await failureOf(() => audit.ingestStream("{}"))).code, "config_invalid");
  await pending;
  audit.ingest("").end();
  assert.throws(() => audit.ingest("{}"), { code: "config_invalid" });
  assert.equal((await failureOf(() => audit.ingestStream("{}"))).code, "config_invalid");
  const left = new Sentinel();
  await assert.rejects(left.ingestStream([jsonl(refusals(3))], { signal: AbortSignal.abort(new Error("enough")) }), { message: "enough" });
  assert.deepEqual(left.detectViolations(), []);
});

test("what was received harms neither a terminal nor a page", () => {
  const evil = "<script>alert(1)</script>\u001b[2J\u202e\"'&";
  const audit = new Sentinel().ingest(jsonl([event(1, "packet_rejected", { reason: evil, from_agent: evil, packet_id: evil })]));
  const text = audit.report({ width: 60 });
  assert.doesNotMatch(text, /[\u001b\u202e]/);
  const html = audit.reportHtml();
  assert.doesNotMatch(html, /<script>alert|\u202e|\u001b/);
  assert.match(html, /Content-Security-Policy/);
  assert.doesNotMatch(html, /(?:src|href)="?https?:/);
  assert.match(audit.report({ colour: true }), /\u001b\[/);
  assert.doesNotMatch(audit.findings[0].text, /[^\x20-\x7e]/);
});

test("wrong arguments are told in one line", async () => {
  const audit = new Sentinel();
  for (const [code, call] of [
    ["config_invalid", () => new Sentinel({ sinse: 0 })],
    ["config_invalid", () => new Sentinel({ minSeverity: "bad" })],
    ["argument_type", () => new Sentinel({ minSeverity: 1 })],
    ["config_invalid", () => new Sentinel({ types: 1 })],
    ["argument_type", () => new Sentinel({ types: [1] })],
    ["config_invalid", () => new Sentinel({ chain: "yes" })],
    ["config_invalid", () => new Sentinel({ onFinding: {} })],
    ["clock_invalid", () => new Sentinel({ since: NaN })],
    ["datetime_noncanonical", () => new Sentinel({ since: "yesterday" })],
    ["public_key_encoding_invalid", () => new Sentinel({ keys: "x" })],
    ["malformed_json", () => new Sentinel({ checkpoint: "x" })],
    ["argument_type", () => audit.ingest({})],
    ["invalid_unicode", () => audit.ingest("\ud800")],
    ["argument_type", () => audit.ingestStream({})],
    ["config_invalid", () => audit.ingestStream("", { progress() {} })],
    ["config_invalid", () => audit.report({ width: 0.5 })],
    ["config_invalid", () => audit.report({ colour: 1 })],
  ]) {
    const error = await failureOf(call);
    assert.equal(error?.code, code, `${call}`);
    assert.ok(error instanceof trusthandoff.TrustHandoffError || error instanceof TypeError);
  }
});

test("after a trap an audit says nothing more, and another one begins afresh", () => {
  const audit = new Sentinel().ingest(jsonl(refusals(2)));
  const sprung = trapNext("auditsentinel_ingest");
  assert.throws(() => audit.ingest(jsonl(refusals(2))), { code: "internal_error" });
  assert.ok(sprung());
  for (const call of [() => audit.findings, () => audit.detectViolations(), () => audit.report(), () => audit.ingest("")]) assert.throws(call, { code: "config_invalid" });
  assert.equal(found(jsonl(refusals(2))).length, 2);
});

test("the types: every example compiles and runs, and what is declared is there", async (t) => {
  const ts = createRequire(new URL("../tools/package.json", import.meta.url))("typescript");
  const root = mkdtempSync(join(tmpdir(), "trusthandoff-sentinel-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, "node_modules"));
  symlinkSync(fileURLToPath(new URL("../../pkg", import.meta.url)), join(root, "node_modules/trusthandoff"));
  const names = [...declarations.matchAll(/^export declare (?:class|function) (\w+)/gm)].map(([, name]) => name);
  for (const name of names) assert.equal(typeof sentinel[name], "function", name);
  const examples = [...declarations.matchAll(/ \* @example\n((?: \*.*\n)+?) \*\//g)].map(([, lines]) => lines.replaceAll(/^ \* ?/gm, ""));
  assert.equal(examples.length, 4);
  const files = examples.map((text, index) => {
    const file = join(root, `example${index}.mts`);
    writeFileSync(file, `import { AgentIdentity, createEnvelope, signPacket } from "trusthandoff";\nimport { ${names.join(", ")} } from "trusthandoff/sentinel";\n${text}export {};\n`);
    return file;
  });
  const options = { strict: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, lib: ["lib.es2022.d.ts", "lib.dom.d.ts"], types: [] };
  const program = ts.createProgram(files, options);
  const { diagnostics } = program.emit();
  assert.deepEqual([...ts.getPreEmitDiagnostics(program), ...diagnostics].map((one) => ts.flattenDiagnosticMessageText(one.messageText, "\n")), []);
  for (const file of files) await import(pathToFileURL(file.replace(".mts", ".mjs")));
});
