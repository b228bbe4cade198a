/** The Kafka sink through kafkajs, against a cluster of three brokers on this machine. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Kafka, logLevel } from "kafkajs";
import { KafkaSink } from "../../pkg/dist/sinks/kafka.js";
import { servers, working } from "./servers.mjs";

test("what a gate and its executor tell stands in the topic, under one key a packet and in order", async (t) => {
  const { brokers, read, stop } = await servers();
  t.after(stop);
  const producer = new Kafka({ clientId: "gate", brokers, logLevel: logLevel.NOTHING }).producer({ allowAutoTopicCreation: true });
  await producer.connect();
  t.after(() => producer.disconnect());
  const told = [];
  const sink = new KafkaSink(producer, { topic: "audit" });
  const { gate, executor, wire } = working([sink, (event) => void told.push(event)], { audit: "required" });
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => executor.execute(wire(), (task) => task.use("read"))));
  assert.ok(outcomes.every(({ status, receipt }) => status === "OK" && receipt !== null));
  await gate.handle("{}");
  await sink.close();
  assert.equal(gate.eventFailures, 0);
  const found = await read("audit", told.length);
  assert.equal(found.length, told.length);
  assert.deepEqual(found.map(({ value }) => value).sort(), told.map(({ text }) => text).sort());
  for (const { key, value, headers } of found) {
    const event = JSON.parse(value);
    assert.equal(key, event.correlation_id ?? event.event_id);
    assert.deepEqual(headers, { event_id: event.event_id, event_type: event.event_type, idempotency_key: event.idempotency_key });
  }
  for (const { decision } of outcomes) {
    const own = found.filter(({ key }) => key === decision.packetId);
    assert.equal(new Set(own.map(({ partition }) => partition)).size, 1);
    assert.deepEqual(own.map(({ value }) => JSON.parse(value).event_type), ["packet_accepted", "task_started", "tool_used", "task_finished", "attested"]);
  }
});

test("without a broker no audited task starts, and every other one does", async (t) => {
  const producer = new Kafka({ brokers: ["127.0.0.1:9"], logLevel: logLevel.NOTHING, retry: { retries: 0 }, connectionTimeout: 200 }).producer({ retry: { retries: 0 } });
  t.after(() => producer.disconnect());
  const sink = new KafkaSink(producer, { topic: "audit" });
  const audited = working(sink, { audit: "required" });
  const { status, error } = await audited.executor.execute(audited.wire(), () => assert.fail("ran"));
  assert.deepEqual([status, error.code], ["REJECTED", "audit_unavailable"]);
  const { executor, wire } = working(sink);
  assert.equal((await executor.execute(wire(), () => 1)).status, "OK");
});
