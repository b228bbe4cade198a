// Signs seeded random packets through the package's public API, one JSON line each: `sign.mjs FORM SEED COUNT CURRENT`.
// The first CURRENT ones are issued now and meet every rule of the reference's own validation and middleware.
import { AgentIdentity, createEnvelope, signedTask, signPacket } from "../../pkg/dist/index.js";
import { below, chance, count32, label, maybe, moment, nested, object, pick, seed as drawFrom, text, times } from "./random_values.mjs";

const [form, seed, count, current] = [process.argv[2], ...process.argv.slice(3).map(Number)];
drawFrom(seed);

function fields(now) {
  return {
    to_agent: `agent:${"abcdefghijklmnop".slice(0, 1 + below(16))}`,
    intent: label(80),
    permissions: { allowed_actions: [...new Set(times(4, () => pick(["read", "search", "summarize", "write:report/*", "read:a/**"])))], max_tool_calls: maybe(count32) },
    ...(chance(0.5) && { packet_id: label(), task_id: label(), nonce: label(40) }),
    context: chance(0.05) ? { nested: nested(60 + below(40)) } : object(below(5)),
    memory_refs: times(4, () => text()),
    task_type: maybe(text), goal: maybe(text),
    constraints: maybe(() => ({ max_runtime_seconds: maybe(() => 1 + below(1000)), data_boundary: maybe(label), requires_human_review: now ? false : chance(0.5) })),
    provenance: maybe(() => ({ origin_workflow: maybe(label), delegation_depth: maybe(() => below(5)) })),
    ai_provenance: maybe(() => ({ ...object(2), source: "ai " + text(), model: label() })),
    risk_level: pick(["read", "write"]),
    ...(!now && { issued_at: moment(), ttl_seconds: maybe(() => 1 + below(86400)) }),
  };
}

// A task's metadata must reach the packets that are signed for it, whoever verifies them.
const TASKS = [
  signedTask({ riskLevel: "write" }, () => {}),
  signedTask({ riskLevel: "read", ttlSeconds: 600, aiProvenance: { source: "llm", model: "m", temperature: 0.7 } }, () => {}),
];

const identities = [1, 2, 3].map((byte) => AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(byte)));
for (let number = 0; number < count; number++) {
  const now = number < current;
  const drawn = fields(now);
  const options = { form };
  if (now && number % 10 === 0) {
    options.task = pick(TASKS);
    for (const name of ["risk_level", "ttl_seconds", "ai_provenance"]) delete drawn[name];
  }
  const packet = signPacket(pick(identities), drawn, options);
  process.stdout.write(JSON.stringify({ id: `signed ${form} ${seed}/${number}`, text: createEnvelope(packet), current: now }) + "\n");
}
