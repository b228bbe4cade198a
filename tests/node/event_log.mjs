/** Event logs as gates and executors write them, made by hand: what happened in them is what a test says. */
import { createHash } from "node:crypto";
import { Sentinel } from "../../pkg/dist/sentinel.js";

export const hash = (text) => createHash("sha256").update(text).digest("hex");

const stamp = (ms) => new Date(ms).toISOString().replace("Z", "000Z");
const START = Date.UTC(2026, 10, 28, 8);
let made = 0;

export class EventLog {
  events = [];

  constructor(now = START) {
    this.now = now;
  }

  pass(seconds) {
    this.now += seconds * 1000;
    return this;
  }

  tell(event_type, producer_id, packet_id, payload = {}) {
    this.now += 10;
    const event_id = `event-${(made += 1)}`;
    const about = packet_id === null ? {} : { packet_id };
    this.events.push({
      ...{ event_id, event_type, timestamp: stamp(this.now), producer_id, correlation_id: packet_id, idempotency_key: `${event_type}:${event_id}` },
      ...{ ...about, ...payload },
    });
    return this;
  }

  accept(id, { from = "agent:planner", to = "agent:worker", gate = to, ttl = 900, calls = 3, key = hash(from), ancestors = [], ...more } = {}) {
    return this.tell("packet_accepted", gate, id, {
      ...{ task_id: `t-${id}`, from_agent: from, to_agent: to, risk_level: "read", ttl_seconds: ttl, identity: "proven", fingerprint: key },
      ...{ nonce_hash: hash(`nonce ${id}`), expires_at: stamp(this.now + 10 + ttl * 1000), packet_digest: hash(id), ancestors },
      ...{ max_tool_calls: calls, capability_id: null, requires_human_review: false, ...more },
    });
  }

  refuse(id, reason, { from = "agent:planner", to = "agent:worker", gate = to, identity = "proven" } = {}) {
    const nonce_hash = hash(`nonce ${id}`);
    return this.tell("packet_rejected", gate, id, { from_agent: from, to_agent: to, identity, fingerprint: hash(from), nonce_hash, reason, message: "no", field: null });
  }

  start(id, by = "agent:worker") {
    return this.tell("task_started", by, id, { packet_digest: hash(id), from_agent: "agent:planner", to_agent: by });
  }

  use(id, by = "agent:worker") {
    return this.tell("tool_used", by, id, { action: "read:/docs/one" });
  }

  finish(id, { by = "agent:worker", outcome = id, status = "OK" } = {}) {
    return this.tell("task_finished", by, id, { status, outcome_hash: hash(outcome) });
  }

  attest(id, { by = "agent:worker", outcome = id, status = "OK", signed_by = by } = {}) {
    return this.tell("attested", by, id, { status, outcome_hash: hash(outcome), attestation_digest: hash(`a ${id}`), signed_by });
  }

  /** A task from its acceptance to its attestation. */
  run(id, options = {}) {
    const by = options.to ?? "agent:worker";
    return this.accept(id, options).start(id, by).use(id, by).finish(id, { by }).attest(id, { by });
  }

  /** Changes the latest event. */
  last(change) {
    Object.assign(this.events.at(-1), change);
    return this;
  }

  get text() {
    return jsonl(this.events);
  }
}

export const jsonl = (events) => events.map((event) => `${JSON.stringify(event)}\n`).join("");

/** What is found in a log beyond refusals as such, as `type/severity`, each once, and the summary. */
export function audited(log) {
  const audit = new Sentinel().ingest(typeof log === "string" ? log : log.text);
  const found = audit.detectViolations().filter(({ type }) => type !== "rejected_packet");
  return { found: [...new Set(found.map(({ type, severity }) => `${type}/${severity}`))].sort(), findings: found, summary: audit.summary() };
}
