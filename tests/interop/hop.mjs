// One agent of a chain, in a process of its own: judges what it received and, if told to whom, signs on.
// Reads one JSON object from standard input: `identity`, `registry`, `form`, `strict`, `to` (null at the end of the chain),
// and `texts`, each for a fresh gate. Answers one JSON line a text. Runs in Node and in Deno.
import process from "node:process";
import { AgentIdentity, AgentRegistry, createEnvelope, MemoryNonceStore, signPacket, TrustHandoffMiddleware } from "../../pkg/dist/index.js";

let input = "";
for await (const chunk of process.stdin.setEncoding("utf8")) input += chunk;
const { identity: own, registry, form, strict, to, texts } = JSON.parse(input);
const identity = AgentIdentity.fromPrivateKeyPem(own.private_pem, { agentId: own.id });

/** Less than was received on every axis, with a capability that is narrowed for the next one. */
function signedOn(decision) {
  const { permissions, constraints } = decision.packet;
  const granted = { allowed_actions: permissions.allowed_actions, max_tool_calls: permissions.max_tool_calls - 1 };
  const capability = decision.capability.attenuate(identity, { subject_agent: to, ...granted });
  const packet = signPacket(
    identity,
    {
      to_agent: to,
      intent: `${decision.packet.intent}, and then é 😀`,
      permissions: granted,
      constraints: { ...constraints, max_runtime_seconds: constraints.max_runtime_seconds - 1 },
      context: { note: "1.0, not 1", numbers: [0.1, 1e-7, 2n ** 70n] },
      capability_token: capability.token,
    },
    { parent: decision, form },
  );
  return createEnvelope(packet, { parent: decision, capabilities: capability });
}

for (const text of texts) {
  const gate = new TrustHandoffMiddleware({ audience: own.id, registry: AgentRegistry.fromJson(JSON.stringify(registry)), nonces: new MemoryNonceStore(), strict });
  const decision = await gate.handle(text);
  const accepted = decision.decision === "ACCEPT";
  const answer = {
    pid: process.pid,
    runtime: globalThis.Deno === undefined ? "Node" : "Deno",
    code: decision.code,
    field: decision.field,
    packets: accepted ? [...decision.ancestors, decision.packet].map(({ packet_id, from_agent, to_agent, intent }) => ({ packet_id, from_agent, to_agent, intent })) : [],
    capabilities: accepted ? decision.capability.chain.length : 0,
    next: accepted && to !== null ? signedOn(decision) : null,
  };
  process.stdout.write(JSON.stringify(answer) + "\n");
}
