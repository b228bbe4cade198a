import { AgentIdentity, AgentRegistry, createEnvelope, MemoryNonceStore, signPacket, TrustHandoffMiddleware } from "trusthandoff";

const [planner, researcher] = [AgentIdentity.generate(), AgentIdentity.generate()];
const registry = new AgentRegistry().register(planner.agentId, planner.publicKeyPem);
const gate = new TrustHandoffMiddleware({ audience: researcher.agentId, registry, nonces: new MemoryNonceStore() });
const wire = createEnvelope(signPacket(planner, { to_agent: researcher.agentId, intent: "Summarize the findings" }));

for (const received of [wire.replace("Summarize", "Publish"), wire, wire]) {
  const { decision, code } = await gate.handle(received);
  console.log(decision, code);
}
// prints: REJECT invalid_signature, ACCEPT null, REJECT replay_detected
