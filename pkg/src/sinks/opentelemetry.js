import { configInvalid, errorFor } from "../errors.js";
import { WARNINGS } from "../generated/vocabulary.js";
import { member, readOptions } from "../plain.js";
import { inWords, isObject, typeName } from "../text.js";
import { count, textOf } from "./outbox.js";

const NAME = "trusthandoff";

/** As the API numbers them: a span that went well, one that did not; two severities of a record. */
const OK = 1;
const ERROR = 2;
const INFO = 9;
const WARN = 13;

/**
 * Events in OpenTelemetry, through the API object that the application has: `trace` of `@opentelemetry/api`, `logs` of
 * `@opentelemetry/api-logs`, or both. A task is a span with what it did as events; whatever else happens is a span without length.
 */
export class OpenTelemetrySink {
  #tracer = null;
  #logger = null;
  #maxTasks;
  /** Packet → the span of its task. */
  #tasks = new Map();

  constructor(given) {
    const { trace, logs, maxTasks = 10_000 } = readOptions(given, ["trace", "logs", "maxTasks"], "OpenTelemetrySink");
    if (trace === undefined && logs === undefined) throw configInvalid("`trace` or `logs` is required: the API object of OpenTelemetry", "trace");
    if (trace !== undefined) this.#tracer = got(trace, "getTracer", "trace");
    if (logs !== undefined) this.#logger = got(logs, "getLogger", "logs");
    this.#maxTasks = count(maxTasks, "maxTasks", 1_000_000);
  }

  /** Hands the event over; what becomes of it, the SDK's processors and exporters decide. It never throws: where that fails it answers a rejection. */
  emit(event) {
    try {
      this.#hand(event);
    } catch (cause) {
      return Promise.reject(errorFor("audit_unavailable", `OpenTelemetry did not take the event: ${inWords(cause)}`, { cause }));
    }
  }

  #hand(event) {
    const time = new Date(event.timestamp);
    const attributes = attributesOf(event);
    this.#logger?.emit({
      eventName: `${NAME}.${event.event_type}`,
      ...{ timestamp: time, attributes, body: textOf(event) },
      ...(WARNINGS.includes(event.event_type) ? { severityNumber: WARN, severityText: "WARN" } : { severityNumber: INFO, severityText: "INFO" }),
    });
    if (this.#tracer !== null) this.#trace(event, time, attributes);
  }

  /** Ends the spans of tasks that have not ended. */
  close() {
    for (const id of this.#tasks.keys()) this.#end(id, undefined);
  }

  #trace(event, time, attributes) {
    const { event_type: type, packet_id: id } = event;
    const span = this.#tasks.get(id);
    if (type === "task_started" && span === undefined) {
      if (this.#tasks.size >= this.#maxTasks) this.#end(this.#tasks.keys().next().value, time);
      this.#tasks.set(id, this.#tracer.startSpan(`${NAME}.task`, { startTime: time, attributes }));
      return;
    }
    if (span === undefined) {
      const instant = this.#tracer.startSpan(`${NAME}.${type}`, { startTime: time, attributes });
      if (WARNINGS.includes(type)) instant.setStatus({ code: ERROR, message: String(event.reason ?? type) });
      instant.end(time);
      return;
    }
    span.addEvent(`${NAME}.${type}`, attributes, time);
    if (type !== "task_finished") return;
    span.setAttribute(`${NAME}.status`, String(event.status));
    span.setStatus(event.status === "OK" ? { code: OK } : { code: ERROR, message: String(event.status) });
    // Its attestation is told in the same breath.
    queueMicrotask(() => this.#end(id, time));
  }

  #end(id, time) {
    const span = this.#tasks.get(id);
    this.#tasks.delete(id);
    span?.end(time);
  }
}

function got(api, method, name) {
  const get = isObject(api) || typeof api === "function" ? member(api, method) : undefined;
  if (typeof get !== "function") throw configInvalid(`\`${name}\` must be the API object of OpenTelemetry with ${method}(), not ${typeName(api)}`, name);
  return get.call(api, NAME);
}

/** What attributes may be: texts, numbers, booleans, and lists of texts. */
function attributesOf(event) {
  const attributes = {};
  for (const [name, value] of Object.entries(event)) {
    if (value === null || value === undefined) continue;
    const isPlain = ["string", "boolean"].includes(typeof value) || (typeof value === "number" && Number.isFinite(value));
    const isList = Array.isArray(value) && value.every((item) => typeof item === "string");
    attributes[`${NAME}.${name}`] = isPlain ? value : isList ? [...value] : typeof value === "object" ? textOf(value) : String(value);
  }
  return attributes;
}
