/** Several files of one system, what a report may be written over, and what fails. */
import assert from "node:assert/strict";
import { linkSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { AgentIdentity } from "../../pkg/dist/index.js";
import { LogWriter, Sentinel } from "../../pkg/dist/sentinel.js";
import { EventLog } from "../node/event_log.mjs";
import { answers, directory, run } from "./support.mjs";

function folder(t, files) {
  const cwd = directory(t);
  const write = (name, text) => writeFileSync(join(cwd, name), text);
  for (const [name, text] of Object.entries(files)) write(name, text);
  const sentinel = (...args) => run(["sentinel", ...args], { cwd });
  const found = async (...args) => answers((await sentinel(...args, "--json", "--min-severity", "low")).out);
  return { cwd, write, sentinel, found };
}

/** Two gates of one agent, each with a file of its own; the second takes a packet that the first has taken. */
function replicas() {
  const [one, other] = [new EventLog(), new EventLog()];
  for (let n = 0; n < 50; n += 1) {
    one.pass(60).run(`a${n}`);
    other.now = one.now + 5000;
    if (n === 10) other.accept("a10");
    other.run(`b${n}`);
  }
  return [one, other];
}

test("files of one time are one log in the order of time, and findings name their lines", async (t) => {
  const [one, other] = replicas();
  const { found } = folder(t, { "one.jsonl": one.text, "other.jsonl": other.text });
  for (const [files, second] of [[["one.jsonl", "other.jsonl"], 301], [["other.jsonl", "one.jsonl"], 302]]) {
    const [replay, summary, ...rest] = await found(...files);
    assert.deepEqual([replay.type, replay.severity, rest], ["replay_attempt", "critical", []]);
    assert.deepEqual(replay.places.toSorted(), ["one.jsonl:51", "other.jsonl:51"]);
    assert.deepEqual(replay.lines, [51, second]);
    assert.deepEqual([summary.lines, summary.undecided], [501, 0]);
  }
});

test("a gate and its worker tell one story, whichever file is given first", async (t) => {
  const [gate, worker] = [new EventLog(), new EventLog()];
  for (let n = 0; n < 200; n += 1) {
    gate.pass(60).accept(`p${n}`);
    worker.now = gate.now + 50;
    worker.start(`p${n}`).use(`p${n}`).finish(`p${n}`).attest(`p${n}`);
  }
  const { found } = folder(t, { "gate.jsonl": gate.text, "worker.jsonl": worker.text });
  for (const files of [["gate.jsonl", "worker.jsonl"], ["worker.jsonl", "gate.jsonl"]]) assert.deepEqual((await found(...files)).map(({ type }) => type), ["summary"]);
});

test("of files of one time the chain of each is verified by itself", async (t) => {
  const keeper = AgentIdentity.generate();
  const chained = (log, id) => {
    const writer = new LogWriter({ logId: id });
    return [...log.events.map((event) => writer.append(event)), writer.checkpoint(keeper, { now: log.now })].map((line) => `${line}\n`);
  };
  const [one, other] = [new EventLog(), new EventLog()].map((log, at) => {
    for (let n = 0; n < 20; n += 1) log.pass(60).run(`${at}-${n}`);
    return chained(log, `gate-${at}`);
  });
  const { found, write } = folder(t, { "one.jsonl": one.join(""), "other.jsonl": other.join(""), "key.pem": keeper.publicKeyPem });
  const [summary, ...none] = await found("one.jsonl", "other.jsonl", "--key", "key.pem");
  assert.deepEqual([none, summary.log.sealed, summary.log.unsealed, summary.log.breaks], [[], 202, 0, 0]);
  write("other.jsonl", other.toSpliced(7, 1).join(""));
  const [broken] = await found("one.jsonl", "other.jsonl", "--key", "key.pem", "--type", "log_break");
  assert.deepEqual(broken.places, ["other.jsonl:7", "other.jsonl:8"]);
});

test("rotated files are one log, in whatever order a shell names them", async (t) => {
  const files = {};
  let before;
  for (let n = 0; n < 12; n += 1) {
    const log = new EventLog(Date.UTC(2026, 10, 28, 8 + n));
    for (let packet = 0; packet < 5; packet += 1) log.run(`${n}-${packet}`);
    const writer = new LogWriter({ logId: `gate/${n}` });
    const first = n === 0 ? [] : [writer.continueFrom(before, { producer: "agent:worker", now: Date.UTC(2026, 10, 28, 8 + n) })];
    files[`events.jsonl.${12 - n}`] = [...first, ...log.events.map((event) => writer.append(event))].map((line) => `${line}\n`).join("");
    before = writer.link;
  }
  const { found, write } = folder(t, files);
  const names = Object.keys(files);
  for (const given of [names, names.toReversed(), names.toSorted()]) {
    const [summary, ...none] = await found(...given);
    assert.deepEqual([none, summary.lines, summary.log?.breaks], [[], 12 * 25 + 11, 0], given.join(" "));
  }
});

test("the links of rotated files give their order, whatever their times say", async (t) => {
  const files = {};
  const [keeper, start] = [AgentIdentity.generate(), Date.UTC(2026, 10, 28, 8)];
  let before;
  for (let n = 0; n < 4; n += 1) {
    const writer = new LogWriter({ logId: `gate/${n}` });
    const log = new EventLog(start + n * 1000).run(`p${n}`);
    const first = n === 0 ? [] : [writer.continueFrom(before, { producer: "agent:worker", now: start + n * 1000 })];
    const lines = [...first, ...log.events.map((event) => writer.append(event)), writer.checkpoint(keeper, { now: start + 3600_000 + n * 1000 })];
    files[`events.jsonl.${4 - n}`] = lines.map((line) => `${line}\n`).join("");
    before = writer.link;
  }
  const { found, write } = folder(t, files);
  const names = Object.keys(files);
  for (const given of [names, names.toReversed(), [names[2], names[0], names[3], names[1]]]) {
    assert.deepEqual((await found(...given)).map(({ type }) => type), ["summary"], given.join(" "));
  }
  // A file of no chain among them is no break, and keeps nothing from being verified.
  write("plain.jsonl", new EventLog(start + 500).run("plain").text);
  const among = [["plain.jsonl", ...names], [names[1], "plain.jsonl", names[0], names[2], names[3]], [...names, "plain.jsonl"]];
  for (const given of among) {
    const [{ type, log, lines }, ...more] = await found(...given);
    assert.deepEqual([type, log?.breaks, lines - log?.lines, more.length], ["summary", 0, 5, 0], given.join(" "));
  }
  write(names[1], files[names[1]].replace("agent:worker", "agent:forger"));
  for (const given of among) assert.ok((await found(...given)).some(({ type }) => type === "log_break"), given.join(" "));
});

test("the exit code is 1 from the severity on that is asked for, and medium by default", async (t) => {
  const { sentinel } = folder(t, { "low.jsonl": new EventLog().refuse("p", "expired").text, "high.jsonl": new EventLog().refuse("p", "invalid_signature").text });
  const code = async (...args) => (await sentinel(...args)).code;
  assert.deepEqual([await code("low.jsonl"), await code("low.jsonl", "--fail-on", "low"), await code("low.jsonl", "--fail-on", "high")], [0, 1, 0]);
  assert.deepEqual([await code("high.jsonl"), await code("high.jsonl", "--fail-on", "critical"), await code("high.jsonl", "--fail-on", "none")], [1, 0, 0]);
  assert.deepEqual([await code("high.jsonl", "--json"), await code("low.jsonl", "--json"), await code("low.jsonl", "--html", "-", "--fail-on", "info")], [1, 0, 1]);
});

test("a page is written over a page and over nothing else", async (t) => {
  const text = new EventLog().run("p").text;
  const { cwd, sentinel } = folder(t, { "log.jsonl": text, "notes.txt": "mine\n", "empty.html": "", "page.html": "<!doctype html><p>mine" });
  linkSync(join(cwd, "log.jsonl"), join(cwd, "hard.html"));
  symlinkSync("log.jsonl", join(cwd, "soft.html"));
  for (const name of ["log.jsonl", "hard.html", "soft.html", "notes.txt", "page.html", "."]) {
    const { code, out, err } = await sentinel("log.jsonl", "--html", name);
    assert.deepEqual([code, out, err.split("\n").length], [2, "", 2], name);
  }
  assert.deepEqual([readFileSync(join(cwd, "log.jsonl"), "utf8"), readFileSync(join(cwd, "notes.txt"), "utf8")], [text, "mine\n"]);
  for (const name of ["new.html", "new.html", "empty.html"]) assert.equal((await sentinel("log.jsonl", "--html", name)).code, 0, name);
});

test("a terminal of no columns, and what is none, has a hundred where all fits and eighty otherwise", () => {
  const log = new EventLog().refuse("p", "invalid_signature");
  for (const [most, text] of [[100, log.text], [80, log.refuse("q", "expired").refuse("r", "replay_detected").start("never").accept("wrong", { gate: "agent:other" }).text]]) {
    const audit = new Sentinel().ingest(text);
    for (const options of [{ width: 0 }, {}, undefined]) assert.equal(audit.report(options), audit.report({ width: most }));
  }
});

test("no text of a rule moves a terminal, or leaves its place in a page", async (t) => {
  const evil = "\u001b[2J\u202e\u2066\u0085\u009b31m\u007f\u200b\u2028<img src=x><script>alert(2)</script>";
  const rule = { type: "mine", severity: "high", event_type: "tool_used", sentence: `${evil}{action}`, advice: evil };
  const { sentinel } = folder(t, { "log.jsonl": new EventLog().run("p").text, "rules.json": JSON.stringify([rule]) });
  for (const more of [[], ["--json"], ["--html", "-"]]) {
    const { code, out } = await sentinel("log.jsonl", "--rules", "rules.json", ...more);
    assert.equal(code, 1);
    assert.doesNotMatch(out, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/, more.join(" "));
    if (more[0] === "--html") assert.doesNotMatch(out, /<img|<script>alert/);
  }
});
