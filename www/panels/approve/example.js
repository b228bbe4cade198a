import { AgentIdentity, AgentRegistry, approveAsync, createEnvelope } from "trusthandoff";
import { MemoryNonceStore, reviewRequest, signPacket, TrustHandoffMiddleware } from "trusthandoff";

const [planner, deployer] = [AgentIdentity.generate(), AgentIdentity.generate()];
const ana = await AgentIdentity.fromCryptoKey(await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]));
const review = { risk_level: "write", constraints: { requires_human_review: true } };
const wire = createEnvelope(signPacket(planner, { to_agent: deployer.agentId, intent: "Deploy 1.4.0", ...review }));

console.log(reviewRequest(wire).packet.intent); // what to show to a person, whose key nobody can read out
const { text } = await approveAsync(ana, wire, { decision: "APPROVED", note: "after the freeze" });
const registry = new AgentRegistry().register(planner.agentId, planner.publicKeyPem);
registry.register(ana.agentId, ana.publicKeyPem, { reviewer: true });
const gate = new TrustHandoffMiddleware({ audience: deployer.agentId, registry, nonces: new MemoryNonceStore() });
console.log((await gate.handle(wire)).code, (await gate.handle(wire, { approvals: [text] })).decision);
// prints: Deploy 1.4.0, human_review_required ACCEPT
