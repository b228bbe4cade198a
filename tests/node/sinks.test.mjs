/** Sinks: what they store is whole and in order, what they could not store they say, and a cut or edited log shows. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { JsonlSink } from "../../pkg/dist/sinks/jsonl.js";
import { KafkaSink } from "../../pkg/dist/sinks/kafka.js";
import { OpenTelemetrySink } from "../../pkg/dist/sinks/opentelemetry.js";
import { WebhookSink } from "../../pkg/dist/sinks/webhook.js";
import { verifyLog } from "../../pkg/dist/sentinel.js";
import { failureOf, gate, researcher, trusthandoff, wire } from "./support.mjs";

const { AgentIdentity, EventBuffer, TrustHandoffError, TrustHandoffExecutor } = trusthandoff;

/** Genuine events of a gate. */
async function happenings(count = 3) {
  const buffer = new EventBuffer();
  const one = gate({ events: buffer });
  const executor = new TrustHandoffExecutor({ gate: one, identity: researcher });
  await executor.execute(wire({ permissions: { allowed_actions: ["read"], max_tool_calls: 10n ** 20n } }), (task) => task.use("read"));
  for (let times = 0; times < count; times += 1) await one.handle("{}");
  return buffer.events();
}

function folder(t) {
  const path = mkdtempSync(join(tmpdir(), "trusthandoff-sinks-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const lines = (path) => readFileSync(path, "utf8").split("\n").slice(0, -1);
const ids = (path) => lines(path).map((line) => JSON.parse(line).event_id);
const chained = { logId: "gate-1", identity: researcher };
/** The files of a log, without what the sink keeps beside them. */
const logsIn = (home) => readdirSync(home).filter((name) => !name.startsWith("."));

for (const fsync of ["always", "interval", "never"]) {
  test(`jsonl: one line an event, byte for byte and in order (${fsync})`, async (t) => {
    const path = join(folder(t), "deep/er/audit.jsonl");
    const events = await happenings();
    for (const half of [events.slice(0, 4), events.slice(4)]) {
      const sink = await JsonlSink.open(path, { fsync, intervalMs: 5 });
      await Promise.all(half.map((event) => sink.emit(event)));
      assert.equal(readFileSync(path, "utf8").endsWith(`${half.at(-1).text}\n`), true, "stored when it says so");
      await sleep(15);
      await sink.close();
    }
    assert.deepEqual(lines(path), events.map(({ text }) => text));
    assert.match(lines(path)[0], /"max_tool_calls":100000000000000000000\b/);
  });
}

test("jsonl: a chained log verifies, over restarts, with asynchronous signers, and no line of it can be edited", async (t) => {
  const path = join(folder(t), "audit.jsonl");
  const pair = await researcher.toCryptoKey();
  const elsewhere = AgentIdentity.fromSigner({
    publicKey: researcher.publicKey,
    sign: async (bytes) => new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, bytes)),
  });
  for (const identity of [researcher, elsewhere]) {
    const sink = await JsonlSink.open(path, { ...chained, identity, checkpointEvery: 4 });
    const one = gate({ events: sink });
    for (let times = 0; times < 10; times += 1) await one.handle(wire());
    await sink.close();
    assert.equal(one.eventFailures, 0);
  }
  const text = readFileSync(path, "utf8");
  const keys = [researcher.publicKeyPem];
  const report = await verifyLog(text, { keys });
  assert.deepEqual([report.whole, report.unsealed, report.logId, report.lines], [true, 0, "gate-1", lines(path).length]);
  assert.ok(report.lines >= 20 && lines(path).filter((line) => line.includes('"log_checkpoint"')).length >= 4);
  const edited = text.replace("packet_accepted", "packet_rejected");
  assert.equal((await verifyLog(edited, { keys })).whole, false);
  const missing = lines(path).toSpliced(2, 1).join("\n");
  assert.equal((await verifyLog(`${missing}\n`, { keys })).whole, false);
});

for (const [kind, options] of Object.entries({ plain: {}, chained })) {
  test(`jsonl: a first or last line cut at any byte is cut off, said, and never corrupts (${kind})`, async (t) => {
    const path = join(folder(t), "audit.jsonl");
    const events = await happenings(0);
    const sink = await JsonlSink.open(path, options);
    for (const event of events.slice(0, 3)) await sink.emit(event);
    await sink.close();
    const whole = readFileSync(path);
    const lineAt = (start) => [...Array(24)].flatMap((_, index) => [start + index, whole.indexOf(0x0a, start) - index]).filter((cut) => cut > start).map((cut) => [start, cut]);
    for (const [last, cut] of [0, whole.lastIndexOf(0x0a, whole.length - 2) + 1].flatMap(lineAt)) {
      writeFileSync(path, whole.subarray(0, cut));
      // Each time it is the first log that crashes, not the one after that goes back to it.
      rmSync(join(path, "..", ".audit.jsonl.checkpoint"), { force: true });
      const again = await JsonlSink.open(path, { ...options, producer: "agent:keeper" });
      await again.emit(events[3]);
      await again.close();
      const found = lines(path).map((line) => JSON.parse(line));
      const recovered = found.find(({ event_type }) => event_type === "log_recovered");
      assert.deepEqual([recovered.cut_bytes, recovered.cut_sha256], [cut - last, createHash("sha256").update(whole.subarray(last, cut)).digest("hex")]);
      assert.equal(recovered.producer_id, kind === "plain" ? "agent:keeper" : researcher.agentId);
      assert.ok(found.some(({ event_id }) => event_id === events[3].event_id));
      if (kind === "chained") assert.equal((await verifyLog(readFileSync(path), { keys: [researcher.publicKeyPem] })).whole, true);
    }
  });
}

test("jsonl: full files are sealed and numbered, each is a whole log, and none can be taken out unseen", async (t) => {
  const path = join(folder(t), "audit.jsonl");
  const events = await happenings(40);
  for (const half of [events.slice(0, 20), events.slice(20)]) {
    const sink = await JsonlSink.open(path, { ...chained, rotateBytes: 3000, maxBatch: 4 });
    await Promise.all(half.map((event) => sink.emit(event)));
    await sink.close();
  }
  const files = logsIn(join(path, "..")).sort((a, b) => (a.length === 11 ? 1 : b.length === 11 ? -1 : a.localeCompare(b, "en", { numeric: true })));
  assert.ok(files.length > 3, files.join());
  const stored = [];
  const reports = [];
  for (const [index, file] of files.entries()) {
    const full = join(path, "..", file);
    const read = (previous) => verifyLog(readFileSync(full), { keys: [researcher.publicKeyPem], previous });
    const report = await read(reports.at(-1));
    assert.deepEqual([report.whole, report.unsealed, report.logId], [true, 0, index === 0 ? "gate-1" : `gate-1/${index}`], file);
    if (index >= 2) assert.deepEqual((await read(reports.at(-2))).breaks.map(({ fault }) => fault), ["not_continued"], file);
    reports.push(report);
    stored.push(...ids(full).filter((id) => events.some(({ event_id }) => event_id === id)));
  }
  assert.deepEqual(stored, events.map(({ event_id }) => event_id));
});

test("jsonl: a process that stopped when a file was full and the next had not begun is gone on with", async (t) => {
  const path = join(folder(t), "audit.jsonl");
  const [first, second] = await happenings(2);
  const write = async (event) => {
    const sink = await JsonlSink.open(path, chained);
    await sink.emit(event);
    await sink.close();
  };
  await write(first);
  renameSync(path, `${path}.1`);
  await write(second);
  const full = await verifyLog(readFileSync(`${path}.1`));
  const { whole, continues, logId } = await verifyLog(readFileSync(path), { previous: full, keys: [researcher.publicKeyPem] });
  assert.deepEqual([whole, logId, continues], [true, "gate-1/1", { logId: "gate-1", size: full.lines, root: full.root }]);
});

test("jsonl: what else stands beside a log is neither gone on with nor written over", async (t) => {
  const path = join(folder(t), "audit.jsonl");
  const events = await happenings(8);
  writeFileSync(`${path}.20261123`, "rotated by the date\n");
  mkdirSync(`${path}.99999999999`);
  const sink = await JsonlSink.open(path, { ...chained, rotateBytes: 1, maxBatch: 1 });
  await sink.emit(events[0]);
  writeFileSync(`${path}.20261124`, "came while the log was written\n");
  await sink.emit(events[1]);
  await sink.close();
  assert.equal(readFileSync(`${path}.20261124`, "utf8"), "came while the log was written\n");
  const [full, last] = await Promise.all([`${path}.20261125`, path].map((file) => verifyLog(readFileSync(file), { keys: [researcher.publicKeyPem] })));
  assert.deepEqual([full.whole, full.continues, last.whole, last.continues.root], [true, null, true, full.root]);
});

test("jsonl: a log without checkpoints keeps its name when the full ones before it were taken elsewhere", async (t) => {
  const path = join(folder(t), "audit.jsonl");
  const events = await happenings(4);
  const write = async (part) => {
    const sink = await JsonlSink.open(path, { logId: "gate-1", rotateBytes: 1, maxBatch: 1 });
    for (const event of part) await sink.emit(event);
    await sink.close();
  };
  await write(events.slice(0, 3));
  for (const number of [1, 2]) rmSync(`${path}.${number}`);
  await write(events.slice(3, 4));
  const { whole, continues } = await verifyLog(readFileSync(path), { previous: await verifyLog(readFileSync(`${path}.3`)) });
  assert.deepEqual([whole, continues.logId], [true, "gate-1/2"]);
});

test("jsonl: an idle log makes no new files", async (t) => {
  const path = join(folder(t), "audit.jsonl");
  const sink = await JsonlSink.open(path, { ...chained, rotateBytes: 1, checkpointMs: 5 });
  await sink.emit((await happenings(1))[0]);
  await sleep(100);
  await sink.close();
  assert.deepEqual(logsIn(join(path, "..")), ["audit.jsonl"]);
});

const isTaken = (taken, name) => name !== "audit.jsonl" && (taken === "all" || taken.some((number) => name === `audit.jsonl.${number}`));

test("jsonl: whatever full files were taken elsewhere, none that is left is written over, and the log goes on under its own name", async (t) => {
  const events = await happenings(60);
  for (const taken of [[1], [1, 2], [2], "all"]) {
    const path = join(folder(t), "audit.jsonl");
    const home = join(path, "..");
    const write = async (part) => {
      const sink = await JsonlSink.open(path, { ...chained, rotateBytes: 3000, maxBatch: 4 });
      await Promise.all(part.map((event) => sink.emit(event)));
      await sink.close();
    };
    await write(events.slice(0, 30));
    const gone = [];
    for (const file of logsIn(home).filter((name) => isTaken(taken, name))) {
      gone.push(...ids(join(home, file)));
      rmSync(join(home, file));
    }
    assert.ok(gone.length > 0);
    await write(events.slice(30));
    const stored = [];
    for (const file of logsIn(home)) {
      const { whole, unsealed, breaks } = await verifyLog(readFileSync(join(home, file)), { keys: [researcher.publicKeyPem] });
      assert.deepEqual([whole, unsealed], [true, 0], `${taken} ${file} ${breaks.map(({ message }) => message)}`);
      stored.push(...ids(join(home, file)));
    }
    for (const { event_id: id } of events) assert.ok(stored.includes(id) || gone.includes(id), `${taken} ${id}`);
  }
});

test("jsonl: a file that holds another log is not gone on with", async (t) => {
  const path = join(folder(t), "audit.jsonl");
  const sink = await JsonlSink.open(path, chained);
  await sink.emit((await happenings(1))[0]);
  await sink.close();
  const before = readFileSync(path);
  for (const logId of ["gate-2", "gate-", "gate-1/x"]) {
    const error = await failureOf(() => JsonlSink.open(path, { ...chained, logId }));
    assert.deepEqual([error.code, error.field, error.message], ["config_invalid", "logId", `the file holds the log \`gate-1\`, not \`${logId}\``]);
  }
  assert.deepEqual(readFileSync(path), before);
});

test("jsonl: what cannot be written is said, nothing half-written stays, and it goes on when it can", async (t) => {
  const path = join(folder(t), "audit.jsonl");
  const events = await happenings(2);
  const sink = await JsonlSink.open(path, { ...chained, rotateBytes: 500 });
  await sink.emit(events[0]);
  // The name that the full file gets next is taken by a folder that is not empty.
  mkdirSync(`${path}.1/x`, { recursive: true });
  assert.equal((await failureOf(() => sink.emit(events[1])))?.code, "EISDIR");
  assert.equal((await failureOf(() => sink.emit(events[2])))?.code, "EISDIR");
  rmSync(`${path}.1`, { recursive: true });
  await sink.emit(events[3]);
  await sink.close();
  const all = logsIn(join(path, "..")).flatMap((file) => ids(join(path, "..", file)));
  assert.deepEqual([0, 1, 2, 3].map((index) => all.includes(events[index].event_id)), [true, false, false, true]);
  for (const file of logsIn(join(path, ".."))) assert.equal((await verifyLog(readFileSync(join(path, "..", file)))).whole, true, file);
});

test("jsonl: misuse, a second writer, and more than can wait", async (t) => {
  const path = join(folder(t), "audit.jsonl");
  const sink = await JsonlSink.open(path, { maxPending: 3 });
  assert.equal((await failureOf(() => JsonlSink.open(path)))?.code, "config_invalid");
  const [event] = await happenings(0);
  const told = [1, 2, 3].map(() => sink.emit(event));
  const error = await failureOf(() => sink.emit(event));
  assert.ok(error instanceof TrustHandoffError && error.code === "audit_unavailable");
  await Promise.all(told);
  await sink.close();
  await sink.close();
  assert.equal((await failureOf(() => sink.emit(event)))?.code, "audit_unavailable");
  assert.deepEqual(lines(path).map((line) => JSON.parse(line).event_type).sort(), ["events_lost", ...Array(3).fill(event.event_type)]);
  for (const bad of [{ fsync: "often" }, { logId: "" }, { identity: researcher }, { rotateBytes: 0 }, { path: "x" }, { maxPending: 0 }, null]) {
    assert.equal((await failureOf(() => JsonlSink.open(path, bad)))?.code, "config_invalid", JSON.stringify(bad));
  }
  for (const bad of ["", 7, undefined]) assert.equal((await failureOf(() => JsonlSink.open(bad)))?.code, "config_invalid");
  // Where no directory can be made: a file is in its place, or the system makes none, over which Node's own recursion never ends.
  for (const bad of [join(path, "log.jsonl"), "/proc/none/log.jsonl"]) {
    const { code, field, message } = await failureOf(() => JsonlSink.open(bad));
    assert.deepEqual([code, field], ["audit_unavailable", "path"], bad);
    assert.ok(message.startsWith(`the log \`${bad}\` cannot be opened: E`), message);
  }
  await (await JsonlSink.open(path)).close();
});

/** A receiver of webhooks that answers as told. */
async function receiver(t, answers) {
  const received = [];
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
    const answer = answers.shift() ?? 204;
    if (answer === "hang") return;
    if (answer === "drop") return void request.socket.destroy();
    response.writeHead(answer.status ?? answer, answer.headers).end(answer.body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${server.address().port}/events`, received };
}

test("webhook: events arrive as CloudEvents, in order and byte for byte", async (t) => {
  const { url, received } = await receiver(t, []);
  const sink = new WebhookSink(url, { headers: { Authorization: "Bearer x" } });
  const events = await happenings();
  await Promise.all(events.map((event) => sink.emit(event)));
  assert.equal(received.length, events.length);
  for (const [index, { headers, body }] of received.entries()) {
    const event = events[index];
    assert.deepEqual([headers["content-type"], headers.authorization], ["application/cloudevents+json; charset=utf-8", "Bearer x"]);
    assert.ok(body.endsWith(`,"data":${event.text}}`));
    const { data, ...about } = JSON.parse(body);
    assert.deepEqual(about, {
      ...{ specversion: "1.0", id: event.event_id, type: `trusthandoff.${event.event_type}`, time: event.timestamp },
      source: `urn:trusthandoff:agent:${encodeURIComponent(researcher.agentId)}`,
      ...(event.correlation_id === null ? {} : { subject: event.correlation_id }),
      datacontenttype: "application/json",
    });
    assert.equal(data.event_id, event.event_id);
  }
});

test("webhook: a failure in passing is tried again, and not without end; a refusal is one", async (t) => {
  const [event] = await happenings(0);
  for (const [answers, tries, stored] of [
    ...[[[503, "drop", 429, 200], 4, true], [[500, 500, 500, 500, 200], 4, false], [["hang", 204], 2, true]],
    ...[[[400], 1, false], [[401], 1, false], [[{ status: 302, headers: { location: "https://example.com/" } }, 204], 2, true]],
    [[{ status: 503, headers: { "retry-after": "1" } }, 204], 2, true],
  ]) {
    const { url, received } = await receiver(t, [...answers]);
    const sink = new WebhookSink(url, { timeoutMs: 100, backoffMs: 5 });
    const started = performance.now();
    const error = await failureOf(() => sink.emit(event));
    assert.deepEqual([error === undefined, received.length], [stored, tries], JSON.stringify(answers));
    if (!stored) assert.equal(error.code, "audit_unavailable");
    if (answers[0].headers?.["retry-after"]) assert.ok(performance.now() - started >= 900);
    assert.equal(new Set(received.map(({ body }) => body)).size, 1, "the same each time");
  }
});

test("webhook: no event goes in the clear to another machine, nor with a password in the URL", async () => {
  for (const url of ["http://example.com/", "http://127.0.0.1.example.com/", "ftp://localhost/", "https://a:b@example.com/", "x", undefined]) {
    assert.equal((await failureOf(() => new WebhookSink(url)))?.code, "config_invalid", url);
  }
  for (const url of ["https://example.com/", "http://localhost:1/", "http://[::1]:1/", new URL("http://127.0.0.1:1")]) new WebhookSink(url);
  for (const bad of [{ retries: -1 }, { timeoutMs: 0 }, { headers: { a: 1 } }, { fetch: 1 }, { source: "" }, { url: 1 }]) {
    assert.equal((await failureOf(() => new WebhookSink("https://example.com/", bad)))?.code, "config_invalid", JSON.stringify(bad));
  }
});

test("kafka: events of one packet share a key, all replicas must have them, and batches do not overtake each other", async () => {
  const sent = [];
  let busy = 0;
  const producer = {
    async send(record) {
      assert.equal((busy += 1), 1);
      await sleep(5);
      busy -= 1;
      sent.push(record);
      return [{ errorCode: 0 }];
    },
  };
  const sink = new KafkaSink(producer, { topic: "audit", maxBatch: 2 });
  const events = await happenings();
  await Promise.all(events.map((event) => sink.emit(event)));
  const messages = sent.flatMap((record) => record.messages);
  assert.ok(sent.every(({ topic, acks, messages: { length } }) => topic === "audit" && acks === -1 && length <= 2));
  assert.deepEqual(messages.map(({ value }) => value), events.map(({ text }) => text));
  assert.deepEqual(messages.map(({ key }) => key), events.map(({ correlation_id, event_id }) => correlation_id ?? event_id));
  for (const send of [async () => [{ errorCode: 7 }], async () => Promise.reject(new Error("no broker"))]) {
    const one = gate({ events: new KafkaSink({ send }, { topic: "audit" }) });
    assert.equal((await one.handle(wire())).decision, "ACCEPT");
    await sleep(5);
    assert.equal(one.eventFailures, 1);
  }
  for (const [producer, options] of [[null, { topic: "x" }], [{}, { topic: "x" }], [{ send() {} }, {}], [{ send() {} }, { topic: "" }], [{ send() {} }, { topik: "x" }]]) {
    assert.equal((await failureOf(() => new KafkaSink(producer, options)))?.code, "config_invalid");
  }
});

test("opentelemetry: a task is one span with what it did, and a span is never left open without end", async () => {
  const spans = [];
  const records = [];
  const startSpan = (name, options) => {
    const span = { name, ...options, events: [], ended: undefined };
    spans.push(span);
    return {
      addEvent: (type) => span.events.push(type),
      setAttribute: () => {},
      setStatus: (status) => (span.status = status),
      end: (time) => ((span.ended = time ?? null), undefined),
    };
  };
  const sink = new OpenTelemetrySink({ trace: { getTracer: () => ({ startSpan }) }, logs: { getLogger: () => ({ emit: (record) => records.push(record) }) } });
  const events = await happenings(1);
  for (const event of events) sink.emit(event);
  await null;
  assert.deepEqual(spans.map(({ name }) => name), ["trusthandoff.packet_accepted", "trusthandoff.task", "trusthandoff.packet_rejected"]);
  assert.deepEqual(spans[1].events, ["trusthandoff.tool_used", "trusthandoff.task_finished", "trusthandoff.attested"]);
  assert.ok(spans.every(({ ended }) => ended instanceof Date));
  assert.deepEqual([spans[1].status.code, spans[2].status.code], [1, 2]);
  assert.deepEqual(records.map(({ body }) => body), events.map(({ text }) => text));
  assert.equal(spans[0].attributes["trusthandoff.max_tool_calls"], "100000000000000000000");
  const few = new OpenTelemetrySink({ trace: { getTracer: () => ({ startSpan }) }, maxTasks: 2 });
  const started = events.find(({ event_type }) => event_type === "task_started");
  spans.length = 0;
  for (const packet_id of ["a", "b", "c"]) few.emit({ ...started, packet_id });
  assert.deepEqual(spans.map(({ ended }) => ended === undefined), [false, true, true]);
  few.close();
  assert.ok(spans.every(({ ended }) => ended !== undefined));
  for (const bad of [{}, { trace: {} }, { logs: null }, { trace: 1 }]) assert.equal((await failureOf(() => new OpenTelemetrySink(bad)))?.code, "config_invalid");
});

test("sinks can be required too, and hold no second copy of anything", async (t) => {
  const require = createRequire(import.meta.url);
  for (const [name, face] of Object.entries({ jsonl: "JsonlSink", kafka: "KafkaSink", opentelemetry: "OpenTelemetrySink", webhook: "WebhookSink" })) {
    const file = new URL(`../../pkg/dist/sinks/${name}.cjs`, import.meta.url);
    assert.equal(typeof require(file.pathname)[face], "function");
    // In a context of its own, as Jest runs it, a file can import nothing.
    assert.doesNotMatch(readFileSync(file, "utf8"), /\bimport\(/);
    assert.ok(statSync(file).size < 40_000);
  }
  const sink = await require("../../pkg/dist/sinks/jsonl.cjs").JsonlSink.open(join(folder(t), "required.jsonl"), { logId: "required" });
  await sink.emit({ event_id: "e", event_type: "tool_used" });
  await sink.close();
});
