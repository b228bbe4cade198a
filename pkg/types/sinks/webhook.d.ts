/**
 * Events by HTTP, each as a CloudEvent 1.0 in structured JSON.
 *
 * @module
 */
import type { AuditEvent } from "trusthandoff";

/** How events are sent, and sent again. */
export interface WebhookOptions {
  /** The CloudEvents `source`, a URI reference; by default a URN of the event's producer. */
  source?: string;
  /** Further headers, such as `authorization`. */
  headers?: { readonly [name: string]: string };
  /** Longest wait for one attempt, by default 5000. */
  timeoutMs?: number;
  /** Further attempts after one that failed in passing, by default 3. */
  retries?: number;
  /** Pause before the first of them, by default 250; it doubles each time. A receiver's `Retry-After` goes before. */
  backoffMs?: number;
  /** In place of the runtime's own. */
  fetch?: (url: string, init: any) => Promise<any>;
  /** Most events that may wait, by default 10,000. */
  maxPending?: number;
}

/** A sink for `events` of a gate. Events arrive in order, and one may arrive twice: its `id` tells. */
export class WebhookSink {
  /** `url`: https, or http on this machine. */
  constructor(url: string | { readonly href: string }, options?: WebhookOptions);
  /** Resolves when the receiver has answered with success. */
  emit(event: AuditEvent): Promise<void>;
  /** Resolves when nothing waits any more. */
  close(): Promise<void>;
}
