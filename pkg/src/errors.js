/** Which error a code is. */
import {
  AttestationError,
  CanonicalizationError,
  CapabilityError,
  ConfigurationError,
  InvalidSignatureError,
  MiddlewareExecutionError,
  PayloadValidationError,
  PublicKeyMismatchError,
  ReplayAttackError,
  RevocationConsistencyError,
  StaleCapabilityError,
  TrustHandoffError,
  VerificationError,
} from "./error_classes.js";
import { CODES_OF_CLASS } from "./generated/vocabulary.js";

// By name: what a bundler cannot list it cannot drop.
export {
  AdapterError,
  ArgumentTypeError,
  AttestationError,
  CanonicalizationError,
  CapabilityError,
  ConfigurationError,
  InvalidSignatureError,
  MiddlewareExecutionError,
  MissingPacketIDError,
  PayloadValidationError,
  PublicKeyMismatchError,
  ReplayAttackError,
  RevocationConsistencyError,
  StaleCapabilityError,
  TrustHandoffError,
  VerificationError,
} from "./error_classes.js";

/** The error class of a code. */
export function errorFor(code, message, about) {
  const ErrorClass = classOf(code);
  return new ErrorClass(code, message, about);
}

export function configInvalid(message, field = null) {
  return new ConfigurationError("config_invalid", message, { field });
}

/** Code → class. A code that is not in the core's table is an error of no special kind. */
const CLASSES = /* @__PURE__ */ (() => {
  // By name: a minifier may rename the classes.
  const thrown = {
    ...{ VerificationError, ConfigurationError, PayloadValidationError, CanonicalizationError, InvalidSignatureError, PublicKeyMismatchError },
    ...{ ReplayAttackError, CapabilityError, StaleCapabilityError, RevocationConsistencyError, AttestationError, MiddlewareExecutionError },
  };
  return new Map(Object.entries(thrown).flatMap(([name, ErrorClass]) => CODES_OF_CLASS[name].split(" ").map((code) => [code, ErrorClass])));
})();

function classOf(code) {
  return CLASSES.get(code) ?? TrustHandoffError;
}
