/** Every code block of README.md does what it says, in a project that has the built package installed. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { blocksOf } from "../docs/blocks.mjs";
import { gate, wire } from "./support.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");

const blocks = blocksOf(readme);
const named = (language, name) => blocks.filter((block) => block.language === language && block.name === name);

const project = mkdtempSync(join(tmpdir(), "trusthandoff-readme-"));
mkdirSync(join(project, "node_modules/.bin"), { recursive: true });
symlinkSync(join(root, "pkg"), join(project, "node_modules/trusthandoff"));
symlinkSync(join(root, "pkg/dist/bin/trusthandoff.js"), join(project, "node_modules/.bin/trusthandoff"));
writeFileSync(join(project, "package.json"), '{"type": "module"}');
after(() => rmSync(project, { recursive: true, force: true }));

function run(program, args) {
  return new Promise((resolve, reject) => {
    // Whatever is not in the project must not be fetched in its place.
    const env = { ...process.env, NO_COLOR: "1", npm_config_offline: "true", npm_config_update_notifier: "false" };
    const child = spawn(program, args, { cwd: project, env });
    let [out, err] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text) => (out += text));
    child.stderr.setEncoding("utf8").on("data", (text) => (err += text));
    child.on("error", reject).on("close", (code) => resolve({ code, out, err }));
  });
}

test("the JavaScript runs, and prints what stands below it", async () => {
  const scripts = named("js", undefined);
  assert.ok(scripts.length >= 4, "blocks could not be read");
  assert.ok(scripts.filter(({ output }) => output !== undefined).length >= 3, "outputs could not be read");
  for (const [number, { text, output }] of scripts.entries()) {
    const file = join(project, `block-${number}.mjs`);
    writeFileSync(file, text);
    const { code, out, err } = await run(process.execPath, [file]);
    assert.equal(code, 0, `${text}\n${err}`);
    if (output !== undefined) assert.equal(out, output);
  }
});

test("what a comment says of a value in the section on decisions is so", async () => {
  const { text } = named("js", undefined).find(({ text }) => text.includes("throwIfRejected"));
  // The statements that only name a value print it instead.
  const printing = text.replace(/^(decision\.\w+(?:\.intent)?|verifySignature\(wire\)\.valid); \/\/.*$/gm, "console.log(JSON.stringify($1));");
  const file = join(project, "decisions.mjs");
  writeFileSync(file, printing);
  const [valid, decision, code, reason, checks, intent, thrown] = (await run(process.execPath, [file])).out.split("\n");
  assert.deepEqual([valid, decision, code, reason, intent, thrown], ["true", '"ACCEPT"', "null", "null", '"Deploy"', "ReplayAttackError replay_detected"]);
  assert.ok(JSON.parse(checks).length > 10);
});

test("the Redis store admits once, by one command that sets only what was not there", async () => {
  const [{ text }] = named("js", "redis");
  const file = join(project, "redis.mjs");
  writeFileSync(file, text);
  const { redisNonces } = await import(pathToFileURL(file));
  const held = new Map();
  // SET with NX and PX as Redis documents it: OK if the key was set, nil if it was there.
  const set = async (key, value, { NX, PX, ...others }) => {
    assert.deepEqual([NX, PX, others], [true, (900 + 360) * 1000 + 1, {}]);
    if (held.has(key)) return null;
    held.set(key, value);
    return "OK";
  };
  const guarded = gate({ nonces: redisNonces({ set }) });
  const received = wire();
  assert.equal((await guarded.handle(received)).code, null);
  assert.equal((await guarded.handle(received)).code, "replay_detected");
  assert.match([...held.keys()].join(), /^th1:[0-9a-f]{64}:[0-9a-f]{64}$/);
});

test("the shell examples run, from keys to a verified handoff and its replay", async () => {
  const [first, second] = named("sh", undefined);
  const made = await run("sh", ["-euc", first.text]);
  assert.equal(made.code, 0, made.err);
  assert.match(made.out, /^\{"id": null, "valid": true, "code": null, "form": "0\.4\.0"\}$/m);
  assert.match(made.out, /^\{"id": null, "decision": "ACCEPT", "code": null, "packet_id": "pk-[0-9a-f]+", "form": "0\.4\.0"\}$/m);
  const lines = await run("sh", ["-euc", second.text]);
  const [accepted, replayed, exit] = lines.out.trimEnd().split("\n");
  assert.equal(JSON.parse(accepted).decision, "ACCEPT");
  assert.equal(JSON.parse(replayed).code, "replay_detected");
  assert.equal(exit, "exit code 1");
});

test("the demo prints what README.md shows", async () => {
  const [{ text }] = named("text", "demo");
  assert.equal((await run("npx", ["trusthandoff", "demo"])).out, text);
});

test("no block is left out, and every make command exists", () => {
  const known = new Set(["js ", "js redis", "sh ", "text demo", "console "]);
  assert.deepEqual(
    blocks.map(({ language, name = "" }) => `${language} ${name}`).filter((kind) => !known.has(kind)),
    [],
  );
  const makefile = readFileSync(join(root, "Makefile"), "utf8");
  for (const [, target] of readme.matchAll(/(?:`|\$ )make ([a-z-]+)/g)) assert.match(makefile, new RegExp(`^${target}:`, "m"), target);
});

test("every option of the gate stands in the table, and no other", () => {
  const [, table] = /## Gate options([^]*?)## Host interfaces/.exec(readme);
  const listed = [...table.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell]) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name));
  const types = readFileSync(join(root, "pkg/types/index.d.ts"), "utf8");
  const [, base] = /interface GateBase \{([^]*?)^\}/m.exec(types);
  // What can only be absent is announced, not there.
  const declared = [...base.matchAll(/^ {2}(\w+)\??: (?!(never|undefined);)/gm)].map(([, name]) => name);
  assert.deepEqual(listed.sort(), [...declared, "registry", "resolveAgent"].sort());
});
