// Compiled, never run: what must type-check does, and each line under @ts-expect-error must not.
import {
  AgentIdentity,
  AgentRegistry,
  createEnvelope,
  MemoryNonceStore,
  type PacketDecision,
  type ReasonCode,
  signPacket,
  signPacketAsync,
  TrustHandoffError,
  TrustHandoffMiddleware,
  verifySignature,
} from "trusthandoff";
import { init } from "trusthandoff/slim";
import { IndexedDbNonceStore } from "trusthandoff/stores/indexeddb";
import { MemoryNonceStore as SameStore } from "trusthandoff/stores/memory";
import { consistencyProof, inclusionProof, type LogReport, LogWriter, readCheckpoint, Sentinel, type Severity, verifyConsistency, verifyInclusion, verifyLog } from "trusthandoff/sentinel";

const planner: AgentIdentity = AgentIdentity.generate();
const researcher = AgentIdentity.fromPrivateKeyPem(planner.privateKeyPem());
const kms = AgentIdentity.fromSigner({ publicKey: planner.publicKeyPem, sign: async (bytes: Uint8Array) => bytes });
const registry = new AgentRegistry();
registry.register(planner.agentId, planner.publicKeyPem, { roots: ["read", "search"] });

const packet = signPacket(planner, {
  to_agent: researcher.agentId,
  intent: "Summarize the findings",
  risk_level: "read",
  permissions: { allowed_actions: ["read", "summarize"], max_tool_calls: 3 },
  context: { company: "Example Corp", total: 2n ** 70n },
});
const wire: string = createEnvelope(packet);
const later: Promise<{ readonly text: string }> = signPacketAsync(kms, { to_agent: "x", intent: "x", permissions: {} });
const valid: boolean = verifySignature(wire).valid;

const gate = new TrustHandoffMiddleware({
  audience: researcher.agentId,
  registry,
  nonces: async (key: string, expiresAtMs: number) => key.length > expiresAtMs,
});
const decision: PacketDecision = await gate.handle(new Uint8Array(3));
const code: ReasonCode | null = decision.code;
// `decision` tells the compiler whether there is a packet, whichever way the gate was asked.
for (const answer of [await gate.handle("x"), gate.handleSync("x")]) {
  if (answer.decision === "ACCEPT") {
    const intent: string = answer.packet.intent;
    const nothing: null = answer.code;
    void [intent, nothing];
  } else {
    const why: ReasonCode = answer.code;
    const message: string = answer.reason;
    // @ts-expect-error what was refused has no packet
    answer.packet.intent.trim();
    void [why, message];
  }
}
const store: MemoryNonceStore = new SameStore();
const kept = new TrustHandoffMiddleware({ audience: "a", registry, nonces: new IndexedDbNonceStore({ name: "mine", capacity: 10 }) });
const fresh: Promise<boolean> = new IndexedDbNonceStore().checkAndStore("k", 1);
await init("https://example.com/core.wasm");
await init(new Uint8Array(3));

const writer = new LogWriter({ logId: "gate-1" });
const line: string = writer.append({ event_type: "task_started", total: 2n ** 70n });
const seal = readCheckpoint(writer.checkpoint(planner), { keys: [planner.publicKeyPem] });
const report: LogReport = await verifyLog((async function* () { yield line; })(), { keys: planner.publicKey, checkpoint: line });
const opened = await LogWriter.open([new Uint8Array(3), line], { logId: "gate-1", onProgress: ({ bytes, lines }) => void (bytes + lines) });
const included: boolean = verifyInclusion(line, await inclusionProof(line, 0), seal);
const extended: boolean = verifyConsistency(await consistencyProof(opened.tail, 1, { size: 2 }), seal, seal);
const audit = await new Sentinel({ rules: [{ type: "own", severity: "low", event_type: "tool_used", sentence: "{action}" }], since: new Date(0) }).ingestStream(line);
const gravest: Severity | undefined = audit.detectViolations()[0]?.severity;

// @ts-expect-error a severity that does not exist
new Sentinel({ minSeverity: "fatal" });
// @ts-expect-error a proof without the seal it is judged by proves nothing
verifyInclusion(line, await inclusionProof(line, 0));
// @ts-expect-error a log is no object
await verifyLog({ lines: [] });
// @ts-expect-error no audience: there is no default that is open
new TrustHandoffMiddleware({ registry, nonces: store });
// @ts-expect-error no registry
new TrustHandoffMiddleware({ audience: "a", nonces: store });
// @ts-expect-error no nonce store
new TrustHandoffMiddleware({ audience: "a", registry });
// @ts-expect-error an object has lost the text that was signed
verifySignature({ packet: {} });
// @ts-expect-error decisions are frozen
decision.decision = "ACCEPT";
// @ts-expect-error an undefined packet is possible until the decision was looked at
decision.packet.intent.trim();
// @ts-expect-error an answer that comes later is no answer yet
const taken: boolean = new IndexedDbNonceStore().checkAndStore("k", 1);
// @ts-expect-error only two risk levels
signPacket(planner, { to_agent: "x", intent: "x", permissions: {}, risk_level: "critical" });
// @ts-expect-error a number is no source of wasm
await init(42);
// @ts-expect-error codes are a closed union
const never: ReasonCode = "no_such_code";

export { code, extended, fresh, gravest, included, kept, later, never, report, taken, TrustHandoffError, valid };
