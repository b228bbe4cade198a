/** `log verify`: exit code 0 for a log that nobody touched, 1 for one that somebody did, 2 where nothing can be said. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { AgentIdentity } from "../../pkg/dist/index.js";
import { LogWriter } from "../../pkg/dist/sentinel.js";
import { directory, run } from "./support.mjs";

/** A directory with a log, its key and its last checkpoint. */
function kept(t) {
  const cwd = directory(t);
  const keeper = AgentIdentity.generate();
  const writer = new LogWriter({ logId: "gate-\u001b[31m1" });
  const lines = Array.from({ length: 6 }, (_, n) => writer.append({ event_type: "task_started", packet_id: `pk-${n}` }));
  const checkpoint = writer.checkpoint(keeper);
  lines.push(checkpoint, writer.append({ event_type: "task_finished" }));
  const write = (name, text) => writeFileSync(join(cwd, name), text);
  const textOf = (list) => list.map((line) => `${line}\n`).join("");
  write("log.jsonl", textOf(lines));
  write("key.pem", keeper.publicKeyPem);
  write("checkpoint.json", `${checkpoint}\n`);
  write("other.pem", AgentIdentity.generate().publicKeyPem);
  write("private.pem", keeper.privateKeyPem());
  write("altered.jsonl", textOf(lines).replace("pk-2", "pk-9"));
  write("shorter.jsonl", textOf(lines.slice(0, 4)));
  write("torn.jsonl", `${textOf(lines)}{"event_ty`);
  return { cwd, lines, text: textOf(lines), log: (...args) => run(["log", "verify", ...args], { cwd }) };
}

const TRUST = ["--key", "key.pem", "--checkpoint", "checkpoint.json"];

test("a log that nobody touched: 0, and who vouches for how much of it", async (t) => {
  const { log, cwd, text } = kept(t);
  const { code, out, err } = await log("log.jsonl", ...TRUST);
  assert.deepEqual([code, err], [0, ""]);
  assert.match(out, /^whole +8 lines, none of them altered/);
  assert.match(out, /^sealed +7 lines, 1 trusted checkpoint in the log$/m);
  assert.match(out, /^unsealed +1 line that no trusted checkpoint vouches for$/m);
  assert.match(out, /^log +gate-\\u001b\[31m1$/m);
  const alone = await log("log.jsonl");
  assert.equal(alone.code, 0);
  assert.match(alone.out, /^unsealed +8 lines: with neither --key nor --checkpoint nobody vouches for a line$/m);
  const piped = await run(["log", "verify", "-", "--json"], { cwd, input: text });
  const { root, ...report } = JSON.parse(piped.out);
  assert.match(root, /^[0-9a-f]{64}$/);
  const expected = { whole: true, lines: 8, sealed: 0, unsealed: 8, checkpoints: 0, log_id: "gate-\u001b[31m1", continues: null, tail: 0, breaks: [], more_breaks: 0 };
  assert.deepEqual([piped.code, report], [0, expected]);
});

test("a log that somebody touched: 1, and where", async (t) => {
  const { log } = kept(t);
  const altered = await log("altered.jsonl");
  assert.deepEqual([altered.code, altered.err], [1, ""]);
  assert.match(altered.out, /^broken +line 3 was altered, or lines before line 4 were added, removed or moved$/m);
  assert.doesNotMatch(altered.out, /whole/);
  const shorter = await log("shorter.jsonl", "--checkpoint", "checkpoint.json", "--json");
  assert.equal(shorter.code, 1);
  assert.deepEqual(JSON.parse(shorter.out).breaks, [
    { from: 5, to: 6, fault: "log_shorter", message: "lines 5 to 6 are missing: the end was cut off" },
  ]);
  assert.equal((await log("shorter.jsonl")).code, 0);
  const other = await log("log.jsonl", "--key", "other.pem");
  assert.equal(other.code, 1);
  assert.match(other.out, /line 7 is signed with a key that is not trusted here/);
});

test("a line that was never finished is told of, and no sign of tampering", async (t) => {
  const { code, out } = await kept(t).log("torn.jsonl", ...TRUST);
  assert.equal(code, 0);
  assert.match(out, /^tail +10 bytes after the last newline/m);
});

test("of several files each goes on with the one before, and a missing one is told of", async (t) => {
  const { log, cwd } = kept(t);
  const [text, writers] = [[], []];
  for (const part of [0, 1, 2]) {
    const writer = new LogWriter({ logId: `gate-1/${part}` });
    const link = part === 0 ? [] : [writer.continueFrom(writers[part - 1].link, { producer: "agent:keeper" })];
    text.push([...link, writer.append({ event_type: "task_started", packet_id: `pk-${part}` })].map((line) => `${line}\n`).join(""));
    writeFileSync(join(cwd, `part${part}.jsonl`), text[part]);
    writers.push(writer);
  }
  const all = await log("part0.jsonl", "part1.jsonl", "part2.jsonl");
  assert.deepEqual([all.code, all.err], [0, ""]);
  assert.match(all.out, /^file +part1\.jsonl\nwhole +2 lines[^]*^follows +gate-1\/0, 1 line$[^]*^file +part2\.jsonl$/m);
  const { root } = writers[1].link;
  const keeper = AgentIdentity.generate();
  for (const part of [1, 0]) {
    writeFileSync(join(cwd, "kept.json"), writers[part].checkpoint(keeper));
    const held = await log("part0.jsonl", "part1.jsonl", "part2.jsonl", "--checkpoint", "kept.json");
    assert.deepEqual([held.code, held.err], [0, ""], held.out);
    assert.match(held.out, /^sealed +[12] lines?, 0 trusted checkpoints in the log$/m);
  }
  const elsewhere = new LogWriter({ logId: "x" });
  elsewhere.append({ event_type: "task_started" });
  writeFileSync(join(cwd, "kept.json"), elsewhere.checkpoint(keeper));
  const foreign = await log("part0.jsonl", "part1.jsonl", "part2.jsonl", "--checkpoint", "kept.json");
  assert.equal(foreign.code, 1);
  const skipped = await log("part0.jsonl", "part2.jsonl", "--json");
  const [first, last] = skipped.out.trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual([skipped.code, first.file, first.whole, last.file, last.whole], [1, "part0.jsonl", true, "part2.jsonl", false]);
  assert.deepEqual(last.breaks, [
    { from: 1, to: 1, fault: "not_continued", message: "line 1 does not name the log before as that one stands, up to its line 1" },
  ]);
  assert.deepEqual(last.continues, { log_id: "gate-1/1", size: 2, root });
});

test("what is no log at all: 1; what cannot be read, and trust that is none: 2 and one line", async (t) => {
  const { log, cwd } = kept(t);
  const noise = await run(["log", "verify", "-"], { cwd, input: Buffer.from([0xff, 0x0a, 0x00, 0x0a]) });
  assert.deepEqual([noise.code, noise.err], [1, ""]);
  for (const [args, about] of [
    [["none.jsonl"], /cannot read none\.jsonl: no such file/],
    [["."], /cannot read \.: is a directory/],
    [["log.jsonl", "--key", "none.pem"], /cannot read none\.pem/],
    [["log.jsonl", "--key", "private.pem"], /cannot use the key in private\.pem: .* \(public_key_encoding_invalid\)/],
    [["log.jsonl", "--key", "-"], /--key must be a file/],
    [["log.jsonl", "--checkpoint", "log.jsonl"], /cannot use the checkpoint in log\.jsonl: .* \(malformed_json\)/],
    [["log.jsonl", "--checkpoint", "key.pem"], /cannot use the checkpoint in key\.pem/],
    [["log.jsonl", "--checkpoint", ""], /--checkpoint must be a file/],
    [["log.jsonl", "--key", "key.pem", "--key", "key.pem"], /twice/],
    [["log.jsonl", "more"], /cannot read more: no such file/],
    [["-", "-"], /standard input can be one of the files only/],
    [[], /needs a FILE/],
  ]) {
    const { code, out, err } = await log(...args);
    assert.deepEqual([code, out], [2, ""], args.join(" "));
    assert.match(err, /^trusthandoff: [^\n]+\n$/);
    assert.match(err, about);
  }
  const { code, err } = await run(["log", "check", "log.jsonl"], { cwd });
  assert.deepEqual([code, err], [2, "trusthandoff: unknown command `log check`; see trusthandoff log --help\n"]);
});
