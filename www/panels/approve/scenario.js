/** Requests to try the desk with: real keys, real gates, a proven chain from the owner of a shop to the agent that deploys it. */
import {
  AgentIdentity,
  AgentRegistry,
  createEnvelope,
  issueCapability,
  MemoryNonceStore,
  signPacket,
  TrustHandoffMiddleware,
} from "trusthandoff/slim";

let cast = null;

/** The same agents for as long as the page is open, so that a second request comes from the same sender. */
function agents() {
  if (cast !== null) return cast;
  const [owner, planner, release, deployer] = Array.from({ length: 4 }, () => AgentIdentity.generate());
  const registry = new AgentRegistry().register(owner.agentId, owner.publicKeyPem, { roots: ["deploy", "read"] });
  for (const { agentId, publicKeyPem } of [planner, release]) registry.register(agentId, publicKeyPem);
  cast = { owner, planner, release, deployer, registry };
  return cast;
}

const DEPLOYS = {
  first: {
    intent: "Deploy shop 1.4.0 to one region, after the tests have passed",
    permissions: { allowed_actions: ["deploy:/shop/eu", "read:/shop/**"], max_tool_calls: 3 },
    context: { version: "1.4.0", ticket: "SHOP-231", rollback: true },
    constraints: { requires_human_review: true, max_runtime_seconds: 600 },
  },
  second: {
    intent: "Deploy shop 1.4.1 to all regions",
    permissions: { allowed_actions: ["deploy:/shop/*", "read:/shop/**"], max_tool_calls: 12 },
    context: { version: "1.4.1", ticket: "SHOP-244" },
    constraints: { requires_human_review: true, max_runtime_seconds: 600 },
  },
};

/** The envelope of a deployment that waits for a person: the `first`, or the `second` of the same sender, which asks for more. */
export async function deployment(which) {
  const { owner, planner, release, deployer, registry } = agents();
  const all = { allowed_actions: ["deploy", "read"], max_tool_calls: 50 };
  const right = issueCapability(owner, { subject_agent: planner.agentId, ...all });
  const narrower = right.attenuate(planner, {
    subject_agent: release.agentId,
    allowed_actions: ["deploy:/shop/*", "read:/shop/**"],
    max_tool_calls: 20,
  });
  const order = signPacket(planner, {
    to_agent: release.agentId,
    intent: "Bring the shop's next version to our customers",
    permissions: { allowed_actions: ["deploy:/shop/*", "read:/shop/**"], max_tool_calls: 20 },
    risk_level: "write",
    capability_token: narrower.token,
  });
  const gate = new TrustHandoffMiddleware({ audience: release.agentId, registry, nonces: new MemoryNonceStore({ capacity: 10 }) });
  const accepted = (await gate.handle(createEnvelope(order, { capabilities: narrower }))).throwIfRejected();
  const fields = DEPLOYS[which];
  const own = accepted.capability.attenuate(release, { subject_agent: deployer.agentId, ...fields.permissions });
  const packet = signPacket(
    release,
    {
      to_agent: deployer.agentId,
      risk_level: "write",
      ai_provenance: { source: "release-assistant" },
      ...fields,
      capability_token: own.token,
    },
    { parent: accepted },
  );
  return createEnvelope(packet, { parent: accepted });
}

/** A request that somebody changed on the way. */
export async function tampered() {
  return (await deployment("first")).replace("to one region, after the tests have passed", "to all regions, tests can wait");
}
