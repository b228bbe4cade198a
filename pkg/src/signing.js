/**
 * Signing one object with any identity: with a key at hand, with a signer that answers at once, or with one that answers later.
 *
 * `work` is `{ here(glue, signer), prepare(glue, signer), finish(glue, unsigned, signature) }`: the core signs with the
 * seed, or names the bytes to sign and then takes the signature.
 */
import { shared } from "./core.js";
import { ConfigurationError, PayloadValidationError, TrustHandoffError } from "./errors.js";
import { signerOf } from "./identity.js";
import { copyPlain, freezeDeep, isPlain } from "./plain.js";
import { requireRandomness, subtleCrypto } from "./platform.js";
import { disregard, isThenable } from "./promises.js";
import { isDate, toMs, toRfc3339 } from "./time.js";
import { inWords, isBytes, isObject, ownBytes, typeName } from "./text.js";

/**
 * @param {string} later the function for signers that answer later
 * @param {() => object} read reads the caller's arguments, once, into `work`
 */
export function signNow(identity, later, read) {
  requireRandomness("signing");
  const signer = signerOf(identity);
  if (signer.pair !== undefined) throw signerAsync(later);
  const work = read();
  if (signer.seed !== undefined) return shared.call((glue) => work.here(glue, signer));
  const prepared = prepare(signer, work);
  const signature = callSigner(signer.sign, prepared);
  if (answersLater(signature)) {
    disregard(signature);
    throw signerAsync(later);
  }
  return finish(work, prepared, signature);
}

/** As `signNow`, and waits. */
export async function signLater(identity, read) {
  requireRandomness("signing");
  const signer = signerOf(identity);
  const work = read();
  if (signer.seed !== undefined) return shared.call((glue) => work.here(glue, signer));
  const prepared = prepare(signer, work);
  const sign =
    signer.pair === undefined ? signer.sign : async (bytes) => new Uint8Array(await subtleCrypto().sign("Ed25519", signer.pair.privateKey, bytes));
  return finish(work, prepared, await awaitSigner(sign, prepared));
}

function prepare(signer, work) {
  return shared.call((glue) => work.prepare(glue, signer));
}

function callSigner(sign, prepared) {
  try {
    return sign(new Uint8Array(prepared.signing_bytes));
  } catch (cause) {
    throw signerFailed(cause);
  }
}

async function awaitSigner(sign, prepared) {
  try {
    return await callSigner(sign, prepared);
  } catch (cause) {
    throw cause instanceof TrustHandoffError ? cause : signerFailed(cause);
  }
}

function answersLater(value) {
  try {
    return isThenable(value);
  } catch (cause) {
    throw signerFailed(cause);
  }
}

/** The core verifies what a signer returned before it becomes an object: a wrong key must not surface at the receiver. */
function finish(work, prepared, signature) {
  if (!isBytes(signature)) {
    throw new ConfigurationError("signer_failed", `the signer must return a Uint8Array of 64 bytes, not ${typeName(signature)}`);
  }
  const own = ownBytes(signature, "the signature");
  return shared.call((glue) => work.finish(glue, prepared.unsigned, own));
}

function signerAsync(later) {
  return new ConfigurationError("signer_async", `the signer of this identity answers later; use ${later}`);
}

function signerFailed(cause) {
  return new ConfigurationError("signer_failed", `the signer failed: ${inWords(cause)}`, { cause });
}

/** A signed object as its user holds it: the fields of the wire, frozen, and beside them, not enumerable, the text that travels. */
export function keepText({ text, view }) {
  Object.defineProperty(view, "text", { __proto__: null, value: text });
  return freezeDeep(view);
}

/** Fields that hold a moment. */
const MOMENTS = ["issued_at", "expires_at"];

/**
 * The fields of an object to sign, each read once, or the error that says what was given in their place. A moment may be a
 * `Date`, which JSON has no word for.
 */
export function copyFields(fields, what) {
  if (isPlain(fields)) {
    const own = Object.create(null);
    for (const name of Object.keys(fields)) {
      const value = fields[name];
      own[name] = MOMENTS.includes(name) && isDate(value) ? toRfc3339(toMs(value, name)) : value;
    }
    return copyPlain(own);
  }
  if (isObject(fields) && !Array.isArray(fields) && !isBytes(fields)) return copyPlain(fields);
  throw new PayloadValidationError("type_mismatch", `the ${what} fields must be an object, not ${typeName(fields)}`, { field: "" });
}
