/** One writer a log, among all processes; and what is said to be stored is in the file, whatever others do to it. */
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, copyFileSync, linkSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { verifyLog } from "../../pkg/dist/sentinel.js";
import { JsonlSink } from "../../pkg/dist/sinks/jsonl.js";
import { failureOf, researcher } from "./support.mjs";

const told = (id) => ({ event_id: String(id), event_type: "tool_used", action: "read" });
const chained = { logId: "gate-1", identity: researcher };

// The child of these tests: opens the log, says how that went, and writes until it is killed.
if (process.argv[2] === "write") {
  const sink = await JsonlSink.open(process.argv[3], { ...chained, fsync: "always", checkpointEvery: 3 }).catch((error) => error);
  process.send(sink instanceof Error ? { code: sink.code, message: sink.message } : { pid: process.pid });
  if (sink instanceof Error) process.disconnect();
  else for (let n = 0; ; n += 1) await sink.emit(told(`${process.pid}-${n}`)).then(() => process.send({ stored: `${process.pid}-${n}` }));
}

function place(t) {
  const home = mkdtempSync(join(tmpdir(), "trusthandoff-writers-"));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  return join(home, "audit.jsonl");
}

async function writer(t, path) {
  const child = fork(new URL(import.meta.url), ["write", path], { stdio: "ignore" });
  t.after(() => child.kill("SIGKILL"));
  const stored = [];
  const said = new Promise((resolve) => child.on("message", (message) => ("stored" in message ? stored.push(message.stored) : resolve(message))));
  return { child, stored, said: await said };
}

async function killed({ child }) {
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}

const idsIn = (path) => readFileSync(path, "utf8").split("\n").slice(0, -1).map((line) => JSON.parse(line).event_id);

test("a second process is refused by the number and host of the first, and loses it nothing", async (t) => {
  const path = place(t);
  const first = await writer(t, path);
  assert.equal(first.said.pid, first.child.pid);
  const { said } = await writer(t, path);
  assert.equal(said.code, "audit_unavailable");
  assert.match(said.message, new RegExp(`^process ${first.child.pid} on the host \`.+\` writes the log`));
  while (first.stored.length < 20) await once(first.child, "message");
  await killed(first);
  const found = new Set(idsIn(path));
  assert.deepEqual(first.stored.filter((id) => !found.has(id)), []);
});

test("after kill -9 the next one opens the log by itself, however often, and of several one", async (t) => {
  const path = place(t);
  const stored = [];
  for (let times = 0; times < 3; times += 1) {
    const one = await writer(t, path);
    assert.equal(one.said.pid, one.child.pid, one.said.message);
    while (one.stored.length < 4) await once(one.child, "message");
    await killed(one);
    stored.push(...one.stored);
  }
  const many = await Promise.all([1, 2, 3, 4].map(() => writer(t, path)));
  assert.equal(many.filter(({ said }) => said.pid !== undefined).length, 1, JSON.stringify(many.map(({ said }) => said)));
  for (const one of many) if (one.said.pid !== undefined) await killed(one);
  for (const one of many) stored.push(...one.stored);
  // Killed before the next checkpoint had its name.
  writeFileSync(join(path, "..", ".audit.jsonl.checkpoint.new"), "{");
  await (await JsonlSink.open(path, chained)).close();
  const found = new Set(idsIn(path));
  assert.deepEqual(stored.filter((id) => !found.has(id)), []);
  const report = await verifyLog(readFileSync(path), { keys: [researcher.publicKeyPem] });
  assert.deepEqual([report.whole, report.breaks], [true, []]);
  assert.deepEqual(readdirSync(join(path, "..")).sort(), [".audit.jsonl.checkpoint", "audit.jsonl"], "no lock is left");
});

test("a lock of another host, of an earlier start of this one, and what is no lock", async (t) => {
  const path = place(t);
  const lock = join(path, "..", ".audit.jsonl.lock");
  const token = "00000000-0000-4000-8000-000000000000";
  const boot = "11111111-1111-4111-8111-111111111111";
  const gone = spawnSync(process.execPath, ["-e", ""]).pid;
  const cases = [
    [{ pid: 7, host: "elsewhere", token }, "audit_unavailable"],
    [{ pid: process.pid, started: "1", host: hostname(), token }, process.platform === "linux" ? null : "config_invalid"],
    [{ pid: gone, started: "1", host: hostname(), token }, null],
    ...(process.platform === "linux" ? [[{ pid: process.ppid, boot, host: hostname(), token }, null]] : []),
    [{ pid: "x", host: hostname(), token }, "config_invalid"],
    [{ pid: 1, host: hostname(), token: "../../x" }, "config_invalid"],
  ];
  for (const [holder, code] of cases) {
    writeFileSync(lock, JSON.stringify(holder));
    const error = await failureOf(async () => (await JsonlSink.open(path)).close());
    assert.equal(error?.code ?? null, code, `${JSON.stringify(holder)} ${error?.message}`);
    if (holder.host === "elsewhere") assert.match(error.message, /process 7 on the host `elsewhere`/);
  }
});

test("one process opens a log once, whichever way leads there", async (t) => {
  const path = place(t);
  const sink = await JsonlSink.open(path, { logId: "l" });
  const home = join(path, "..");
  symlinkSync(path, join(home, "link.jsonl"));
  symlinkSync(home, `${home}-too`);
  t.after(() => rmSync(`${home}-too`));
  linkSync(path, join(home, "hard.jsonl"));
  const common = createRequire(import.meta.url)("../../pkg/dist/sinks/jsonl.cjs");
  const ways = [
    ...[path, join(home, "x", "..", "audit.jsonl"), join(`${home}-too`, "audit.jsonl"), join(home, "link.jsonl"), join(home, "hard.jsonl")].map((way) => () => JsonlSink.open(way, { logId: "l" })),
    () => common.JsonlSink.open(path, { logId: "l" }),
    () => inThread(path),
  ];
  for (const open of ways) assert.equal((await failureOf(open))?.code, "config_invalid", `${open}`);
  rmSync(join(home, "hard.jsonl"));
  await sink.emit(told(1));
  await sink.close();
  await (await JsonlSink.open(path, { logId: "l" })).close();
});

/** Opens the log in a thread of its own. */
async function inThread(path) {
  const code = `import(${JSON.stringify(new URL("../../pkg/dist/sinks/jsonl.js", import.meta.url).href)}).then(({ JsonlSink }) => JsonlSink.open(${JSON.stringify(path)}, { logId: "l" })).then(() => null, ({ code }) => code).then((code) => require("node:worker_threads").parentPort.postMessage(code));`;
  const thread = new Worker(code, { eval: true });
  const [code_] = await once(thread, "message");
  await thread.terminate();
  if (code_ !== null) throw Object.assign(new Error("refused"), { code: code_ });
}

test("a log is a regular file: what stands in its place otherwise is refused at once", async (t) => {
  const path = place(t);
  const home = join(path, "..");
  writeFileSync(join(home, "victim"), "somebody's, without a newline");
  symlinkSync(join(home, "victim"), path);
  assert.match((await failureOf(() => JsonlSink.open(path))).message, /is a symbolic link/);
  assert.equal(readFileSync(join(home, "victim"), "utf8"), "somebody's, without a newline");
  const others = [[home, /is a directory/]];
  if (process.platform !== "win32") {
    spawnSync("mkfifo", [join(home, "fifo")]);
    others.push([join(home, "fifo"), /is a FIFO/], ["/dev/null", /is a device/]);
  }
  for (const [other, why] of others) {
    const error = await failureOf(() => JsonlSink.open(other));
    assert.equal(error.code, "config_invalid", other);
    assert.match(error.message, why);
  }
});

/** What others do to the file while it is open, and what the log is told to have been then. */
const DONE = {
  removed: { act: (path) => rmSync(path), found: "log_shorter" },
  replaced: { act: (path) => (rmSync(path), writeFileSync(path, "")), found: "log_shorter" },
  truncated: { act: (path) => truncateSync(path, 40), found: "log_shorter" },
  "grown by another writer": { act: (path) => appendFileSync(path, '{"event_type": "forged"}\n'), found: "no_hash" },
  "grown by half a line": { act: (path) => appendFileSync(path, '{"event_type": "for'), found: undefined },
  "rotated by logrotate": { act: (path) => renameSync(path, `${path}.1`), found: undefined },
  "rotated by logrotate, create": { act: (path) => (renameSync(path, `${path}.1`), writeFileSync(path, "")), found: undefined },
  "rotated by logrotate, copytruncate": { act: (path) => (copyFileSync(path, `${path}.1`), truncateSync(path, 0)), found: undefined },
};

for (const [what, { act, found }] of Object.entries(DONE)) {
  test(`a log that was ${what}: the emit fails, and nothing is acknowledged that is not stored`, async (t) => {
    const path = place(t);
    const sink = await JsonlSink.open(path, { ...chained, checkpointEvery: 2 });
    const acknowledged = [];
    for (let n = 0; n < 4; n += 1) await sink.emit(told(n));
    act(path);
    const error = await failureOf(() => sink.emit(told("lost")));
    assert.equal(error?.code, "audit_unavailable");
    for (let n = 10; n < 14; n += 1) await sink.emit(told(n)).then(() => acknowledged.push(String(n)));
    await sink.close();
    const files = readdirSync(join(path, "..")).filter((name) => !name.startsWith(".")).sort().reverse();
    const reports = [];
    for (const file of files) reports.push(await verifyLog(readFileSync(join(path, "..", file)), { keys: [researcher.publicKeyPem], previous: reports.at(-1) }));
    const ids = files.flatMap((file) => idsIn(join(path, "..", file)));
    assert.deepEqual(acknowledged.filter((id) => !ids.includes(id)), []);
    assert.equal(ids.includes("lost"), false);
    const lost = readFileSync(path, "utf8").split("\n").filter((line) => line.includes('"events_lost"')).map((line) => JSON.parse(line));
    assert.deepEqual(lost.map(({ count }) => count), [1]);
    assert.equal(readFileSync(path).includes(0), false);
    assert.deepEqual([reports.every(({ whole }) => whole), reports.at(-1).found?.[0]?.reason], [found === undefined, found], JSON.stringify(reports.at(-1).breaks));
  });
}

test("what a full disk leaves undone is taken back, and the chain goes on without it", async (t) => {
  if (spawnSync("sh", ["-c", "ulimit -f 8"]).status !== 0) return;
  const path = place(t);
  const script = `
    import { JsonlSink } from ${JSON.stringify(new URL("../../pkg/dist/sinks/jsonl.js", import.meta.url).href)};
    import { AgentIdentity } from ${JSON.stringify(new URL("../../pkg/dist/index.js", import.meta.url).href)};
    process.on("SIGXFSZ", () => {});
    const sink = await JsonlSink.open(${JSON.stringify(path)}, { logId: "gate-1", identity: AgentIdentity.fromPrivateKeyPem(process.env.KEY), checkpointEvery: 100 });
    const said = [];
    for (const length of [10, 10, 9000, 10]) await sink.emit({ event_id: "e" + said.length, event_type: "tool_used", text: "x".repeat(length) }).then(() => said.push("ok"), (error) => said.push(error.code));
    await sink.close();
    console.log(said.join());
  `;
  const { stdout, stderr } = spawnSync("sh", ["-c", `ulimit -f 8; exec "$0" --input-type=module -e "$1"`, process.execPath, script], {
    encoding: "utf8",
    env: { ...process.env, KEY: researcher.privateKeyPem() },
  });
  assert.equal(stdout.trim(), "ok,ok,EFBIG,ok", stderr);
  const report = await verifyLog(readFileSync(path), { keys: [researcher.publicKeyPem] });
  assert.deepEqual([report.whole, report.unsealed, report.found, report.tail], [true, 0, undefined, 0]);
  assert.deepEqual(idsIn(path).filter((id) => /^e\d$/.test(id)), ["e0", "e1", "e3"]);
});
