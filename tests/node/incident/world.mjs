/** Where the incident happens: agents with real gates and executors, one clock, and one chained log that all of them tell. */
import { JsonlSink } from "../../../pkg/dist/sinks/jsonl.js";
import { NOW, trusthandoff } from "../support.mjs";

const { AgentIdentity, AgentRegistry, approve, CapabilityOverlap, createEnvelope, issueCapability } = trusthandoff;
const { MemoryCounterStore, MemoryNonceStore, RevocationList, signPacket, TrustHandoffExecutor, TrustHandoffMiddleware } = trusthandoff;

const WORKERS = 12;
const DAY_MS = 86_400_000;

export class World {
  now = NOW;
  registry = new AgentRegistry();
  revocations = new RevocationList({ registry: this.registry });
  overlap = new CapabilityOverlap();
  /** Keeps the log and signs its checkpoints. */
  keeper = AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(9));
  /** Of this world alone: another day in the same process has the same ids. */
  #counters = new MemoryCounterStore();
  #born = 10;
  #packets = 0;

  static async begin(path) {
    const world = new World();
    const sealing = { logId: "incident", identity: world.keeper, checkpointEvery: 5000 };
    world.log = await JsonlSink.open(path, { ...sealing, fsync: "never", maxPending: 100_000, closeMs: 600_000 });
    world.owner = world.agent({ roots: ["read", "write"] });
    world.reviewer = world.agent({ reviewer: true });
    world.workers = Array.from({ length: WORKERS }, () => world.worker());
    return world;
  }

  clock = () => this.now;

  pass(seconds) {
    this.now += seconds * 1000;
  }

  /** An identity that every gate knows. */
  agent(rights = {}) {
    const identity = this.stranger();
    this.registry.register(identity.agentId, identity.publicKeyPem, { now: this.now - 1000, ...rights });
    return identity;
  }

  /** One that no gate knows. */
  stranger() {
    this.#born += 1;
    return AgentIdentity.fromPrivateKey(Uint8Array.from({ length: 32 }, (_, index) => (index === 0 ? this.#born >> 8 : this.#born & 0xff)));
  }

  /** An agent that works: with a gate, an executor that attests, and a capability of its own. */
  worker(options = {}) {
    const identity = this.agent();
    const { gate, executor } = this.station(identity, options);
    return { identity, gate, executor, right: this.right(identity) };
  }

  /** A gate and an executor of `identity`; with other options it is one that was tampered with. */
  station(identity, { gate: gateOptions = {}, executor: executorOptions = {} } = {}) {
    const gate = new TrustHandoffMiddleware({
      ...{ audience: identity.agentId, registry: this.registry, nonces: new MemoryNonceStore(), clock: this.clock, events: this.log },
      ...{ revocations: this.revocations, overlap: this.overlap, review: { threshold: 1 } },
      ...gateOptions,
    });
    return { gate, executor: new TrustHandoffExecutor({ gate, identity, counters: this.#counters, ...executorOptions }) };
  }

  /** The log for a host that keeps some events to itself, or tells others in their place. */
  censored(tells) {
    return (event) => {
      const told = tells(event);
      return told === null ? undefined : this.log.emit(told);
    };
  }

  /** What an agent writes into the log by itself, past its executor. */
  forge(event_type, { agentId }, payload) {
    const event_id = `forged-${(this.#packets += 1)}`;
    const timestamp = new Date(this.now).toISOString();
    const common = { event_id, event_type, timestamp, producer_id: agentId, correlation_id: payload.packet_id };
    return this.log.emit({ ...common, idempotency_key: `${event_type}:${event_id}`, ...payload });
  }

  right(identity, more = {}) {
    const expires_at = new Date(this.now + DAY_MS).toISOString().replace(".000", "");
    const grant = { subject_agent: identity.agentId, allowed_actions: ["read"], expires_at, ...more };
    return issueCapability(this.owner, grant, { now: this.now });
  }

  /** A signed packet and the envelope in which it travels. */
  packet(from, to, more = {}, { capabilities, parent } = {}) {
    const packet_id = more.packet_id ?? `pk-${(this.#packets += 1)}`;
    const fields = {
      ...{ packet_id, to_agent: to.agentId, intent: "Summarize the findings", risk_level: "read" },
      ...{ permissions: { allowed_actions: ["read"], max_tool_calls: 3 }, ...more },
    };
    const packet = signPacket(from, fields, { now: this.now, parent });
    return { id: packet_id, from: from.agentId, to: to.agentId, wire: createEnvelope(packet, { capabilities, parent }) };
  }

  reviewed(from, to) {
    return this.packet(from, to, { constraints: { requires_human_review: true } });
  }

  word(wire, decision = "APPROVED") {
    return approve(this.reviewer, wire, { decision, now: this.now }).text;
  }
}

/** The events of the log with their lines, from 1. */
export class Lines {
  #numbers = new Map();

  constructor(text) {
    this.all = text.trimEnd().split("\n");
    this.all.forEach((line, index) => {
      const { event_type, packet_id, target, producer_id } = JSON.parse(line);
      for (const key of [`${event_type} ${packet_id ?? target}`, event_type, `by ${producer_id}`]) {
        if (!this.#numbers.has(key)) this.#numbers.set(key, []);
        this.#numbers.get(key).push(index + 1);
      }
    });
  }

  /** The lines of a type of event, of a packet or of what was revoked. */
  of(type, about) {
    return this.#numbers.get(about === undefined ? type : `${type} ${about}`) ?? [];
  }

  by(agentId) {
    return this.#numbers.get(`by ${agentId}`) ?? [];
  }
}
