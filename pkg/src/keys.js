import { ArgumentTypeError } from "./errors.js";
import { isBytes, isObject, typeName } from "./text.js";

/**
 * A public key as the core takes it: PEM text, a private copy of raw bytes, or a JWK of which only the members of an
 * Ed25519 key are read, once each.
 */
export function keyArgument(key, what) {
  if (typeof key === "string") return key;
  if (isBytes(key)) return new Uint8Array(key);
  if (isObject(key) && !Array.isArray(key)) {
    const { kty, crv, x, d } = key;
    if (d !== undefined) throw new ArgumentTypeError(`${what} is a private JWK; pass its public half, without \`d\``);
    if (kty !== undefined) return { kty, crv, x };
  }
  throw new ArgumentTypeError(`${what} must be PEM text, 32 bytes or a JWK, not ${typeName(key)}`);
}
