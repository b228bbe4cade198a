import { AgentIdentity, AgentRegistry } from "trusthandoff";

const planner = AgentIdentity.generate();
const ana = AgentIdentity.generate();
const restored = AgentIdentity.fromPrivateKeyPem(planner.privateKeyPem());
console.log(restored.agentId === planner.agentId, restored.fingerprint.length);

const registry = new AgentRegistry()
  .register(planner.agentId, planner.publicKeyPem, { roots: ["read", "fetch:https://api.example.com/**"] })
  .register(ana.agentId, ana.publicKeyJwk(), { reviewer: true });
const file = registry.toJson(); // registry.json, for the gate and for the command line
console.log(AgentRegistry.fromJson(file).has(ana.agentId));
// prints: true 64, true
