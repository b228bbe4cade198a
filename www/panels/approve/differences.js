/** How a packet differs in content from an earlier one of the same sender. */
import { DelegationCapability } from "trusthandoff/slim";

/** New in every packet, and told elsewhere or of no meaning to people. */
const ALWAYS_NEW = new Set([
  "packet_id",
  "task_id",
  "nonce",
  "issued_at",
  "expires_at",
  "signature",
  "signature_algo",
  "public_key",
  "from_agent",
  "capability_token",
]);
const NEW_IN_CAPABILITY = new Set(["capability_id", "parent_capability_id", "issued_at", "expires_at", "signature_algo", "public_key"]);
/** Lists whose order says nothing. */
const SETS = new Set(["memory_refs", "permissions.allowed_actions", "capability.delegated_permissions.allowed_actions"]);
/** Where the sender writes what it likes: there a null is a value like any other. */
const FREE = /^(context|ai_provenance)\./;

/** `[{ field, kind, before, after }]` with kind `added`, `removed` or `changed`; both values are texts or null. */
export function differences(before, after) {
  const [old, young] = [leaves(before), leaves(after)];
  const found = [];
  for (const [at, { field, value }] of old) {
    const now = young.get(at)?.value;
    if (now === undefined) found.push({ field, kind: "removed", before: readable(value), after: null });
    else if (now !== value) found.push({ field, kind: "changed", ...apart(value, now) });
  }
  for (const [at, { field, value }] of young) if (!old.has(at)) found.push({ field, kind: "added", before: null, after: readable(value) });
  return withoutEchoes(found).sort((a, b) => weight(a) - weight(b) || (a.field < b.field ? -1 : a.field > b.field ? 1 : 0));
}

/** What counts most comes first. */
const ORDER = ["intent", "permissions", "constraints", "risk_level", "to_agent", "ai_provenance", "capability"];

function weight({ field }) {
  const place = ORDER.indexOf(field.split(".")[0]);
  return place === -1 ? ORDER.length : place;
}

/** A capability is mostly narrowed to the packet's own permissions: one difference is told once. */
function withoutEchoes(found) {
  const key = ({ field, kind, before, after }) =>
    JSON.stringify([field.replace("capability.delegated_permissions", "permissions"), kind, before, after]);
  const own = new Set(found.filter(({ field }) => field.startsWith("permissions.")).map(key));
  return found.filter((each) => !each.field.startsWith("capability.") || !own.has(key(each)));
}

/** Place → `{ field, value }`, the value as JSON text. A place keeps names apart that hold dots; a member of a set stands for itself. */
function leaves(packet) {
  const found = new Map();
  const put = (path, value, ...item) =>
    found.set(JSON.stringify([...path, item]), { field: path.map(step).join("."), value: exact(value) });
  const walk = (value, path) => {
    const at = path.join(".");
    if (value === undefined || (value === null && !FREE.test(at))) return;
    if (SETS.has(at)) value.forEach((item) => put(path, item, item));
    else if (typeof value !== "object" || value === null || Array.isArray(value)) put(path, value);
    else if (Object.keys(value).length === 0 && FREE.test(at)) put(path, value);
    else for (const name of Object.keys(value)) walk(value[name], [...path, name]);
  };
  for (const name of Object.keys(packet)) if (!ALWAYS_NEW.has(name)) walk(packet[name], [name]);
  for (const [name, value] of Object.entries(capabilityOf(packet))) if (!NEW_IN_CAPABILITY.has(name)) walk(value, ["capability", name]);
  return found;
}

/** A name in a field; in quotes where it could be taken for several. */
function step(name) {
  return /^[^."]+$/.test(name) ? name : JSON.stringify(name);
}

/** JSON in which a whole number of any size keeps its digits, and is no text. */
function exact(value) {
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return `[${value.map(exact).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.keys(value)
    .map((name) => `${JSON.stringify(name)}: ${exact(value[name])}`)
    .join(", ")}}`;
}

/** A text without its quotes. */
function readable(json) {
  return json.startsWith('"') ? JSON.parse(json) : json;
}

/** Both values for people; with their quotes where only those tell them apart. */
function apart(before, after) {
  const same = readable(before) === readable(after);
  return same ? { before, after } : { before: readable(before), after: readable(after) };
}

/** What the packet's capability says; nothing where it has none, or one that cannot be read. */
function capabilityOf({ capability_token: token }) {
  if (token === null || token === undefined) return {};
  try {
    return { ...DelegationCapability.decode(token) };
  } catch {
    return { unreadable: token };
  }
}
