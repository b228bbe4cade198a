/**
 * Errors of the package: classes named as in the reference implementation, each instance with a stable `code`.
 * Classes are for `catch` blocks, codes are for programs; messages are one line for people.
 */

export class TrustHandoffError extends Error {
  /**
   * @param {string} code stable code
   * @param {string} message one line
   * @param {{ field?: string | null, cause?: unknown }} [about]
   */
  constructor(code, message, about = {}) {
    super(oneLine(message), Object.hasOwn(about, "cause") && about.cause !== undefined ? { cause: about.cause } : undefined);
    // Not `new.target.name`: a minifier may rename the classes.
    this.name = nameOf(this);
    this.code = code;
    this.field = (Object.hasOwn(about, "field") ? about.field : null) ?? null;
  }
}

export class AttestationError extends TrustHandoffError {}
export class VerificationError extends TrustHandoffError {}
export class ReplayAttackError extends VerificationError {}
export class InvalidSignatureError extends VerificationError {}
export class PublicKeyMismatchError extends VerificationError {}
export class PayloadValidationError extends TrustHandoffError {}
export class CanonicalizationError extends TrustHandoffError {}
export class CapabilityError extends TrustHandoffError {}
export class StaleCapabilityError extends CapabilityError {}
export class RevocationConsistencyError extends CapabilityError {}
export class AdapterError extends TrustHandoffError {}
export class MissingPacketIDError extends AdapterError {}
export class MiddlewareExecutionError extends AdapterError {}
/** The program around the library is wrong: an option, a key, a missing store. Nothing that was received causes it. */
export class ConfigurationError extends TrustHandoffError {}

/** An argument of the wrong JavaScript type. A `TypeError`, because no input could ever make the call right. */
export class ArgumentTypeError extends TypeError {
  constructor(message, field = null) {
    super(oneLine(message));
    this.name = "ArgumentTypeError";
    this.code = "argument_type";
    this.field = field;
  }
}

const NAMES = /* @__PURE__ */ new Map([
  [AttestationError, "AttestationError"],
  [VerificationError, "VerificationError"],
  [ReplayAttackError, "ReplayAttackError"],
  [InvalidSignatureError, "InvalidSignatureError"],
  [PublicKeyMismatchError, "PublicKeyMismatchError"],
  [PayloadValidationError, "PayloadValidationError"],
  [CanonicalizationError, "CanonicalizationError"],
  [CapabilityError, "CapabilityError"],
  [StaleCapabilityError, "StaleCapabilityError"],
  [RevocationConsistencyError, "RevocationConsistencyError"],
  [AdapterError, "AdapterError"],
  [MissingPacketIDError, "MissingPacketIDError"],
  [MiddlewareExecutionError, "MiddlewareExecutionError"],
  [ConfigurationError, "ConfigurationError"],
]);

function nameOf(error) {
  return NAMES.get(error.constructor) ?? "TrustHandoffError";
}

function oneLine(message) {
  return String(message).replace(/\s*[\r\n]+\s*/g, " ");
}
