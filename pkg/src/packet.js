import { tokensArgument } from "./capability.js";
import { shared } from "./core.js";
import { ArgumentTypeError, CanonicalizationError, configInvalid, PayloadValidationError } from "./errors.js";
import { acceptanceOf, decisionName } from "./gate/decision.js";
import { signerOf } from "./identity.js";
import { readOptions } from "./plain.js";
import { wallClock } from "./platform.js";
import { copyFields, keepText, signLater, signNow } from "./signing.js";
import { taskMetadata } from "./task.js";
import { toMs } from "./time.js";
import { MAX_INPUT_BYTES } from "./generated/vocabulary.js";
import { isBytes, isObject, receivedBytes, typeName, wellFormed } from "./text.js";

/** Packet object made here → its text. */
const texts = /* @__PURE__ */ new WeakMap();

/** Signs a packet with an identity whose key is at hand. */
export function signPacket(identity, fields, options) {
  return keep(signNow(identity, "signPacketAsync", () => packetWork(fields, options)));
}

/** Signs a packet with any identity, also one whose signer answers later (WebCrypto, KMS, HSM). */
export async function signPacketAsync(identity, fields, options) {
  return keep(await signLater(identity, () => packetWork(fields, options)));
}

/**
 * The envelope text that travels, around a packet signed here or the text of one. With `parent`, the accepted decision whose
 * task it carries on, and `capabilities`, the tokens that its own narrows, the envelope holds the proof of both.
 */
export function createEnvelope(packet, options) {
  const { parent, capabilities } = readOptions(options, ["parent", "capabilities"], "createEnvelope");
  const text = packetText(packet);
  const bytes = parent === undefined ? undefined : acceptedBytes(parent);
  const tokens = capabilities === undefined ? undefined : tokensArgument(capabilities, "capabilities");
  return shared.call((glue) => glue.envelopeText(text, bytes, tokens));
}

/** The very bytes that were accepted: what is proven is passed on as it was received, never serialised again. */
function acceptedBytes(decision) {
  const bytes = acceptanceOf(decision)?.bytes;
  if (bytes === undefined) throw configInvalid(`\`parent\` must be a decision that accepted the packet before this one, not ${decisionName(decision)}`, "parent");
  return bytes;
}

/**
 * Signs a packet whose fields stand in JSON text, so that no number is lost on the way. For the command line.
 * @param {Uint8Array} bytes
 */
export function signPacketText(identity, bytes, { form, nowMs }) {
  const signer = signerOf(identity);
  return keep(shared.call((glue) => glue.signPacketText(signer.seed, bytes, form, signer.agentId, nowMs)));
}

function packetWork(fields, options) {
  const { form, nowMs, metadata, parent, copy } = readArguments(fields, options);
  return {
    here: (glue, { seed, agentId }) => glue.signPacket(seed, copy, form, agentId, nowMs, metadata, parent),
    prepare: (glue, { agentId, publicKey }) => glue.preparePacket(copy, form, agentId, publicKey, nowMs, metadata, parent),
    finish: (glue, unsigned, signature) => glue.finishPacket(unsigned, form, signature),
  };
}

function readArguments(fields, options) {
  const { form = "0.4.0", task, parent, now = wallClock() } = readOptions(options, ["form", "task", "parent", "now"], "signPacket");
  if (form !== "0.4.0" && form !== "0.3.3") throw configInvalid('`form` must be "0.4.0" or "0.3.3"', "form");
  return {
    form,
    nowMs: toMs(now, "now"),
    metadata: task === undefined ? undefined : taskMetadata(task),
    parent: parent === undefined ? undefined : acceptedBytes(parent),
    copy: copyFields(fields, "packet"),
  };
}

function keep(signed) {
  const packet = keepText(signed);
  texts.set(packet, signed.text);
  return packet;
}

function packetText(packet) {
  if (typeof packet === "string") return wellFormed(packet, "the packet");
  const text = isObject(packet) ? (texts.get(packet) ?? twinText(packet)) : undefined;
  if (text !== undefined) return text;
  if (isBytes(packet)) return decoded(receivedBytes(packet, "the packet"));
  const given = typeName(packet);
  const lost = given === "an object" ? ": a copied or parsed object has lost the text that was signed" : "";
  throw new ArgumentTypeError(`createEnvelope takes a packet made by signPacket or its text, not ${given}${lost}`);
}

/** The text beside a packet that another copy of this package signed. A copied object has none: it is not enumerable. */
function twinText(packet) {
  const { value, enumerable } = Object.getOwnPropertyDescriptor(packet, "text") ?? {};
  return typeof value === "string" && !enumerable && Object.isFrozen(packet) ? wellFormed(value, "the packet") : undefined;
}

function decoded(bytes) {
  if (bytes.length > MAX_INPUT_BYTES) throw new PayloadValidationError("input_too_large", `the packet is longer than ${MAX_INPUT_BYTES} bytes`);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CanonicalizationError("invalid_utf8", "the packet is not valid UTF-8");
  }
}
