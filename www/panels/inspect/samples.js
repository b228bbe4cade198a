/** Real objects to look at: signed here and now with keys made for it, or by the Python reference. */
import { fetched } from "../../ui/again.js";
import {
  AgentIdentity,
  AgentRegistry,
  approve,
  createAttestation,
  createEnvelope,
  issueCapability,
  MemoryNonceStore,
  revoke,
  signPacket,
  TrustHandoffMiddleware,
} from "trusthandoff/slim";

const cast = {};
/** One cast a page, made when it is first needed. */
function agents() {
  if (cast.owner === undefined)
    for (const name of ["owner", "planner", "researcher", "writer", "reviewer"]) cast[name] = AgentIdentity.generate();
  return cast;
}

function packet() {
  const { planner, researcher } = agents();
  return signPacket(planner, {
    to_agent: researcher.agentId,
    intent: "Summarize the findings",
    risk_level: "read",
    permissions: { allowed_actions: ["read", "summarize"], max_tool_calls: 3 },
    context: { company: "Example Corp", pages: 12 },
  });
}

/** What the tampered one is made from, so that there is something to compare with. */
let genuine = null;

function makeGenuine() {
  genuine = createEnvelope(packet());
  return genuine;
}

/** A task handed on twice, each time with less, and the capabilities that allow it. */
function chain() {
  const { owner, planner, researcher, writer } = agents();
  const registry = new AgentRegistry().register(owner.agentId, owner.publicKeyPem, { roots: ["read", "fetch"] });
  for (const { agentId, publicKeyPem } of [planner, researcher, writer]) registry.register(agentId, publicKeyPem);
  const accept = ({ agentId }, wire) =>
    new TrustHandoffMiddleware({ audience: agentId, registry, nonces: new MemoryNonceStore({ capacity: 16 }) })
      .handleSync(wire)
      .throwIfRejected();
  const rights = (allowed_actions, max_tool_calls) => ({ allowed_actions, max_tool_calls });

  const right = issueCapability(owner, { subject_agent: planner.agentId, ...rights(["read", "fetch:https://api.example.com/**"], 10) });
  const first = createEnvelope(
    signPacket(planner, {
      to_agent: researcher.agentId,
      intent: "Collect the findings",
      permissions: rights(["read", "fetch:https://api.example.com/**"], 8),
    }),
  );
  const collected = accept(researcher, first);
  const narrower = right.attenuate(planner, {
    subject_agent: researcher.agentId,
    ...rights(["read", "fetch:https://api.example.com/v1/*"], 5),
  });
  const narrowest = narrower.attenuate(researcher, {
    subject_agent: writer.agentId,
    ...rights(["read:/docs/*"], 2),
    constraints: { requires_human_review: true },
  });
  const second = createEnvelope(
    signPacket(
      researcher,
      { to_agent: writer.agentId, intent: "Write the summary", permissions: rights(["read"], 5), constraints: { max_runtime_seconds: 60 } },
      { parent: collected },
    ),
    { parent: collected },
  );
  const written = accept(writer, second);
  // The last hop goes out under the capability, whose holder is the writer.
  const last = signPacket(
    writer,
    {
      to_agent: "agent:publisher",
      intent: "Publish the summary",
      permissions: rights(["read:/docs/*"], 2),
      constraints: { max_runtime_seconds: 30, requires_human_review: true },
      capability_token: narrowest.token,
    },
    { parent: written },
  );
  return createEnvelope(last, { parent: written, capabilities: narrowest });
}

function attestation() {
  const { researcher } = agents();
  const result = { summary: "Revenue grew", pages: 12 };
  const reason = { packet_digest: "ab".repeat(32), parent_attestation: null };
  const { text, timestamp_ms: now } = createAttestation(researcher, { packetId: "pk-example", status: "OK", result, reason });
  const around = JSON.stringify({ result, reason, public_key_pem: researcher.publicKeyPem, now_ms: Number(now) + 1500 });
  return `{"attestation":${text},${around.slice(1)}`;
}

const signedByPython = (name) => async () => {
  const text = await fetched(`examples/inspect/${name}.json`, (answer) => answer.text());
  return text.trimEnd();
};

/** Buttons: what they are called and the text they give. `onGenuine` is told of the one that a tampered one was made from. */
export function samples(onGenuine) {
  return [
    { label: "Genuine packet", make: makeGenuine },
    {
      label: "Tampered packet",
      async make() {
        await onGenuine(genuine ?? makeGenuine());
        return genuine.replace('"max_tool_calls": 3', '"max_tool_calls": 3000').replace("Example Corp", "Examp1e Corp");
      },
    },
    { label: "Chain of three", make: chain },
    { label: "Python 0.3.3", make: signedByPython("python-0.3.3") },
    { label: "Python 0.4.0", make: signedByPython("python-0.4.0") },
    {
      label: "Capability token",
      make: () =>
        issueCapability(agents().owner, {
          subject_agent: agents().planner.agentId,
          allowed_actions: ["read", "fetch:https://api.example.com/**"],
          max_tool_calls: 5,
        }).token,
    },
    { label: "Attestation", make: attestation },
    { label: "Approval", make: () => approve(agents().reviewer, packet().text, { decision: "APPROVED", note: "after the freeze" }).text },
    { label: "Revocation", make: () => revoke(agents().owner, { agentId: agents().planner.agentId }, { reason: "laptop lost" }).text },
  ];
}
