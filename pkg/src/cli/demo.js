import { issueCapability } from "../capability.js";
import { TrustHandoffExecutor } from "../execution/executor.js";
import { TrustHandoffMiddleware } from "../gate/middleware.js";
import { AgentIdentity } from "../identity.js";
import { createEnvelope, signPacket } from "../packet.js";
import { AgentRegistry } from "../registry.js";
import { MemoryNonceStore } from "../stores/memory.js";
import { parse } from "./arguments.js";

/** `demo` */
export async function demo(args, io, help) {
  const { values } = parse("demo", args, {}, 0);
  if (values.help) return help("demo");
  const rows = await handoffs();
  const { paint, out } = io;
  if (!values.json) await out.line(paint.dim("A planner hands a task to a researcher, who hands a part of it on to a writer. The gate of each receiver decides:\n"));
  for (const { name, expected, protection, decision } of rows) {
    const { decision: verdict, code } = decision;
    const asExpected = code === expected;
    if (!asExpected) io.refused = true;
    if (values.json) {
      await out.line(JSON.stringify({ case: name, decision: verdict, code, expected_code: expected, protection }));
      continue;
    }
    const mark = verdict === "ACCEPT" ? paint.good : paint.bad;
    const note = asExpected ? protection : `UNEXPECTED, should have been ${expected ?? "accepted"}`;
    await out.line(`${name.padEnd(15)} ${mark(verdict)}  ${(code ?? "-").padEnd(28)} ${note}`);
  }
  return io.refused ? 1 : 0;
}

/** A part of what was accepted, for the next agent. */
function handedOn(parent, from, to) {
  const fields = { to_agent: to.agentId, intent: "Write the summary", risk_level: "read", permissions: { allowed_actions: ["summarize"] } };
  return createEnvelope(signPacket(from, fields, { parent }), { parent });
}

/** The genuine handoff and the attacks on it, each with the decision of a real gate. */
async function handoffs() {
  const owner = AgentIdentity.generate();
  const planner = AgentIdentity.generate();
  const researcher = AgentIdentity.generate();
  const writer = AgentIdentity.generate();
  const stranger = AgentIdentity.generate();
  // Another key that claims the planner's id: what a thief of names can make, short of the planner's secret.
  const impostor = AgentIdentity.generate({ agentId: planner.agentId });
  const registry = new AgentRegistry()
    .register(owner.agentId, owner.publicKeyPem, { roots: ["read", "summarize"] })
    .register(planner.agentId, planner.publicKeyPem)
    .register(researcher.agentId, researcher.publicKeyPem)
    .register(stranger.agentId, stranger.publicKeyPem);
  const gateOf = (agent) => new TrustHandoffMiddleware({ audience: agent.agentId, registry, nonces: new MemoryNonceStore({ capacity: 1000 }) });
  const gate = gateOf(researcher);

  const fields = {
    to_agent: researcher.agentId,
    intent: "Summarize the findings",
    risk_level: "read",
    permissions: { allowed_actions: ["read", "summarize"], max_tool_calls: 3 },
    context: { company: "Example Corp" },
  };
  const handoff = (identity, more) => createEnvelope(signPacket(identity, { ...fields, ...more }));
  const genuine = handoff(planner);
  const first = gate.handleSync(genuine);
  const later = Date.now() + 16 * 60 * 1000;
  // What the planner may do at all, and what it hands on of it.
  const right = issueCapability(owner, { subject_agent: planner.agentId, allowed_actions: ["read", "summarize"], max_tool_calls: 2 });
  const entitled = { capability_token: right.token, permissions: { allowed_actions: ["read"], max_tool_calls: 2 } };
  const executor = new TrustHandoffExecutor({ gate });
  const { error } = await executor.execute(handoff(planner, entitled), async (task) => {
    for (let call = 1; call <= 3; call += 1) await task.use("read");
  });

  return [
    {
      name: "genuine",
      expected: null,
      protection: "signed by a key the researcher trusts, addressed to it, in time, seen for the first time",
      decision: first,
    },
    {
      name: "second hop",
      expected: null,
      protection: "signed by the researcher, with the planner's packet as the proof that it hands on no more than it was given",
      decision: gateOf(writer).handleSync(handedOn(first, researcher, writer)),
    },
    {
      name: "tampered",
      expected: "invalid_signature",
      protection: "the signature protected the planner: nobody else decides what it asks for",
      decision: gate.handleSync(handoff(planner).replace("Summarize the findings", "Publish the findings")),
    },
    {
      name: "replayed",
      expected: "replay_detected",
      protection: "the nonce store protected the researcher: one handoff, done once",
      decision: gate.handleSync(genuine),
    },
    {
      name: "expired",
      expected: "expired",
      protection: "the signed expiry protected the planner: a kept task is not done 16 minutes later",
      decision: gate.handleSync(handoff(planner), { now: later }),
    },
    {
      name: "wrong audience",
      expected: "wrong_audience",
      protection: "the signed receiver protected a bystander: a task for the researcher is not its own",
      decision: gateOf(stranger).handleSync(handoff(planner)),
    },
    {
      name: "forged key",
      expected: "public_key_mismatch",
      protection: "the registry protected the planner: its name does not work with another's key",
      decision: gate.handleSync(handoff(impostor)),
    },
    {
      name: "escalated",
      expected: "authority_escalation",
      protection: "the capability protected its owner: what it does not grant, nobody hands on",
      decision: gate.handleSync(handoff(planner, { ...entitled, permissions: { allowed_actions: ["read", "publish"], max_tool_calls: 2 } })),
    },
    {
      name: "stolen token",
      expected: "capability_subject_mismatch",
      protection: "the capability protected its owner: it works with its holder's key only",
      decision: gate.handleSync(handoff(stranger, entitled)),
    },
    {
      name: "over budget",
      expected: "tool_calls_exhausted",
      protection: "the counter protected the owner: two calls were granted, the third was not made",
      decision: { decision: "REJECT", code: error?.code ?? null },
    },
    {
      name: "unreviewed",
      expected: "human_review_required",
      protection: "the review rule protected people: no signed approval of theirs, no action",
      decision: gate.handleSync(handoff(planner, { constraints: { requires_human_review: true } })),
    },
  ];
}
