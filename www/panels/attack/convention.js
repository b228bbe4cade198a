/**
 * An agent that trusts by convention, as they are often written: the message has the fields that everybody uses, and there is
 * something in `signature`, so it will be all right.
 */
import { deed } from "./deed.js";

const isText = (value) => typeof value === "string" && value !== "";

/** The packet, if it looks like one. */
function lookedAt(text) {
  const { packet } = JSON.parse(text);
  const looksRight =
    [packet.from_agent, packet.to_agent, packet.intent, packet.nonce, packet.expires_at].every(isText) &&
    Array.isArray(packet.permissions.allowed_actions) &&
    isText(packet.signature);
  if (!looksRight) throw new TypeError("a field is missing, or not what it usually is");
  return packet;
}

/**
 * What the agent does with a received text: `{ did, asked, calls }`, or `{ did: null, why }`. `calls` are the tool calls that its
 * model wants to make; it makes them.
 */
export function receive(text, calls = 0) {
  try {
    const packet = lookedAt(text);
    return { did: deed(packet), asked: packet.from_agent, calls };
  } catch (error) {
    return { did: null, why: error instanceof SyntaxError ? "it is no JSON" : "it does not look like a packet" };
  }
}
