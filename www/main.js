/** The live demo: real keys, real envelopes, a real gate. Nothing here decides; it shows what the gate decided. */
import { AgentIdentity, AgentRegistry, createEnvelope, MemoryNonceStore, signPacket, TrustHandoffMiddleware } from "../pkg/dist/index.js";

/** Checks in the gate's order, in words for people. */
const CHECKS = {
  size: "size",
  encoding: "UTF-8",
  json: "strict JSON",
  fields: "fields",
  algorithm: "algorithm",
  public_key: "key encoding",
  ttl: "own lifetime",
  identity: "sender's own key",
  agent_revocation: "not revoked",
  audience: "meant for me",
  signature: "signature",
  time: "in time",
  ttl_policy: "my limits",
  chain: "chain",
  ai_provenance: "AI provenance",
  replay: "first time",
};
const STEP_MS = 45;
const SIXTEEN_MINUTES_MS = 16 * 60 * 1000;

const at = (id) => document.getElementById(id);
const buttons = [...document.querySelectorAll("[data-delivery]")];
const still = matchMedia("(prefers-reduced-motion: reduce)");

let planner;
let researcher;
let impostor;
let gate;
let bystanderGate;

/** The envelope that was accepted last, for the replay. */
let accepted = null;
/** Counts deliveries, so that an animation under way stops when the next one starts. */
let delivery = 0;

function cast() {
  planner = AgentIdentity.generate();
  researcher = AgentIdentity.generate();
  const bystander = AgentIdentity.generate();
  // Another key that claims the planner's id: all that a thief of names can make without the planner's secret.
  impostor = AgentIdentity.generate({ agentId: planner.agentId });
  const registry = new AgentRegistry().register(planner.agentId, planner.publicKeyPem);
  const gateOf = (agent) => new TrustHandoffMiddleware({ audience: agent.agentId, registry, nonces: new MemoryNonceStore({ capacity: 10_000 }) });
  gate = gateOf(researcher);
  bystanderGate = gateOf(bystander);
}

function sign(identity = planner) {
  const packet = signPacket(identity, {
    to_agent: researcher.agentId,
    intent: at("intent").value || "Summarize the findings",
    risk_level: "read",
    permissions: { allowed_actions: ["read", "summarize"], max_tool_calls: 3 },
    context: { company: "Example Corp" },
  });
  return createEnvelope(packet);
}

/** Each delivery: the text that is handed in, what was done to it, and whose gate gets it when. */
const DELIVERIES = {
  genuine: () => ({ wire: sign(), story: "signed just now by the planner" }),
  tamper() {
    const wire = sign();
    const [field, other] = ['"max_tool_calls": 3', '"max_tool_calls": 3000'];
    return { wire: wire.replace(field, other), story: `changed on the way: ${field} → ${other}` };
  },
  async replay() {
    if (accepted === null) await deliver(DELIVERIES.genuine());
    return { wire: accepted, story: "accepted before, handed in again" };
  },
  audience: () => ({ wire: sign(), story: "signed for the researcher, handed to another agent", receiver: bystanderGate }),
  expire: () => ({ wire: sign(), story: "kept for 16 minutes, then handed in", options: { now: Date.now() + SIXTEEN_MINUTES_MS } }),
  forge: () => ({ wire: sign(impostor), story: "the planner's name under another key" }),
  text: () => ({ wire: at("wire").value, story: "handed in as it stands" }),
};

async function deliver({ wire, story, receiver = gate, options }) {
  const decision = await receiver.handle(wire, options);
  if (decision.decision === "ACCEPT") accepted = wire;
  return { wire, story, decision };
}

async function handOver(name) {
  try {
    await show(await deliver(await DELIVERIES[name]()));
  } catch (error) {
    fail(error);
  }
}

async function show({ wire, story, decision }) {
  const mine = (delivery += 1);
  const verdict = at("verdict");
  at("wire").value = wire;
  at("story").textContent = story;
  const items = new Map(Object.keys(CHECKS).map((name) => [name, at(`check-${name}`)]));
  for (const item of items.values()) delete item.dataset.outcome;
  for (const { check, outcome, detail } of decision.checks) {
    if (!still.matches) await new Promise((resolve) => setTimeout(resolve, STEP_MS));
    if (mine !== delivery) return;
    const item = items.get(check);
    if (item === undefined) continue;
    item.dataset.outcome = outcome;
    item.title = detail;
  }
  verdict.dataset.decision = decision.decision;
  verdict.dataset.code = decision.code ?? "";
  at("decision").textContent = decision.decision;
  at("code").textContent = decision.code ?? "";
  at("reason").textContent = decision.reason ?? `“${decision.packet.intent}” may be done, once, until ${new Date(decision.expiresAtMs).toLocaleTimeString()}.`;
  verdict.dataset.delivery = String(mine);
}

/** What the page itself got wrong, or the browser does not allow. Never a decision. */
function fail(error) {
  at("decision").textContent = "error";
  at("code").textContent = error.code ?? "";
  at("reason").textContent = error.message;
}

function start() {
  cast();
  at("planner").textContent = planner.agentId;
  at("researcher").textContent = researcher.agentId;
  for (const [name, label] of Object.entries(CHECKS)) {
    const item = document.createElement("li");
    item.id = `check-${name}`;
    item.textContent = label;
    at("checks").append(item);
  }
  for (const button of buttons) {
    button.addEventListener("click", () => handOver(button.dataset.delivery));
    button.disabled = false;
  }
  at("wire").value = sign();
  at("story").textContent = "signed by the planner, not handed in yet";
  at("decision").textContent = "ready";
  at("reason").textContent = "Deliver the task, then try to get it past the gate in any other way.";
}

try {
  start();
} catch (error) {
  fail(error);
}
