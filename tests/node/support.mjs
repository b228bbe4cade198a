/** Cast, packets and gates for the tests; everything against the built package. */
import * as trusthandoff from "../../pkg/dist/index.js";

export const { AgentIdentity, AgentRegistry, createEnvelope, MemoryNonceStore, signPacket, TrustHandoffMiddleware } = trusthandoff;
export { trusthandoff };

/** 2026-03-08T12:00:00Z, the time of all tests. */
export const NOW = Date.UTC(2026, 2, 8, 12);

const seed = (byte) => new Uint8Array(32).fill(byte);
export const planner = AgentIdentity.fromPrivateKey(seed(1));
export const researcher = AgentIdentity.fromPrivateKey(seed(2));
export const stranger = AgentIdentity.fromPrivateKey(seed(3));

export const registry = () => new AgentRegistry().register(planner.agentId, planner.publicKeyPem, { now: NOW - 1000 });

export const fields = (more = {}) => ({
  to_agent: researcher.agentId,
  intent: "Summarize the findings",
  risk_level: "read",
  permissions: { allowed_actions: ["read", "summarize"], max_tool_calls: 3 },
  context: { company: "Example Corp" },
  ...more,
});

export const wire = (more, { identity = planner, now = NOW, ...options } = {}) => createEnvelope(signPacket(identity, fields(more), { now, ...options }));

export const gate = (more = {}) =>
  new TrustHandoffMiddleware({ audience: researcher.agentId, registry: registry(), nonces: new MemoryNonceStore({ capacity: 1000 }), clock: () => NOW, ...more });

/** What a call throws, or rejects with; undefined if it does neither. */
export async function failureOf(call) {
  try {
    await call();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Milliseconds that this process works for a call, whatever else the machine does. */
export function work(call) {
  const before = process.cpuUsage();
  call();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
