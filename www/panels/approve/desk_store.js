/** What the desk remembers in this browser: decisions, and the last approved packet of every sender. */
import { collections } from "../../ui/database.js";

const { decisions, approved } = collections("trusthandoff-desk", ["decisions", "approved"]);

/** The sender as its key and name together: another key under the same name is another sender. */
const senderOf = ({ from_agent: agent, public_key: key }) => `${agent} ${key}`;

/** Keeps a decision; an approved packet is what the sender's next one is compared with. */
export async function remember({ approval, request, reviewerLabel, note }) {
  const { packet, reviewDigest } = request;
  await decisions.put({
    id: approval.id,
    atMs: Date.now(),
    decision: approval.decision,
    reviewer: approval.reviewer,
    reviewerLabel,
    note,
    statement: approval.text,
    expiresAt: approval.expires_at,
    reviewDigest,
    packetId: packet.packet_id,
    from: packet.from_agent,
    to: packet.to_agent,
    intent: packet.intent,
  });
  if (approval.decision === "APPROVED") await approved.put({ id: senderOf(packet), atMs: Date.now(), packet });
}

/** Decisions, the latest first. */
export async function history() {
  return (await decisions.all()).sort((a, b) => b.atMs - a.atMs);
}

/** The last approved packet of the same sender, with when: `{ packet, atMs }`, or undefined. */
export async function lastApproved(packet) {
  return approved.get(senderOf(packet));
}

export async function forgetDecision(id) {
  await decisions.remove(id);
}

/** Decisions and packets: afterwards nothing is left to compare with. */
export async function forgetAll() {
  await decisions.empty();
  await approved.empty();
}
