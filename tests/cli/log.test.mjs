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

/** A log in three files that go on with each other, each with two lines behind its checkpoint, under names that a shell sorts otherwise. */
function rotated(t) {
  const cwd = directory(t);
  const keeper = AgentIdentity.generate();
  writeFileSync(join(cwd, "key.pem"), keeper.publicKeyPem);
  const names = ["e.jsonl.2", "e.jsonl.10", "e.jsonl"];
  let link = null;
  const texts = names.map((name, part) => {
    const writer = new LogWriter({ logId: part === 0 ? "app" : `app/${part}` });
    const lines = link === null ? [] : [writer.continueFrom(link, { producer: "agent:keeper" })];
    for (let n = 0; n < 4; n += 1) lines.push(writer.append({ event_type: "task_started", packet_id: `pk-${part}-${n}` }));
    lines.push(writer.checkpoint(keeper));
    if (part === 2) writeFileSync(join(cwd, "kept.json"), lines.at(-1));
    for (let n = 4; n < 6; n += 1) lines.push(writer.append({ event_type: "task_started", packet_id: `pk-${part}-${n}` }));
    link = writer.link;
    const text = lines.map((line) => `${line}\n`).join("");
    writeFileSync(join(cwd, name), text);
    return text;
  });
  return { cwd, names, texts, log: (...args) => run(["log", "verify", ...args], { cwd }) };
}

test("files are put in the order of their links, whatever order a shell gives them in", async (t) => {
  const { log, names, texts, cwd } = rotated(t);
  for (const order of [names, ["e.jsonl", "e.jsonl.10", "e.jsonl.2"], ["e.jsonl.10", "e.jsonl", "e.jsonl.2"]]) {
    const { code, out, err } = await log(...order, "--key", "key.pem");
    assert.deepEqual([code, err], [0, ""], out);
    assert.deepEqual([...out.matchAll(/^file +(.*)$/gm)].map(([, file]) => file), names);
    assert.equal(/^order +taken from the links: e\.jsonl\.2, e\.jsonl\.10, e\.jsonl$/m.test(out), order !== names);
  }
  // The sealed counts of the files and of the same lines in one file agree.
  writeFileSync(join(cwd, "one.jsonl"), texts.join(""));
  const sealed = async (...args) => (await log(...args, "--json")).out.trim().split("\n").reduce((sum, line) => sum + JSON.parse(line).sealed, 0);
  for (const trust of [["--key", "key.pem"], ["--checkpoint", "kept.json"]]) assert.equal(await sealed(...names, ...trust), await sealed("one.jsonl", ...trust), trust[0]);
  assert.equal(await sealed(...names, "--key", "key.pem"), 21);
  for (const files of [["e.jsonl", "e.jsonl.2"], ["e.jsonl.2", "e.jsonl.2"]]) {
    const { code, out } = await log(...files, "--key", "key.pem");
    assert.equal(code, 1);
    assert.match(out, /does not name the log before as that one stands/);
  }
});

test("what is asked of a log: 1 where it falls short, and of what", async (t) => {
  const { log, names } = rotated(t);
  const key = ["--key", "key.pem"];
  for (const [args, why] of [
    [[...key, "--log-id", "app", "--min-size", "23"], null],
    [[...key, "--min-size", "24"], /there are 23 lines; at least 24 were expected/],
    [[...key, "--require-sealed"], /no trusted checkpoint vouches for 2 of 8 lines/],
    [[...key, "--log-id", "ap"], /this is the log `app`, not `ap`/],
  ]) {
    const { code, out } = await log(...names, ...args);
    assert.equal(code, why === null ? 0 : 1, out);
    if (why !== null) assert.match(out, why);
  }
  const { log: single, cwd } = kept(t);
  writeFileSync(join(cwd, "empty.jsonl"), "");
  for (const file of ["shorter.jsonl", "empty.jsonl"]) {
    const { code, out } = await single(file, ...key);
    assert.equal(code, 1);
    assert.match(out, /^broken +nothing is sealed: no checkpoint of a trusted key vouches for any line$/m);
  }
  for (const bad of [["--min-size", "x"], ["--min-size", "-1"], ["--log-id", ""]]) assert.equal((await single("log.jsonl", ...bad)).code, 2);
});

test("names that would move a terminal are spelled out, of files too", async (t) => {
  const { cwd, log, text } = kept(t);
  const name = "n\u001b[31m\u202e\u009b.jsonl";
  writeFileSync(join(cwd, name), text);
  const dangerous = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;
  const outputs = [
    ...[await log(name, name), await log(name, name, "--json"), await log(name, "log.jsonl", ...TRUST), await log("log.jsonl", ...TRUST, "--log-id", "x\u202e")],
    ...[await log("log.jsonl", "--key", name), await log(`no${name}`), await run(["log", name], { cwd })],
    ...[await run(["keygen", "--out", `k${name}`], { cwd }), await run(["keygen", "--json", "--out", `j${name}`], { cwd }), await run(["keygen", "--out", `k${name}`], { cwd })],
  ];
  for (const { out, err } of outputs) assert.doesNotMatch(out + err, dangerous);
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
