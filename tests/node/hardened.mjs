/**
 * What the package must do in a realm of any kind: signed, accepted, refused, executed, attested. Given a namespace, it returns what came of
 * each, so that a test can run it where the test runner itself would not run.
 */
export async function mainPaths(trusthandoff, { now = Date.now() } = {}) {
  const { AgentIdentity, AgentRegistry, approve, createEnvelope, issueCapability, MemoryCounterStore, MemoryNonceStore, reviewRequest } = trusthandoff;
  const { signPacket, TrustHandoffError, TrustHandoffExecutor, TrustHandoffMiddleware, verifyAttestation } = trusthandoff;
  const [owner, planner, researcher, reviewer] = [1, 2, 3, 4].map(() => AgentIdentity.generate());
  const registry = new AgentRegistry()
    .register(owner.agentId, owner.publicKeyPem, { roots: ["read"], now })
    .register(planner.agentId, planner.publicKeyPem, { now })
    .register(researcher.agentId, researcher.publicKeyPem, { now })
    .register(reviewer.agentId, reviewer.publicKeyPem, { reviewer: true, now });
  const clock = () => now;
  const gateOf = (more = {}) => new TrustHandoffMiddleware({ audience: researcher.agentId, registry, nonces: new MemoryNonceStore(), clock, ...more });
  const gate = gateOf();
  const capability = issueCapability(owner, { subject_agent: planner.agentId, allowed_actions: ["read"], max_tool_calls: 1 }, { now });
  const fields = { to_agent: researcher.agentId, intent: "Read", permissions: { allowed_actions: ["read"], max_tool_calls: 1 } };
  const packet = (more = {}) => signPacket(planner, { ...fields, ...more }, { now });
  const wire = (more) => createEnvelope(packet(more));
  const found = {};

  const genuine = wire({ capability_token: capability.token, context: { constructor: "x", toString: ["y"], big: 2 ** 40 } });
  const decision = gate.handleSync(genuine);
  found.accepted = [decision.decision, decision.packet.context.constructor, decision.capability.delegated_permissions.allowed_actions[0]].join();
  found.replayed = gate.handleSync(genuine).code;
  found.tampered = (await gate.handle(wire().replace("Read", "Write"))).code;
  found.large = gate.handleSync(wire({ context: { text: "x".repeat(600_000) } })).decision;
  try {
    new TrustHandoffMiddleware({});
  } catch (error) {
    found.misused = [error.name, error.code, error instanceof TrustHandoffError, error instanceof Error].join();
  }
  found.typed = await codeOf(() => gate.handle({}));

  const reviewed = wire({ constraints: { requires_human_review: true } });
  const approval = approve(reviewer, reviewRequest(reviewed), { decision: "APPROVED", now });
  found.reviewed = (await gateOf({ review: { reviewers: [reviewer.agentId] } }).handle(reviewed, { onReview: async () => approval.text })).decision;

  const executor = new TrustHandoffExecutor({ gate: gateOf({ revocations: async () => false }), identity: researcher, counters: new MemoryCounterStore() });
  const ended = await executor.execute(wire(), async (task) => {
    await task.use("read");
    return { refused: await codeOf(() => task.use("read")) };
  });
  found.executed = [ended.status, ended.result.refused, ended.error.code].join();
  const { attestation, result, reason } = ended.receipt;
  const expected = { result, reason, registry, nonces: new MemoryNonceStore(), packetId: ended.decision.packetId, statuses: ["PARTIAL"], now };
  found.attested = verifyAttestation(attestation, expected).valid;
  const thrown = await executor.execute(wire(), () => Promise.reject(new Error("mine")));
  found.thrown = [thrown.status, thrown.error.message, typeof thrown.receipt.attestation].join();
  return found;
}

/** What `mainPaths` comes to wherever the package works. */
export const EXPECTED = {
  accepted: "ACCEPT,x,read",
  replayed: "replay_detected",
  tampered: "invalid_signature",
  large: "ACCEPT",
  misused: "ConfigurationError,config_invalid,true,true",
  typed: "argument_type",
  reviewed: "ACCEPT",
  executed: "PARTIAL,tool_calls_exhausted,tool_calls_exhausted",
  attested: true,
  thrown: "ERROR,mine,string",
};

async function codeOf(call) {
  try {
    await call();
    return "nothing thrown";
  } catch (error) {
    return error.code;
  }
}
