import { shared } from "./core.js";
import { ArgumentTypeError, ConfigurationError, configInvalid, TrustHandoffError } from "./errors.js";
import { keyArgument, privateJwkArgument } from "./keys.js";
import { isPlain, member, readOptions } from "./plain.js";
import { requireRandomness, subtleCrypto } from "./platform.js";
import { inWords, isBytes, isObject, ownBytes, typeName } from "./text.js";

/** Older runtimes have no `Symbol.dispose`; this is the name that polyfills use. */
const DISPOSE = /* @__PURE__ */ (() => Symbol.dispose ?? Symbol.for("Symbol.dispose"))();
const INSPECT = /* @__PURE__ */ Symbol.for("nodejs.util.inspect.custom");
/** By this name the other files of the package ask an identity what it signs with: they cannot see into this one. */
const SIGNER = /* @__PURE__ */ Symbol.for("trusthandoff.signer");

/** What the signed bytes of a log checkpoint begin with, and those of nothing else. */
const CHECKPOINT_LABEL = "TRUSTHANDOFF_LOG_CHECKPOINT_V1\0";

/**
 * What stands before the seed in a PKCS#8 key of Ed25519 (RFC 8410, section 7). Keys go to WebCrypto as bytes, not as JWK, whose
 * further members (`ext`, `key_ops`) it also takes from `Object.prototype`.
 */
const PKCS8_PREFIX = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/**
 * Identity → what it signs with: `{ seed }`, `{ sign }` or `{ pair }`. Outside the objects, so that nothing can list it, and
 * without prototypes, so that none of the three is ever inherited.
 */
const secrets = /* @__PURE__ */ new WeakMap();

/**
 * An agent's key pair and id.
 *
 * There is no `sign(bytes)`: packets and capabilities are signed without a prefix that tells them apart, so an identity
 * that signs bytes of a caller's choosing signs anything (catalogue B16).
 */
export const AgentIdentity = /* @__PURE__ */ (() => {
  class AgentIdentity {
    #agentId;
    #facts;

    constructor(facts, agentId, secret) {
      if (!isObject(secret)) throw configInvalid("AgentIdentity has no public constructor; use AgentIdentity.generate() or one of AgentIdentity.from…");
      this.#facts = facts;
      this.#agentId = agentId;
      secrets.set(this, secret);
    }

    static generate(options) {
      requireRandomness("a new key");
      return fromSeed(shared.call((glue) => glue.generateSeed()), options);
    }

    static fromPrivateKeyPem(pem, options) {
      if (typeof pem !== "string") throw new ArgumentTypeError(`the private key must be PEM text, not ${typeName(pem)}`);
      return fromSeed(seedOf(pem), options);
    }

    static fromPrivateKey(bytes, options) {
      if (!isBytes(bytes)) throw new ArgumentTypeError(`the private key must be a Uint8Array of 32 bytes, not ${typeName(bytes)}`);
      return fromSeed(seedOf(ownBytes(bytes, "the private key")), options);
    }

    static fromJwk(jwk, options) {
      if (!isObject(jwk) || Array.isArray(jwk) || isBytes(jwk)) throw new ArgumentTypeError(`the private key must be a JWK object, not ${typeName(jwk)}`);
      return fromSeed(seedOf(privateJwkArgument(jwk, "the private key")), options);
    }

    static fromSigner(signer, options) {
      const { publicKey, sign } = signerMembers(signer);
      if (typeof sign !== "function") throw configInvalid("fromSigner needs `sign`, a function from bytes to a signature", "sign");
      // Called on the object it came with: a client for a KMS keeps its connection there.
      return fromPublicKey(keyArgument(publicKey, "`publicKey`"), options, { __proto__: null, sign: (bytes) => sign.call(signer, bytes) });
    }

    static async fromCryptoKey(key, options) {
      const pair = await cryptoKeyPair(key);
      const raw = new Uint8Array(await webCrypto((subtle) => subtle.exportKey("raw", pair.publicKey)));
      return fromPublicKey(raw, options, { __proto__: null, pair });
    }

    get agentId() {
      return this.#agentId;
    }

    get publicKeyPem() {
      return this.#facts.public_key_pem;
    }

    get publicKey() {
      return new Uint8Array(this.#facts.public_key);
    }

    get fingerprint() {
      return this.#facts.fingerprint;
    }

    publicKeyJwk() {
      return present(shared.call((glue) => glue.publicKeyJwk(this.publicKey)));
    }

    privateKeyPem() {
      const seed = ownSeed(this);
      return shared.call((glue) => glue.privateKeyPem(seed));
    }

    privateKeyJwk() {
      const seed = ownSeed(this);
      return present(shared.call((glue) => glue.privateKeyJwk(seed)));
    }

    async toCryptoKey(options) {
      const { extractable = false } = readOptions(options, ["extractable"], "toCryptoKey");
      if (typeof extractable !== "boolean") throw configInvalid("`extractable` must be true or false", "extractable");
      const { pair } = secretOf(this);
      if (pair !== undefined) return pair;
      const pkcs8 = Uint8Array.of(...PKCS8_PREFIX, ...ownSeed(this));
      try {
        return await webCrypto(async (subtle) => ({
          privateKey: await subtle.importKey("pkcs8", pkcs8, "Ed25519", extractable, ["sign"]),
          publicKey: await subtle.importKey("raw", this.publicKey, "Ed25519", true, ["verify"]),
        }));
      } finally {
        pkcs8.fill(0);
      }
    }

    /** Overwrites the secret; the identity signs nothing any more. */
    dispose() {
      secrets.get(this)?.seed?.fill(0);
      secrets.set(this, { __proto__: null, disposed: true });
    }

    [DISPOSE]() {
      this.dispose();
    }

    toJSON() {
      return { agentId: this.agentId, publicKeyPem: this.publicKeyPem };
    }

    /** Nothing that could not be exported anyway; but a signer elsewhere signs log checkpoints for them and nothing else (B16). */
    [SIGNER]() {
      const signer = signerOf(this);
      const { sign } = signer;
      return sign === undefined ? signer : { ...signer, __proto__: null, sign: (bytes) => sign(checkpointBytes(bytes)) };
    }

    [INSPECT]() {
      return `AgentIdentity { agentId: '${this.agentId}' }`;
    }
  }

  function fromSeed(seed, options) {
    const facts = shared.call((glue) => glue.identityOf(seed));
    return new AgentIdentity(facts, chosenAgentId(facts, options), { __proto__: null, seed });
  }

  function fromPublicKey(key, options, secret) {
    const facts = shared.call((glue) => glue.publicKeyOf(key));
    return new AgentIdentity(facts, chosenAgentId(facts, options), secret);
  }

  return AgentIdentity;
})();

/** What an identity signs with; for the signing functions of this package only. */
export function signerOf(identity) {
  if (!(identity instanceof AgentIdentity)) throw new ArgumentTypeError(`the signer must be an AgentIdentity, not ${typeName(identity, "AgentIdentity")}`);
  return { __proto__: null, agentId: identity.agentId, publicKey: identity.publicKey, ...secretOf(identity) };
}

function checkpointBytes(given) {
  const bytes = ownBytes(given, "the bytes to sign");
  if (String.fromCharCode(...bytes.subarray(0, CHECKPOINT_LABEL.length)) === CHECKPOINT_LABEL) return bytes;
  throw new ConfigurationError("signer_failed", "only checkpoints of a log are signed here");
}

function secretOf(identity) {
  const secret = secrets.get(identity);
  if (secret.disposed) throw new ConfigurationError("identity_disposed", "the identity was disposed of and holds no key any more");
  return secret;
}

function ownSeed(identity) {
  const { seed } = secretOf(identity);
  if (seed === undefined) throw new ConfigurationError("key_not_exportable", "the private key of this identity stays with its signer");
  return seed;
}

/** Without the members that are undefined, which `importKey` would take for present. */
function present(jwk) {
  return Object.fromEntries(Object.entries(jwk).filter(([, value]) => value !== undefined));
}

/** A literal, whose every member must be known, or an instance of a class, which may have more than these two. */
function signerMembers(signer) {
  if (isPlain(signer) || !isObject(signer)) return readOptions(signer, ["publicKey", "sign"], "fromSigner");
  return { publicKey: member(signer, "publicKey"), sign: member(signer, "sign") };
}

function seedOf(key) {
  return shared.call((glue) => glue.seedOf(key));
}

/** A rotated key signs under the id its agent had before; otherwise the id follows from the key. */
function chosenAgentId(facts, options) {
  const { agentId = facts.agent_id } = readOptions(options, ["agentId"], "AgentIdentity");
  if (typeof agentId !== "string" || !/^[\x21-\x7e]+$/.test(agentId)) {
    throw configInvalid("`agentId` must be printable ASCII without spaces", "agentId");
  }
  return agentId;
}

/** A pair as WebCrypto generates it, or an extractable private key alone, from which the public half follows. */
async function cryptoKeyPair(key) {
  if (!isObject(key)) throw new ArgumentTypeError(`fromCryptoKey takes a CryptoKeyPair or a private CryptoKey, not ${typeName(key)}`);
  const privateKey = member(key, "privateKey") ?? key;
  const publicKey = member(key, "publicKey");
  if (privateKey?.type !== "private" || privateKey.algorithm?.name !== "Ed25519" || !privateKey.usages?.includes("sign")) {
    throw configInvalid("fromCryptoKey needs a private Ed25519 key with the usage `sign`", "privateKey");
  }
  if (publicKey !== undefined) {
    if (publicKey?.type !== "public" || publicKey.algorithm?.name !== "Ed25519") throw configInvalid("`publicKey` must be a public Ed25519 key", "publicKey");
    return { privateKey, publicKey };
  }
  if (!privateKey.extractable) {
    throw configInvalid("a private key that cannot be exported needs its public key beside it: fromCryptoKey({ privateKey, publicKey })", "publicKey");
  }
  return webCrypto(async (subtle) => {
    const { kty, crv, x } = await subtle.exportKey("jwk", privateKey);
    const { public_key: raw } = shared.call((glue) => glue.publicKeyOf({ kty, crv, x }));
    return { privateKey, publicKey: await subtle.importKey("raw", raw, "Ed25519", true, ["verify"]) };
  });
}

/** What WebCrypto throws has no code of ours; a key that it will not hand over, or a runtime without Ed25519, is the host's. */
async function webCrypto(work) {
  try {
    return await work(subtleCrypto());
  } catch (cause) {
    if (cause instanceof TrustHandoffError) throw cause;
    throw new ConfigurationError("config_invalid", `WebCrypto refused the key: ${inWords(cause)}`, { cause });
  }
}
