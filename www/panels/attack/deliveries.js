/**
 * Each way to bring a task to the receivers: the genuine one, and what an attacker makes of it. Everything is made with the package
 * itself, out of real keys; what comes of it is for the receivers to say.
 *
 * A delivery is `{ text, before, deed, story, … }`: what is handed in, what was sent before somebody changed it, what the attacker does
 * in a few words, and a sentence for people. Further: `points` (pointers worth a look), `taps` (where the attacker works), `receiver`,
 * `now`, `calls`, `approvals`, `isIdle` (the attacker does nothing).
 */
import { approve, createEnvelope, issueCapability, signPacket } from "trusthandoff/slim";
import { laidOut } from "./json_lines.js";
import { tampered, wished, worse } from "./tamper.js";

const SIXTEEN_MINUTES_MS = 16 * 60 * 1000;
const GRANTED_CALLS = 2;

/** What the planner asks for. `sentence` is the person's own. */
const task = ({ researcher }, sentence) => ({
  to_agent: researcher.agentId,
  intent: sentence,
  risk_level: "read",
  permissions: { allowed_actions: ["read", "summarize"], max_tool_calls: 3 },
  context: { report: "Q3" },
});

/** A signed packet as it travels, laid out so that it can be read. */
const sealed = (packet) => laidOut(JSON.parse(createEnvelope(packet)));

/** The planner's own packet and its text. */
export function signedTask(cast, sentence, more = {}) {
  const packet = signPacket(cast.planner, { ...task(cast, sentence), ...more });
  return { packet, text: sealed(packet) };
}

const CONTENT = [
  ...["packet_id", "task_id", "nonce", "issued_at", "to_agent", "intent", "risk_level"],
  ...["permissions", "context", "constraints", "capability_token"],
];

/** The packet's content, to be signed again by another key or at another time. */
const content = (packet) => Object.fromEntries(CONTENT.map((field) => [field, packet[field]]));

/** What the owner lets the planner do, as fields of a packet that uses it. */
function entitled({ owner, planner }) {
  const granted = { allowed_actions: ["read", "summarize"], max_tool_calls: GRANTED_CALLS };
  const right = issueCapability(owner, { subject_agent: planner.agentId, ...granted });
  return { capability_token: right.token, permissions: { allowed_actions: ["read"], max_tool_calls: GRANTED_CALLS } };
}

const reviewed = { intent: "Deploy release 1.2.3", risk_level: "write", constraints: { requires_human_review: true } };

/** id → how it is made, out of `{ cast, sentence, accepted, field, value, edited, draft, pending }`. */
const MAKERS = {
  genuine({ cast, sentence }) {
    const { text, packet } = signedTask(cast, sentence);
    return { text, before: text, packet, isIdle: true, deed: "listens", story: "Signed by the planner, delivered as it is." };
  },

  tamper({ cast, sentence, field, value }) {
    const { text, packet } = signedTask(cast, sentence);
    const wanted = value ?? wished(field, packet, cast);
    const changed = tampered(JSON.parse(text), field, wanted);
    return {
      ...{ text: changed.text, before: text, packet, value: wanted, points: [changed.pointer] },
      deed: `changes ${field.replace(/ \(.*/, "")}`,
      story: `Changes ${changed.pointer} on the way. The rest stays as it was, signature included.`,
    };
  },

  replay({ accepted }) {
    const { text, packet } = accepted;
    return {
      ...{ text, before: text, packet, points: ["/packet/nonce"] },
      deed: "sends it again",
      story: "Every byte is genuine and was accepted before. It comes a second time.",
    };
  },

  forge({ cast, sentence }) {
    const { text, packet } = signedTask(cast, sentence);
    return {
      ...{ text: sealed(signPacket(cast.impostor, content(packet))), before: text, packet },
      deed: "signs as the planner",
      story: "The same packet under the planner's name, validly signed, with a key of the attacker's.",
    };
  },

  steal({ cast, sentence }) {
    const { text, packet } = signedTask(cast, sentence, entitled(cast));
    const own = signPacket(cast.attacker, { ...content(packet), intent: worse(sentence) });
    return {
      ...{ text: sealed(own), before: text, packet, points: ["/packet/capability_token"] },
      deed: "takes the token",
      story: "Lifts the planner's capability token out of its packet and into one of its own, validly signed.",
    };
  },

  expire({ cast, sentence }) {
    const { text, packet } = signedTask(cast, sentence);
    return {
      ...{ text, before: text, packet, points: ["/packet/expires_at"], now: Date.now() + SIXTEEN_MINUTES_MS },
      deed: "waits 16 minutes",
      story: "Every byte is genuine. It is kept until nobody wants it done any more.",
    };
  },

  redirect({ cast, sentence }) {
    const { text, packet } = signedTask(cast, sentence);
    return {
      ...{ text, before: text, packet, points: ["/packet/to_agent"], receiver: "bystander" },
      deed: "hands it to others",
      story: "Every byte is genuine. It is brought to agents that it was not addressed to.",
    };
  },

  escalate({ cast, sentence }) {
    const rights = entitled(cast);
    const { text: before } = signedTask(cast, sentence, rights);
    const { allowed_actions, ...rest } = rights.permissions;
    const asked = { permissions: { allowed_actions: ["publish", ...allowed_actions], ...rest }, intent: worse(sentence) };
    const { text, packet } = signedTask(cast, sentence, { ...rights, ...asked, ...sameNames(before) });
    return {
      ...{ text, before, packet, taps: "planner", points: ["/packet/permissions/allowed_actions"] },
      deed: "talks to the planner",
      story: "The planner is talked into asking for publish, and signs. Its capability grants read and summarize.",
    };
  },

  unreviewed({ cast }) {
    const { text, packet } = signedTask(cast, reviewed.intent, reviewed);
    return {
      ...{ text, before: text, packet, taps: "planner", points: ["/packet/constraints/requires_human_review"] },
      deed: "is in a hurry",
      story: "A deployment that people must approve first, validly signed. Nobody has approved it.",
    };
  },

  flag({ cast }) {
    const { text: before } = signedTask(cast, reviewed.intent, reviewed);
    const claimed = { ...reviewed, context: { report: "Q3", human_approval: "APPROVED" }, ...sameNames(before) };
    const { text, packet } = signedTask(cast, reviewed.intent, claimed);
    return {
      ...{ text, before, packet, taps: "planner", points: ["/packet/context/human_approval"] },
      deed: "suggests a flag",
      story: "The planner itself writes that people approved, and signs. It is not a reviewer's word.",
    };
  },

  budget({ cast }) {
    const { text, packet } = signedTask(cast, "Read the report", entitled(cast));
    return {
      ...{ text, before: text, packet, taps: "receivers", calls: GRANTED_CALLS + 1, points: ["/packet/permissions/max_tool_calls"] },
      deed: "asks for one more",
      story: `Genuine, for ${GRANTED_CALLS} tool calls. Something that the agent reads talks it into one more.`,
    };
  },

  hand({ edited, draft }) {
    return {
      ...{ text: edited, before: draft.text, packet: draft.packet },
      deed: "is you",
      story: edited === draft.text ? "Handed in as the planner signed it." : "Changed by your own hand and handed in as it stands.",
    };
  },

  /** The packet once more, as its sender issued it, with the signed word of a person beside it. */
  approved({ cast, pending }) {
    const { issued_at: _, ...rest } = content(pending);
    const packet = signPacket(cast.planner, rest);
    const text = sealed(packet);
    const approval = approve(cast.reviewer, text, { decision: "APPROVED", note: "read and approved" });
    return {
      ...{ text, before: text, packet, approvals: [approval.text], isIdle: true },
      deed: "listens",
      story: "A reviewer signed an approval of exactly this content. It travels beside the packet.",
    };
  },
};

/** Names and times of a packet that was sent before, so that only what was changed differs. */
function sameNames(text) {
  const { packet_id, task_id, nonce, issued_at } = JSON.parse(text).packet;
  return { packet_id, task_id, nonce, issued_at };
}

export function make(id, given) {
  return { id, receiver: "researcher", points: [], calls: 0, taps: "wire", ...MAKERS[id](given) };
}
