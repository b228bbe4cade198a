/** Unusable arguments and input: exit code 2, nothing on standard output, one line on standard error, no stack trace. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, closeSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { directory, PROGRAM, run } from "./support.mjs";

const COMMANDS = ["keygen", "sign", "check", "verify", "approve", "revoke", "inspect", "sentinel", "log", "demo"];

async function assertUnusable(args, options, about = /./) {
  const { code, out, err } = await run(args, options);
  assert.deepEqual([code, out], [2, ""], `${args.join(" ")}: ${err}`);
  assert.match(err, /^trusthandoff: [^\n]+\n$/, args.join(" "));
  assert.doesNotMatch(err, /\n\s+at |internal error|node:/, args.join(" "));
  assert.match(err, about);
}

test("no command, an unknown one, and options that do not exist", async () => {
  await assertUnusable([], {}, /no command/);
  await assertUnusable(["chek"], {}, /unknown command `chek`/);
  await assertUnusable(["constructor"], {}, /unknown command/);
  await assertUnusable(["--chek"], {}, /unknown option `--chek`/);
  for (const command of COMMANDS) {
    await assertUnusable([command, "--no-such-option"], {}, /unknown option `--no-such-option`/);
    await assertUnusable([command, "--json=yes"], {}, /takes no value/);
  }
});

test("a FILE too few or too many", async () => {
  for (const command of ["sign", "check", "verify", "inspect"]) {
    const needed = command === "verify" ? ["--audience", "a", "--self-certifying"] : command === "sign" ? ["--key", "k"] : [];
    await assertUnusable([command, ...needed], {}, /needs a FILE/);
    await assertUnusable([command, "a", "b", ...needed], {}, /unexpected argument `b`/);
  }
  await assertUnusable(["log"], {}, /log needs a command, verify/);
  await assertUnusable(["log", "verify"], {}, /log verify needs a FILE/);
  await assertUnusable(["log", "verify", "a", "--min-size", "x"], {}, /--min-size must be a number of lines, not `x`/);
  await assertUnusable(["verify", "a", "--now"], {}, /`--now` needs a value/);
  await assertUnusable(["keygen", "x"], {}, /unexpected argument/);
  await assertUnusable(["demo", "x"], {}, /unexpected argument/);
});

test("a file that cannot be read, in words", async (t) => {
  const cwd = directory(t);
  mkdirSync(join(cwd, "folder"));
  writeFileSync(join(cwd, "file"), "{}");
  for (const args of [["check"], ["check", "--jsonl"], ["inspect"], ["verify", "--audience", "a", "--self-certifying"]]) {
    const { err } = await run([...args, "no.json"], { cwd });
    assert.equal(err, "trusthandoff: cannot read no.json: no such file\n");
    await assertUnusable([...args, "no.json"], { cwd });
    await assertUnusable([...args, "folder"], { cwd }, /cannot read folder: is a directory/);
    await assertUnusable([...args, "file/x"], { cwd }, /cannot read file\/x: not a directory/);
    await assertUnusable([...args, "a\u001b[31m\n.json"], { cwd }, /cannot read a\\u001b\[31m\\u000a\.json/);
    await assertUnusable([...args, "x".repeat(5000)], { cwd }, /name too long/);
  }
  if (process.getuid() !== 0) {
    chmodSync(join(cwd, "file"), 0);
    await assertUnusable(["check", "file"], { cwd }, /permission denied/);
  }
});

test("verify must know whom to trust, who it is, and when", async (t) => {
  const cwd = directory(t);
  writeFileSync(join(cwd, "e.json"), "{}");
  const files = { "bad.json": "{", "list.json": "[]", "key.json": '{"agent:x": "nonsense"}', "latin.json": Buffer.from([0x7b, 0xff, 0x7d]), "twice.json": '{"a": null, "a": null}' };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
  const verify = (...args) => ["verify", "e.json", ...args];
  await assertUnusable(verify("--audience", "a"), { cwd }, /--registry/);
  await assertUnusable(verify("--self-certifying"), { cwd }, /--audience/);
  await assertUnusable(verify("--self-certifying", "--audience", ""), { cwd }, /--audience/);
  await assertUnusable(verify("--self-certifying", "--audience"), { cwd }, /needs a value/);
  await assertUnusable(verify("--self-certifying", "--audience", "a", "--audience", "b"), { cwd }, /twice/);
  await assertUnusable(verify("--self-certifying", "--registry", "r", "--audience", "a"), { cwd }, /exclude each other/);
  await assertUnusable(verify("--registry", "none.json", "--audience", "a"), { cwd }, /cannot read none\.json: no such file/);
  for (const name of Object.keys(files)) await assertUnusable(verify("--registry", name, "--audience", "a"), { cwd }, new RegExp(name.replace(".", "\\.")));
  for (const now of ["yesterday", "", "2026-03-08", "2026-03-08T12:00:00", "1772971200000", "2026-13-08T12:00:00Z"]) {
    await assertUnusable(verify("--self-certifying", "--audience", "a", "--now", now), { cwd }, /--now must be RFC 3339/);
  }
});

test("sign must have a key that is one, a form that exists, and fields that are some", async (t) => {
  const cwd = directory(t);
  await run(["keygen"], { cwd });
  const good = '{"to_agent": "agent:x", "intent": "x", "permissions": {}}';
  for (const [name, text] of Object.entries({ "f.json": good, "empty.json": "", "bad.json": "{", "list.json": "[]", "extra.json": good.replace("{", '{"is_admin": true, ') })) {
    writeFileSync(join(cwd, name), text);
  }
  await assertUnusable(["sign", "f.json"], { cwd }, /--key/);
  await assertUnusable(["sign", "f.json", "--key", "none.pem"], { cwd }, /cannot read none\.pem: no such file/);
  await assertUnusable(["sign", "f.json", "--key", "agent.pub.pem"], { cwd }, /cannot use the key in agent\.pub\.pem/);
  await assertUnusable(["sign", "f.json", "--key", "-"], { cwd }, /--key must be a file/);
  await assertUnusable(["sign", "f.json", "--key", "agent.key.pem", "--form", "0.2.5"], { cwd }, /--form must be 0\.4\.0 or 0\.3\.3/);
  for (const name of ["empty.json", "bad.json", "list.json", "extra.json"]) await assertUnusable(["sign", name, "--key", "agent.key.pem"], { cwd });
  await assertUnusable(["sign", "extra.json", "--key", "agent.key.pem"], { cwd }, /cannot use extra\.json: .*unknown_field at \/is_admin/);
  await assertUnusable(["approve", "extra.json", "--key", "agent.key.pem"], { cwd }, /cannot use extra\.json: .*missing_field/);
  await assertUnusable(["revoke", "--key", "agent.key.pem", "--packet", "bad.json"], { cwd }, /cannot use bad\.json: malformed JSON/);
  await assertUnusable(["revoke", "--key", "agent.key.pem", "--target", "x"], { cwd }, /cannot use --target `x`: /);
});

test("standard output that takes nothing more is an error in a line", async () => {
  const full = openSync("/dev/full", "w");
  const child = spawn(process.execPath, [PROGRAM, "demo"], { stdio: ["ignore", full, "pipe"] });
  let err = "";
  child.stderr.on("data", (chunk) => (err += chunk));
  const code = await new Promise((resolve) => child.on("close", resolve));
  closeSync(full);
  assert.deepEqual([code, err], [2, "trusthandoff: cannot write to standard output: no space left on the device\n"]);
});

test("--help teaches every command by an example, --version is that of the package", async () => {
  for (const args of [["--help"], ["-h"], ["help"], ...COMMANDS.flatMap((command) => [[command, "--help"], ["help", command]])]) {
    const { code, out, err } = await run(args);
    assert.deepEqual([code, err], [0, ""], args.join(" "));
    assert.match(out, /usage: trusthandoff/);
    assert.match(out, /example/);
  }
  const { out } = await run(["--version"]);
  assert.match(out, /^\d+\.\d+\.\d+\n$/);
});
