import assert from "node:assert/strict";
import { lstatSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { AgentIdentity } from "../../pkg/dist/index.js";
import { directory, run } from "./support.mjs";

const FIELDS = '{"to_agent": "agent:researcher", "intent": "Summarize", "permissions": {"allowed_actions": ["read"]}, "context": {"big": 123456789012345678901234567890, "float": 1.0, "e": 1E5}}';

test("keygen writes a key for its owner alone and prints the agent id", async (t) => {
  const cwd = directory(t);
  const { code, out, err } = await run(["keygen", "--out", "keys/planner"], { cwd });
  assert.deepEqual([code, err], [0, ""]);
  const file = join(cwd, "keys/planner/agent.key.pem");
  const identity = AgentIdentity.fromPrivateKeyPem(readFileSync(file, "utf8"));
  assert.equal(out, `${identity.agentId}\n`);
  assert.equal(readFileSync(join(cwd, "keys/planner/agent.pub.pem"), "utf8"), identity.publicKeyPem);
  assert.equal(lstatSync(file).mode & 0o777, 0o600);
  const json = await run(["keygen", "--json", "--out", "other"], { cwd });
  assert.deepEqual(Object.keys(JSON.parse(json.out)), ["agent_id", "fingerprint", "private_key_file", "public_key_file"]);
});

test("keygen makes the directories above, and ends where none can be made", { timeout: 60_000 }, async (t) => {
  const cwd = directory(t);
  assert.equal((await run(["keygen", "--out", "a/b/c"], { cwd })).code, 0);
  assert.equal(statSync(join(cwd, "a/b")).mode & 0o777, 0o700);
  const { code, err } = await run(["keygen", "--out", "/proc/none"], { cwd });
  assert.equal(code, 2);
  assert.match(err, /^trusthandoff: cannot make the directory \/proc\/none: .+\n$/);
});

test("keygen overwrites nothing, not even through a link", async (t) => {
  const cwd = directory(t);
  await run(["keygen"], { cwd });
  const key = readFileSync(join(cwd, "agent.key.pem"));
  const again = await run(["keygen"], { cwd });
  assert.deepEqual([again.code, again.out], [2, ""]);
  assert.match(again.err, /^trusthandoff: agent\.key\.pem exists and is never overwritten[^\n]*\n$/);
  assert.deepEqual(readFileSync(join(cwd, "agent.key.pem")), key);

  mkdirSync(join(cwd, "half"));
  writeFileSync(join(cwd, "half/agent.pub.pem"), "mine");
  assert.equal((await run(["keygen", "--out", "half"], { cwd })).code, 2);
  assert.equal(readFileSync(join(cwd, "half/agent.pub.pem"), "utf8"), "mine");
  assert.throws(() => lstatSync(join(cwd, "half/agent.key.pem")));

  mkdirSync(join(cwd, "linked"));
  symlinkSync(join(cwd, "elsewhere"), join(cwd, "linked/agent.key.pem"));
  assert.equal((await run(["keygen", "--out", "linked"], { cwd })).code, 2);
  assert.throws(() => lstatSync(join(cwd, "elsewhere")));
  assert.equal((await run(["keygen", "--out", "agent.pub.pem"], { cwd })).code, 2);
});

test("sign prints an envelope that verify accepts and that check knows by its form", async (t) => {
  const cwd = directory(t);
  const id = (await run(["keygen"], { cwd })).out.trim();
  writeFileSync(join(cwd, "f.json"), FIELDS);
  for (const form of ["0.4.0", "0.3.3"]) {
    const { code, out, err } = await run(["sign", "f.json", "--key", "agent.key.pem", "--form", form], { cwd });
    assert.deepEqual([code, err], [0, ""]);
    assert.equal(JSON.parse(out).packet.from_agent, id);
    assert.ok(out.includes("123456789012345678901234567890") && out.includes('"float": 1.0'), "no number is lost");
    writeFileSync(join(cwd, "e.json"), out);
    const verified = await run(["verify", "e.json", "--self-certifying", "--audience", "agent:researcher"], { cwd });
    assert.equal(verified.code, 0);
    const answer = JSON.parse(verified.out);
    assert.deepEqual(answer, { id: null, decision: "ACCEPT", code: null, packet_id: JSON.parse(out).packet.packet_id, form });
    const checked = await run(["check", "-"], { cwd, input: out });
    assert.deepEqual([checked.code, checked.out], [0, `{"id": null, "valid": true, "code": null, "form": "${form}"}\n`]);
  }
});

test("sign --packet prints the bare packet, from standard input too", async (t) => {
  const cwd = directory(t);
  await run(["keygen"], { cwd });
  const { code, out } = await run(["sign", "-", "--packet", "--key", "agent.key.pem"], { cwd, input: FIELDS });
  assert.equal(code, 0);
  assert.equal(JSON.parse(out).packet, undefined);
  assert.equal(JSON.parse(out).intent, "Summarize");
  assert.equal((await run(["check", "-"], { input: out })).code, 0);
});
