/** What honest agents do all day. None of it may look like anything else; what an AI made is told as such. */
import assert from "node:assert/strict";
import { trusthandoff } from "../support.mjs";

const { AgentIdentity, TrustHandoffExecutor } = trusthandoff;

/** Numbers that look random and are the same in every run. */
function numbers(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

export class Honest {
  /** Handoffs, by kind. */
  done = { plain: 0, capability: 0, chain: 0, review: 0, ai: 0 };
  /** Ids of packets whose payload an AI made. */
  ai = [];
  #world;
  #pick = numbers(7);
  #next = 0;

  constructor(world) {
    this.#world = world;
  }

  get total() {
    return Object.values(this.done).reduce((sum, count) => sum + count, 0);
  }

  /** A few handoffs at once, and some seconds. */
  async wave(count) {
    this.#world.pass(2 + this.#pick(10));
    await Promise.all(Array.from({ length: count }, () => this.#handoff()));
  }

  /** An agent gets another key; what it signed just before is still on its way, and arrives. */
  async rotation() {
    const world = this.#world;
    const [sender, receiver] = this.#two();
    const before = world.packet(sender.identity, receiver.identity);
    const successor = AgentIdentity.generate({ agentId: sender.identity.agentId });
    world.registry.rotate(sender.identity.agentId, successor.publicKeyPem, { overlapSeconds: 30, now: world.now });
    world.pass(10);
    await this.#run(receiver, before, "plain");
    const executor = new TrustHandoffExecutor({ gate: sender.gate, identity: successor });
    Object.assign(sender, { identity: successor, executor, right: world.right(successor) });
    await this.#run(receiver, world.packet(successor, receiver.identity), "plain");
    await this.#run(sender, world.packet(receiver.identity, successor), "plain");
  }

  /** An agent leaves, while the tasks of others are under way. */
  async retirement() {
    const world = this.#world;
    const leaving = world.agent();
    const [sender, receiver] = this.#two();
    const { id, wire } = world.packet(sender.identity, receiver.identity);
    const { status } = await receiver.executor.execute(wire, async (task) => {
      world.registry.revoke(leaving.agentId, { now: world.now });
      world.pass(60);
      await task.use("read");
      return {};
    });
    assert.equal(status, "OK", id);
    this.done.plain += 1;
  }

  #two() {
    const { workers } = this.#world;
    const one = this.#pick(workers.length);
    return [workers[one], workers[(one + 1 + this.#pick(workers.length - 1)) % workers.length]];
  }

  async #handoff() {
    const world = this.#world;
    const [sender, receiver] = this.#two();
    const number = (this.#next += 1);
    if (number % 5 === 1) {
      const capabilities = sender.right;
      const packed = world.packet(sender.identity, receiver.identity, { capability_token: capabilities.token }, { capabilities });
      await this.#run(receiver, packed, "capability");
    } else if (number % 25 === 2) {
      await this.#chain(sender, receiver);
    } else if (number % 50 === 3) {
      const packed = world.reviewed(sender.identity, receiver.identity);
      await this.#run(receiver, packed, "review", { approvals: [world.word(packed.wire)] });
    } else if (number % 40 === 4) {
      const packed = world.packet(sender.identity, receiver.identity, { ai_provenance: { source: "model", model: "m-1" } });
      this.ai.push(packed.id);
      await this.#run(receiver, packed, "ai");
    } else {
      await this.#run(receiver, world.packet(sender.identity, receiver.identity), "plain");
    }
  }

  /** Two handoffs: the receiver narrows what it was given and hands it on. */
  async #chain(sender, receiver) {
    const world = this.#world;
    const last = world.workers.find((worker) => worker !== sender && worker !== receiver);
    const narrow = (right, by, { agentId }, action, more) =>
      right.attenuate(by.identity, { subject_agent: agentId, allowed_actions: [action], ...more }, { now: world.now });
    const narrower = narrow(sender.right, sender, receiver.identity, "read");
    // Whoever carries it on spends the same budget.
    const permissions = { allowed_actions: ["read"], max_tool_calls: 5 };
    const first = world.packet(sender.identity, receiver.identity, { permissions, capability_token: narrower.token }, { capabilities: narrower });
    const parent = await this.#run(receiver, first, "chain");
    const narrowest = narrow(parent.capability, receiver, last.identity, "read:/docs/*", { max_tool_calls: 3 });
    const rights = { permissions: { allowed_actions: ["read:/docs/*"], max_tool_calls: 2 }, capability_token: narrowest.token };
    const second = world.packet(receiver.identity, last.identity, rights, { parent, capabilities: narrowest });
    await this.#run(last, second, "chain", { resource: "/docs/one" });
  }

  /** Half of them are done under an executor, which attests; the others are let through, and done elsewhere. */
  async #run({ gate, executor }, { id, wire }, kind, { approvals, resource = "/docs/two" } = {}) {
    this.done[kind] += 1;
    if (this.#pick(2) === 0) {
      const accepted = await gate.handle(wire, approvals && { approvals });
      assert.equal(accepted.code, null, `${kind} ${id}`);
      return accepted;
    }
    const uses = Math.max(0, this.#pick(5) - 2);
    const { decision, status, unattested } = await executor.execute(
      wire,
      async (task) => {
        for (let use = 0; use < uses; use += 1) await task.use("read", resource);
        return { uses };
      },
      approvals && { approvals },
    );
    assert.deepEqual([decision.code, status, unattested], [null, "OK", null], `${kind} ${id}`);
    return decision;
  }
}
