import { shared } from "./core.js";
import { ArgumentTypeError, CanonicalizationError, ConfigurationError, configInvalid, PayloadValidationError, TrustHandoffError } from "./errors.js";
import { signerOf } from "./identity.js";
import { copyPlain, freezeDeep, readOptions } from "./plain.js";
import { disregard } from "./promises.js";
import { taskMetadata } from "./task.js";
import { toMs } from "./time.js";
import { inWords, isBytes, isObject, MAX_TEXT_BYTES, ownBytes, receivedBytes, typeName, wellFormed } from "./text.js";

/** Packet object made here → its text. */
const texts = /* @__PURE__ */ new WeakMap();

/** Signs a packet with an identity whose key is at hand. */
export function signPacket(identity, fields, options) {
  const signer = signerOf(identity);
  if (signer.pair !== undefined) throw signerAsync();
  if (signer.seed !== undefined) return signHere(signer, fields, options);
  const prepared = prepare(signer, fields, options);
  const signature = callSigner(signer.sign, prepared);
  if (isThenable(signature)) {
    disregard(signature);
    throw signerAsync();
  }
  return finish(prepared, signature);
}

/** Signs a packet with any identity, also one whose signer answers later (WebCrypto, KMS, HSM). */
export async function signPacketAsync(identity, fields, options) {
  const signer = signerOf(identity);
  if (signer.seed !== undefined) return signHere(signer, fields, options);
  const prepared = prepare(signer, fields, options);
  if (signer.pair !== undefined) {
    const sign = async (bytes) => new Uint8Array(await crypto.subtle.sign("Ed25519", signer.pair.privateKey, bytes));
    return finish(prepared, await awaitSigner(sign, prepared));
  }
  return finish(prepared, await awaitSigner(signer.sign, prepared));
}

/** The envelope text that travels, around a packet signed here or the text of one. */
export function createEnvelope(packet, options) {
  readOptions(options, [], "createEnvelope", ["parent"]);
  const text = packetText(packet);
  return shared.call((glue) => glue.envelopeText(text));
}

/**
 * Signs a packet whose fields stand in JSON text, so that no number is lost on the way. For the command line.
 * @param {Uint8Array} bytes
 */
export function signPacketText(identity, bytes, { form, nowMs }) {
  const signer = signerOf(identity);
  return keep(shared.call((glue) => glue.signPacketText(signer.seed, bytes, form, signer.agentId, nowMs)));
}

function signHere(signer, fields, options) {
  const { form, nowMs, metadata, copy } = readArguments(fields, options);
  return keep(shared.call((glue) => glue.signPacket(signer.seed, copy, form, signer.agentId, nowMs, metadata)));
}

function prepare(signer, fields, options) {
  const { form, nowMs, metadata, copy } = readArguments(fields, options);
  return { form, ...shared.call((glue) => glue.preparePacket(copy, form, signer.agentId, signer.publicKey, nowMs, metadata)) };
}

function readArguments(fields, options) {
  const { form = "0.4.0", task, now = Date.now() } = readOptions(options, ["form", "task", "now"], "signPacket");
  if (form !== "0.4.0" && form !== "0.3.3") throw configInvalid('`form` must be "0.4.0" or "0.3.3"', "form");
  if (!isObject(fields) || Array.isArray(fields) || isBytes(fields)) {
    throw new PayloadValidationError("type_mismatch", `the packet fields must be an object, not ${typeName(fields)}`, { field: "" });
  }
  return { form, nowMs: toMs(now, "now"), metadata: task === undefined ? undefined : taskMetadata(task), copy: copyPlain(fields) };
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

function isThenable(value) {
  try {
    return isObject(value) && typeof value.then === "function";
  } catch (cause) {
    throw signerFailed(cause);
  }
}

/** The core verifies what a signer returned before it becomes a packet: a wrong key must not surface at the receiver. */
function finish(prepared, signature) {
  if (!isBytes(signature)) {
    throw new ConfigurationError("signer_failed", `the signer must return a Uint8Array of 64 bytes, not ${typeName(signature)}`);
  }
  const own = ownBytes(signature, "the signature");
  return keep(shared.call((glue) => glue.finishPacket(prepared.unsigned, prepared.form, own)));
}

/** The packet as its user holds it, with the text that travels. */
function keep({ text, view }) {
  // Not enumerable: the object lists the fields of the wire, its text is beside them.
  Object.defineProperty(view, "text", { __proto__: null, value: text });
  freezeDeep(view);
  texts.set(view, text);
  return view;
}

function packetText(packet) {
  if (typeof packet === "string") return wellFormed(packet, "the packet");
  const text = isObject(packet) ? texts.get(packet) : undefined;
  if (text !== undefined) return text;
  if (isBytes(packet)) return decoded(receivedBytes(packet, "the packet"));
  throw new ArgumentTypeError(`createEnvelope takes a packet made by signPacket or its text, not ${typeName(packet)}: a copied or parsed object has lost the text that was signed`);
}

function decoded(bytes) {
  if (bytes.length > MAX_TEXT_BYTES) throw new PayloadValidationError("input_too_large", `the packet is longer than ${MAX_TEXT_BYTES} bytes`);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CanonicalizationError("invalid_utf8", "the packet is not valid UTF-8");
  }
}

function signerAsync() {
  return new ConfigurationError("signer_async", "the signer of this identity answers later; use signPacketAsync");
}

function signerFailed(cause) {
  return new ConfigurationError("signer_failed", `the signer failed: ${inWords(cause)}`, { cause });
}
