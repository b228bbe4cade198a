/** Event logs: what was done to one is found, what is proven of one holds, whatever the pieces it comes in. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Readable } from "node:stream";
import { test } from "node:test";
import { trapNext } from "./trap.mjs";
import { AgentIdentity, failureOf, NOW, planner, researcher, trusthandoff } from "./support.mjs";
import * as sentinel from "../../pkg/dist/sentinel.js";

const { consistencyProof, inclusionProof, LogWriter, readCheckpoint, verifyConsistency, verifyInclusion, verifyLog } = sentinel;
const dist = new URL("../../pkg/dist/", import.meta.url);

const event = (n) => ({ event_id: `e-${n}`, event_type: "task_started", timestamp: "2026-03-08T12:00:00+00:00", packet_id: `pk-${n}`, note: "\u{1f600} \u00e9" });
const textOf = (lines) => lines.map((line) => `${line}\n`).join("");
const trusted = { keys: [planner.publicKeyPem] };

/** A log of `n` events with a checkpoint behind each `every`; `seals` are the checkpoints. */
function logOf(n, every = Infinity, { identity = planner, logId = "gate-1" } = {}) {
  const writer = new LogWriter({ logId });
  const [lines, seals] = [[], []];
  for (let at = 1; at <= n; at += 1) {
    lines.push(writer.append(event(at)));
    if (at % every !== 0) continue;
    seals.push(writer.checkpoint(identity, { now: NOW }));
    lines.push(seals.at(-1));
  }
  return { writer, lines, seals, text: textOf(lines) };
}

/** The same sequence of numbers in every run. */
function random(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

// RFC 9162 as it is written, over arrays of lines, by another implementation of SHA-256.

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();
const split = (n) => 2 ** Math.ceil(Math.log2(n) - 1);
/** §2.1.1 */
function treeHead(lines) {
  if (lines.length === 0) return sha256();
  if (lines.length === 1) return sha256(Buffer.of(0), lines[0]);
  const k = split(lines.length);
  return sha256(Buffer.of(1), treeHead(lines.slice(0, k)), treeHead(lines.slice(k)));
}
/** §2.1.3.1 */
function path(m, lines) {
  if (lines.length === 1) return [];
  const k = split(lines.length);
  return m < k ? [...path(m, lines.slice(0, k)), treeHead(lines.slice(k))] : [...path(m - k, lines.slice(k)), treeHead(lines.slice(0, k))];
}
/** §2.1.4.1 */
function subproof(m, lines, whole) {
  if (m === lines.length) return whole ? [] : [treeHead(lines)];
  const k = split(lines.length);
  return m <= k ? [...subproof(m, lines.slice(0, k), whole), treeHead(lines.slice(k))] : [...subproof(m - k, lines.slice(k), false), treeHead(lines.slice(0, k))];
}
const hexes = (hashes) => hashes.map((hash) => hash.toString("hex"));
const sealOf = (lines) => ({ size: lines.length, root: treeHead(lines).toString("hex") });

test("roots and proofs are those that RFC 9162 defines, and hold for their line and place only", async () => {
  const all = Array.from({ length: 20 }, (_, n) => `line ${n}`);
  for (let n = 1; n <= all.length; n += 1) {
    const lines = all.slice(0, n);
    const seal = sealOf(lines);
    assert.equal((await verifyLog(textOf(lines))).root, seal.root);
    for (let index = 0; index < n; index += 1) {
      const proof = await inclusionProof(textOf(all), index, { size: n });
      assert.deepEqual(proof, { index, ...seal, path: hexes(path(index, lines)) });
      for (let other = 0; other < n; other += 1) assert.equal(verifyInclusion(lines[other], proof, seal), other === index);
      assert.equal(verifyInclusion(lines[index], { ...proof, path: [...proof.path, seal.root] }, seal), false);
      assert.equal(verifyInclusion(lines[index], { ...proof, index: index + 1 }, seal), false);
      if (n > 1) assert.equal(verifyInclusion(lines[index], { ...proof, path: proof.path.slice(1) }, seal), false);
    }
    for (let old = 1; old <= n; old += 1) {
      const older = sealOf(lines.slice(0, old));
      const proof = await consistencyProof(textOf(all), old, { size: n });
      assert.deepEqual(proof, { oldSize: old, oldRoot: older.root, ...seal, path: hexes(subproof(old, lines, true)) });
      assert.equal(verifyConsistency(proof, older, seal), true);
      const forged = sealOf([...lines.slice(0, old - 1), "forged"]);
      assert.equal(verifyConsistency(proof, forged, seal), false);
      assert.equal(verifyConsistency(proof, older, sealOf([...lines.slice(0, n - 1), "forged"])), false);
    }
  }
});

test("a proof that brings its own root proves nothing", async () => {
  const { text, lines, seals } = logOf(8, 8);
  const seal = readCheckpoint(seals[0], trusted);
  const forged = logOf(8, Infinity, { logId: "forged" }).lines.map((line) => line.replace("pk-1", "pk-9"));
  const proof = await inclusionProof(textOf(forged), 0);
  assert.equal(verifyInclusion(forged[0], proof, proof), true);
  assert.equal(verifyInclusion(forged[0], proof, seal), false);
  assert.equal(verifyInclusion(lines[0], await inclusionProof(text, 0, { size: seal.size }), seal), true);
});

test("a checkpoint states what the log was, to those who trust its key", () => {
  const { seals, lines } = logOf(3, 3);
  const { root } = sealOf(lines.slice(0, 3));
  const prev = sha256(lines[2]).toString("hex");
  const seal = readCheckpoint(seals[0], trusted);
  const expected = { logId: "gate-1", size: 3, root, prev, producer: planner.agentId, timestamp: "2026-03-08T12:00:00Z", publicKeyPem: planner.publicKeyPem };
  assert.deepEqual({ ...seal }, expected);
  assert.ok(Object.isFrozen(seal));
  assert.deepEqual(readCheckpoint(`${seals[0]}\n`), seal);
  assert.throws(() => readCheckpoint(seals[0], { keys: [researcher.publicKey] }), { name: "PublicKeyMismatchError", code: "public_key_mismatch" });
  assert.throws(() => readCheckpoint(seals[0].replace('"size": 3', '"size": 4')), { name: "InvalidSignatureError", code: "invalid_signature" });
});

test("a log that nobody touched is whole, and sealed up to its last checkpoint", async () => {
  const { text, lines, seals } = logOf(25, 10);
  const expected = { whole: true, lines: 27, sealed: 22, unsealed: 5, checkpoints: 2, logId: "gate-1", root: sealOf(lines).root, continues: null, breaks: [], moreBreaks: 0, tail: 0 };
  assert.deepEqual({ ...(await verifyLog(text, trusted)) }, expected);
  assert.deepEqual({ ...(await verifyLog(text)) }, { ...expected, sealed: 0, unsealed: 27, checkpoints: 0 });
  assert.deepEqual({ ...(await verifyLog(text, { checkpoint: seals[1] })) }, { ...expected, sealed: 21, unsealed: 6, checkpoints: 0 });
  assert.deepEqual({ ...(await verifyLog(`${text}{"event`, trusted)) }, { ...expected, tail: 7 });
  assert.deepEqual({ ...(await verifyLog("")) }, { ...expected, lines: 0, sealed: 0, unsealed: 0, checkpoints: 0, logId: null, root: sealOf([]).root });
});

test("one report, whatever the log comes as", async () => {
  const { text, seals } = logOf(40, 20);
  const bytes = new TextEncoder().encode(text);
  const options = { ...trusted, checkpoint: seals[0] };
  const expected = await verifyLog(text, options);
  assert.equal(expected.whole, true);
  async function* cut(whole, size) {
    for (let at = 0; at < whole.length; at += size) yield whole.slice(at, at + size);
  }
  const sources = {
    bytes,
    buffer: Buffer.from(bytes),
    blob: new Blob([bytes]),
    "web stream": new Blob([bytes]).stream(),
    "a stream that cannot be iterated": { getReader: () => new Blob([bytes]).stream().getReader() },
    "stream of Node": Readable.from([Buffer.from(bytes)]),
    "array of pieces": [bytes.subarray(0, 100), text.slice(text.length), bytes.subarray(100)],
    "byte by byte": cut(bytes, 1),
    "seven bytes at once": cut(bytes, 7),
    "half characters": cut(text, 1),
    "text and bytes in turn": [text.slice(0, 50), bytes.subarray(new TextEncoder().encode(text.slice(0, 50)).length)],
  };
  for (const [name, source] of Object.entries(sources)) assert.deepEqual(await verifyLog(source, options), expected, name);
});

test("whatever is done to a log of 1,000 lines is found, at its place", async () => {
  const { lines, seals } = logOf(980, 49);
  assert.equal(lines.length, 1000);
  const pick = random(7);
  const kept = seals.at(-1);
  const alter = (line) => line.replace("task_started", "task_startec");
  const manipulations = {
    "altered a line": (copy, at) => copy.splice(at, 1, alter(copy[at]) === copy[at] ? `${copy[at]} ` : alter(copy[at])),
    "removed a line": (copy, at) => copy.splice(at, 1),
    "repeated a line": (copy, at) => copy.splice(at, 0, copy[at]),
    "inserted a line": (copy, at) => copy.splice(at, 0, copy[at].replace(/e-\d+/, "e-0")),
    "swapped two lines": (copy, at) => copy.splice(at, 2, copy[at + 1], copy[at]),
    "removed many lines": (copy, at) => copy.splice(at, 17),
    "made no event of a line": (copy, at) => copy.splice(at, 1, "not JSON"),
  };
  for (const [name, manipulate] of Object.entries(manipulations)) {
    for (let round = 0; round < 12; round += 1) {
      const copy = [...lines];
      const at = pick(980);
      manipulate(copy, at);
      const report = await verifyLog(textOf(copy), { ...trusted, checkpoint: kept });
      assert.equal(report.whole, false, `${name} ${at}`);
      const [{ from, to }] = report.breaks;
      assert.ok(from <= at + 2 && to >= at && to <= at + 2, `${name} ${at}: told of ${from} to ${to}`);
    }
  }
});

test("an end that was cut off, or a log written anew, is found by the checkpoint kept elsewhere", async () => {
  const { lines, seals } = logOf(20, 10);
  const kept = { ...trusted, checkpoint: seals[1] };
  const faults = async (copy, options = kept) => (await verifyLog(textOf(copy), options)).breaks.map(({ fault }) => fault);
  assert.deepEqual(await faults(lines), []);
  for (let length = 0; length < 21; length += 1) assert.deepEqual(await faults(lines.slice(0, length)), ["log_shorter"], `${length} lines`);
  assert.equal((await faults(lines.slice(1)))[0], "chain_broken");
  // The keeper, who has the key, leaves an event out.
  const anew = new LogWriter({ logId: "gate-1" });
  const rewritten = [];
  for (let at = 2; at <= 22; at += 1) rewritten.push(anew.append(event(at)));
  rewritten.push(anew.checkpoint(planner, { now: NOW }));
  assert.deepEqual(await faults(rewritten, trusted), []);
  assert.deepEqual(await faults(rewritten), ["last_line_altered", "root_mismatch"]);
});

test("checkpoints of others, and of other logs, seal nothing", async () => {
  const { lines } = logOf(4);
  const stranger = logOf(4, 4, { identity: researcher });
  const report = await verifyLog(stranger.text, trusted);
  assert.deepEqual([report.whole, report.sealed, report.breaks[0].fault], [false, 0, "checkpoint_untrusted"]);
  const { seals } = logOf(4, 4, { logId: "other" });
  const twice = logOf(4, 2);
  const swapped = [...twice.lines.slice(0, 5), seals[0]];
  assert.equal((await verifyLog(textOf(swapped), trusted)).whole, false);
  const unsigned = await verifyLog(textOf([...lines, seals[0].replace(/"signature": "..../, '"signature": "AAAA')]), trusted);
  assert.equal(unsigned.breaks[0].fault, "checkpoint_invalid");
});

test("a writer that stopped in the middle of a line goes on, and says so", async () => {
  const { text } = logOf(5, 5);
  const torn = `${text}{"event_id": "e-6", "eve`;
  const { writer, tail } = await LogWriter.open(torn, { logId: "gate-1" });
  assert.deepEqual([writer.size, writer.logId, new TextDecoder().decode(tail)], [6, "gate-1", '{"event_id": "e-6", "eve']);
  const told = writer.recover(tail, { producer: planner.agentId, now: NOW });
  const { event_type, cut_bytes, cut_sha256, producer_id, event_id } = JSON.parse(told);
  assert.deepEqual([event_type, cut_bytes, cut_sha256, producer_id], ["log_recovered", 24, sha256(tail).toString("hex"), planner.agentId]);
  assert.match(event_id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  const more = [told, writer.append(event(7)), writer.checkpoint(planner, { now: NOW })];
  const report = await verifyLog(text + textOf(more), trusted);
  assert.deepEqual([report.whole, report.lines, report.sealed], [true, 9, 9]);
});

test("a log is opened line by line as well as whole", async () => {
  const { lines, text } = logOf(9, 4);
  const { writer: opened } = await LogWriter.open(text, { logId: "gate-1" });
  const taken = new LogWriter({ logId: "gate-1" });
  for (const line of lines) taken.takeIn(line);
  assert.equal(taken.append(event(10)), opened.append(event(10)));
  assert.equal(taken.size, 12);
});

test("any identity signs checkpoints: of each entry, and wherever its key is", async () => {
  const slim = await import("../../pkg/dist/slim.js");
  await slim.init(readFileSync(new URL("core.wasm", dist)));
  const common = createRequire(import.meta.url)("../../pkg/dist/index.cjs");
  const pair = await planner.toCryptoKey();
  const sign = async (bytes) => new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, bytes));
  const seed = new Uint8Array(32).fill(1);
  const identities = {
    "from slim": slim.AgentIdentity.fromPrivateKey(seed),
    "from CommonJS": common.AgentIdentity.fromPrivateKey(seed),
    "a CryptoKey": await AgentIdentity.fromCryptoKey(pair),
    "a signer that answers later": AgentIdentity.fromSigner({ publicKey: planner.publicKeyPem, sign }),
    "under an older id": AgentIdentity.fromPrivateKey(seed, { agentId: "agent:keeper" }),
  };
  for (const [name, identity] of Object.entries(identities)) {
    const { writer, lines } = logOf(3);
    const line = await writer.checkpointAsync(identity, { now: NOW });
    const report = await verifyLog(textOf([...lines, line]), trusted);
    assert.deepEqual([report.whole, report.sealed], [true, 4], name);
    assert.equal(readCheckpoint(line).producer, identity.agentId, name);
  }
  for (const name of ["a CryptoKey", "a signer that answers later"]) {
    assert.throws(() => logOf(1).writer.checkpoint(identities[name]), { code: "signer_async" }, name);
  }
});

test("through the door for checkpoints a signer elsewhere signs nothing else", async () => {
  let signed = 0;
  const identity = AgentIdentity.fromSigner({ publicKey: planner.publicKeyPem, sign: () => ((signed += 1), new Uint8Array(64)) });
  const { sign } = identity[Symbol.for("trusthandoff.signer")]();
  for (const text of ["", "{}", "TRUSTHANDOFF_REVOCATION_V1\0{}", "TRUSTHANDOFF_LOG_CHECKPOINT_V1", '{"agent": "TRUSTHANDOFF_LOG_CHECKPOINT_V1\0"}']) {
    assert.throws(() => sign(new TextEncoder().encode(text)), { code: "signer_failed" }, text);
  }
  assert.equal(signed, 0);
  assert.throws(() => logOf(1).writer.checkpoint(identity), { code: "invalid_signature" });
  assert.equal(signed, 1);
});

test("while a checkpoint is being signed nothing is written; if that fails the log goes on without it", async () => {
  const { writer, lines } = logOf(2);
  let fail;
  const waiting = AgentIdentity.fromSigner({ publicKey: planner.publicKeyPem, sign: () => new Promise((_, reject) => (fail = reject)) });
  const pending = failureOf(() => writer.checkpointAsync(waiting));
  await Promise.resolve();
  for (const write of [() => writer.append(event(3)), () => writer.takeIn("{}"), () => writer.checkpoint(planner), () => writer.recover("", { producer: "a" })]) {
    assert.throws(write, { code: "config_invalid" });
  }
  assert.equal((await failureOf(() => writer.checkpointAsync(planner))).code, "config_invalid");
  fail(new Error("the key is gone"));
  assert.equal((await pending).code, "signer_failed");
  assert.equal(writer.size, 2);
  const report = await verifyLog(textOf([...lines, writer.append(event(3)), writer.checkpoint(planner)]), trusted);
  assert.deepEqual([report.whole, report.sealed], [true, 4]);
});

test("what an event holds is written as it is, and read once", () => {
  const writer = new LogWriter({ logId: "gate-1" });
  let reads = 0;
  const line = writer.append({ event_type: "x", get seen() { return (reads += 1); }, big: 2n ** 70n, half: 0.5, absent: undefined, prev: "forged", text: "\u00e9\n" });
  assert.equal(reads, 1);
  assert.equal(line, `{"event_type": "x", "seen": 1, "big": 1180591620717411303424, "half": 0.5, "text": "\\u00e9\\n", "prev": "${"0".repeat(64)}"}`);
  for (const [wrong, code] of [
    [[], "type_mismatch"],
    ["text", "type_mismatch"],
    [null, "type_mismatch"],
    [{ when: new Date(0) }, "type_mismatch"],
    [{ text: "\ud800" }, "invalid_unicode"],
    [{ number: 2 ** 53 }, "number_unsafe"],
    [{ number: NaN }, "number_not_finite"],
  ]) {
    assert.throws(() => writer.append(wrong), { code });
  }
  assert.equal(writer.size, 1);
});

test("wrong arguments are told in one line, with errors of the main entry", async () => {
  const { text, lines, seals } = logOf(3, 3);
  const proof = await inclusionProof(text, 0);
  const seal = readCheckpoint(seals[0]);
  const rows = [
    ["argument_type", () => verifyLog()],
    ["argument_type", () => verifyLog({})],
    // The name of a log is no log, and never a whole one.
    ["argument_type", () => verifyLog("events.jsonl")],
    ["argument_type", () => new sentinel.Sentinel().ingestStream("logs/events.jsonl")],
    ["argument_type", () => inclusionProof("events.jsonl", 0)],
    ["argument_type", () => verifyLog([1])],
    ["argument_type", () => verifyLog([[1, 2]])],
    ["invalid_unicode", () => verifyLog("\ud800")],
    ["config_invalid", () => verifyLog(text, { key: planner.publicKeyPem })],
    ["config_invalid", () => verifyLog(text, { keys: 1 })],
    ["argument_type", () => verifyLog(text, { keys: [1] })],
    ["public_key_encoding_invalid", () => verifyLog(text, { keys: ["nonsense"] })],
    ["public_key_encoding_invalid", () => verifyLog(text, { keys: [new Uint8Array(31)] })],
    ["weak_public_key", () => verifyLog(text, { keys: [Uint8Array.of(1, ...new Uint8Array(31))] })],
    ["malformed_json", () => verifyLog(text, { checkpoint: "{" })],
    ["missing_field", () => verifyLog(text, { checkpoint: "{}" })],
    ["argument_type", () => verifyLog(text, { checkpoint: {} })],
    ["config_invalid", () => verifyLog(text, { onProgress: 1 })],
    ["argument_type", () => verifyLog(text, { previous: 7 })],
    ["config_invalid", () => verifyLog(text, { previous: { lines: -1, root: "" } })],
    ["config_invalid", () => verifyLog(text, { previous: { lines: 1 } })],
    ["field_invalid", () => verifyLog(text, { previous: { lines: 1, root: "0" } })],
    ["argument_type", () => new LogWriter({ logId: "x" }).continueFrom("y", { producer: "a" })],
    ["missing_field", () => new LogWriter({ logId: "x" }).continueFrom({}, { producer: "a" })],
    ["field_invalid", () => new LogWriter({ logId: "x" }).continueFrom({ logId: "y", size: -1, root: "0".repeat(64) }, { producer: "a" })],
    ["config_invalid", () => new LogWriter({ logId: "x" }).continueFrom(new LogWriter({ logId: "y" }).link)],
    ["config_invalid", () => verifyLog(text, { signal: {} })],
    ["config_invalid", () => new LogWriter()],
    ["config_invalid", () => new LogWriter({ logId: "" })],
    ["config_invalid", () => new LogWriter({ logId: "x", prev: "y" })],
    ["argument_type", () => new LogWriter({ logId: "x" }).takeIn({})],
    ["field_invalid", () => new LogWriter({ logId: "x" }).takeIn("{}\n")],
    ["argument_type", () => new LogWriter({ logId: "x" }).checkpoint({})],
    ["argument_type", () => new LogWriter({ logId: "x" }).checkpoint(null)],
    ["clock_invalid", () => new LogWriter({ logId: "x" }).checkpoint(planner, { now: NaN })],
    ["datetime_noncanonical", () => new LogWriter({ logId: "x" }).checkpoint(planner, { now: "yesterday" })],
    ["config_invalid", () => new LogWriter({ logId: "x" }).recover("")],
    ["config_invalid", () => inclusionProof(text, 4)],
    ["config_invalid", () => inclusionProof(text, 0, { size: 5 })],
    ["config_invalid", () => inclusionProof(text, 2, { size: 2 })],
    ["config_invalid", () => inclusionProof(text, 2 ** 32)],
    ["config_invalid", () => inclusionProof(text, 0, { size: 2 ** 32 + 1 })],
    ["config_invalid", () => consistencyProof(text, 2 ** 32 + 1)],
    ["config_invalid", () => consistencyProof(text, 1, { size: 2 ** 32 + 1 })],
    ["argument_type", () => inclusionProof(text, 2 ** 53)],
    ["argument_type", () => consistencyProof(text, 2 ** 53)],
    ["argument_type", () => verifyInclusion(lines[0], { ...proof, index: 2 ** 53 }, seal)],
    ["argument_type", () => verifyInclusion(lines[0], proof, { ...seal, size: 2 ** 53 })],
    ["argument_type", () => verifyConsistency(proof, { ...seal, size: 2 ** 53 }, seal)],
    ["field_invalid", () => readCheckpoint(seals[0].replace('"size": 3', '"size": 9007199254740992'))],
    ["config_invalid", () => verifyLog(text, { logId: "" })],
    ["config_invalid", () => verifyLog(text, { requireSealed: 1 })],
    ["config_invalid", () => verifyLog(text, { minSize: -1 })],
    ["config_invalid", () => verifyLog(text, { minSize: 2 ** 53 })],
    ["config_invalid", () => LogWriter.open("this is no log\n", { logId: "x" })],
    ["config_invalid", () => new LogWriter({ logId: "x" }).rollback()],
    ["argument_type", () => new LogWriter({ logId: "x" }).unsealed({})],
    ["argument_type", () => inclusionProof(text, -1)],
    ["argument_type", () => inclusionProof(text, 0.5)],
    ["config_invalid", () => consistencyProof(text, 0)],
    ["config_invalid", () => consistencyProof(text, 5)],
    ["argument_type", () => verifyInclusion(lines[0], proof)],
    ["argument_type", () => verifyInclusion(lines[0], { ...proof, path: ["AB".repeat(32)] }, seal)],
    ["argument_type", () => verifyInclusion(lines[0], { ...proof, path: "x" }, seal)],
    ["argument_type", () => verifyInclusion(lines[0], Object.create(proof), seal)],
    ["field_invalid", () => verifyInclusion(`${lines[0]}\n`, proof, seal)],
    ["argument_type", () => verifyConsistency(proof, seal, null)],
  ];
  for (const [code, call] of rows) {
    const error = await failureOf(call);
    assert.equal(error?.code, code, `${call}`);
    assert.ok(error instanceof trusthandoff.TrustHandoffError || error instanceof TypeError, `${call}`);
    assert.ok(!error.message.includes("\n"), `${call}`);
  }
});

test("a line beyond 16 MiB is no line of a log, and the next ones are read", async () => {
  const long = `{"event_type": "x", "text": "${"x".repeat(17 * 1024 * 1024)}"}`;
  const report = await verifyLog([`${long}\n`, '{"event_type": "y"}\n', long]);
  assert.deepEqual(report.breaks.map(({ from, to, fault }) => [from, to, fault]), [[1, 1, "no_event"], [2, 2, "no_hash"]]);
  assert.deepEqual([report.lines, report.tail], [2, long.length]);
});

test("a line beyond 16 MiB that was chained breaks no chain, and its every byte counts", async () => {
  const start = "0".repeat(64);
  const long = `{"event_type": "x", "text": "${"x".repeat(17 * 1024 * 1024)}", "prev": "${start}"}`;
  const next = (line) => `{"event_type": "y", "prev": "${sha256(line).toString("hex")}"}`;
  const pieces = (line) => [line.slice(0, 5_000_000), line.slice(5_000_000), "\n", next(long), "\n"];
  const { whole, lines, root } = await verifyLog(pieces(long));
  assert.deepEqual([whole, lines, root], [true, 2, treeHead([long, next(long)]).toString("hex")]);
  assert.equal((await verifyLog(pieces(`${long.slice(0, 9_000_000)}y${long.slice(9_000_001)}`))).breaks[0].fault, "chain_broken");
  const proof = await inclusionProof(pieces(long), 1);
  assert.equal(proof.root, root);
  const sentinelsReport = new sentinel.Sentinel({ chain: true });
  for (const piece of pieces(long)) sentinelsReport.ingest(piece);
  assert.deepEqual(sentinelsReport.detectViolations().map(({ type }) => type), ["unreadable_line"]);
  const { writer } = await LogWriter.open(pieces(long), { logId: "x" });
  assert.equal(writer.link.root, root);
});

test("whatever of the last checkpoint is altered is found, though no line behind it shows it", async () => {
  const { lines, seals } = logOf(6, 3);
  const last = seals.at(-1);
  const value = JSON.parse(last);
  // A line of another type is no checkpoint, and seals nothing.
  const alterations = Object.keys(value).filter((name) => name !== "event_type").map((name) => last.replace(`"${name}": ${JSON.stringify(value[name])}`, `"${name}": ${typeof value[name] === "number" ? 1 : '"gate-1:1"'}`));
  alterations.push(last.replace('": ', '":  '), last.replace("gate-1", "gate\\u002d1"), `${last} `, `{${last.slice(1, -1).split(", ").reverse().join(", ")}}`);
  for (const altered of alterations) {
    if (altered === last) continue;
    for (const options of [trusted, {}]) {
      const report = await verifyLog(textOf(lines.with(-1, altered)), options);
      assert.equal(report.whole, false, altered);
      assert.ok(report.sealed <= 4);
    }
  }
  assert.ok(alterations.filter((altered) => altered !== last).length > 12);
  // Of the right key, but of another state, or older than the one before.
  const { writer } = logOf(3);
  for (const [seal, fault] of [
    [logOf(3, 3, { logId: "other" }).seals[0], "checkpoint_mismatch"],
    [logOf(4, 4).seals[0], "checkpoint_mismatch"],
    [logOf(6, 6).seals[0], "checkpoint_mismatch"],
  ]) {
    assert.ok((await verifyLog(textOf([...lines.slice(0, 4), seal]), trusted)).breaks.some((found) => found.fault === fault));
    assert.equal((await verifyLog(textOf([...lines.slice(0, 4), seal]))).whole, false);
  }
  const early = writer.checkpoint(planner, { now: NOW });
  const again = writer.checkpoint(planner, { now: NOW - 60_000 });
  assert.deepEqual([JSON.parse(early).timestamp, JSON.parse(again).timestamp], Array(2).fill(JSON.parse(early).timestamp), "a clock set back");
});

test("what is asked of a log beyond being whole: a name, a size, and that it is sealed", async () => {
  const { text } = logOf(25, 10);
  const { text: unsealed } = logOf(4);
  const fallsShort = async (log, options) => (await verifyLog(log, options)).breaks.map(({ fault }) => fault);
  assert.deepEqual(await fallsShort(text, { ...trusted, logId: "gate-1", minSize: 27 }), []);
  assert.deepEqual(await fallsShort(text, { ...trusted, requireSealed: true }), ["unsealed_lines"]);
  assert.deepEqual(await fallsShort(text, { ...trusted, minSize: 28 }), ["log_too_small"]);
  for (const logId of ["gate", "gate-1/1", "gate-11"]) assert.deepEqual(await fallsShort(text, { ...trusted, logId }), ["other_log"]);
  assert.deepEqual(await fallsShort(logOf(2, 2, { logId: "gate-1/7" }).text, { ...trusted, logId: "gate-1" }), []);
  for (const log of [unsealed, ""]) assert.deepEqual(await fallsShort(log, trusted), ["nothing_sealed"]);
  assert.deepEqual(await fallsShort(unsealed, {}), []);
});

test("a long log tells of its progress, lets others work, and can be left", async () => {
  const { text } = logOf(500);
  const long = Array(200).fill(text);
  const told = [];
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 1);
  const { lines } = await verifyLog(long.join(""), { onProgress: (progress) => told.push(progress) });
  clearInterval(timer);
  assert.equal(lines, 100_000);
  assert.ok(turns > 3, `${turns} turns`);
  assert.deepEqual(told.at(-1), { bytes: Buffer.byteLength(text) * 200, lines });
  const leaving = new AbortController();
  const left = verifyLog(long, { signal: leaving.signal, onProgress: () => {} });
  leaving.abort(new Error("enough"));
  await assert.rejects(left, { message: "enough" });
  await assert.rejects(verifyLog(long, { onProgress: () => { throw new Error("no"); } }), { message: "no" });
});

test("a source that fails ends the reading with its own error, and is closed where reading ends early", async () => {
  const failing = (async function* () {
    yield "{}\n";
    throw new Error("disk");
  })();
  await assert.rejects(verifyLog(failing), { message: "disk" });
  let closed = false;
  const stream = new ReadableStream({ pull: (controller) => controller.enqueue("{}\n"), cancel: () => void (closed = true) });
  const leaving = new AbortController();
  const left = verifyLog({ getReader: () => stream.getReader() }, { signal: leaving.signal });
  setTimeout(() => leaving.abort(), 20);
  await assert.rejects(left, { name: "AbortError" });
  assert.equal(closed, true);
});

test("after a trap a log is judged by nobody, and a writer knows nothing any more", async () => {
  const { text, writer } = logOf(3);
  let sprung = trapNext("auditlogreader_push");
  await assert.rejects(verifyLog(text), { code: "internal_error" });
  assert.ok(sprung());
  assert.equal((await verifyLog(text)).whole, true);
  sprung = trapNext("auditlogwriter_append");
  assert.throws(() => writer.append(event(4)), { code: "internal_error" });
  assert.ok(sprung());
  for (const call of [() => writer.append(event(4)), () => writer.checkpoint(planner), () => writer.size]) assert.throws(call, { code: "config_invalid" });
  assert.equal((await LogWriter.open(text, { logId: "gate-1" })).writer.size, 3);
});

test("the main entry carries nothing of the second module", () => {
  for (const name of ["index.js", "index.cjs", "slim.js", "workerd.js", "bin/trusthandoff.js"]) assert.ok(!/audit(Log|Leaves)|AuditLog/.test(readFileSync(new URL(name, dist), "utf8")), name);
  for (const name of ["sentinel.js", "sentinel.cjs", "sentinel-workerd.js"]) {
    assert.doesNotMatch(readFileSync(new URL(name, dist), "utf8"), /class (TrustHandoffError|AgentIdentity)\b/, name);
  }
  assert.deepEqual(Object.keys(createRequire(import.meta.url)("../../pkg/dist/sentinel.cjs")).sort(), Object.keys(sentinel).sort());
});
