import { shared } from "../core.js";
import { TrustHandoffMiddleware } from "../gate/middleware.js";
import { AgentRegistry } from "../registry.js";
import { MemoryNonceStore } from "../stores/memory.js";
import { parse, required, UsageError } from "./arguments.js";
import { lines, readAll, readText } from "./input.js";
import { brief, printableJson, Progress } from "./output.js";

const MAX_REGISTRY_BYTES = 256 * 1024 * 1024;

/** Nonces are never forgotten within a run, so it holds more of them than a gate that runs for weeks. */
const RUN_CAPACITY = 10_000_000;

const OPTIONS = {
  jsonl: { type: "boolean" },
  registry: { type: "string" },
  "self-certifying": { type: "boolean" },
  audience: { type: "string" },
  now: { type: "string" },
  strict: { type: "boolean" },
};

/** `verify [--jsonl] FILE --registry FILE --audience ID [--now RFC3339] [--strict]` */
export async function verify(args, io, help) {
  const { values, positionals } = parse("verify", args, OPTIONS, 1);
  if (values.help) return help("verify");
  const audience = required(values, "audience", "verify");
  const now = values.now === undefined ? undefined : moment(values.now);
  const registry = await trusted(values, positionals[0]);
  const gate = new TrustHandoffMiddleware({ audience, registry, nonces: runNonces(), strict: values.strict === true });
  const judge = (text, at, approvals) => gate.handleSync(text, { now: at, approvals });
  if (!values.jsonl) return verifyFile(positionals[0], io, judge, now);
  const { readVerifyLine } = await import("../audit/index.js");
  return verifyLines(positionals[0], io, readVerifyLine, judge, now);
}

async function verifyFile(path, io, judge, now) {
  const decision = judge(await readAll(path), now);
  await io.out.line(answer("null", decision));
  if (decision.decision !== "ACCEPT" && io.stderr.isTTY) io.stderr.write(`refused: ${brief(decision.reason)}\n`);
  return decision.decision === "ACCEPT" ? 0 : 1;
}

async function verifyLines(path, io, readLine, judge, now) {
  const progress = new Progress(io.stderr);
  let done = 0;
  let refusals = 0;
  for await (const { bytes, read } of lines(path)) {
    const { line, refused } = bytes === null ? refusal("null", "input_too_large") : verifiedLine(bytes, readLine, judge, now);
    done += 1;
    if (refused) {
      refusals += 1;
      io.refused = true;
    }
    await io.out.line(line);
    progress.count(done, refusals, read);
  }
  progress.clear();
  return io.refused ? 1 : 0;
}

/** A trap costs its own line and no other. */
function verifiedLine(bytes, readLine, judge, now) {
  let parsed;
  try {
    parsed = readLine(bytes);
  } catch (error) {
    return refusal("null", error.code);
  }
  if (parsed.code !== null) return refusal(parsed.id, parsed.code);
  const decision = judge(parsed.text, parsed.now_ms ?? now, parsed.approvals ?? undefined);
  return { line: answer(parsed.id, decision), refused: decision.decision !== "ACCEPT" };
}

/** `id` is JSON text as it was received: no number in it is respelt, and characters that move a terminal are escaped. */
function answer(id, { decision, code, packetId, form }) {
  const [verdict, why, packet, signed] = [decision, code, packetId, form].map((value) => JSON.stringify(value));
  return printableJson(`{"id": ${id}, "decision": ${verdict}, "code": ${why}, "packet_id": ${packet}, "form": ${signed}}`);
}

function refusal(id, code) {
  // A line that is not JSON has nothing else to say: the contract gives it these three members.
  if (code === "malformed_json" && id === "null") return { line: `{"id": null, "decision": "REJECT", "code": "${code}"}`, refused: true };
  return { line: answer(id, { decision: "REJECT", code, packetId: null, form: null }), refused: true };
}

/**
 * Nonces of one run. Lines may carry times that jump back and forth; the store is told the earliest of them, so that it
 * forgets nothing that an earlier `now` could let in again.
 */
function runNonces() {
  const store = new MemoryNonceStore({ capacity: RUN_CAPACITY });
  let earliest = Infinity;
  return (key, expiresAtMs, about) => {
    earliest = Math.min(earliest, about.nowMs);
    return store.checkAndStore(key, expiresAtMs, { ...about, nowMs: earliest });
  };
}

function moment(text) {
  try {
    return shared.call((glue) => glue.parseTime(text));
  } catch (error) {
    throw new UsageError(`--now must be RFC 3339, such as 2026-03-08T12:00:00Z, not \`${text}\` (${error.code})`);
  }
}

async function trusted(values, input) {
  if (values["self-certifying"]) {
    if (values.registry !== undefined) throw new UsageError("--registry and --self-certifying exclude each other");
    return AgentRegistry.selfCertifying();
  }
  const file = values.registry;
  if (file === undefined || file === "") throw new UsageError("verify needs --registry FILE, or --self-certifying to trust any key whose agent id is its hash");
  if (file === "-" && input === "-") throw new UsageError("--registry and FILE cannot both be standard input");
  const text = await readText(file, MAX_REGISTRY_BYTES);
  try {
    return AgentRegistry.fromJson(text);
  } catch (error) {
    throw new UsageError(`cannot use the registry ${file}: ${brief(error.message)} (${error.code})`);
  }
}
