import { shared } from "./core.js";
import { ArgumentTypeError, configInvalid, errorFor, TrustHandoffError } from "./errors.js";
import { consult, consultSync } from "./gate/hosts.js";
import { callback, timeoutOf } from "./gate/options.js";
import { keyArgument } from "./keys.js";
import { copyPlain, freezeDeep, readOptions } from "./plain.js";
import { requireTimers, wallClock } from "./platform.js";
import { registryState } from "./registry.js";
import { signLater, signNow } from "./signing.js";
import { MAX_INPUT_BYTES } from "./generated/vocabulary.js";
import { receivedBytes, typeName, wellFormed } from "./text.js";
import { toMs } from "./time.js";

const EXPECTED = ["result", "reason", "registry", "publicKey", "packetId", "statuses", "agentId"];

/** A signed word that a task ran, how it ended and what came of it. */
export function createAttestation(identity, fields) {
  return attested(signNow(identity, "createAttestationAsync", () => attestationWork(fields, "createAttestation")));
}

export async function createAttestationAsync(identity, fields) {
  return attested(await signLater(identity, () => attestationWork(fields, "createAttestationAsync")));
}

/**
 * Whether an attestation is the one that somebody waits for: of this packet, with one of these ends, of this result, by that
 * agent, and new. Which packet, which ends and where nonces are remembered have no default (catalogue G04, G05).
 */
export function verifyAttestation(received, options) {
  const question = questionOf(received, options, "verifyAttestation");
  const found = judge(question);
  return found.report ?? taken(found, consultSync({ nonce: question.nonces }, found));
}

/** As `verifyAttestation`, where nonces are remembered by a store that answers later. */
export async function verifyAttestationAsync(received, options) {
  requireTimers("a store that answers later");
  const question = questionOf(received, options, "verifyAttestationAsync");
  const found = judge(question);
  return found.report ?? taken(found, await consult({ nonce: question.nonces, open: null }, found, question.timeoutMs, () => true));
}

/** The same years later: neither freshness nor nonces, which keep an answer from being given twice, matter to an audit. */
export function verifyArchived(received, options) {
  const found = judge(questionOf(received, options, "verifyArchived", true));
  return found.report ?? report(null, found.signed);
}

/** What the signing functions of the core need; for receipts too. */
export function attestationWork(given, what) {
  const { packetId, status, result, reason, now = wallClock() } = readOptions(given, ["packetId", "status", "result", "reason", "now"], what);
  const nowMs = toMs(now, "now");
  const fields = Object.create(null);
  fields.packet_id = textArgument(packetId, "packetId");
  fields.status = textArgument(status, "status");
  fields.result = outcome(result, "/result");
  if (reason !== undefined && reason !== null) fields.reason = outcome(reason, "/reason");
  return {
    here: (glue, { seed, agentId }) => glue.signStatement("attestation", seed, fields, agentId, nowMs),
    prepare: (glue, { agentId, publicKey }) => glue.prepareStatement("attestation", fields, agentId, publicKey, nowMs),
    finish: (glue, unsigned, signature) => glue.finishStatement("attestation", unsigned, signature),
  };
}

/** The digest by which a receipt cites the one before it. */
export function attestationDigest(received, what) {
  const bytes = receivedBytes(received, what);
  return shared.call((glue) => glue.attestationView(bytes)).digest;
}

/** As its user holds it: the fields of the wire, frozen; beside them, not enumerable, the text that travels and its digest. */
export function attested({ text, view, digest }) {
  // Of 128 bits, whatever this one happens to have.
  view.nonce = BigInt(view.nonce);
  Object.defineProperties(view, { text: { __proto__: null, value: text }, digest: { __proto__: null, value: digest } });
  return freezeDeep(view);
}

function questionOf(received, given, what, archived = false) {
  const options = readOptions(given, archived ? EXPECTED : [...EXPECTED, "nonces", "now", "storeTimeoutMs"], what);
  const { registry, publicKey, packetId, statuses, agentId, nonces, now = wallClock(), storeTimeoutMs } = options;
  for (const name of archived ? ["packetId", "statuses", "result"] : ["packetId", "statuses", "result", "nonces"]) {
    if (options[name] === undefined) throw configInvalid(`\`${name}\` is required`, name);
  }
  const expected = Object.create(null);
  expected.packet_id = textArgument(packetId, "packetId");
  expected.statuses = statusList(statuses);
  if (agentId !== undefined) expected.agent_id = textArgument(agentId, "agentId");
  if (!archived) expected.now_ms = Math.floor(toMs(now, "now"));
  const state = signerSource(registry, publicKey, expected);
  return {
    bytes: receivedBytes(received, "the attestation"),
    expected,
    state,
    outcomes: options,
    nonces: callback(nonces, "checkAndStore", "nonces"),
    timeoutMs: timeoutOf(storeTimeoutMs),
  };
}

/** Whose key it must be: the agent's in a registry, or one that the caller knows. */
function signerSource(registry, publicKey, expected) {
  if ((registry === undefined) === (publicKey === undefined)) {
    throw configInvalid("either `registry` or `publicKey` must say whose key is trusted", registry === undefined ? "registry" : "publicKey");
  }
  if (publicKey !== undefined) {
    const key = keyArgument(publicKey, "`publicKey`");
    expected.public_key_pem = shared.call((glue) => glue.publicKeyOf(key)).public_key_pem;
    return null;
  }
  const state = registryState(registry, "registry");
  if (state === null) throw configInvalid("an attestation holds no key, so a self-certifying registry cannot find one; pass `publicKey`", "registry");
  return state;
}

/** What the core says: a `report` that ends it, or what was `signed` and the question that is left. */
function judge({ bytes, expected, state, outcomes }) {
  try {
    // What was exchanged comes from others: a value that cannot be attested is an answer, no misuse.
    expected.result = outcome(outcomes.result, "/result");
    if (outcomes.reason !== undefined && outcomes.reason !== null) expected.reason = outcome(outcomes.reason, "/reason");
    const verified =
      state === null
        ? shared.call((glue) => glue.verifyAttestation(bytes, expected))
        : state.ask((registry) => registry.verifyAttestation(bytes, expected));
    const signed = attested(verified);
    const step = {
      ask: "nonce",
      key: verified.replay_key,
      expires_at_ms: verified.replay_until_ms,
      now_ms: expected.now_ms,
      issued_at_ms: Number(signed.timestamp_ms),
      nonce: String(signed.nonce),
      agent_id: signed.signed_by,
      fingerprint: signed.agent_pubkey_fingerprint,
    };
    return { report: undefined, signed, step };
  } catch (error) {
    if (error instanceof TrustHandoffError) return { report: report(error, null) };
    throw error;
  }
}

/** The store's word, as strict as at a gate. */
function taken({ signed }, { reply, failure }) {
  if (failure === null && reply === true) return report(null, signed);
  const [code, message] =
    failure === "full"
      ? ["replay_store_full", "the nonce store has no room for this attestation"]
      : failure !== null
        ? ["replay_store_unavailable", "the nonce store failed or gave no answer in time"]
        : reply === false
          ? ["replay_detected", "the attestation was taken before"]
          : ["replay_store_invalid_reply", "the nonce store answered with something other than `true` or `false`"];
  return report(errorFor(code, message), null);
}

function report(error, attestation) {
  return Object.freeze({
    valid: error === null,
    code: error?.code ?? null,
    reason: error?.message ?? null,
    field: error?.field ?? null,
    attestation,
  });
}

/** A result or reason: JSON text, in which no number is lost, or a value, read once. */
export function outcome(value, pointer) {
  if (typeof value !== "string") return copyPlain(value, pointer);
  return wellFormed(value.length > MAX_INPUT_BYTES ? value.slice(0, MAX_INPUT_BYTES + 1) : value, "the text", pointer);
}

function statusList(statuses) {
  const list = Array.isArray(statuses) ? Array.from(statuses) : [];
  if (list.length === 0 || !list.every((status) => typeof status === "string")) {
    throw configInvalid("`statuses` must be an array of the statuses that are accepted", "statuses");
  }
  return list.map((status) => wellFormed(status, "a status", "statuses"));
}

function textArgument(value, name) {
  if (typeof value !== "string") throw new ArgumentTypeError(`\`${name}\` must be a string, not ${typeName(value)}`, name);
  return wellFormed(value, `\`${name}\``, name);
}
