import { configInvalid, errorFor } from "../errors.js";
import { readOptions } from "../plain.js";
import { count, Outbox, textOf } from "./outbox.js";

/** Answers after which another attempt may be better than this one. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);
const MAX_PAUSE_MS = 30_000;

/** Events by HTTP, each as a CloudEvent 1.0 in structured JSON. A receiver drops what it gets twice by the event's `id`. */
export class WebhookSink {
  #url;
  #options;
  #outbox;

  constructor(url, given) {
    const names = ["source", "headers", "timeoutMs", "retries", "backoffMs", "fetch", "maxPending"];
    const options = readOptions(given, names, "WebhookSink");
    const { source, headers = {}, timeoutMs = 5000, retries = 3, backoffMs = 250, fetch = globalThis.fetch } = options;
    this.#url = target(url);
    if (source !== undefined && (typeof source !== "string" || source === "")) throw configInvalid("`source` must be a URI reference", "source");
    if (typeof fetch !== "function") throw configInvalid("`fetch` must be a function", "fetch");
    if (!Number.isSafeInteger(retries) || retries < 0 || retries > 20) throw configInvalid("`retries` must be a whole number from 0 to 20", "retries");
    this.#options = {
      ...{ source, retries, fetch },
      timeoutMs: count(timeoutMs, "timeoutMs", 600_000),
      backoffMs: count(backoffMs, "backoffMs", MAX_PAUSE_MS),
      headers: { ...copyHeaders(headers), "content-type": "application/cloudevents+json; charset=utf-8" },
    };
    this.#outbox = new Outbox(([{ event }]) => this.#deliver(event), { maxPending: options.maxPending, maxBatch: 1 });
  }

  /** Resolves when the receiver has said that it has the event. */
  emit(event) {
    return this.#outbox.push(event);
  }

  /** Resolves when nothing waits any more. */
  async close() {
    await this.#outbox.drain();
  }

  async #deliver(event) {
    const body = cloudEvent(event, this.#options.source);
    for (let attempt = 0; ; attempt += 1) {
      const { pauseMs, failure } = await this.#attempt(body, attempt);
      if (failure === null) return;
      if (pauseMs === null || attempt >= this.#options.retries) throw errorFor("audit_unavailable", `the webhook did not take the event: ${failure}`);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  async #attempt(body, attempt) {
    const { fetch, headers, timeoutMs, backoffMs } = this.#options;
    const backoff = Math.min(MAX_PAUSE_MS, backoffMs * 2 ** attempt * (1 + Math.random() / 4));
    try {
      // Nobody else is to get it, so no redirect is followed.
      const response = await fetch(this.#url, { method: "POST", headers, body, redirect: "error", signal: AbortSignal.timeout(timeoutMs) });
      await response.body?.cancel();
      if (response.ok) return { failure: null };
      const wanted = Number(response.headers.get("retry-after")) * 1000;
      const pauseMs = wanted > 0 ? Math.min(MAX_PAUSE_MS, wanted) : backoff;
      return { failure: `status ${response.status}`, pauseMs: PASSING.has(response.status) ? pauseMs : null };
    } catch (error) {
      return { failure: error?.cause?.code ?? error?.name ?? "no answer", pauseMs: backoff };
    }
  }
}

/** The event stands in it as it was written, so that what it was hashed as can be compared. */
function cloudEvent(event, source) {
  const about = JSON.stringify({
    specversion: "1.0",
    id: event.event_id,
    source: source ?? `urn:trusthandoff:agent:${encodeURIComponent(event.producer_id)}`,
    type: `trusthandoff.${event.event_type}`,
    time: event.timestamp,
    ...(event.correlation_id ? { subject: event.correlation_id } : {}),
    datacontenttype: "application/json",
  });
  return `${about.slice(0, -1)},"data":${textOf(event)}}`;
}

/** Events tell who does what for whom: in the clear they go no further than this machine. */
function target(url) {
  let parsed;
  try {
    parsed = new URL(typeof url === "string" ? url : url.href);
  } catch {
    throw configInvalid("the webhook's URL cannot be read", "url");
  }
  const isHere = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(parsed.hostname);
  if (parsed.protocol !== "https:" && !(parsed.protocol === "http:" && isHere)) {
    throw configInvalid("a webhook is called by https, or by http on this machine only", "url");
  }
  if (parsed.username !== "" || parsed.password !== "") throw configInvalid("credentials belong into `headers`, not into the webhook's URL", "url");
  return parsed.href;
}

function copyHeaders(headers) {
  const copy = {};
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (typeof value !== "string") throw configInvalid(`the header \`${name}\` must be a text`, "headers");
    copy[name.toLowerCase()] = value;
  }
  return copy;
}
