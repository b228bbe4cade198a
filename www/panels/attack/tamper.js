/** Tampering: which piece of a captured envelope is changed, and to what. The signature is left as it is. */
import { laidOut } from "./json_lines.js";

/** Ahead of a whole day, in the packet's own spelling. */
const aDayLater = (moment) => new Date(Date.parse(moment) + 86_400_000).toISOString().replace(/\.(\d{3})Z$/, ".$1000+00:00");

const another = (character) => (character === "A" ? "B" : "A");

/** A captured sentence that asks for more. */
export function worse(intent) {
  const rest = intent.trim().split(/\s+/).slice(1).join(" ") || "everything";
  return /^publish\b/i.test(intent.trim()) ? `Delete ${rest}` : `Publish ${rest}`;
}

/** Member of the packet → what the attacker would like there. Members are named by their path. */
const WISHES = {
  intent: ({ intent }) => worse(intent),
  from_agent: (_, { attacker }) => attacker.agentId,
  to_agent: (_, { bystander }) => bystander.agentId,
  "permissions.allowed_actions": () => ["read", "publish", "delete"],
  "permissions.max_tool_calls": () => 3000,
  risk_level: () => "write",
  expires_at: ({ expires_at }) => aDayLater(expires_at),
  ttl_seconds: () => 86400,
  nonce: ({ nonce }) => `${another(nonce[0])}${nonce.slice(1)}`,
  packet_id: ({ packet_id }) => `${packet_id}-again`,
  context: ({ context }) => ({ ...context, approved_by: "the boss" }),
  ai_provenance: () => ({ source: "a person, promised" }),
  signature: ({ signature }) => `${another(signature[0])}${signature.slice(1)}`,
  signature_algo: () => "none",
  public_key: (_, { impostor }) => impostor.publicKeyPem,
};

/** Neither is a member that the planner wrote: one more that nobody knows, and one that is there twice. */
const ADDED = "is_admin (one more field)";
const TWICE = "intent (a second one)";

export const FIELDS = [...Object.keys(WISHES), ADDED, TWICE];

/** What stands in the value box when a field is picked. */
export function wished(field, packet, cast) {
  if (field === ADDED) return "true";
  if (field === TWICE) return worse(packet.intent);
  return shown(WISHES[field](packet, cast));
}

/** A text stands as it is, anything else as JSON. */
const shown = (value) => (typeof value === "string" ? value.replaceAll("\n", "\\n") : JSON.stringify(value));

/** What a person typed, as the kind of value that stands there now if it can be. */
function typed(text, current) {
  if (typeof current === "string") return text.replaceAll("\\n", "\n");
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** `envelope` as laid out text with the field changed to what was typed, and the pointer of what changed. */
export function tampered(envelope, field, text) {
  const changed = structuredClone(envelope);
  const { packet } = changed;
  if (field === ADDED) {
    changed.packet = { is_admin: typed(text, true), ...packet };
    return { text: laidOut(changed), pointer: "/packet/is_admin" };
  }
  if (field === TWICE) {
    // Readers disagree on which of two counts; JSON.parse takes the last one.
    const first = laidOut(changed);
    const second = (line, indent) => `${line}\n${indent}"intent": ${JSON.stringify(text)},`;
    return { text: first.replace(/^( *)"intent": .*$/m, second), pointer: "/packet/intent" };
  }
  const path = field.split(".");
  const holder = path.slice(0, -1).reduce((value, key) => value[key], packet);
  const key = path.at(-1);
  holder[key] = typed(text, holder[key]);
  return { text: laidOut(changed), pointer: `/packet/${path.join("/")}` };
}
