/** What a sink could not store is counted and told, a flood of strangers leaves no acceptance out, and nobody waits for a sink for ever. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { verifyLog } from "../../pkg/dist/sentinel.js";
import { JsonlSink } from "../../pkg/dist/sinks/jsonl.js";
import { KafkaSink } from "../../pkg/dist/sinks/kafka.js";
import { OpenTelemetrySink } from "../../pkg/dist/sinks/opentelemetry.js";
import { WebhookSink } from "../../pkg/dist/sinks/webhook.js";
import { fakeClock } from "./fake_clock.mjs";
import { failureOf, gate, researcher, wire } from "./support.mjs";

const told = (n) => ({ event_id: `e-${n}`, event_type: "tool_used", producer_id: "agent:gate", correlation_id: null });
const answered = { ok: true, status: 204, headers: new Headers(), body: null };

/** A sink of each kind whose other end takes what `take` says, and the events that got there. */
function sinks(take, options) {
  const got = [];
  const send = async (events) => {
    await take(events);
    got.push(...events);
  };
  const fetch = async (_, { body }) => send([JSON.parse(body).data]).then(() => answered);
  return {
    kafka: [new KafkaSink({ send: ({ messages }) => send(messages.map(({ value }) => JSON.parse(value))) }, { topic: "t", ...options }), got],
    webhook: [new WebhookSink("https://sink.example/", { retries: 0, backoffMs: 1, fetch, ...options }), got],
  };
}

for (const kind of ["kafka", "webhook"]) {
  test(`${kind}: refusals that nobody proved push out no acceptance, and what was lost is told`, async () => {
    let open;
    const opened = new Promise((resolve) => (open = resolve));
    const [sink, got] = sinks(() => opened, { maxPending: 50 })[kind];
    const one = gate({ events: sink });
    const refused = [];
    for (let times = 0; times < 80; times += 1) refused.push(one.handle("{}"));
    await Promise.all(refused);
    assert.equal((await one.handle(wire())).decision, "ACCEPT");
    open();
    await sink.close();
    const types = got.map(({ event_type }) => event_type);
    assert.deepEqual([types.filter((type) => type === "packet_rejected").length, types.filter((type) => type === "packet_accepted").length], [50, 1]);
    const [lost] = got.filter(({ event_type }) => event_type === "events_lost");
    assert.deepEqual([lost.count, lost.producer_id, lost.first <= lost.last], [30, researcher.agentId, true]);
    assert.equal(one.eventFailures, 30);
  });

  test(`${kind}: events that the other end did not take are counted, and told once it does`, async () => {
    let isDown = true;
    const [sink, got] = sinks(async () => isDown && Promise.reject(new Error("down")))[kind];
    for (let n = 0; n < 3; n += 1) assert.equal((await failureOf(() => sink.emit(told(n)))) instanceof Error, true);
    isDown = false;
    await sink.emit(told(3));
    assert.deepEqual(got.map(({ event_type, count }) => [event_type, count]), [["events_lost", 3], ["tool_used", undefined]]);
    isDown = true;
    await failureOf(() => sink.emit(told(4)));
    isDown = false;
    await sink.close();
    assert.deepEqual(got.map(({ count }) => count), [3, undefined, 1], "also where nothing comes after");
  });

  test(`${kind}: close returns at its deadline, and what was not stored by then is refused`, async () => {
    const [sink] = sinks(() => new Promise(() => {}), { closeMs: 20 })[kind];
    const pending = [0, 1, 2].map((n) => failureOf(() => sink.emit(told(n))));
    await sink.close();
    for (const error of await Promise.all(pending)) assert.equal(error.code, "audit_unavailable");
    assert.equal((await failureOf(() => sink.emit(told(4)))).code, "audit_unavailable");
    for (const bad of [0, -1, 1.5, "20", 3_600_001]) assert.throws(() => sinks(() => {}, { closeMs: bad }), { code: "config_invalid", field: "closeMs" });
  });
}

describe("a sink that is slow when it is closed", () => {
  const { outcome } = fakeClock();

  for (const kind of ["kafka", "webhook"]) {
    test(`${kind}: stores acceptances before refusals that nobody proved, and tells at last what it could not store`, async () => {
      const [sink, got] = sinks(() => new Promise((resolve) => setTimeout(resolve, 100)), {})[kind];
      const one = gate({ events: sink });
      const FLOOD = 1200;
      for (let times = 0; times < FLOOD; times += 1) one.handleSync("{}");
      assert.equal(one.handleSync(wire()).decision, "ACCEPT");
      const [, after] = await outcome(sink.close());
      assert.ok(after <= 2000, `${after} ms`);
      const count = (type) => got.filter(({ event_type }) => event_type === type).length;
      const lost = got.filter(({ event_type }) => event_type === "events_lost").reduce((sum, { count }) => sum + count, 0);
      assert.deepEqual([count("packet_accepted"), count("packet_rejected") + lost], [1, FLOOD]);
      assert.equal(lost > 0, kind === "webhook");
      assert.equal(got[0].event_type, "packet_accepted");
    });
  }
});

test("jsonl: what was lost is told by a line that a checkpoint signs, and one bad event is no fault of the others", async (t) => {
  const home = mkdtempSync(join(tmpdir(), "trusthandoff-losses-"));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const path = join(home, "audit.jsonl");
  const sink = await JsonlSink.open(path, { logId: "gate-1", identity: researcher, maxPending: 2, checkpointEvery: 100 });
  const said = await Promise.all([told(0), told(1), told(2), told(3)].map((event) => sink.emit(event).then(() => "ok", ({ code }) => code)));
  assert.deepEqual(said, ["ok", "ok", "audit_unavailable", "audit_unavailable"]);
  const mixed = await Promise.all([told(4), { ...told(5), n: 2 ** 53 }].map((event) => sink.emit(event).then(() => "ok", ({ code }) => code)));
  assert.deepEqual(mixed, ["ok", "number_unsafe"]);
  await sink.close();
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1).map((line) => JSON.parse(line));
  const lost = lines.findIndex(({ event_type }) => event_type === "events_lost");
  assert.deepEqual([lines[lost].count, lines[lost + 1].event_type], [2, "log_checkpoint"]);
  assert.deepEqual(lines.map(({ event_id }) => event_id).filter((id) => /^e-/.test(id)), ["e-0", "e-1", "e-4"]);
  const report = await verifyLog(readFileSync(path), { keys: [researcher.publicKeyPem] });
  assert.deepEqual([report.whole, report.unsealed], [true, 0]);
});

test("no sink throws at whoever tells it something, whatever that is", async (t) => {
  const home = mkdtempSync(join(tmpdir(), "trusthandoff-losses-"));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const circular = { event_type: "x" };
  circular.self = circular;
  const odd = [null, undefined, 5, "x", [], {}, circular, { event_type: "x", toJSON: () => { throw new Error("no"); } }, new Proxy({}, { get: () => { throw new Error("no"); } })];
  const tracer = { startSpan: () => { throw new Error("exporter"); } };
  const plain = await JsonlSink.open(join(home, "plain.jsonl"));
  const all = [
    ...[plain, await JsonlSink.open(join(home, "chained.jsonl"), { logId: "a" })],
    ...Object.values(sinks(() => {})).map(([sink]) => sink),
    new OpenTelemetrySink({ trace: { getTracer: () => tracer } }),
  ];
  for (const sink of all) {
    for (const event of odd) {
      const answer = sink.emit(event);
      assert.equal(typeof answer.then, "function", sink.constructor.name);
      await failureOf(() => answer);
    }
  }
  // Of a text of two lines the second would be an event that nobody told.
  const forged = Object.defineProperty({ ...told(1) }, "text", { value: '{"event_type": "a"}\n{"event_type": "forged"}' });
  await plain.emit(forged);
  await Promise.all(all.map((sink) => sink.close()));
  assert.deepEqual(readFileSync(join(home, "plain.jsonl"), "utf8").split("\n").map((line) => line && JSON.parse(line).event_id), ["e-1", ""]);
  for (const sink of all.slice(0, 4)) assert.equal((await failureOf(() => sink.emit(told(2)))).code, "audit_unavailable");
});

test("an event too long for a line is clipped, with the hash of what is left out, and the log stays whole", async (t) => {
  const home = mkdtempSync(join(tmpdir(), "trusthandoff-losses-"));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const action = `read:/${"B".repeat(20 * 2 ** 20)}`;
  for (const options of [{}, { logId: "gate-1", identity: researcher }]) {
    const path = join(home, `${options.logId ?? "plain"}.jsonl`);
    const sink = await JsonlSink.open(path, options);
    for (const event of [told(0), { ...told(1), action, list: Array(3_000_000).fill("xxxx") }, told(2)]) await sink.emit(event);
    await sink.close();
    const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
    assert.ok(lines.every((line) => line.length < 2 ** 20));
    const [, clipped] = lines.map((line) => JSON.parse(line));
    const rest = action.slice(clipped.action.length);
    const { createHash } = await import("node:crypto");
    assert.deepEqual(clipped.clipped.action, { bytes: rest.length, sha256: createHash("sha256").update(rest).digest("hex") });
    assert.deepEqual([clipped.event_id, clipped.list, Object.keys(clipped.clipped)], ["e-1", null, ["action", "list"]]);
    if (options.logId === undefined) continue;
    const report = await verifyLog(readFileSync(path), { keys: [researcher.publicKeyPem] });
    assert.deepEqual([report.whole, report.unsealed], [true, 0]);
  }
});

test("webhook: requests are signed as Standard Webhooks are, each attempt anew, with every secret", async () => {
  // The example of the specification's libraries.
  const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const other = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
  const requests = [];
  const fetch = async (_, { headers, body }) => (requests.push({ headers, body }), requests.length === 1 ? { ...answered, ok: false, status: 503 } : answered);
  const sink = new WebhookSink("https://sink.example/x", { secret: [secret, other], fetch, backoffMs: 1 });
  await sink.emit(told(1));
  await sink.emit({ ...told(2), event_id: "with.a stop" });
  await sink.close();
  for (const [index, { headers, body }] of requests.entries()) {
    const [id, timestamp] = [headers["webhook-id"], headers["webhook-timestamp"]];
    assert.match(id, index < 2 ? /^e-1$/ : /^msg_[0-9a-f]{64}$/);
    assert.ok(Math.abs(Date.now() / 1000 - Number(timestamp)) < 3600 && /^\d+$/.test(timestamp));
    const signatures = [secret, other].map((key) => createHmac("sha256", Buffer.from(key.slice(6), "base64")).update(`${id}.${timestamp}.${body}`).digest("base64"));
    assert.equal(headers["webhook-signature"], signatures.map((signature) => `v1,${signature}`).join(" "));
  }
  for (const bad of ["", "whsec_", "whsec_AAAA", "whsec_***", 7, [], Buffer.alloc(65).toString("base64")]) {
    assert.throws(() => new WebhookSink("https://sink.example/", { secret: bad }), { code: "config_invalid", field: "secret" }, String(bad));
  }
  for (const headers of [{ authorization: "x\r\nevil: 1" }, { "a b": "x" }, { "": "x" }]) {
    assert.throws(() => new WebhookSink("https://sink.example/", { headers }), { code: "config_invalid", field: "headers" });
  }
});

test("webhook: no redirect is followed, and what failed is named without what must stay secret", async (t) => {
  const seen = [];
  const server = createServer((request, response) => {
    seen.push(request.url);
    if (request.url.startsWith("/moved")) response.writeHead(307, { location: "/secret" });
    else response.writeHead(400);
    response.end();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.closeAllConnections());
  const at = `127.0.0.1:${server.address().port}`;
  for (const [path, why] of [["/moved?token=hush", /status 307, and redirects are not followed$/], ["/hook/hush?token=hush", /status 400$/]]) {
    const error = await failureOf(() => new WebhookSink(`http://${at}${path}`, { retries: 0 }).emit(told(1)));
    assert.equal(error.code, "audit_unavailable");
    assert.match(error.message, why);
    assert.ok(error.message.includes(`\`${at}\``) && !error.message.includes("hush"), error.message);
  }
  assert.ok(!seen.includes("/secret"));
  server.close();
  server.closeAllConnections();
  const nobody = await failureOf(() => new WebhookSink(`http://${at}/?token=hush`, { retries: 0 }).emit(told(1)));
  assert.match(nobody.message, /did not take the event: (ECONNREFUSED|UND_ERR_SOCKET)$/);
});
