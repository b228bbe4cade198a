/** Evidence in every runtime: logs, their proofs and their audit, receipts of tasks, and events on their way out. */
import { NOW, plain } from "./stage.js";
import { trapNext } from "./trap.js";

/** What is wrong in the story below. */
const FOUND = [
  ...["rejected_packet", "replay_attempt", "rejected_packet", "tampered_packet"],
  ...["budget_overrun", "execution_without_acceptance"],
];

const LOGGED = { whole: true, sealed: 14, altered: "chain_broken", cut: "log_shorter" };
const CALLED = ["trusthandoff.packet_accepted", "trusthandoff.packet_rejected"];
const TRAPPED = ["internal_error", "config_invalid", FOUND.length];

export const EVIDENCE = [
  ["a log is written, sealed and verified", LOGGED, (on) => logs(on)],
  ["Merkle proofs hold, and forged ones do not", [true, true, false, false], (on) => proofs(on)],
  ["a log that was cut in the middle of a line goes on", [7, true, "log_recovered"], (on) => goesOn(on)],
  ["Sentinel finds what is wrong in a log", FOUND, (on) => audits(on)],
  ["Sentinel finds what happened at a gate", FOUND.slice(0, 4), (on) => auditsGate(on)],
  ["Sentinel reads a stream in pieces of any size", true, (on) => auditsStream(on)],
  ["after a trap an audit says nothing more, another one works", TRAPPED, (on) => trapsInAudit(on)],
  ["objects are inspected", ["envelope", "revocation", null], (on) => inspects(on)],
  ["a task gives a receipt that verifies once", ["OK", null, "replay_detected", "outcome_hash_mismatch", null], (on) => attests(on)],
  ["a task that tries more than it may is told and attested", ["PARTIAL", "action_not_permitted", null], (on) => refusesUse(on)],
  ["a webhook is told each event, again where it had no time", { requests: 3, taken: CALLED, failures: 0 }, (on) => calls(on)],
];

/** An event of second `n`, whose ids are not drawn. */
const event = (n, event_type, more = {}) => ({
  ...{ event_id: `e-${n}`, event_type, timestamp: new Date(NOW + n * 1000).toISOString(), producer_id: "agent:gate" },
  ...{ correlation_id: "pk-1", idempotency_key: `${event_type}:e-${n}`, packet_id: "pk-1", ...more },
});

const AGENTS = { from_agent: "agent:planner", to_agent: "agent:gate" };

/** A replay, a tampered packet, a task of nobody's, and one call too many; with characters that take several bytes. */
const STORY = [
  event(1, "packet_accepted", { ...AGENTS, packet_digest: "aa", max_tool_calls: 1, note: "r\u00e9sum\u00e9 \u{1f600}" }),
  event(2, "packet_rejected", { ...AGENTS, reason: "replay_detected" }),
  event(3, "packet_rejected", { ...AGENTS, packet_id: "pk-2", reason: "invalid_signature", message: "<script>\u202e" }),
  event(4, "task_started", { ...AGENTS, packet_id: "pk-3" }),
  event(5, "task_started", { ...AGENTS, packet_digest: "aa" }),
  event(6, "tool_used", { action: "read" }),
  event(7, "tool_used", { action: "read" }),
];

function written({ sentinel, planner }, events) {
  const writer = new sentinel.LogWriter({ logId: "log-1" });
  const lines = events.map((each) => writer.append(each));
  return { writer, lines, seal: () => writer.checkpoint(planner, { now: NOW }) };
}

const textOf = (lines) => `${lines.join("\n")}\n`;
const many = (count) =>
  Array.from({ length: count }, (_, n) => event(n, "task_started", { packet_id: `pk-${n}`, big: 2n ** 70n, share: 0.25 }));

async function logs(on) {
  const { verifyLog, readCheckpoint } = on.sentinel;
  const { lines, seal } = written(on, many(13));
  const checkpoint = seal();
  const options = { keys: [on.planner.publicKeyPem], checkpoint };
  const report = await verifyLog(textOf([...lines, checkpoint]), options);
  const altered = await verifyLog(textOf([...lines.with(5, lines[5].replace("task_started", "task_startec")), checkpoint]), options);
  const cut = await verifyLog(textOf(lines.slice(0, 9)), options);
  const got = { whole: report.whole, sealed: report.sealed, altered: altered.breaks[0].fault, cut: cut.breaks[0].fault };
  return { got, evidence: [lines, plain(readCheckpoint(checkpoint)), plain(altered.breaks), plain(cut)] };
}

async function proofs(on) {
  const { consistencyProof, inclusionProof, readCheckpoint, verifyConsistency, verifyInclusion } = on.sentinel;
  // A checkpoint holds a nonce, so it stands in no line here.
  const early = readCheckpoint(written(on, many(5)).seal());
  const { lines } = written(on, many(13));
  const text = textOf(lines);
  const [included, consistent] = [await inclusionProof(text, 3), await consistencyProof(text, early.size)];
  const late = { size: lines.length, root: included.root };
  const got = [
    verifyInclusion(lines[3], included, late),
    verifyConsistency(consistent, early, late),
    verifyInclusion(lines[4], included, late),
    verifyConsistency(consistent, { ...early, root: late.root }, late),
  ];
  return { got, evidence: [plain(included), plain(consistent), plain(early)] };
}

async function goesOn({ sentinel, planner }) {
  const { LogWriter, verifyLog } = sentinel;
  const { lines } = written({ sentinel, planner }, many(3));
  const { writer, tail } = await LogWriter.open(`${textOf(lines)}{"event`, { logId: "log-1" });
  const recovered = writer.recover(tail, { producer: "agent:gate", now: NOW });
  const all = [...lines, recovered, ...many(5).slice(3).map((each) => writer.append(each))];
  const { event_type, cut_bytes, cut_sha256 } = JSON.parse(recovered);
  return { got: [tail.length, (await verifyLog(textOf(all))).whole, event_type], evidence: [cut_bytes, cut_sha256] };
}

const typesOf = (findings) => findings.map(({ type }) => type);

function audits(on) {
  const audit = new on.sentinel.Sentinel().ingest(textOf(written(on, STORY).lines));
  const findings = audit.detectViolations();
  const told = [plain(findings), audit.summary().text, audit.report({ width: 80 }), audit.report({ colour: true }), audit.reportHtml()];
  return { got: typesOf(findings), evidence: told };
}

/** What a gate tells has ids of its own, so only what is found in it is the same everywhere. */
async function auditsGate(on) {
  const writer = new on.sentinel.LogWriter({ logId: "gate" });
  const lines = [];
  const gate = on.gate({ events: (told) => void lines.push(writer.append(told)) });
  const wire = on.wire();
  for (const text of [wire, wire, wire.replace("Summarize", "Publish")]) await gate.handle(text);
  const findings = new on.sentinel.Sentinel().ingest(textOf(lines)).detectViolations();
  return { got: typesOf(findings), evidence: plain(findings) };
}

async function auditsStream(on) {
  const bytes = new TextEncoder().encode(textOf(written(on, STORY).lines));
  const whole = JSON.stringify(new on.sentinel.Sentinel().ingest(bytes).detectViolations());
  const pieces = new ReadableStream({
    start(controller) {
      for (let at = 0; at < bytes.length; at += 7) controller.enqueue(bytes.subarray(at, at + 7));
      controller.close();
    },
  });
  const audit = await new on.sentinel.Sentinel().ingestStream(pieces);
  return { got: JSON.stringify(audit.detectViolations()) === whole, evidence: whole };
}

function trapsInAudit(on) {
  const text = textOf(written(on, STORY).lines);
  const codeOf = (act) => {
    try {
      return act().length;
    } catch (error) {
      return error.code;
    }
  };
  const audit = new on.sentinel.Sentinel();
  const sprung = trapNext("auditsentinel_ingest");
  const codes = [codeOf(() => audit.ingest(text)), codeOf(() => audit.detectViolations())];
  if (!sprung()) throw new Error("the trap did not spring");
  return { got: [...codes, codeOf(() => new on.sentinel.Sentinel().ingest(text).detectViolations())] };
}

function inspects(on) {
  const { inspectObject } = on.sentinel;
  const reports = [on.wire(), on.wire().replace("Summarize", "Publish"), "{}", "{", "null"].map((text) => inspectObject(text));
  const revocation = on.trusthandoff.revoke(on.planner, { agentId: on.planner.agentId }, { now: NOW });
  return { got: [reports[0].kind, inspectObject(revocation.text).kind, reports[2].kind], evidence: plain(reports) };
}

function executing(on, events) {
  on.registry.register(on.researcher.agentId, on.researcher.publicKeyPem, { now: NOW - 60_000 });
  return new on.trusthandoff.TrustHandoffExecutor({ gate: on.gate({ events }), identity: on.researcher });
}

async function attests(on) {
  const { MemoryNonceStore, verifyArchived, verifyAttestation } = on.trusthandoff;
  const told = [];
  const { status, receipt, decision } = await executing(on, (each) => void told.push(each)).execute(on.wire(), async (task) => {
    await task.use("read");
    return { pages: 3, big: 2n ** 70n };
  });
  const { attestation, result, reason } = receipt;
  const expected = { result, reason, packetId: decision.packetId, statuses: ["OK"], agentId: on.researcher.agentId, registry: on.registry };
  const fresh = { ...expected, nonces: new MemoryNonceStore(), now: NOW };
  const got = [status, verifyAttestation(attestation, fresh).code, verifyAttestation(attestation, fresh).code];
  got.push(verifyAttestation(attestation, { ...fresh, result: { pages: 4 } }).code, verifyArchived(attestation, expected).code);
  const { outcome_hash, reason_hash, signed_by } = JSON.parse(attestation);
  return { got, evidence: [typesOfEvents(told), plain([result, reason]), outcome_hash, reason_hash, signed_by] };
}

const typesOfEvents = (events) => events.map(({ event_type, timestamp, action }) => [event_type, timestamp, action]);

async function refusesUse(on) {
  const told = [];
  const { status, error, unattested } = await executing(on, (each) => void told.push(each)).execute(on.wire(), async (task) => {
    await task.use("delete").catch(() => {});
    return {};
  });
  return { got: [status, error.code, unattested], evidence: typesOfEvents(told) };
}

/** Nobody is called: what answers is a function of the same shape. */
async function calls(on) {
  const requests = [];
  const fetch = async (url, { method, headers, body }) => {
    requests.push([url, method, headers, JSON.parse(body)]);
    const isBusy = requests.length === 1;
    return { ok: !isBusy, status: isBusy ? 503 : 204, headers: { get: () => null }, body: null };
  };
  const sink = new on.webhook.WebhookSink("https://sink.example/events", { fetch, backoffMs: 1, headers: { Authorization: "Bearer x" } });
  const gate = on.gate({ events: sink });
  for (let times = 0; times < 2; times += 1) await gate.handle(on.wire());
  await sink.close();
  const taken = requests.slice(1).map(([, , , { type }]) => type);
  const shape = requests.map(([url, method, headers, { specversion, type, source, time, subject, data }]) => [
    ...[url, method, headers, specversion, type, source, time, subject, data.packet_id, data.reason ?? null],
  ]);
  return { got: { requests: requests.length, taken, failures: gate.eventFailures }, evidence: shape };
}
