/**
 * Errors of the package: classes named as in the reference implementation, each instance with a stable `code`.
 * Classes are for `catch` blocks, codes are for programs; messages are one line for people.
 */

/** By this own member an error is known for one of the package, also by another copy of it; its value is the class's name. */
const KIND = /* @__PURE__ */ Symbol.for("trusthandoff.error");

export class TrustHandoffError extends Error {
  // Fields are defined, not assigned: under a frozen `Error.prototype` nothing can be assigned that stands there.
  // Not `new.target.name`: a minifier may rename the classes.
  name = nameOf(this);
  code;
  field;

  /**
   * @param {string} code stable code
   * @param {string} message one line
   * @param {{ field?: string | null, cause?: unknown }} [about]
   */
  constructor(code, message, about = {}) {
    super(oneLine(message), Object.hasOwn(about, "cause") && about.cause !== undefined ? { cause: about.cause } : undefined);
    this.code = code;
    this.field = (Object.hasOwn(about, "field") ? about.field : null) ?? null;
    mark(this);
  }

  /** Also of another copy: `import` and `require` of one package load two, and a `catch` block knows of one. */
  static [Symbol.hasInstance](value) {
    return Function.prototype[Symbol.hasInstance].call(this, value) || isTwin(this, value);
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
  name = "ArgumentTypeError";
  code = "argument_type";
  field;

  constructor(message, field = null) {
    super(oneLine(message));
    this.field = field;
    mark(this);
  }

  static [Symbol.hasInstance](value) {
    return Function.prototype[Symbol.hasInstance].call(this, value) || isTwin(this, value);
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

function mark(error) {
  Object.defineProperty(error, KIND, { __proto__: null, value: error.name });
}

/** Whether another copy of the package made `value` as what is called `Class` here. */
function isTwin(Class, value) {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, KIND)) return false;
  const kind = value[KIND];
  if (Class === ArgumentTypeError || kind === "ArgumentTypeError") return Class === ArgumentTypeError && kind === "ArgumentTypeError";
  if (Class !== TrustHandoffError && !NAMES.has(Class)) return false;
  const [twin] = [...NAMES].find(([, name]) => name === kind) ?? [TrustHandoffError];
  return twin === Class || Object.prototype.isPrototypeOf.call(Class.prototype, twin.prototype);
}

function oneLine(message) {
  return String(message).replace(/\s*[\r\n]+\s*/g, " ");
}
