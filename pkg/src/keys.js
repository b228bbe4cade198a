import { ArgumentTypeError } from "./errors.js";
import { ownMember } from "./plain.js";
import { isBytes, isObject, ownBytes, typeName } from "./text.js";

/** A public key as the core takes it: PEM text, a private copy of raw bytes, or the JWK of an Ed25519 key. */
export function keyArgument(key, what) {
  if (typeof key === "string") return key;
  if (isBytes(key)) return ownBytes(key, what);
  if (isObject(key) && !Array.isArray(key)) {
    const { kty, crv, x, d } = jwkMembers(key);
    if (d !== undefined) throw new ArgumentTypeError(`${what} is a private JWK; pass its public half, without \`d\``);
    if (kty !== undefined) return jwkOf({ kty, crv, x }, what);
  }
  throw new ArgumentTypeError(`${what} must be PEM text, 32 bytes or a JWK, not ${typeName(key)}`);
}

/** A private key as the core takes it. */
export function privateJwkArgument(jwk, what) {
  return jwkOf(jwkMembers(jwk), what);
}

/** The members of an Ed25519 key, each read once and none inherited. */
function jwkMembers(jwk) {
  return Object.fromEntries(["kty", "crv", "x", "d"].map((name) => [name, ownMember(jwk, name)]));
}

/** Texts only: an object among the members would run its getters inside the core. */
function jwkOf(members, what) {
  for (const [name, value] of Object.entries(members)) {
    if (value !== undefined && typeof value !== "string") throw new ArgumentTypeError(`\`${name}\` of ${what} must be a string, not ${typeName(value)}`, name);
  }
  return members;
}
