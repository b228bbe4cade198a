/** `sentinel`: exit code 0 where nothing was found that matters, 1 where something was, 2 where nothing can be said. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { AgentIdentity } from "../../pkg/dist/index.js";
import { LogWriter } from "../../pkg/dist/sentinel.js";
import { answers, directory, run } from "./support.mjs";

const event = (n, event_type, more) => ({
  ...{ event_id: `e-${n}`, event_type, timestamp: new Date(Date.UTC(2026, 2, 8, 12) + n * 1000).toISOString(), producer_id: "agent:gate", packet_id: `pk-${n}` },
  ...{ from_agent: "agent:\u001b[31mplanner", to_agent: "agent:gate", ...more },
});
const jsonl = (events) => events.map((each) => `${JSON.stringify(each)}\n`).join("");
const HONEST = [event(1, "packet_accepted"), event(2, "packet_accepted")];
const ATTACKED = [...HONEST, event(3, "packet_rejected", { packet_id: "pk-1", reason: "replay_detected" }), event(60, "packet_rejected", { reason: "invalid_signature" })];

function logs(t) {
  const cwd = directory(t);
  const write = (name, text) => writeFileSync(join(cwd, name), text);
  write("honest.jsonl", jsonl(HONEST));
  write("attacked.jsonl", jsonl(ATTACKED));
  return { cwd, write, sentinel: (...args) => run(["sentinel", ...args], { cwd }) };
}

test("an honest log: 0, and nothing found", async (t) => {
  const { sentinel, cwd } = logs(t);
  const { code, out, err } = await sentinel("honest.jsonl");
  assert.deepEqual([code, err], [0, ""]);
  assert.match(out, /Nothing was found\.\n$/);
  const piped = await run(["sentinel", "-", "--json"], { cwd, input: jsonl(HONEST) });
  assert.equal(piped.code, 0);
  assert.deepEqual(answers(piped.out).map(({ type, lines }) => [type, lines]), [["summary", 2]]);
});

test("an attacked log: 1, each finding with its lines, nothing that moves a terminal", async (t) => {
  const { sentinel } = logs(t);
  const { code, out, err } = await sentinel("attacked.jsonl");
  assert.deepEqual([code, err], [1, ""]);
  assert.match(out, /^HIGH tampered_packet, 1 time$/m);
  assert.match(out, /^MEDIUM replay_attempt, 1 time$/m);
  assert.match(out, /accepted in line 1/);
  assert.doesNotMatch(out, /\u001b/);
  const machine = await sentinel("attacked.jsonl", "--json");
  assert.equal(machine.code, 1);
  assert.doesNotMatch(machine.out, /\u001b/);
  const lines = answers(machine.out);
  assert.deepEqual(lines.map(({ type }) => type), ["rejected_packet", "replay_attempt", "rejected_packet", "tampered_packet", "summary"]);
  assert.deepEqual(lines[1].lines, [1, 3]);
});

test("filters, rules and a page", async (t) => {
  const { sentinel, cwd, write } = logs(t);
  const types = async (...args) => {
    const { code, out } = await sentinel("attacked.jsonl", "--json", ...args);
    const lines = answers(out).slice(0, -1);
    assert.equal(code, args.includes("own") || lines.length === 0 ? 0 : 1);
    return lines.map(({ type }) => type);
  };
  assert.deepEqual(await types("--min-severity", "high"), ["tampered_packet"]);
  assert.deepEqual(await types("--min-severity", "critical"), []);
  assert.deepEqual(await types("--type", "replay_attempt,tampered_packet"), ["replay_attempt", "tampered_packet"]);
  assert.deepEqual(await types("--since", "2026-03-08T12:00:30Z"), ["rejected_packet", "tampered_packet"]);
  write("rules.json", JSON.stringify([{ type: "own", severity: "low", event_type: "packet_accepted", sentence: "{packet_id}" }]));
  assert.deepEqual(await types("--rules", "rules.json", "--type", "own"), ["own", "own"]);
  const unknown = await sentinel("attacked.jsonl", "--type", "replay");
  assert.deepEqual([unknown.code, unknown.out], [2, ""]);
  assert.match(unknown.err, /^[^\n]*nothing finds `replay`; there are acceptance_unattested[^\n]*\n$/);
  const page = await sentinel("attacked.jsonl", "--html", "report.html");
  assert.deepEqual([page.code, page.out], [1, "4 findings in attacked.jsonl; the report is in report.html\n"]);
  assert.match(readFileSync(join(cwd, "report.html"), "utf8"), /^<!doctype html>.*tampered_packet/s);
  const out = await sentinel("honest.jsonl", "--html", "-");
  assert.equal(out.code, 0);
  assert.match(out.out, /^<!doctype html>/);
});

test("the hash chain is looked at too, with the trust that is given", async (t) => {
  const { sentinel, write } = logs(t);
  const keeper = AgentIdentity.generate();
  const writer = new LogWriter({ logId: "gate-1" });
  const lines = [...HONEST.map((each) => writer.append(each)), writer.checkpoint(keeper)];
  write("chained.jsonl", `${lines.join("\n")}\n`);
  write("edited.jsonl", `${lines.join("\n").replace("pk-1", "pk-9")}\n`);
  write("key.pem", keeper.publicKeyPem);
  write("checkpoint.json", lines[2]);
  assert.equal((await sentinel("chained.jsonl", "--key", "key.pem", "--checkpoint", "checkpoint.json")).code, 0);
  const edited = await sentinel("edited.jsonl");
  assert.equal(edited.code, 1);
  assert.match(edited.out, /CRITICAL log_break/);
  assert.equal((await sentinel("honest.jsonl", "--checkpoint", "checkpoint.json")).code, 1);
});

test("several files are one log, and one that goes on with another is no break", async (t) => {
  const { sentinel, write } = logs(t);
  const [first, second] = [new LogWriter({ logId: "g" }), new LogWriter({ logId: "g/1" })];
  const text = (lines) => lines.map((line) => `${line}\n`).join("");
  write("log.jsonl.1", text(HONEST.map((each) => first.append(each))));
  const lines = [second.continueFrom(first.link, { producer: "agent:gate", now: Date.UTC(2026, 2, 8, 12) + 2500 }), ...ATTACKED.slice(2).map((each) => second.append(each))];
  write("log.jsonl", text(lines));
  const { code, out } = await sentinel("log.jsonl.1", "log.jsonl", "--json", "--min-severity", "medium");
  assert.equal(code, 1);
  // The packet was accepted in one file, and came again in the other.
  assert.deepEqual(answers(out).map(({ type, lines: found }) => [type, found]), [["replay_attempt", [1, 4]], ["tampered_packet", [5]], ["summary", 5]]);
  // In whatever order a shell names them.
  assert.deepEqual(await sentinel("log.jsonl", "log.jsonl.1", "--json", "--min-severity", "medium"), { code, out, err: "" });
  write("log.jsonl.1", text([...HONEST, HONEST[0]].map((each) => new LogWriter({ logId: "g" }).append(each))));
  const cut = await sentinel("log.jsonl.1", "log.jsonl", "--json", "--type", "log_break");
  assert.ok(answers(cut.out).some(({ type }) => type === "log_break"));
  write("torn.jsonl", jsonl(HONEST).slice(0, -20));
  const torn = await sentinel("torn.jsonl", "attacked.jsonl", "--json", "--type", "unreadable_line,tampered_packet");
  assert.deepEqual(answers(torn.out).map(({ type, lines: found }) => [type, found]), [["unreadable_line", [2]], ["tampered_packet", [6]], ["summary", 6]]);
});

test("a report is a page, and all are counted", async (t) => {
  const { sentinel, write } = logs(t);
  write("many.jsonl", jsonl(Array.from({ length: 1200 }, (_, n) => event(n * 100, "packet_rejected", { reason: "expired" }))));
  const { code, out } = await sentinel("many.jsonl");
  assert.deepEqual([code, out.match(/^found: .*$/m)[0]], [0, "found: 1200 low"]);
  assert.match(out, /^LOW {6}1200 rejected_packet 1000 of agent:\\u\{1b\}\[31mplanner at agent:gate$/m);
  assert.ok(out.trimEnd().split("\n").length <= 24);
  const page = await sentinel("many.jsonl", "--html", "many.html");
  assert.deepEqual([page.code, page.out], [0, "1,200 findings in many.jsonl; the report is in many.html\n"]);
  assert.equal(answers((await sentinel("many.jsonl", "--json")).out).length, 1201);
});

test("what cannot be read, and options that are none: 2 and one line", async (t) => {
  const { sentinel, write } = logs(t);
  write("wrong.json", '[{"type": "x"}]');
  for (const [args, about] of [
    [["none.jsonl"], /cannot read none\.jsonl: no such file/],
    [["honest.jsonl", "--json", "--html", "x"], /exclude each other/],
    [["honest.jsonl", "--since", "yesterday"], /--since must be RFC 3339/],
    [["honest.jsonl", "--min-severity", "bad"], /--min-severity must be/],
    [["honest.jsonl", "--fail-on", "bad"], /--fail-on must be info, low, medium, high, critical or none, not `bad`/],
    [["honest.jsonl", "--rules", "none.json"], /cannot read none\.json/],
    [["honest.jsonl", "--rules", "wrong.json"], /cannot use the rules in wrong\.json: .*\/0\/severity/],
    [["honest.jsonl", "--key", "wrong.json"], /cannot use the key in wrong\.json/],
    [["honest.jsonl", "--html", "no/such/folder.html"], /cannot write no\/such\/folder\.html: no such file/],
    [["honest.jsonl", "--type", "a", "--type", "b"], /twice/],
    [[], /needs a FILE/],
  ]) {
    const { code, out, err } = await sentinel(...args);
    assert.deepEqual([code, out], [2, ""], args.join(" "));
    assert.match(err, /^trusthandoff: [^\n]+\n$/);
    assert.match(err, about);
  }
});

test("noise is no log, and harms nobody: 1, each line of it told", async (t) => {
  const { cwd } = logs(t);
  const { code, out, err } = await run(["sentinel", "-", "--json"], { cwd, input: Buffer.from([0xff, 0x0a, 0x5b, 0x5d, 0x0a]) });
  assert.deepEqual([code, err], [1, ""]);
  assert.deepEqual(answers(out).map(({ type }) => type), ["unreadable_line", "unreadable_line", "summary"]);
});
