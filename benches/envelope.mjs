/** The handoff that is measured: an envelope of 1.3 kB, and the bytes that its packet's signature covers. */
import { createEnvelope, signPacket } from "../pkg/dist/index.js";

const CONTEXT = {
  company: "Example Corp",
  project: "Quarterly market review",
  notes: "Compare the three vendors by price, support and data residency.",
  sources: ["https://reports.example.com/2026/q1", "https://reports.example.com/2026/q2"],
};

export const fieldsFor = (agentId) => ({
  to_agent: agentId,
  intent: "Summarize the findings of the vendor comparison for the board",
  risk_level: "read",
  permissions: { allowed_actions: ["read", "search", "summarize"], max_tool_calls: 12 },
  context: CONTEXT,
});

export const envelopeFrom = (identity, agentId) => createEnvelope(signPacket(identity, fieldsFor(agentId)));

/**
 * The signed bytes of the 0.4.0 form, from the text of an envelope. Enough for the packets made here, which hold neither
 * floats nor big integers; that the other libraries verify the signature over them shows that they are the same bytes.
 */
export function signedBytes(envelope) {
  const { signature, ...packet } = JSON.parse(envelope).packet;
  for (const name of ["issued_at", "expires_at"]) packet[name] = packet[name].replace("+00:00", "Z");
  const text = JSON.stringify(sorted(packet)).replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return { bytes: new TextEncoder().encode(text), signature: new Uint8Array(Buffer.from(signature, "base64")) };
}

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, member]) => [key, sorted(member)]),
  );
}
