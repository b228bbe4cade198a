/** What stands in the way of a reviewer's word on a packet, each in one line. */
import { ago } from "./words.js";

/**
 * `[{ code, text, blocks }]`, the gravest first. `blocks` says that no gate counts this reviewer's word. `reviewer` may be null.
 */
export function obstacles({ packet }, reviewer, nowMs = Date.now()) {
  const found = [];
  const own = "a gate counts nobody's word on a packet of their own.";
  if (reviewer !== null) {
    if (reviewer.agentId === packet.from_agent || reviewer.publicKeyPem === packet.public_key) {
      found.push({ code: "human_review_required", text: `You are the sender of this packet: ${own}`, blocks: true });
    } else if (reviewer.agentId === packet.to_agent) {
      found.push({ code: "human_review_required", text: `You are the receiver of this packet: ${own}`, blocks: true });
    }
  }
  const endMs = packet.expires_at === null ? null : Date.parse(packet.expires_at);
  if (endMs !== null && endMs <= nowMs) {
    found.push({
      code: "expired",
      text: `This copy expired ${ago(nowMs - endMs)}: a gate refuses it. Your word counts once its sender issues the same again.`,
      blocks: false,
    });
  }
  if (packet.constraints?.requires_human_review !== true) {
    found.push({
      code: null,
      text:
        "It does not ask for review itself: only gates that want people to look at what AI makes wait for an approval. " +
        "A denial counts everywhere.",
      blocks: false,
    });
  }
  return found;
}
