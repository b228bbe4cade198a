/**
 * Events in OpenTelemetry, through the API object that the application has.
 *
 * @module
 */
import type { AuditEvent } from "trusthandoff";

/** What is used of `trace` of `@opentelemetry/api`. */
export interface TraceApi {
  getTracer(name: string): { startSpan(name: string, options?: any): any };
}

/** What is used of `logs` of `@opentelemetry/api-logs`. */
export interface LogsApi {
  getLogger(name: string): { emit(record: any): void };
}

/** One of them, or both. */
export type OpenTelemetryOptions = {
  /** Tasks become spans, and what happens in them their events. */
  trace?: TraceApi;
  /** Every event becomes a record. */
  logs?: LogsApi;
  /** Most tasks whose spans are open, by default 10,000; beyond that the oldest one is ended. */
  maxTasks?: number;
} & ({ trace: TraceApi } | { logs: LogsApi });

/** A sink for `events` of a gate. Taken is not exported: for `audit: "required"` use another one as well. */
export class OpenTelemetrySink {
  constructor(options: OpenTelemetryOptions);
  /** Hands the event over at once. It never throws: where that fails it returns a rejection. */
  emit(event: AuditEvent): void | Promise<never>;
  /** Ends the spans of tasks that have not ended. */
  close(): void;
}
