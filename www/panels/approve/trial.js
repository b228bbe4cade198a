/** What a gate does with a reviewer's word: a real gate, here, that trusts everybody who signed something in the envelope. */
import { AgentRegistry, createEnvelope, DelegationCapability, MemoryNonceStore, TrustHandoffMiddleware } from "trusthandoff/slim";
import { received } from "./received.js";

/** The gate's decision on `text` with the statement beside it. */
export async function trial(text, { packet }, reviewer, statement) {
  const { isEnvelope, packets, tokens } = received(text);
  const gate = new TrustHandoffMiddleware({
    audience: packet.to_agent,
    registry: trusting([...packets, packet], tokens, packet.capability_token, reviewer),
    nonces: new MemoryNonceStore({ capacity: 10 }),
    review: { reviewers: [reviewer.agentId] },
    boundary: () => true,
    maxDepth: 64,
  });
  return gate.handle(isEnvelope ? text : createEnvelope(text), { approvals: [statement] });
}

/** A registry that names the signers of all these, and the issuer of the first capability as the root of what it grants. */
function trusting(packets, tokens, token, reviewer) {
  const registry = new AgentRegistry();
  const know = (agentId, key, options) => {
    // A second key of an agent that is known is the gate's to refuse.
    if (!registry.has(agentId)) registry.register(agentId, key, options);
  };
  const chain = token === null || tokens.includes(token) ? tokens : [...tokens, token];
  for (const [depth, each] of chain.entries()) {
    const { issuer_agent: issuer, public_key: key, delegated_permissions: granted } = decoded(each) ?? {};
    if (issuer !== undefined) know(issuer, key, depth === 0 ? { roots: granted.allowed_actions } : {});
  }
  for (const { from_agent: agent, public_key: key } of packets) know(agent, key);
  know(reviewer.agentId, reviewer.publicKeyPem);
  return registry;
}

function decoded(token) {
  try {
    return DelegationCapability.decode(token);
  } catch {
    return null;
  }
}
