import { configInvalid, errorFor } from "../errors.js";
import { readOptions } from "../plain.js";
import { inWords } from "../text.js";
import { count, Outbox, textOf } from "./outbox.js";
import { webhookSigner } from "./standard_webhooks.js";

/** Answers after which another attempt may be better than this one. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);
const MAX_PAUSE_MS = 30_000;

/**
 * Events by HTTP, each as a CloudEvent 1.0 in structured JSON, signed as a Standard Webhook where there is a secret. A receiver drops what
 * it gets twice by the event's `id`.
 */
export class WebhookSink {
  #url;
  /** All of the URL that an error may tell: paths and queries may be secrets. */
  #host;
  #options;
  #sign;
  #leaving = new AbortController();
  #outbox;

  constructor(url, given) {
    const names = ["source", "headers", "secret", "timeoutMs", "retries", "backoffMs", "fetch", "maxPending", "closeMs"];
    const options = readOptions(given, names, "WebhookSink");
    const { source, headers = {}, timeoutMs = 5000, retries = 3, backoffMs = 250, fetch = globalThis.fetch } = options;
    this.#url = target(url);
    this.#host = new URL(this.#url).host;
    this.#sign = webhookSigner(options.secret);
    if (source !== undefined && (typeof source !== "string" || source === "")) throw configInvalid("`source` must be a URI reference", "source");
    if (typeof fetch !== "function") throw configInvalid("`fetch` must be a function", "fetch");
    if (!Number.isSafeInteger(retries) || retries < 0 || retries > 20) throw configInvalid("`retries` must be a whole number from 0 to 20", "retries");
    this.#options = {
      ...{ source, retries, fetch },
      timeoutMs: count(timeoutMs, "timeoutMs", 600_000),
      backoffMs: count(backoffMs, "backoffMs", MAX_PAUSE_MS),
      headers: { ...copyHeaders(headers), "content-type": "application/cloudevents+json; charset=utf-8" },
    };
    this.#outbox = new Outbox(([{ event }]) => this.#deliver(event), { maxPending: options.maxPending, maxBatch: 1, closeMs: options.closeMs });
  }

  /** Resolves when the receiver has said that it has the event, rejects where it has not; it never throws. */
  emit(event) {
    return this.#outbox.push(event, (each) => this.#read(each));
  }

  /** Resolves when nothing waits any more, at the deadline at the latest. */
  async close() {
    await this.#outbox.close();
    this.#leaving.abort();
  }

  #read(event) {
    return { id: event?.event_id, body: cloudEvent(event, this.#options.source) };
  }

  async #deliver(event) {
    const message = event.body === undefined ? this.#read(event) : event;
    for (let attempt = 0; ; attempt += 1) {
      const { pauseMs, failure } = await this.#attempt(message, attempt);
      if (failure === null) return;
      if (pauseMs === null || attempt >= this.#options.retries || this.#leaving.signal.aborted) {
        throw errorFor("audit_unavailable", `the webhook at \`${this.#host}\` did not take the event: ${failure}`);
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  async #attempt({ id, body }, attempt) {
    const { fetch, headers, timeoutMs, backoffMs } = this.#options;
    const backoff = Math.min(MAX_PAUSE_MS, backoffMs * 2 ** attempt * (1 + Math.random() / 4));
    try {
      const signal = AbortSignal.any?.([AbortSignal.timeout(timeoutMs), this.#leaving.signal]) ?? AbortSignal.timeout(timeoutMs);
      const signed = { ...headers, ...(await this.#sign(id, body)) };
      // Nobody else is to get it, so no redirect is followed.
      const response = await fetch(this.#url, { method: "POST", headers: signed, body, redirect: "manual", signal });
      await response.body?.cancel();
      if (response.ok) return { failure: null };
      if (response.type === "opaqueredirect" || (response.status >= 300 && response.status < 400)) {
        return { failure: `status ${response.status || "3xx"}, and redirects are not followed`, pauseMs: backoff };
      }
      const wanted = Number(response.headers.get("retry-after")) * 1000;
      const pauseMs = wanted > 0 ? Math.min(MAX_PAUSE_MS, wanted) : backoff;
      return { failure: `status ${response.status}`, pauseMs: PASSING.has(response.status) ? pauseMs : null };
    } catch (error) {
      return { failure: whyNot(error, timeoutMs), pauseMs: backoff };
    }
  }
}

/** What went wrong on the way, without what an error may quote of the request. */
function whyNot(error, timeoutMs) {
  if (error?.name === "TimeoutError") return `no answer within ${timeoutMs} ms`;
  const code = error?.cause?.code ?? error?.code;
  return typeof code === "string" ? code : inWords(error?.name ?? "no answer");
}

/** The event stands in it as it was written, so that what it was hashed as can be compared. */
function cloudEvent(event, source) {
  const text = textOf(event);
  const about = JSON.stringify({
    specversion: "1.0",
    id: event.event_id,
    source: source ?? `urn:trusthandoff:agent:${encodeURIComponent(event.producer_id)}`,
    type: `trusthandoff.${event.event_type}`,
    time: event.timestamp,
    ...(event.correlation_id ? { subject: event.correlation_id } : {}),
    datacontenttype: "application/json",
  });
  return `${about.slice(0, -1)},"data":${text}}`;
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
    // As RFC 9110 has them: fetch would refuse any other each time that an event is sent.
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      throw configInvalid(`the header ${JSON.stringify(name)} is none that HTTP can carry`, "headers");
    }
    copy[name.toLowerCase()] = value;
  }
  return copy;
}
