/** Who plays: agents with real keys, made when the panel starts, and what the receivers know of them. */
import { AgentIdentity, AgentRegistry, MemoryNonceStore, TrustHandoffExecutor, TrustHandoffMiddleware } from "trusthandoff/slim";

/** All the agents, the registry they are known by, and a gate for each receiver. */
export function newCast() {
  const [owner, planner, researcher, bystander, attacker, reviewer] = Array.from({ length: 6 }, () => AgentIdentity.generate());
  const registry = new AgentRegistry()
    .register(owner.agentId, owner.publicKeyPem, { roots: ["read", "summarize"] })
    .register(reviewer.agentId, reviewer.publicKeyPem, { reviewer: true });
  // The attacker is an agent like any other: it has a name and a key, and both are known.
  for (const { agentId, publicKeyPem } of [planner, researcher, bystander, attacker]) registry.register(agentId, publicKeyPem);
  const gateOf = ({ agentId }) => {
    const nonces = new MemoryNonceStore({ capacity: 10_000 });
    return new TrustHandoffMiddleware({ audience: agentId, registry, nonces, review: { threshold: 1 } });
  };
  const gates = { researcher: gateOf(researcher), bystander: gateOf(bystander) };
  return {
    ...{ owner, planner, researcher, bystander, attacker, reviewer, gates },
    /** The planner's name with a key of the attacker's: all that can be made of it without the planner's secret. */
    impostor: AgentIdentity.generate({ agentId: planner.agentId }),
    executor: new TrustHandoffExecutor({ gate: gates.researcher }),
  };
}
