/** A log to try: real agents, gates and executors work for two hours of a clock that is set by hand, some of them under attack. */
import {
  AgentIdentity,
  AgentRegistry,
  createEnvelope,
  MemoryNonceStore,
  signPacket,
  TrustHandoffExecutor,
  TrustHandoffMiddleware,
} from "trusthandoff/slim";

const HANDOFFS = 320;
const SHIFT_MS = 2 * 60 * 60 * 1000;
/** How long the attacks take besides. */
const ATTACKS_MS = 10 * 60 * 1000;
const CHECKPOINT_EVERY = 400;

/** Who hands what to whom, and the actions that takes. */
const WAYS = [
  ["orchestrator", "planner", "Plan the release", ["read"]],
  ["orchestrator", "researcher", "Collect the open questions", ["read", "search"]],
  ["planner", "coder", "Implement the next step", ["read", "write"]],
  ["planner", "researcher", "Look up the interface", ["search"]],
  ["coder", "tester", "Run the tests", ["run"]],
  ["coder", "reviewer", "Review the change", ["read", "comment"]],
  ["tester", "coder", "Repair what failed", ["read", "write"]],
  ["reviewer", "deployer", "Deploy to staging", ["deploy:staging"]],
  ["researcher", "writer", "Summarize the findings", ["read", "write"]],
  ["contractor", "tester", "Check the translation", ["run"]],
  ["deployer", "observer", "Watch the error rate", ["read"]],
];

/** What happens besides, and after which of the honest handoffs. */
const ATTACKS = new Map([
  [40, (shift) => shift.replay()],
  [85, (shift) => shift.tamper()],
  [120, (shift) => shift.impersonate()],
  [165, (shift) => shift.overstep()],
  [200, (shift) => shift.flood()],
  [235, (shift) => shift.dismiss()],
  [275, (shift) => shift.acceptTwice()],
]);

/**
 * The log as text, and the public key of who keeps it. If `edited`, somebody changed a line afterwards.
 *
 * @param {typeof import("trusthandoff/sentinel").LogWriter} LogWriter of the second module, which is loaded with the first log
 * @param {{ edited?: boolean, endMs?: number }} options
 */
export async function exampleLog(LogWriter, { edited = false, endMs = Date.now() } = {}) {
  const shift = new Shift(new LogWriter({ logId: "example" }), endMs - SHIFT_MS - ATTACKS_MS);
  for (let n = 0; n < HANDOFFS; n += 1) {
    await shift.honest(WAYS[shift.dice(WAYS.length)]);
    await ATTACKS.get(n)?.(shift);
  }
  shift.seal();
  if (edited) shift.hide();
  return { text: shift.lines.map((line) => `${line}\n`).join(""), keeper: shift.keeper.publicKeyPem };
}

class Shift {
  lines = [];
  keeper = AgentIdentity.generate({ agentId: "agent:log-keeper" });
  #writer;
  #registry = new AgentRegistry();
  #agents = new Map();
  #now;
  #twice;
  #seed = 20260308;

  constructor(writer, startMs) {
    this.#writer = writer;
    this.#now = startMs;
    for (const name of new Set(WAYS.flatMap(([from, to]) => [from, to]))) {
      const identity = AgentIdentity.generate({ agentId: `agent:${name}` });
      // Keys are older than the shift, or its first packets would come from the future.
      this.#registry.register(identity.agentId, identity.publicKeyPem, { now: startMs });
      this.#agents.set(name, { identity, executor: null });
    }
    for (const agent of this.#agents.values()) agent.executor = this.#executorOf(agent.identity);
  }

  /** A number below `sides`; the same in every example, so that it can be talked about. */
  dice(sides) {
    this.#seed = (Math.imul(this.#seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.#seed / 2 ** 32) * sides);
  }

  async honest(way) {
    const mean = SHIFT_MS / HANDOFFS;
    await this.#deliver(way[1], this.#wire(way), way[3]);
    this.#wait(mean / 2 + this.dice(mean));
  }

  async replay() {
    const way = WAYS[1];
    const wire = this.#wire(way);
    await this.#deliver(way[1], wire, way[3]);
    for (let n = 0; n < 3; n += 1) {
      this.#wait(4000);
      await this.#deliver(way[1], wire, way[3]);
    }
  }

  /** On its way somebody makes more of the task than its sender signed. */
  async tamper() {
    await this.#deliver("coder", this.#wire(WAYS[2]).replace("Implement the next step", "Publish the credentials"), []);
    this.#wait(2000);
    await this.#deliver("writer", this.#wire(WAYS[8]).replace("Summarize", "Forward"), []);
  }

  /** Another key in the planner's name. */
  async impersonate() {
    const impostor = AgentIdentity.generate({ agentId: "agent:planner" });
    for (const way of [WAYS[2], WAYS[3]]) {
      await this.#deliver(way[1], this.#wire(way, impostor), []);
      this.#wait(3000);
    }
  }

  /** A task was talked into more than it may do. */
  async overstep() {
    await this.#deliver("writer", this.#wire(WAYS[8]), ["read", "deploy:production"]);
  }

  /** A stranger tries, again and again. */
  async flood() {
    const stranger = AgentIdentity.generate({ agentId: "agent:helpful-stranger" });
    for (let n = 0; n < 36; n += 1) {
      await this.#deliver("deployer", this.#wire(WAYS[7], stranger), []);
      this.#wait(900);
    }
  }

  /** The contractor leaves, and its agent goes on. */
  async dismiss() {
    const way = WAYS[9];
    this.#registry.revoke("agent:contractor", { now: this.#now });
    this.#wait(5000);
    for (let n = 0; n < 2; n += 1) await this.#deliver(way[1], this.#wire(way), []);
  }

  /** A second gate of the deployer was started with a memory of its own. */
  async acceptTwice() {
    const way = WAYS[7];
    const { identity, executor } = this.#agents.get("deployer");
    const wire = this.#wire(way);
    await this.#deliver("deployer", wire, way[3]);
    this.#wait(8000);
    this.#agents.set("deployer", { identity, executor: this.#executorOf(identity) });
    this.#twice = this.lines.length;
    await this.#deliver("deployer", wire, way[3]);
    this.#agents.set("deployer", { identity, executor });
  }

  /** Whoever let a packet in twice would like the second time to be a refusal. The line that says otherwise is the only trace. */
  hide() {
    this.lines[this.#twice] = this.lines[this.#twice].replace("packet_accepted", "packet_rejected");
  }

  seal() {
    this.lines.push(this.#writer.checkpoint(this.keeper, { now: this.#now }));
  }

  #executorOf(identity) {
    const gate = new TrustHandoffMiddleware({
      audience: identity.agentId,
      registry: this.#registry,
      nonces: new MemoryNonceStore(),
      clock: () => this.#now,
      events: (event) => this.#log(event),
    });
    return new TrustHandoffExecutor({ gate, identity });
  }

  #log(event) {
    this.lines.push(this.#writer.append(event));
    if (this.lines.length % CHECKPOINT_EVERY === 0) this.seal();
  }

  #wire([from, to, intent, allowed_actions], identity = this.#agents.get(from).identity) {
    const fields = {
      to_agent: `agent:${to}`,
      intent,
      risk_level: "read",
      permissions: { allowed_actions, max_tool_calls: 4 },
      ...(this.dice(40) === 0 && { ai_provenance: { source: "model", model: "draft-writer" } }),
    };
    return createEnvelope(signPacket(identity, fields, { now: this.#now }));
  }

  /** One use of a tool for each action, as the task goes on. */
  async #deliver(to, wire, actions) {
    await this.#agents.get(to).executor.execute(wire, async (task) => {
      for (const action of actions) {
        this.#wait(200 + this.dice(1500));
        await task.use(action);
      }
      return { done: actions.length };
    });
  }

  #wait(ms) {
    this.#now += Math.round(ms);
  }
}
