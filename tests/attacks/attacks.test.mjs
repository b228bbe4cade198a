/**
 * The attack vectors through the package, which must decide as the native core does: one test a case, named for the
 * attack.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { AgentRegistry, MemoryCounterStore, MemoryNonceStore, PacketDecision, TrustHandoffError, TrustHandoffExecutor, TrustHandoffMiddleware } from "../../pkg/dist/index.js";
import { FILE, vectors } from "./generate.mjs";

const COMMAND = fileURLToPath(new URL("../../pkg/dist/bin/trusthandoff.js", import.meta.url));

const text = readFileSync(FILE, "utf8");
const file = JSON.parse(text);

test("the vectors are what their generator makes", () => {
  assert.ok(text === vectors(), "tests/vectors/attacks.json is not what its rows say: run node tests/attacks/generate.mjs");
});

test("every row of the catalogue has a test that names it", () => {
  const range = (letter, last, ...without) => Array.from({ length: last }, (_, n) => `${letter}${String(n + 1).padStart(2, "0")}`).filter((id) => !without.includes(id));
  // Of A, what concerns other stores has no gate to attack.
  const rows = [
    ...[...range("A", 13, "A10", "A11"), ...range("B", 17), ...range("C", 4), ...range("D", 16), ...range("E", 17), ...range("F", 25), ...range("W", 13)],
    ...[...range("G", 16), ...range("H", 11)],
  ];
  const tests = [new URL(".", import.meta.url), new URL("../node/", import.meta.url)].flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith(".test.mjs"))
      .map((name) => readFileSync(new URL(name, folder), "utf8")),
  );
  const byHand = tests.flatMap((source) => [...source.matchAll(/test\(["`]((?:[A-Z]\d\d )+)/g)].flatMap(([, ids]) => ids.trim().split(" ")));
  const named = new Set([...byHand, ...file.cases.map(({ id }) => id)]);
  assert.deepEqual(
    rows.filter((id) => !named.has(id)),
    [],
  );
});

/** A text of the file as the bytes that are received. */
function bytes(piece) {
  if (typeof piece === "string") return Buffer.from(piece);
  if (typeof piece === "number") return bytes(file.texts[piece]);
  if (Array.isArray(piece)) return Buffer.concat(piece.map(bytes));
  return piece.hex === undefined ? Buffer.from(piece.repeat.repeat(piece.times)) : Buffer.from(piece.hex, "hex");
}

/** A gate with its store and host, as the settings of a case describe them. */
function receiver(given) {
  const settings = { ...file.gate, ...given };
  const store = new MemoryNonceStore({ capacity: 100 });
  const full = () => {
    throw new TrustHandoffError("replay_store_full", "full");
  };
  const answers = { undefined: store, true: () => true, false: () => false, full };
  const ttl = { ...(settings.ttl_read && { read: settings.ttl_read }), ...(settings.ttl_write && { write: settings.ttl_write }) };
  const spent = () => {
    throw new TrustHandoffError("counter_store_full", "full");
  };
  // Of this receiver alone: the attacks use the same ids.
  const counters = { undefined: new MemoryCounterStore(), true: () => true, false: () => false, full: spent }[settings.counters];
  const to = { store, counts: settings.nonces === undefined, accepted: 0, nowMs: 0 };
  to.gate = new TrustHandoffMiddleware({
    clock: () => to.nowMs,
    audience: settings.audience,
    registry: settings.self_certifying ? AgentRegistry.selfCertifying() : AgentRegistry.fromJson(settings.registry),
    nonces: answers[settings.nonces],
    revocations: settings.revoked && ((keys) => keys.some((key) => settings.revoked.includes(key))),
    approvals: settings.approved && ((digest) => settings.approved.includes(digest)),
    policy: settings.policy === undefined ? undefined : () => settings.policy,
    overlap: settings.overlap && ((digest) => settings.overlap[digest] ?? null),
    boundary: settings.boundary,
    review: reviewOptions(settings),
    maxDepth: settings.max_depth,
    maxLifetimeSeconds: settings.max_lifetime_seconds,
    skewSeconds: settings.skew_seconds,
    graceSeconds: settings.grace_seconds,
    strict: settings.strict,
    requireCapability: settings.require_capability,
    ttl,
  });
  to.executor = new TrustHandoffExecutor({ gate: to.gate, counters });
  return to;
}

function reviewOptions({ reviewers, threshold, ai_writes: aiWrites }) {
  if (reviewers === undefined && threshold === undefined && aiWrites === undefined) return undefined;
  return { ...(reviewers && { reviewers }), ...(threshold && { threshold }), ...(aiWrites && { aiWrites }) };
}

/** Hands one text over and compares what came of it. */
async function play({ send, code, field, form, check, now, approvals, uses }, to, defaultNow, handle) {
  const received = bytes(send);
  if (check !== undefined) return handle === WAYS.handle ? checked(received, check, code ?? null) : undefined;
  if (uses !== undefined && handle !== WAYS.handle) return undefined;
  to.nowMs = Date.parse(now ?? defaultNow);
  const options = approvals && { approvals: approvals.map((text) => bytes(text).toString()) };
  const decision = uses === undefined ? await handle(to.gate, received, { now: now ?? defaultNow, ...options }) : await executed(to, received, options, uses);
  assert.ok(decision instanceof PacketDecision);
  assert.deepEqual([decision.decision, decision.code], code == null ? ["ACCEPT", null] : ["REJECT", code], decision.reason);
  if (field !== undefined) assert.equal(decision.field, field);
  if (form !== undefined) assert.equal(decision.form, form);
  assert.equal(decision.packet === undefined, code != null);
  assert.equal(decision.checks.filter(({ outcome }) => outcome === "fail").length, code == null ? 0 : 1);
  to.accepted += code == null ? 1 : 0;
  // What is refused takes no nonce.
  if (to.counts) assert.equal(to.store.size, to.accepted);
}

/** Executed: each use with its refusal, in turn. */
async function executed({ executor }, received, options, uses) {
  const { decision, status } = await executor.execute(
    received,
    async (task) => {
      for (const [action, code] of uses) assert.equal(await task.use(action).then(() => null, (error) => error.code), code, action);
    },
    options,
  );
  const allowed = uses.every(([, code]) => code === null);
  assert.equal(status, decision.decision === "REJECT" ? "REJECTED" : allowed ? "OK" : "PARTIAL");
  return decision;
}

/** Form and signature alone, as the command line looks at them: it names the kind that is expected. */
function checked(received, kind, code) {
  const line = JSON.stringify({ id: 1, kind, text: received.toString() });
  const { stdout, status } = spawnSync(process.execPath, [COMMAND, "check", "--jsonl", "-"], { input: line, encoding: "utf8" });
  const answer = JSON.parse(stdout);
  assert.deepEqual([answer.code, answer.valid, status], [code, code === null, code === null ? 0 : 1]);
}

const WAYS = { handle: (gate, text, options) => gate.handle(text, options), handleSync: (gate, text, options) => gate.handleSync(text, options) };

for (const { id, title, gate, now = file.now, attack, twin } of file.cases) {
  test(`${id} ${title}`, async () => {
    for (const handle of Object.values(WAYS)) {
      const to = receiver(gate);
      for (const step of attack) await play(step, to, now, handle);
      if (twin !== undefined) await play(twin, receiver(twin.gate ?? gate), now, handle);
    }
  });
}
