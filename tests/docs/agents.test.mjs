/** The recipes of keys, evidence and handing on, followed to their last command with real peers. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { freePort, recipe } from "./recipe.mjs";

test("keys: from a file, from WebCrypto, from a service that signs", async (t) => {
  const followed = await recipe(t, "keys");
  await followed.play();
});

test("evidence: a quiet log passes, a replay is found, and a line that was altered breaks the chain", async (t) => {
  const followed = await recipe(t, "evidence");
  await followed.play();
  const file = (name) => join(followed.directory, name);
  const report = JSON.parse(readFileSync(file("report.json"), "utf8"));
  assert.deepEqual([report.whole, report.sealed], [true, report.lines]);
  const found = readFileSync(file("findings.jsonl"), "utf8").trim().split("\n").map((line) => JSON.parse(line).type);
  assert.ok(found.includes("replay_attempt"), found.join());
  assert.match(readFileSync(file("report.html"), "utf8"), /replay/);
  const log = readFileSync(file("events.jsonl"), "utf8");
  assert.match(log, /packet_accepted/);
  writeFileSync(file("events.jsonl"), log.replace("packet_accepted", "packet_rejected"));
  await followed.run("npx trusthandoff log verify events.jsonl --key researcher/agent.pub.pem", [1]);
});

test("HTTP: three agents in three processes, the whole way proven to the last, and the second time refused", async (t) => {
  const followed = await recipe(t, "http", { env: { WRITER_PORT: String(await freePort()) } });
  await followed.play();

  // A sender who hangs up in the middle, and one who sends more than a gate reads, end no server.
  const url = `http://localhost:${followed.port}`;
  const half = request(url, { method: "POST", headers: { "content-length": 100 } }).on("error", () => {});
  half.write("{", () => half.destroy());
  await new Promise((closed) => half.on("close", closed));
  const tooLong = await fetch(url, { method: "POST", body: "x".repeat(4 << 20) }).catch(() => null);
  assert.ok(tooLong === null || tooLong.status === 500);
  assert.match(await followed.run("node planner.mjs"), /^1 200 .*\n2 403 .*replay_detected/);
});

test("MCP: the tool of a real server answers to an envelope once, for its resource, and to nobody without", async (t) => {
  const followed = await recipe(t, "mcp");
  await followed.play();
});

test("A2A: a real agent works on a message that carries an envelope, once, and on no other", async (t) => {
  const followed = await recipe(t, "a2a");
  await followed.play();
});
