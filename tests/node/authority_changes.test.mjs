/** W7: what changes in the registry or on the list while any host is awaited is seen before the acceptance. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { AgentIdentity, AgentRegistry, gate, MemoryNonceStore, NOW, planner, researcher, trusthandoff, wire } from "./support.mjs";

const { approve, issueCapability, reviewRequest, revoke, RevocationList, TrustHandoffExecutor } = trusthandoff;

const owner = AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(8), { agentId: "agent:owner" });
const ana = AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(7), { agentId: "human:ana" });
const next = AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(9), { agentId: planner.agentId });
const at = { now: NOW };

const agents = () =>
  new AgentRegistry()
    .register(planner.agentId, planner.publicKey, { now: NOW - 1000 })
    .register(ana.agentId, ana.publicKey, { reviewer: true, now: NOW - 1000 })
    .register(owner.agentId, owner.publicKey, { roots: ["read"], now: NOW - 1000 });

/** Of a root by the owner, in its last seconds, with a successor: every host has something to say. */
const [ended, successor] = [NOW - 10_000, NOW + 60_000].map((end) =>
  issueCapability(owner, { subject_agent: planner.agentId, allowed_actions: ["read"], expires_at: new Date(end) }, { now: NOW - 60_000 }),
);
const text = wire({
  permissions: { allowed_actions: ["read"], max_tool_calls: 3 },
  constraints: { requires_human_review: true, data_boundary: "eu" },
  capability_token: ended.token,
});
const approval = approve(ana, reviewRequest(text), { decision: "APPROVED", ...at }).text;

const GOOD = { revocations: false, overlap: successor.token, boundary: true, policy: true, nonces: true };

const withoutSender = (registry) => {
  const { [planner.agentId]: sender, ...others } = JSON.parse(registry.toJson());
  assert.ok(sender);
  return JSON.stringify(others);
};

const CHANGES = {
  "the sender is revoked": [(registry) => registry.revoke(planner.agentId, at), "agent_revoked"],
  "the sender is removed": [(registry) => registry.remove(planner.agentId), "agent_unknown"],
  "the sender's key is rotated away": [(registry) => registry.rotate(planner.agentId, next.publicKey, { overlapSeconds: 0, ...at }), "public_key_mismatch"],
  "the issuer is revoked": [(registry) => registry.revoke(owner.agentId, at), "capability_revoked"],
  "the issuer is no root any more": [(registry) => registry.withdraw(owner.agentId, "roots"), "untrusted_root"],
  "the reviewer is withdrawn": [(registry) => registry.withdraw(ana.agentId, "reviewer"), "human_review_required"],
  "another file is loaded": [(registry) => registry.reload(withoutSender(registry), at), "agent_unknown"],
};

for (const [what, [change, code]] of Object.entries(CHANGES)) {
  test(`W7 ${what} while any host is awaited: refused`, async () => {
    for (const host of Object.keys(GOOD)) {
      const registry = agents();
      const hosts = Object.fromEntries(Object.entries(GOOD).map(([name, reply]) => [name, async () => reply]));
      let changed = false;
      hosts[host] = async () => {
        await sleep(0);
        if (!changed) change(registry);
        changed = true;
        return GOOD[host];
      };
      const decision = await gate({ registry, ...hosts }).handle(text, { approvals: [approval] });
      assert.deepEqual([host, changed, decision.code], [host, true, code]);
    }
  });
}

test("W7 the same while people are waited for, and nothing is refused where nothing changes", async () => {
  const hosts = Object.fromEntries(Object.entries(GOOD).map(([name, reply]) => [name, async () => reply]));
  assert.equal((await gate({ registry: agents(), ...hosts }).handle(text, { onReview: async () => approval })).code, null);
  for (const [change, code] of Object.values(CHANGES)) {
    const registry = agents();
    const onReview = async () => {
      change(registry);
      return approval;
    };
    assert.equal((await gate({ registry, ...hosts }).handle(text, { onReview })).code, code);
  }
});

test("W7 what is revoked while a use is counted is refused at that use", async () => {
  const registry = agents();
  const counters = async () => {
    registry.revoke(planner.agentId, at);
    return true;
  };
  const executor = new TrustHandoffExecutor({ gate: gate({ registry }), counters });
  const { status, error } = await executor.execute(wire(), (task) => task.use("read"));
  assert.deepEqual([status, error.code], ["ERROR", "agent_revoked"]);
});

test("W7 what is put on a list of revocations while the nonce is taken is refused, and the gate's own list costs no extra wait", async () => {
  const registry = agents();
  for (const [about, code] of [
    [{ agentId: planner.agentId }, "agent_revoked"],
    [{ packet: wire({ nonce: "listed", packet_id: "listed" }) }, "packet_revoked"],
  ]) {
    const revocations = new RevocationList({ registry });
    const store = new MemoryNonceStore();
    const nonces = async (...args) => {
      revocations.add(revoke(planner, about, at).text, at);
      return store.checkAndStore(...args);
    };
    assert.equal((await gate({ registry, revocations, nonces }).handle(wire({ nonce: "listed", packet_id: "listed" }))).code, code);
  }
});

test("agents of a resolver are asked for once more where a slow host was, and not for the nonce alone", async () => {
  const asked = [];
  const resolveAgent = async (id) => {
    asked.push(id);
    return { publicKeyPem: planner.publicKeyPem };
  };
  const options = { registry: undefined, resolveAgent };
  assert.equal((await gate({ ...options, revocations: async () => false }).handle(wire())).code, null);
  assert.deepEqual(asked.splice(0), [planner.agentId]);
  assert.equal((await gate({ ...options, policy: async () => true }).handle(wire())).code, null);
  assert.deepEqual(asked, [planner.agentId, planner.agentId]);
});

test("a gate for a receiver that registers later sees it, and a removed sender is unknown again", async () => {
  const registry = new AgentRegistry();
  const verifier = gate({ registry });
  assert.equal((await verifier.handle(wire())).code, "agent_unknown");
  registry.register(planner.agentId, planner.publicKey, { now: NOW - 1000 }).register(researcher.agentId, researcher.publicKey);
  assert.equal((await verifier.handle(wire())).code, null);
  registry.remove(planner.agentId);
  assert.equal((await verifier.handle(wire())).code, "agent_unknown");
});
