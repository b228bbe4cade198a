// Capabilities through the package's public API, one JSON line each.
// `grants.mjs make SEED COUNT`: COUNT that are issued, and COUNT chains that end in an attenuated one. `plain` marks those
// whose actions are narrowed by leaving some out, which the reference's own narrowing rule knows.
// `grants.mjs judge`: reads lines of `tokens`, root first, and says what the last of them is, proven by the others.
import { createInterface } from "node:readline";
import { AgentIdentity, DelegationCapability, issueCapability } from "../../pkg/dist/index.js";
import { below, bigInteger, chance, label, maybe, moment, pick, seed as drawFrom, text, times } from "./random_values.mjs";

const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");
const identities = [1, 2, 3, 4, 5].map((byte) => AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(byte)));

/** A verb has no `:` and no character that controls what is shown, and no action is longer than 256 bytes. */
const verb = () => label(20).replace(/[:\p{Cc}\p{Bidi_Control}]/gu, "") || "x";
const PATTERNS = ["read:/docs/*", "read:/docs/**", "fetch:https://api.example.com/v1/**", "fetch:https://api.example.com/v1/users?page=*", "write:report-*", "read:中文/**"];
const action = () => (chance(0.3) ? pick(PATTERNS) : verb());
const limit = () => pick([null, 0, 1, 3, 100000, Number.MAX_SAFE_INTEGER, atLeastNone(bigInteger())]);

const NINE_YEARS_S = 9 * 365 * 86_400;
/** So late that nine more years would end after the year 9999. */
const LATE_MS = Date.parse("9990-01-01T00:00:00Z");

/** A start in any offset, and an end in the ten years behind it. */
function lifetime() {
  for (;;) {
    const issued_at = moment();
    const end = Date.parse(issued_at) + 1000 * (1 + below(NINE_YEARS_S));
    if (end < LATE_MS) return { issued_at, expires_at: zulu(end) };
  }
}

const zulu = (ms) => new Date(ms).toISOString().replace(/\.(\d{3})Z$/, ".$1000Z");

function issue(self, subject) {
  return issueCapability(self, {
    subject_agent: subject.agentId,
    allowed_actions: times(6, action),
    max_tool_calls: maybe(limit),
    constraints: maybe(() => ({ max_runtime_seconds: maybe(limit), data_boundary: maybe(text), requires_human_review: pick([true, false, null, undefined]) })),
    ...lifetime(),
    ...(chance(0.5) && { capability_id: label(60) }),
  });
}

const atLeastNone = (count) => (count < 0n ? 0n : count);
const fewer = (most) => (most === null ? limit() : pick([most, atLeastNone(BigInt(most) - BigInt(below(5)))]));

function earlier({ issued_at, expires_at }) {
  const [start, end] = [Date.parse(issued_at), Date.parse(expires_at)];
  return end - start > 2000 ? zulu(end - 1000) : expires_at;
}

/** Something within the parent: fewer actions, fewer calls, an earlier end, stricter constraints. */
function narrow(parent, self, subject, plain) {
  const { allowed_actions, max_tool_calls } = parent.delegated_permissions;
  const kept = allowed_actions.filter(() => chance(0.7));
  const scoped = (granted) => (granted.includes(":") || chance(0.5) ? granted.replace("/**", "/a/*") : `${granted}:/a/*`);
  const demanded = parent.constraints;
  return parent.attenuate(self, {
    subject_agent: subject.agentId,
    allowed_actions: plain ? kept : kept.map(scoped),
    ...(chance(0.5) && { max_tool_calls: fewer(max_tool_calls) }),
    // The present, which is the default, lies outside of most of these.
    issued_at: parent.issued_at,
    ...(chance(0.5) && { expires_at: earlier(parent) }),
    ...(chance(0.5) && demanded !== null && { constraints: { ...demanded, max_runtime_seconds: fewer(demanded.max_runtime_seconds), requires_human_review: true } }),
    ...(chance(0.5) && { capability_id: label(60) + subject.agentId }),
  });
}

function make(seed, count) {
  drawFrom(seed);
  for (let number = 0; number < count; number += 1) {
    const [self, subject] = [pick(identities), pick(identities)];
    say({ id: `issued ${seed}/${number}`, tokens: issue(self, subject).chain, plain: true });
  }
  for (let number = 0; number < count; number += 1) {
    const plain = chance(0.5);
    let capability = issue(identities[0], identities[1]);
    for (let hop = 0; hop <= below(3); hop += 1) capability = narrow(capability, identities[hop + 1], identities[hop + 2], plain);
    say({ id: `attenuated ${seed}/${number}`, tokens: capability.chain, plain });
  }
}

async function judge() {
  for await (const line of createInterface({ input: process.stdin })) {
    const { id, tokens } = JSON.parse(line);
    try {
      const capability = DelegationCapability.decode(tokens.at(-1), { parents: tokens.slice(0, -1) });
      say({ id, code: null, token: capability.token, fields: { ...capability, delegated_permissions: numbers(capability.delegated_permissions), constraints: numbers(capability.constraints) } });
    } catch (error) {
      say({ id, code: error.code, token: null, fields: null });
    }
  }
}

/** Integers of any size, as text. */
function numbers(object) {
  if (object === null) return null;
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, ["bigint", "number"].includes(typeof value) ? String(value) : value]));
}

const [command, seed, count] = process.argv.slice(2);
if (command === "make") make(Number(seed), Number(count));
else await judge();
