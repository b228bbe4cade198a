/**
 * What every runtime must do alike. Plain JavaScript without a test runner or any import of a platform: it runs wherever
 * the package does. Keys, ids and times are fixed, so the evidence must be the same byte for byte everywhere.
 */
import { EVIDENCE } from "./evidence.js";
import { NOW, plain, stage } from "./stage.js";
import { trapNext } from "./trap.js";

const SUBMISSIONS = 100;

/** Stricter here than in the reference, which verifies these. */
const REFUSED_VECTORS = { nan: "malformed_json", naive: "datetime_naive", deep: "nesting_too_deep" };

/**
 * @param {object} trusthandoff the package's namespace
 * @param {{ vectors: object[], parallelRounds: number, sentinel: object, webhook: object }} options how often 100 submissions race
 *   for one envelope; the namespaces of the entries beside the main one
 * @returns {Promise<{ name: string, ok: boolean, expected: unknown, got: unknown, evidence: unknown }[]>}
 */
export async function run(trusthandoff, options) {
  const results = [];
  for (const [name, expected, test] of [...CASES, ...EVIDENCE]) {
    let got;
    let evidence = null;
    try {
      ({ got, evidence = null } = await test(stage(trusthandoff, options), options));
    } catch (error) {
      got = `threw ${error?.stack ?? error}`;
    }
    results.push({ name, ok: JSON.stringify(got) === JSON.stringify(expected), expected, got, evidence });
  }
  return results;
}

/** A refusal or an acceptance as `got`, all of it as evidence. */
function verdict(decision) {
  return { got: decision.code ?? decision.decision, evidence: plain(decision) };
}

async function thrown(act) {
  try {
    await act();
  } catch (error) {
    return { name: error.name, code: error.code };
  }
  return "nothing thrown";
}

const CASES = [
  ["signs 0.4.0 and 0.3.3", ["0.4.0", "0.3.3"], (on) => signsBothForms(on)],
  ["a WebCrypto key signs the same bytes", true, (on) => signsWithWebCrypto(on)],
  ["a generated identity signs", { valid: true, distinct: true }, (on) => generates(on)],
  ["keys travel as PEM and JWK", true, (on) => keysTravel(on)],
  ["a genuine envelope is accepted", "ACCEPT", async (on) => verdict(await on.gate().handle(on.wire()))],
  ["handleSync accepts it too", "ACCEPT", (on) => verdict(on.gate().handleSync(on.wire()))],
  ["bytes are accepted like text", "ACCEPT", async (on) => verdict(await on.gate().handle(new TextEncoder().encode(on.wire())))],
  ["a replay is refused", ["ACCEPT", "replay_detected"], (on) => replays(on)],
  ["a tampered packet is refused", "invalid_signature", async (on) => verdict(await on.gate().handle(on.wire().replace("Summarize", "summarize")))],
  ["an expired packet is refused", "expired", async (on) => verdict(await on.gate().handle(on.wire(), { now: NOW + 3_600_000 }))],
  ["a packet from the future is refused", "issued_in_future", async (on) => verdict(await on.gate().handle(on.wire(), { now: NOW - 3_600_000 }))],
  ["another's packet is refused", "wrong_audience", async (on) => verdict(await on.gate({ audience: on.stranger.agentId }).handle(on.wire()))],
  ["an unknown agent is refused", "agent_unknown", async (on) => verdict(await on.gate().handle(on.wire({}, on.stranger)))],
  ["a revoked agent is refused", "agent_revoked", (on) => revokes(on)],
  ["garbage is refused", "malformed_json", async (on) => verdict(await on.gate().handle("{"))],
  ["a parsed object is a TypeError", { name: "ArgumentTypeError", code: "argument_type" }, async (on) => ({ got: await thrown(() => on.trusthandoff.verifySignature(JSON.parse(on.wire()))) })],
  ["a gate without audience is no gate", { name: "ConfigurationError", code: "config_invalid" }, async (on) => ({ got: await thrown(() => on.gate({ audience: undefined })) })],
  ["a failing nonce store refuses", "replay_store_unavailable", async (on) => verdict(await on.gate({ nonces: () => Promise.reject(new Error("down")) }).handle(on.wire()))],
  ["a silent nonce store refuses", "replay_store_unavailable", async (on) => verdict(await on.gate({ nonces: () => new Promise(() => {}), storeTimeoutMs: 20 }).handle(on.wire()))],
  ["of 100 parallel submissions exactly one is accepted (memory store)", "every round", (on, options) => inParallel(on, options.parallelRounds, new on.trusthandoff.MemoryNonceStore())],
  ["of 100 parallel submissions exactly one is accepted (asynchronous store)", "every round", (on, options) => inParallel(on, Math.min(50, options.parallelRounds), asynchronousStore())],
  ["reference vectors", [], (on, options) => vectorVerdicts(on, options)],
  ["after a trap in the gate nothing was accepted and the next call works", ["internal_error", "ACCEPT", "replay_detected"], (on) => trapsInGate(on)],
  ["after a trap in the nonce store it admits nobody it may have forgotten", ["ACCEPT", "replay_store_unavailable", "replay_store_unavailable"], (on) => trapsInStore(on)],
];

function signsBothForms(on) {
  const wires = ["0.4.0", "0.3.3"].map((form) => on.wire({}, on.planner, { form }));
  const reports = wires.map((wire) => on.trusthandoff.verifySignature(wire));
  return { got: reports.map(({ valid, form }) => valid && form), evidence: [wires, plain(reports)] };
}

async function signsWithWebCrypto(on) {
  const pair = await on.planner.toCryptoKey();
  const identity = await on.trusthandoff.AgentIdentity.fromCryptoKey(pair);
  const { text } = await on.trusthandoff.signPacketAsync(identity, { ...JSON.parse(JSON.stringify(fixedFields(on))) }, { now: NOW });
  const same = on.trusthandoff.signPacket(on.planner, fixedFields(on), { now: NOW }).text;
  return { got: text === same && pair.privateKey.extractable === false, evidence: text };
}

function fixedFields(on) {
  return { packet_id: "p", task_id: "t", nonce: "n", to_agent: on.researcher.agentId, intent: "read", permissions: { allowed_actions: ["read"] } };
}

function generates(on) {
  const [one, two] = [on.trusthandoff.AgentIdentity.generate(), on.trusthandoff.AgentIdentity.generate()];
  return { got: { valid: on.trusthandoff.verifySignature(on.wire({}, one)).valid, distinct: one.agentId !== two.agentId } };
}

function keysTravel({ trusthandoff, planner }) {
  const { AgentIdentity } = trusthandoff;
  const [pem, jwk] = [planner.privateKeyPem(), planner.privateKeyJwk()];
  const ids = [AgentIdentity.fromPrivateKeyPem(pem).agentId, AgentIdentity.fromJwk(jwk).agentId];
  return { got: ids.every((id) => id === planner.agentId), evidence: [pem, plain(jwk), planner.publicKeyPem, planner.fingerprint] };
}

async function replays(on) {
  const [gate, wire] = [on.gate(), on.wire()];
  const decisions = [await gate.handle(wire), await gate.handle(wire)];
  return { got: decisions.map(({ code, decision }) => code ?? decision), evidence: plain(decisions) };
}

async function revokes(on) {
  const gate = on.gate();
  on.registry.revoke(on.planner.agentId, { now: NOW - 1 });
  return verdict(await gate.handle(on.wire()));
}

/** An atomic store that answers later, as one behind a network does. */
function asynchronousStore() {
  const held = new Set();
  return async (key) => {
    await Promise.resolve();
    const fresh = !held.has(key);
    held.add(key);
    await Promise.resolve();
    return fresh;
  };
}

async function inParallel(on, rounds, nonces) {
  const gate = on.gate({ nonces });
  for (let round = 0; round < rounds; round += 1) {
    const wire = on.wire({ packet_id: `packet-${round}`, nonce: `nonce-${round}` });
    const decisions = await Promise.all(Array.from({ length: SUBMISSIONS }, () => gate.handle(wire)));
    const accepted = decisions.filter(({ decision }) => decision === "ACCEPT").length;
    const replayed = decisions.filter(({ code }) => code === "replay_detected").length;
    if (accepted !== 1 || replayed !== SUBMISSIONS - 1) return { got: `round ${round}: ${accepted} accepted, ${replayed} refused as replays` };
  }
  return { got: "every round" };
}

function vectorVerdicts({ trusthandoff }, { vectors }) {
  if (vectors.length === 0) throw new Error("no vectors");
  const wrong = [];
  const evidence = vectors.map(({ set, name, wire, verifies }) => {
    const report = plain(trusthandoff.verifySignature(wire));
    const code = REFUSED_VECTORS[name];
    const right = code === undefined ? report.valid === verifies : !report.valid && report.code === code;
    if (!right) wrong.push(`${set} ${name}: ${JSON.stringify(report)}`);
    return { set, name, report };
  });
  return { got: wrong, evidence };
}

async function trapsInGate(on) {
  const [gate, wire] = [on.gate(), on.wire()];
  const sprung = trapNext("coregate_begin");
  const decisions = [await gate.handle(wire)];
  if (!sprung()) throw new Error("the trap did not spring");
  decisions.push(await gate.handle(wire), await gate.handle(wire));
  return { got: decisions.map(({ code, decision }) => code ?? decision), evidence: plain(decisions) };
}

async function trapsInStore(on) {
  const [gate, wire] = [on.gate(), on.wire()];
  const decisions = [await gate.handle(wire)];
  const sprung = trapNext("corenoncestore_checkAndStore");
  decisions.push(await gate.handle(on.wire({ nonce: "nonce-2" })));
  if (!sprung()) throw new Error("the trap did not spring");
  decisions.push(await gate.handle(wire));
  return { got: decisions.map(({ code, decision }) => code ?? decision), evidence: plain(decisions) };
}
