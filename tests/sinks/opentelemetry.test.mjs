/** The OpenTelemetry sink through the SDK and OTLP over HTTP, against a collector on this machine that hands on what it got. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { OpenTelemetrySink } from "../../pkg/dist/sinks/opentelemetry.js";
import { servers, working } from "./servers.mjs";

const spansOf = (messages) => messages.flatMap(({ value }) => JSON.parse(value)).flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
const recordsOf = (messages) => messages.flatMap(({ value }) => JSON.parse(value)).flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords));
const attribute = ({ attributes }, name) => Object.values(attributes.find(({ key }) => key === `trusthandoff.${name}`)?.value ?? {})[0];

test("a collector gets a task as one span with what it did, and every event as a record", async (t) => {
  const { otlp, read, stop } = await servers();
  t.after(stop);
  const traces = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url: `${otlp}/v1/traces` }))] });
  const processor = new BatchLogRecordProcessor({ exporter: new OTLPLogExporter({ url: `${otlp}/v1/logs` }) });
  const logs = new LoggerProvider({ processors: [processor] });
  const told = [];
  const sink = new OpenTelemetrySink({ trace: traces, logs });
  const { gate, executor, wire } = working([sink, (event) => void told.push(event)]);
  const { decision } = await executor.execute(wire(), async (task) => {
    await task.use("read");
    await task.use("delete").catch(() => {});
  });
  await gate.handle("{}");
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(gate.eventFailures, 0);
  await Promise.all([traces.forceFlush(), logs.forceFlush()]);
  const spans = spansOf(await read("otlp-traces", 1));
  assert.deepEqual(spans.map(({ name }) => name).sort(), ["trusthandoff.packet_accepted", "trusthandoff.packet_rejected", "trusthandoff.task"]);
  const task = spans.find(({ name }) => name === "trusthandoff.task");
  assert.deepEqual(
    task.events.map(({ name }) => name),
    ["tool_used", "action_refused", "task_finished", "attested"].map((type) => `trusthandoff.${type}`),
  );
  assert.deepEqual([attribute(task, "packet_id"), attribute(task, "status")], [decision.packetId, "PARTIAL"]);
  assert.ok(BigInt(task.endTimeUnixNano) >= BigInt(task.startTimeUnixNano));
  const records = recordsOf(await read("otlp-logs", 1));
  assert.deepEqual(records.map(({ body }) => body.stringValue).sort(), told.map(({ text }) => text).sort());
  await Promise.all([traces.shutdown(), logs.shutdown()]);
});
