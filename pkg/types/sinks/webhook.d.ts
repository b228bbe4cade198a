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
  /**
   * Signs each request as a Standard Webhook (`webhook-id`, `webhook-timestamp`, `webhook-signature` with `v1`): `whsec_` and the base64 of 24 to 64
   * bytes; several where one takes another's place, each of which signs.
   */
  secret?: string | readonly string[];
  /** Longest wait for one attempt, by default 5000. */
  timeoutMs?: number;
  /** Further attempts after one that failed in passing, by default 3. */
  retries?: number;
  /** Pause before the first of them, by default 250; it doubles each time. A receiver's `Retry-After` goes before. */
  backoffMs?: number;
  /** In place of the runtime's own. */
  fetch?: (url: string, init: any) => Promise<any>;
  /**
   * Most events that may wait, by default 10,000. Refusals of senders that nobody proved have as much room of their own. What was lost an
   * `events_lost` event tells: `count`, and when the `first` and the `last` were.
   */
  maxPending?: number;
  /** Longest that `close` waits for what is still to be sent, in milliseconds, from 1 to 3,600,000; by default 2000. */
  closeMs?: number;
}

/**
 * A sink for `events` of a gate. Events arrive in order, but that refusals of senders nobody proved wait where there is more than can be sent
 * at once. One may arrive twice: its `id` tells.
 */
export class WebhookSink {
  /** `url`: https, or http on this machine. */
  constructor(url: string | { readonly href: string }, options?: WebhookOptions);
  /**
   * Resolves when the receiver has answered with success, rejects where it has not, naming its host and what went wrong. Redirects are not
   * followed. It never throws.
   */
  emit(event: AuditEvent): Promise<void>;
  /** Resolves when nothing waits any more, at the deadline at the latest: what waits then is refused. */
  close(): Promise<void>;
}
