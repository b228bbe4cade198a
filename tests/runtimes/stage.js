/** Who plays in the suite. Keys, ids and times are fixed, so that every runtime makes the same bytes. */
export const NOW = Date.UTC(2026, 2, 8, 12);

/** The cast, and what it takes to let one send to the other. */
export function stage(trusthandoff, { sentinel, webhook }) {
  const identity = (byte) => trusthandoff.AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(byte));
  const [planner, researcher, stranger] = [identity(1), identity(2), identity(3)];
  const registry = new trusthandoff.AgentRegistry();
  registry.register(planner.agentId, planner.publicKeyPem, { now: NOW - 60_000 });
  const fields = {
    ...{ packet_id: "packet-1", task_id: "task-1", nonce: "nonce-1", to_agent: researcher.agentId },
    ...{ intent: "Summarize the findings, r\u00e9sum\u00e9 \u{1f600}", risk_level: "read" },
    permissions: { allowed_actions: ["read"], max_tool_calls: 3 },
    context: { company: "Example Corp", share: 0.25, total: 2n ** 70n, nested: { list: [1, null, true] } },
  };
  return {
    ...{ trusthandoff, sentinel, webhook, planner, researcher, stranger, registry },
    packet: (more, signer = planner, options) => trusthandoff.signPacket(signer, { ...fields, ...more }, { now: NOW, ...options }),
    wire(more, signer, options) {
      return trusthandoff.createEnvelope(this.packet(more, signer, options));
    },
    gate: (more) =>
      new trusthandoff.TrustHandoffMiddleware({
        ...{ audience: researcher.agentId, registry, nonces: new trusthandoff.MemoryNonceStore(), clock: () => NOW },
        ...more,
      }),
  };
}

/** As data that every runtime spells alike. */
export function plain(value) {
  return JSON.parse(JSON.stringify(value, (_, inner) => (typeof inner === "bigint" ? `${inner}n` : inner)));
}
