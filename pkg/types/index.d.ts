/// <reference lib="esnext.disposable" />
/**
 * Provable task handoffs between agents: sign, verify and gate them locally.
 *
 * Wire objects keep their snake_case keys; options and methods are camelCase. What is verified is passed as the text or
 * the bytes that were received, never as an object: `JSON.parse` has already lost `1.0`, big integers and duplicate keys.
 *
 * @module
 */

// ---------------------------------------------------------------------------------------------------------- codes

/** Why something was refused. One table for all languages; `docs/SPEC.md` explains every row. */
// reason codes:begin (written by `cargo xtask vocabulary`)
export type ReasonCode =
  | "input_too_large"
  | "invalid_utf8"
  | "malformed_json"
  | "duplicate_key"
  | "nesting_too_deep"
  | "number_too_large"
  | "number_not_finite"
  | "number_noncanonical"
  | "number_unsafe"
  | "invalid_unicode"
  | "missing_field"
  | "unknown_field"
  | "type_mismatch"
  | "field_invalid"
  | "unknown_kind"
  | "datetime_noncanonical"
  | "datetime_naive"
  | "datetime_out_of_range"
  | "unsupported_algorithm"
  | "public_key_encoding_invalid"
  | "weak_public_key"
  | "private_key_invalid"
  | "unsupported_risk_level"
  | "risk_level_required"
  | "ttl_invalid"
  | "ttl_policy_mismatch"
  | "lifetime_exceeded"
  | "signature_encoding_invalid"
  | "invalid_signature"
  | "agent_unknown"
  | "agent_id_invalid"
  | "agent_id_mismatch"
  | "agent_revoked"
  | "public_key_mismatch"
  | "wrong_audience"
  | "expiry_missing"
  | "malformed_time_window"
  | "issued_in_future"
  | "expired"
  | "depth_exceeded"
  | "chain_mismatch"
  | "chain_unproven"
  | "loop_detected"
  | "authority_escalation"
  | "work_exceeded"
  | "token_noncanonical"
  | "capability_invalid"
  | "capability_signature_invalid"
  | "capability_not_yet_valid"
  | "capability_expired"
  | "capability_subject_mismatch"
  | "constraint_relaxed"
  | "capability_chain_invalid"
  | "action_invalid"
  | "capability_missing"
  | "parent_missing"
  | "untrusted_root"
  | "capability_revoked"
  | "packet_revoked"
  | "revocation_unavailable"
  | "revocation_invalid"
  | "overlap_unavailable"
  | "overlap_invalid"
  | "invalid_ai_provenance"
  | "human_review_required"
  | "human_review_denied"
  | "constraint_unsupported"
  | "approval_unavailable"
  | "policy_denied"
  | "policy_unavailable"
  | "no_policy_provided"
  | "action_not_permitted"
  | "tool_calls_exhausted"
  | "max_runtime_exceeded"
  | "task_finished"
  | "counter_unavailable"
  | "counter_invalid_reply"
  | "counter_store_full"
  | "revalidation_timeout"
  | "registry_unavailable"
  | "registry_invalid_reply"
  | "replay_detected"
  | "replay_store_unavailable"
  | "replay_store_invalid_reply"
  | "replay_store_full"
  | "gate_busy"
  | "result_invalid"
  | "outcome_hash_mismatch"
  | "reason_hash_mismatch"
  | "attestation_packet_mismatch"
  | "attestation_status"
  | "attestation_signer_mismatch"
  | "audit_unavailable"
  | "key_conflict"
  | "signing_identity_mismatch"
  | "task_metadata_conflict"
  | "signer_async"
  | "clock_invalid"
  | "config_invalid"
  | "internal_error";
// reason codes:end

/** The whole table of refusals, each code with its meaning in one sentence. */
export function reasonCodes(): readonly { readonly code: ReasonCode; readonly meaning: string }[];


/** The runtime's own `AbortSignal`, where its types are known; else what of it is used. */
export type RuntimeAbortSignal = typeof globalThis extends { AbortSignal: { prototype: infer Signal } }
  ? Signal
  : {
      readonly aborted: boolean;
      readonly reason: unknown;
      throwIfAborted(): void;
      addEventListener(type: "abort", listener: () => void, options?: { once?: boolean }): void;
      removeEventListener(type: "abort", listener: () => void): void;
    };

/**
 * Codes of errors that only this package raises: the program around it is wrong, nothing that was received is.
 *
 * - `argument_type`: an argument of the wrong JavaScript type
 * - `identity_disposed`: the identity's key was erased
 * - `key_not_exportable`: the private key stays with its signer
 * - `signer_failed`: the signer threw, or returned no signature
 * - `wasm_unavailable`: the WebAssembly module could not be had or started
 * - `wasm_mismatch`: the module is not the one this package was built with
 */
// usage codes:begin (written by `cargo xtask vocabulary`)
export type UsageCode =
  | "argument_type"
  | "identity_disposed"
  | "key_not_exportable"
  | "signer_failed"
  | "wasm_unavailable"
  | "wasm_mismatch";
// usage codes:end

/** Every code that an error of this package can carry. */
export type ErrorCode = ReasonCode | UsageCode;

// ---------------------------------------------------------------------------------------------------------- errors

/** Base of all errors of this package. `message` is one line for people, `code` is stable and for programs. */
export class TrustHandoffError extends Error {
  constructor(code: ErrorCode, message: string, about?: { field?: string | null; cause?: unknown });
  readonly code: ErrorCode;
  /** What the error is about: the JSON pointer of a packet field, or the name of an option. */
  readonly field: string | null;
}
/** An attestation that is not what was waited for, or a result that none can be made of. */
export class AttestationError extends TrustHandoffError {}
/** A received packet was refused: its trust, its time, its addressee, its replay. */
export class VerificationError extends TrustHandoffError {}
/** `replay_detected`: the packet was admitted before. */
export class ReplayAttackError extends VerificationError {}
/** The signature, its encoding, its algorithm or a weak key. */
export class InvalidSignatureError extends VerificationError {}
/** `public_key_mismatch`, `agent_id_mismatch`, `agent_unknown` */
export class PublicKeyMismatchError extends VerificationError {}
/** The form of a packet or of one of its fields. */
export class PayloadValidationError extends TrustHandoffError {}
/** Text or numbers that have no canonical form. */
export class CanonicalizationError extends TrustHandoffError {}
/** A capability, or what it grants. */
export class CapabilityError extends TrustHandoffError {}
/** A capability that no longer holds. */
export class StaleCapabilityError extends CapabilityError {}
/** Revocations cannot be asked, or a statement does not count. */
export class RevocationConsistencyError extends CapabilityError {}
/** Base of what goes wrong between a gate and its host. */
export class AdapterError extends TrustHandoffError {}
/** For adapters of a host: a packet without an id. */
export class MissingPacketIDError extends AdapterError {}
/** A callback of the host could not answer, or answered wrongly: a store, the registry, a policy. */
export class MiddlewareExecutionError extends AdapterError {}
/** The program around the library is wrong: an option, a key, a missing store. */
export class ConfigurationError extends TrustHandoffError {}

/** An argument of the wrong JavaScript type, such as an object where received text belongs. */
export class ArgumentTypeError extends TypeError {
  constructor(message: string, field?: string | null);
  readonly code: "argument_type";
  readonly field: string | null;
}

// ---------------------------------------------------------------------------------------------------------- values

/** A value that JSON can carry. `bigint` and safe integers are integers on the wire, other numbers are floats. */
export type JsonValue = null | boolean | number | bigint | string | readonly JsonValue[] | { readonly [key: string]: JsonValue | undefined };

/** The two signed forms there are: that of the reference's 0.3.4 and 0.4.0, and that of its 0.3.3. */
export type Form = "0.4.0" | "0.3.3";

/** A moment: milliseconds since the epoch (fractions carry microseconds), a Date, or RFC 3339 text with an offset, in any of its spellings. */
export type Moment = number | Date | string;

/** Bytes of their own: a `Uint8Array` over an `ArrayBuffer`, which WebCrypto takes, in whatever way the compiler's library says so. */
export type OwnBytes = ReturnType<Uint8Array["slice"]>;

/** A public key: PEM text (the 113 canonical bytes of an Ed25519 SPKI key), its 32 raw bytes, or a JWK. */
export type PublicKey = string | Uint8Array | PublicKeyJwk;

/** An Ed25519 public key as a JWK (RFC 8037). */
export interface PublicKeyJwk {
  kty: "OKP" | (string & {});
  crv?: "Ed25519" | (string & {});
  /** base64url of the 32 bytes. */
  x?: string;
}

/** An Ed25519 key pair as a JWK (RFC 8037). */
export interface PrivateKeyJwk extends PublicKeyJwk {
  /** base64url of the 32 bytes of the secret seed. */
  d?: string;
}

/** WebCrypto's key and pair, by structure, so that no DOM types are needed. */
export interface CryptoKeyLike {
  readonly type: string;
  readonly extractable: boolean;
  readonly algorithm: { readonly name: string };
  readonly usages: readonly string[];
}
/** WebCrypto's pair of keys, by structure. */
export interface CryptoKeyPairLike {
  readonly privateKey: CryptoKeyLike;
  readonly publicKey: CryptoKeyLike;
}

// ---------------------------------------------------------------------------------------------------------- identity

/** Under which id a key signs. */
export interface IdentityOptions {
  /** The id of the agent, if an older key gave it: a rotated key signs under the same id. Printable ASCII. */
  agentId?: string;
}

/** A signer outside this process or out of reach of it: WebCrypto, a KMS, an HSM. */
export interface ExternalSigner {
  publicKey: PublicKey;
  /** Ed25519 (RFC 8032) over exactly these bytes, 64 bytes back. May answer later; then use `signPacketAsync`. */
  sign(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/**
 * An agent's key pair and id. Its secret is not enumerable, not inspectable and not in its JSON.
 *
 * @example
 * const planner = AgentIdentity.generate();
 * const kept = AgentIdentity.fromPrivateKeyPem(planner.privateKeyPem());
 * console.log(kept.agentId === planner.agentId); // true
 */
export class AgentIdentity {
  private constructor();

  /** A new key from the system's random source. */
  static generate(options?: IdentityOptions): AgentIdentity;
  /** From PKCS#8 PEM. @throws {@link TrustHandoffError} if it is no canonical Ed25519 key */
  static fromPrivateKeyPem(pem: string, options?: IdentityOptions): AgentIdentity;
  /** From the 32 bytes of the secret seed. */
  static fromPrivateKey(seed: Uint8Array, options?: IdentityOptions): AgentIdentity;
  /** From a private JWK (RFC 8037); its `x` must belong to its `d`. */
  static fromJwk(jwk: PrivateKeyJwk, options?: IdentityOptions): AgentIdentity;
  /** With a key that stays where it is. Every signature it returns is verified before it is used. */
  static fromSigner(signer: ExternalSigner, options?: IdentityOptions): AgentIdentity;
  /** With a WebCrypto key pair, whose private key need not be extractable; sign with `signPacketAsync`. */
  static fromCryptoKey(key: CryptoKeyPairLike | CryptoKeyLike, options?: IdentityOptions): Promise<AgentIdentity>;

  /** `agent:` and 16 characters of the hash of the public key's PEM, unless given as an option. */
  readonly agentId: string;
  /** 113 bytes of SPKI PEM, final newline included. */
  readonly publicKeyPem: string;
  /** 32 bytes, a copy at every read. */
  readonly publicKey: OwnBytes;
  /** SHA-256 of the raw public key, in hex. */
  readonly fingerprint: string;

  /** The public key as a JWK. */
  publicKeyJwk(): PublicKeyJwk;
  /** @throws {@link ConfigurationError} `key_not_exportable` if the key stays with its signer */
  privateKeyPem(): string;
  /** @throws {@link ConfigurationError} `key_not_exportable` if the key stays with its signer */
  privateKeyJwk(): PrivateKeyJwk;
  /** The key for WebCrypto; by default the private half cannot be exported from there again. */
  toCryptoKey(options?: { extractable?: boolean }): Promise<CryptoKeyPairLike>;

  /** Overwrites the secret. What is signed afterwards throws `identity_disposed`. */
  dispose(): void;
  /** `using identity = AgentIdentity.generate()` */
  [Symbol.dispose](): void;
  /** What may be shown: never the secret. */
  toJSON(): { agentId: string; publicKeyPem: string };
}

// ---------------------------------------------------------------------------------------------------------- registry

/** What an agent may do, and from when to when its key counts. A role that is left out stays as it is; `false` and `[]` take it away. */
export interface RegisterOptions {
  /** Actions for which this agent is a root of authority. */
  roots?: readonly string[];
  /** The key is valid from this moment on. */
  notBefore?: Moment;
  /** The key is valid until this moment. */
  notAfter?: Moment;
  /** May sign approvals of packets that require human review. */
  reviewer?: boolean;
  /** May sign revocations of others. */
  revoker?: boolean;
  /** Time of the change, by default `Date.now()`. */
  now?: Moment;
}

/**
 * Who is trusted with which key, and when. Gates that hold it see later changes at once.
 *
 * @example
 * const planner = AgentIdentity.generate();
 * const registry = new AgentRegistry().register(planner.agentId, planner.publicKeyPem);
 * registry.has(planner.agentId); // true
 */
export class AgentRegistry {
  constructor();
  /** Reads a registry file: `{ "agent:…": "-----BEGIN PUBLIC KEY-----…" }`, or records as `toJson` writes them. */
  static fromJson(text: string): AgentRegistry;
  /** Trusts any key whose agent id is its hash. It knows no agents, so nothing can be registered or revoked in it. */
  static selfCertifying(): AgentRegistry;

  /**
   * Adds an agent, or says more of a known one: its key's window can be narrowed, roles that are left out stay.
   * @throws {@link TrustHandoffError} `key_conflict` if the agent has another key; that is what `rotate` is for
   */
  register(agentId: string, publicKey: PublicKey, options?: RegisterOptions): this;
  /**
   * Binds a new key; the old one stays valid for `overlapSeconds`, by default 30. A packet or capability ends with the key it is signed
   * with, so a planned rotation names the rest of the longest that is still to hold, up to ten years. A key that was lost is not
   * rotated alone: revoke it too.
   */
  rotate(agentId: string, newPublicKey: PublicKey, options?: { overlapSeconds?: number; now?: Moment }): this;
  /** Refuses the agent from now on, whatever its keys. It is final: neither `register`, `remove` nor `reload` undoes it. */
  revoke(agentId: string, options?: { now?: Moment }): this;
  /**
   * Takes one role away: all its `roots`, that its approvals count, or that it may revoke what others issued.
   * @throws {@link PublicKeyMismatchError} `agent_unknown`
   */
  withdraw(agentId: string, role: "roots" | "reviewer" | "revoker"): this;
  /** Forgets an agent; whether it was known. That it was revoked is not forgotten: whoever registers its id again registers it revoked. */
  remove(agentId: string): boolean;
  /**
   * Puts the agents of a registry file in the place of those here; gates that hold the registry see it at once. Who was revoked
   * here stays so, whatever the file says. `now`: the time of the events that tell of it, by default `Date.now()`.
   * @throws for a text that `fromJson` would refuse; nothing has changed then
   */
  reload(text: string, options?: { now?: Moment }): this;
  /** What is known of an agent, frozen, as a registry file has it: what `resolveAgent` may answer with. */
  get(agentId: string): RegisteredAgent | undefined;
  /** The ids of all agents, revoked or not, in order. */
  list(): string[];
  /** Whether the agent is known, revoked or not. */
  has(agentId: string): boolean;
  /** The registry file as text. */
  toJson(): string;
}

// ---------------------------------------------------------------------------------------------------------- packets

/** What the receiver may do, and how often. */
export interface Permissions {
  /** Verbs, or a verb, `:` and a pattern, as in {@link CapabilityFields}; at most 256. By default none. */
  allowed_actions?: readonly string[];
  /** At most so many tool calls; null is without limit. */
  max_tool_calls?: number | bigint | null;
}

/** Within which bounds: time, data, people. */
export interface Constraints {
  /** Longest run of the task, by the receiver's executor: `TIMEOUT` beyond it. */
  max_runtime_seconds?: number | bigint | null;
  /** Within which the data must stay. A receiver whose option `boundary` does not know it does not execute the task. */
  data_boundary?: string | null;
  /** Whether signed approvals are needed before the task is accepted. */
  requires_human_review?: boolean | null;
}

/** Where the work comes from, as its sender says. */
export interface Provenance {
  origin_workflow?: string | null;
  delegation_depth?: number | bigint | null;
}

/** Whether a task only reads or also changes something; it decides how long a packet lives. */
export type RiskLevel = "read" | "write";

/** What a packet is signed from. Required are `to_agent` and `intent`; the rest is filled in. */
export interface PacketFields {
  /** The receiver's agent id: one of its gate's `audience`. */
  to_agent: string;
  /** 1 to 65,536 bytes. */
  intent: string;
  /** By default none at all. */
  permissions?: Permissions;
  /** By default a random one; 1 to 256 bytes. */
  packet_id?: string;
  /** By default a random one. The same for each packet of one task, where work must not be done twice. */
  task_id?: string;
  /** By default a random one; 1 to 256 bytes, never twice. */
  nonce?: string;
  /** By default now. A Date, or RFC 3339 text with an offset; what is signed is its one spelling of the wire. */
  issued_at?: string | Date;
  /** By default `issued_at` and the TTL; must be that very moment where a TTL is stated too. */
  expires_at?: string | Date;
  /** By default `read` (900 s); `write` lives 120 s. */
  risk_level?: RiskLevel | null;
  /** Seconds. A receiver's own table is a maximum for it. */
  ttl_seconds?: number | bigint | null;
  /** What the task needs to know. `human_approval` holds signed approvals. */
  context?: { readonly [key: string]: JsonValue | undefined };
  /** Names of what the receiver may look up. */
  memory_refs?: readonly string[];
  constraints?: Constraints | null;
  provenance?: Provenance | null;
  /** The `token` of the capability that grants what `permissions` ask for. */
  capability_token?: string | null;
  /** A kind of task, for the receiver's own use. */
  task_type?: string | null;
  /** What the task is for, for the receiver's own use. */
  goal?: string | null;
  /** Present for AI-made work; its `source` is a non-empty string. Absence proves nothing. */
  ai_provenance?: { readonly [key: string]: JsonValue | undefined } | null;
}

/** Frozen to its depths. */
type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

/** Every field of a packet, deeply frozen, without prototypes. Integers beyond 2^53 are `bigint`. */
export interface VerifiedPacket {
  readonly packet_id: string;
  readonly task_id: string;
  readonly from_agent: string;
  readonly to_agent: string;
  readonly issued_at: string;
  readonly expires_at: string | null;
  readonly nonce: string;
  readonly capability_token: string | null;
  readonly intent: string;
  readonly task_type: string | null;
  readonly goal: string | null;
  readonly context: { readonly [key: string]: JsonValue };
  readonly memory_refs: readonly string[];
  readonly permissions: DeepReadonly<Required<Permissions>>;
  readonly constraints: DeepReadonly<Constraints> | null;
  readonly provenance: DeepReadonly<Provenance> | null;
  readonly signature_algo: "Ed25519";
  /** Standard base64, 88 characters. */
  readonly signature: string;
  readonly public_key: string;
  readonly risk_level: RiskLevel | null;
  readonly ttl_seconds: number | bigint | null;
  readonly ai_provenance: { readonly [key: string]: JsonValue } | null;
}

/** A packet signed here. `text` is exactly what travels; it is not enumerable. */
export interface SignedTaskPacket extends VerifiedPacket {
  readonly text: string;
}

/** How a packet is signed. */
export interface SignOptions {
  /** The signed form, by default `0.4.0`. `0.3.3` for receivers of that release. */
  form?: Form;
  /** A function made by `signedTask`, whose metadata goes into the packet. */
  task?: (...args: never[]) => unknown;
  /**
   * The accepted decision whose task this packet carries on. What the fields leave open stays within it: the packet ends no
   * later, constraints and AI provenance are carried on, and its depth is stated. Give it to `createEnvelope` too.
   */
  parent?: PacketDecision;
  /** Time of signing, by default `Date.now()`. */
  now?: Moment;
}

/**
 * Signs a packet.
 *
 * @throws {@link ConfigurationError} `signer_async` if the identity's signer answers later
 * @throws {@link PayloadValidationError} naming the field in its message, and by JSON pointer in `field` where its form is at fault
 *
 * @example
 * const planner = AgentIdentity.generate();
 * const researcher = AgentIdentity.generate();
 * const packet = signPacket(planner, {
 *   to_agent: researcher.agentId,
 *   intent: "Summarize the findings",
 *   permissions: { allowed_actions: ["read"], max_tool_calls: 3 },
 * });
 * const wire = createEnvelope(packet);
 */
export function signPacket(identity: AgentIdentity, fields: PacketFields, options?: SignOptions): SignedTaskPacket;

/** Signs a packet with any identity, also one whose signer answers later. */
export function signPacketAsync(identity: AgentIdentity, fields: PacketFields, options?: SignOptions): Promise<SignedTaskPacket>;

/** What proof travels with a packet. */
export interface EnvelopeOptions {
  /**
   * The accepted decision whose task this packet carries on: its packet, and the proof it came with, go into the envelope,
   * so that the next receiver sees every earlier hop proven.
   */
  parent?: PacketDecision;
  /** What proves the packet's `capability_token` where the token narrows another one: that capability, or the tokens from the root on. */
  capabilities?: DelegationCapability | readonly string[];
}

/**
 * The envelope text that travels, around a packet signed here or its text.
 *
 * @throws {@link TrustHandoffError} where the packet does not follow from its parent: `chain_mismatch`, `authority_escalation`,
 * `constraint_relaxed`; `chain_unproven` for a parent that came without proof; `parent_missing` where `capabilities` lacks a token;
 * where no gate could read the envelope: `nesting_too_deep` (a packet of more than 126 levels), `input_too_large` (more than 1,048,576
 * bytes, its proof included)
 */
export function createEnvelope(packet: SignedTaskPacket | string | Uint8Array, options?: EnvelopeOptions): string;

/** Risk and review rules of a function. */
export interface TaskOptions {
  riskLevel?: RiskLevel;
  requiresHumanReview?: boolean;
  aiProvenance?: { readonly [key: string]: JsonValue | undefined };
  /** Seconds; by default that of the risk level. */
  ttlSeconds?: number;
}

/**
 * Declares risk and review rules on a function; `signPacket(identity, fields, { task })` carries every one of them over.
 *
 * @example
 * const deploy = signedTask({ riskLevel: "write", requiresHumanReview: true }, (version: string) => `deployed ${version}`);
 * deploy("1.2.3"); // the function itself is unchanged
 */
export function signedTask<This, Args extends unknown[], Result>(
  options: TaskOptions,
  fn: (this: This, ...args: Args) => Result,
): (this: This, ...args: Args) => Result;

// ---------------------------------------------------------------------------------------------------------- capabilities

/** What a capability is signed from. Required are `subject_agent` and `allowed_actions`. */
export interface CapabilityFields {
  /** Who is granted. */
  subject_agent: string;
  /** A verb, or a verb, `:` and a pattern: `read`, `read:/docs/*`, `fetch:https://api.example.com/**`. */
  allowed_actions: readonly string[];
  /** At most so many tool calls; null is without limit. Left out when narrowing: as in the parent. */
  max_tool_calls?: number | bigint | null;
  /** Left out when narrowing, as a whole or one by one: as in the parent. An explicit null asks for none. */
  constraints?: Constraints | null;
  /** By default now. A Date, or RFC 3339 text with an offset. */
  issued_at?: string | Date;
  /** By default one hour after `issued_at`, or the end of the parent; at most ten years. A gate admits ninety days unless its `maxCapabilitySeconds` says otherwise. */
  expires_at?: string | Date;
  /** Seconds, in place of `expires_at`; where both are stated they must agree (`ttl_policy_mismatch`). */
  ttl_seconds?: number | bigint;
  /**
   * 1 to 256 bytes, unique for the issuer's key. By default a random one, which also names the content of what is narrowed: then no
   * other capability under the parent's id can take the parent's place.
   */
  capability_id?: string;
}

/** How a capability is signed. */
export interface CapabilityOptions {
  /** Time of signing, by default `Date.now()`. */
  now?: Moment;
}

/**
 * Authority that one agent grants another, and that its holder can narrow and hand on without asking the issuer. Deeply
 * frozen. It lists the fields of the wire; `token`, `digest` and `chain` stand beside them, not enumerable.
 *
 * @example
 * const [planner, researcher, writer] = [AgentIdentity.generate(), AgentIdentity.generate(), AgentIdentity.generate()];
 * const root = issueCapability(planner, { subject_agent: researcher.agentId, allowed_actions: ["read"], max_tool_calls: 5 });
 * const child = root.attenuate(researcher, { subject_agent: writer.agentId, allowed_actions: ["read:/docs/*"], max_tool_calls: 2 });
 * const wire = createEnvelope(
 *   signPacket(researcher, {
 *     to_agent: writer.agentId,
 *     intent: "Read the minutes",
 *     permissions: { allowed_actions: ["read:/docs/minutes"], max_tool_calls: 1 },
 *     capability_token: child.token,
 *   }),
 *   { capabilities: child },
 * );
 */
export class DelegationCapability {
  private constructor();
  readonly capability_id: string;
  readonly issuer_agent: string;
  readonly subject_agent: string;
  readonly delegated_permissions: DeepReadonly<Required<Permissions>>;
  readonly constraints: DeepReadonly<Constraints> | null;
  readonly issued_at: string;
  readonly expires_at: string;
  readonly parent_capability_id: string | null;
  readonly signature_algo: "Ed25519";
  readonly public_key: string;
  /** The text that travels: a packet's `capability_token`. */
  readonly token: string;
  /** SHA-256 of the signed bytes, in hex: names the capability whatever its id. */
  readonly digest: string;
  /** The tokens from the root to this one, as far as they are known here. */
  readonly chain: readonly string[];

  /**
   * Reads a token and verifies its signature under the key it names; with `parents`, the tokens that it narrows, root first,
   * also each of theirs, and that none is wider than the one before it. Whom to trust is the gate's question.
   */
  static decode(token: string, options?: { parents?: readonly string[] }): DelegationCapability;

  /**
   * A narrower capability, signed by the subject of this one with its own key.
   * @throws {@link CapabilityError} `authority_escalation` or `constraint_relaxed` for more than is granted here,
   * `capability_chain_invalid` for another signer than the subject
   */
  attenuate(identity: AgentIdentity, fields: CapabilityFields, options?: CapabilityOptions): DelegationCapability;
  /** The same with any identity, also one whose signer answers later. */
  attenuateAsync(identity: AgentIdentity, fields: CapabilityFields, options?: CapabilityOptions): Promise<DelegationCapability>;
}

/**
 * A capability that starts a chain. Receivers admit it if their registry lists what it grants among the issuer's `roots`.
 *
 * @throws {@link PayloadValidationError} `input_too_large` if its token would have more than 65,536 bytes; with the field's JSON pointer in `field` for others
 * @throws {@link ConfigurationError} `signer_async` if the identity's signer answers later
 */
export function issueCapability(identity: AgentIdentity, fields: CapabilityFields, options?: CapabilityOptions): DelegationCapability;

/** The same with any identity, also one whose signer answers later. */
export function issueCapabilityAsync(identity: AgentIdentity, fields: CapabilityFields, options?: CapabilityOptions): Promise<DelegationCapability>;

// ---------------------------------------------------------------------------------------------------------- statements

/** What a person is asked about. */
export interface ReviewRequest {
  /** SHA-256 in hex of what is approved: the packet without its times, so that an approval outlasts a packet that is signed again. */
  readonly reviewDigest: string;
  readonly packetId: string;
  /**
   * What the digest covers, with times and signature, which is valid: not the approvals of this digest that it carries in
   * `context.human_approval`. Nothing is said of time, trust or replay.
   */
  readonly packet: VerifiedPacket;
}

/** The request for a review of a received packet or envelope. @throws {@link TrustHandoffError} for a packet whose form or signature is refused */
export function reviewRequest(received: string | Uint8Array): ReviewRequest;

/** What a reviewer says, and for how long. */
export interface ApprovalOptions {
  /** There is no default. One `DENIED` refuses the packet, however many approve. */
  decision: "APPROVED" | "DENIED";
  /** What the reviewer adds, at most 4096 bytes. */
  note?: string | null;
  /** How long it counts, by default an hour, at most thirty days. */
  ttlSeconds?: number;
  /** In place of `ttlSeconds`. */
  expiresAt?: Moment;
  /** Time of signing, by default `Date.now()`. */
  now?: Moment;
}

/** A reviewer's signed word on one packet. `text` is exactly what travels; it is not enumerable. */
export interface Approval {
  readonly type: "TRUSTHANDOFF_APPROVAL_V1";
  readonly id: string;
  readonly issued_at: string;
  readonly expires_at: string;
  readonly decision: "APPROVED" | "DENIED";
  /** The agent id of who signed. */
  readonly reviewer: string;
  readonly review_digest: string;
  readonly note: string | null;
  readonly signature_algo: "Ed25519";
  readonly public_key: string;
  readonly signature: string;
  readonly text: string;
}

/**
 * Signs an approval, or a denial, of a packet: its received text, what `reviewRequest` made of it, or its review digest. It
 * counts at a gate whose `review.reviewers` names the signer.
 *
 * @throws {@link ConfigurationError} `signer_async` if the identity's signer answers later
 *
 * @example
 * const [planner, ana] = [AgentIdentity.generate(), AgentIdentity.generate()];
 * const wire = createEnvelope(
 *   signPacket(planner, { to_agent: "agent:deployer", intent: "Deploy", constraints: { requires_human_review: true } }),
 * );
 * const request = reviewRequest(wire); // request.packet is what to show
 * const approval = approve(ana, request, { decision: "APPROVED", note: "after the freeze" });
 * // gate.handle(wire, { approvals: [approval.text] })
 */
export function approve(identity: AgentIdentity, request: string | Uint8Array | { readonly reviewDigest: string }, options: ApprovalOptions): Approval;

/** The same with any identity, also one whose signer answers later. */
export function approveAsync(identity: AgentIdentity, request: string | Uint8Array | { readonly reviewDigest: string }, options: ApprovalOptions): Promise<Approval>;

/** What is revoked, named in one of these ways. */
export type RevocationSubject =
  /** An agent with all its keys. */
  | { agentId: string }
  /** One key, whichever agents hold it. */
  | { publicKey: PublicKey }
  /** A packet, by the text of it or of its envelope. */
  | { packet: string | Uint8Array }
  /**
   * A capability, by itself or its tokens, root first. Who issued one above the last of them revokes the last where it stands
   * below that one.
   */
  | { capability: DelegationCapability | string | readonly string[] }
  /** A revocation key, as a gate asks its host for: `docs/SPEC.md`, section 11. */
  | { target: string };

/** Why something is revoked, and when. */
export interface RevocationOptions {
  /** Why, at most 4096 bytes. */
  reason?: string | null;
  /** Time of signing, by default `Date.now()`. */
  now?: Moment;
}

/** A signed word that something is trusted no more. `text` is exactly what travels; it is not enumerable. */
export interface Revocation {
  readonly type: "TRUSTHANDOFF_REVOCATION_V1";
  readonly id: string;
  readonly issued_at: string;
  /** The agent id of who signed. */
  readonly issuer: string;
  /** The revocation key. */
  readonly target: string;
  readonly reason: string | null;
  readonly signature_algo: "Ed25519";
  readonly public_key: string;
  readonly signature: string;
  readonly text: string;
}

/**
 * Signs a revocation. It counts where it is from the key that signed what is revoked, from the agent itself, or from an agent
 * that the receiver's registry lists as a `revoker`.
 *
 * @throws {@link ConfigurationError} `signer_async` if the identity's signer answers later
 *
 * @example
 * const planner = AgentIdentity.generate();
 * const registry = new AgentRegistry().register(planner.agentId, planner.publicKeyPem);
 * const root = issueCapability(planner, { subject_agent: "agent:x", allowed_actions: ["read"] });
 * const statement = revoke(planner, { capability: root }, { reason: "project ended" });
 *
 * const revocations = new RevocationList({ registry }); // a gate's option `revocations`
 * revocations.add(statement.text);
 */
export function revoke(identity: AgentIdentity, subject: RevocationSubject, options?: RevocationOptions): Revocation;

/** The same with any identity, also one whose signer answers later. */
export function revokeAsync(identity: AgentIdentity, subject: RevocationSubject, options?: RevocationOptions): Promise<Revocation>;

/**
 * Revocations that count, in memory. It forgets none; keep `texts()` and give them to the next list as `kept`. A gate that is given the list
 * itself, and not a function around it, asks it once more when the nonce is taken: what is added while a store is awaited counts.
 */
export class RevocationList {
  /**
   * `registry` or `resolveAgent` says whose key signed what is added. `kept`: `texts()` of an earlier list, whose signers were judged
   * when they were added there. Only their signatures are verified.
   */
  constructor(options: { registry: AgentRegistry; kept?: readonly string[] } | { resolveAgent: ResolveAgent; kept?: readonly string[] });
  /**
   * Takes the text of a statement and returns the revocation key that is revoked from now on. `now`: the time at which its
   * signer must have been allowed to, by default `Date.now()`.
   *
   * @throws {@link RevocationConsistencyError} `revocation_invalid` if its signer may not revoke that
   */
  add(received: string | Uint8Array, options?: { now?: Moment }): string;
  /**
   * The same where `resolveAgent` answers later.
   * @throws {@link MiddlewareExecutionError} `registry_unavailable` if it fails, `registry_invalid_reply` for what is no record
   */
  addAsync(received: string | Uint8Array, options?: { now?: Moment }): Promise<string>;
  /** Whether any of these names is revoked. */
  isRevoked(keys: readonly string[]): boolean;
  /** The statements, one for each revoked name. */
  texts(): string[];
  /** How many names are revoked. */
  readonly size: number;
}

/**
 * Which capability has taken the place of one that ends: the old one then admits for 30 seconds beyond its end, once and
 * never longer. Its option `overlap` gives it to a gate.
 *
 * @example
 * const planner = AgentIdentity.generate();
 * const grant = { subject_agent: "agent:x", allowed_actions: ["read"] };
 * const [old, successor] = [issueCapability(planner, grant), issueCapability(planner, grant)];
 * const overlap = new CapabilityOverlap().register(old, successor);
 * overlap.successor(old.digest) === successor.token; // true
 */
export class CapabilityOverlap {
  constructor();
  /**
   * @throws {@link CapabilityError} `overlap_invalid` unless both verify and have the same issuer, issuer's key and subject
   */
  register(oldToken: string | DelegationCapability, newToken: string | DelegationCapability, options?: { now?: Moment }): this;
  /** The token that took the place of the capability with this digest (SHA-256, hex). */
  successor(digest: string): string | null;
  /** How many successors are held. */
  readonly size: number;
}

// ---------------------------------------------------------------------------------------------------------- verify

/** One check: what was looked at and what was found. */
export interface Check {
  readonly check: string;
  readonly outcome: "pass" | "fail";
  readonly detail: string;
}

/** What form and signature of a received text are worth. */
export interface SignatureReport {
  readonly valid: boolean;
  readonly code: ReasonCode | null;
  /** The sentence for people. */
  readonly reason: string | null;
  /** JSON pointer of the refused field. */
  readonly field: string | null;
  /** What it was judged as: an object with a member `packet`, and what is no object at all, as an envelope. Null only with `internal_error`. */
  readonly kind: "packet" | "envelope" | null;
  readonly form: Form | null;
  /** The claimed sender: nothing here says that the key is its. */
  readonly agentId: string | null;
  /** Whether the claimed id is the hash of the key. */
  readonly idMatchesKey: boolean | null;
  readonly packetId: string | null;
}

/**
 * Form and signature of a received packet or envelope, and nothing else: no clock, no trust, no replay. Whether to act on
 * it is the gate's answer.
 *
 * Where the core itself fails on a text, that is `internal_error` in the report.
 *
 * @throws {@link ArgumentTypeError} for anything but a string or a Uint8Array; never for what the text says
 */
export function verifySignature(received: string | Uint8Array): SignatureReport;

// ---------------------------------------------------------------------------------------------------------- the gate

/** What a nonce store is told beside key and expiry. */
export interface NonceContext {
  /**
   * The gate's time, in milliseconds. A store with a clock of its own holds a nonce for `expiresAtMs - nowMs` from then on, and never
   * until `expiresAtMs` by that clock: where it is ahead, it would forget too soon.
   */
  readonly nowMs: number;
  /**
   * When the earliest was issued of the packet and of every approval that counted, in milliseconds (the host's own word, which names no time: thirty days
   * and five minutes ago). A store that knows since when it has forgotten nothing refuses what was issued before.
   */
  readonly issuedAtMs: number;
  readonly nonce: string;
  readonly agentId: string;
  /** SHA-256 of the sender's raw public key, in hex. */
  readonly fingerprint: string;
}

/**
 * One atomic step: true if `key` was not held and is held from now on, until `expiresAtMs`; false if it was held. A store
 * that is full throws an error with the code `replay_store_full`. Any other reply is a refusal.
 */
export type CheckAndStore = (key: string, expiresAtMs: number, about: NonceContext) => boolean | Promise<boolean>;
/** A store of nonces; see {@link CheckAndStore}. */
export interface NonceStore {
  checkAndStore: CheckAndStore;
}

/** An agent as a registry knows it. Times are RFC 3339. */
export interface RegisteredAgent {
  /** Oldest first; each speaks for the agent from `not_before` on and before `not_after`. */
  readonly keys: readonly { readonly public_key_pem: string; readonly not_before: string | null; readonly not_after: string | null }[];
  /** Actions for which it is a root of authority. */
  readonly roots: readonly string[];
  /** Whether its approvals count. */
  readonly reviewer: boolean;
  /** Whether it may revoke what others issued. */
  readonly revoker: boolean;
  /** From when on it is trusted with nothing. */
  readonly revoked_at: string | null;
}

/** A host's record of an agent: as in the registry file, or a key and whether it is revoked. */
export interface AgentRecord {
  publicKeyPem?: string;
  revoked?: boolean;
  keys?: readonly { public_key_pem: string; not_before?: string | null; not_after?: string | null }[];
  roots?: readonly string[];
  reviewer?: boolean;
  revoker?: boolean;
  revoked_at?: string | null;
}
/**
 * null or undefined: the agent is unknown.
 *
 * It is asked for each agent once, and once more before the nonce where review, overlap, boundary, counters or policy were asked, for they may take
 * their time. What changes while only revocations, the nonce or another agent are looked up is seen by the next packet; an
 * `AgentRegistry` is looked at after every answer, which costs nothing.
 */
export type ResolveAgent = (agentId: string) => AgentRecord | null | undefined | Promise<AgentRecord | null | undefined>;

/** True if any of the keys is revoked. The keys name agent, public key, packet and digest. */
export type IsRevoked = (keys: readonly string[]) => boolean | Promise<boolean>;
/** True if people approved the packet with this review digest (SHA-256, hex). */
export type IsApproved = (reviewDigest: string, about: { readonly packetId: string }) => boolean | Promise<boolean>;
/** True if the host's own policy admits the packet, which is verified but for its nonce. */
export type IsAllowed = (packet: VerifiedPacket) => boolean | Promise<boolean>;

/** What a gate may be told, beside whose keys it trusts. */
interface GateBase {
  /** Who I am: the agent id, or ids, to which packets must be addressed. */
  audience: string | readonly string[];
  /** Which nonces were seen. Asked last, when everything else has passed. */
  nonces: NonceStore | CheckAndStore;
  revocations?: IsRevoked | { isRevoked: IsRevoked };
  /** Without it a packet that requires human review is refused. */
  approvals?: IsApproved | { isApproved: IsApproved };
  policy?: IsAllowed | { isAllowed: IsAllowed };
  /**
   * Milliseconds since the epoch, by default `Date.now`, looked up at each call so that fake timers apply. A clock that goes back is
   * held at its latest reading.
   */
  clock?: () => number;
  /** Longest delegation chain, 0 to 64, by default 5. */
  maxDepth?: number;
  /** Longest time to live by risk, in seconds, by default 120 and 900. A maximum, whatever the sender signed. */
  ttl?: { write?: number; read?: number };
  /** Longest lifetime of any packet, in seconds, by default a day. */
  maxLifetimeSeconds?: number;
  /** Longest lifetime of any capability, in seconds, by default ninety days, at most ten years. Beyond it: `lifetime_exceeded`. */
  maxCapabilitySeconds?: number;
  /** Tolerated clock difference at issuance, in seconds, by default 30, at most 300. */
  skewSeconds?: number;
  /** Seconds for which an expired packet is still admitted, by default 0, at most 60. */
  graceSeconds?: number;
  /** Require a risk level, and proof of every earlier hop. By default false. */
  strict?: boolean;
  /**
   * Refuse packets that carry no capability (`capability_missing`). By default false: a registered agent that sends none is held to
   * the permissions it wrote into its own packet, and to nothing above them.
   */
  requireCapability?: boolean;
  /** Longest wait for one answer of a host callback, in milliseconds, by default 2000. */
  storeTimeoutMs?: number;
  /** How much may wait for host callbacks at once. */
  maxInFlight?: InFlightOptions;
  /** Which capability has taken the place of one that has just expired. A {@link CapabilityOverlap}, or a function. */
  overlap?: Successor | { successor: Successor };
  /** The names of data boundaries that are honoured here, or who knows of them. What names another is not executed. */
  boundary?: string | readonly string[] | IsHonoured | { isHonoured: IsHonoured };
  /** Whose signed approvals count for what requires human review. */
  review?: ReviewOptions;
  /**
   * Who is told what happens here: a function, an object with `emit`, or several of them. What a sink throws and when it answers
   * changes nothing. By default an {@link EventBuffer} of 1000 events and 4 MiB.
   */
  events?: EventSink | readonly EventSink[];
}

/**
 * Room for what waits. It is there twice: for runs whose signature is not verified yet, and for verified ones, of which one sender's
 * key takes at most half; so what nobody has signed refuses nothing that is signed. A call that would have to wait and finds no room is refused with
 * `gate_busy`: no nonce was taken, and the same text may be tried again. Where every callback answers at once nothing waits.
 *
 * Watchers need no room. Uses (`task.use`) have as much once more, of which one task takes at most half.
 */
export interface InFlightOptions {
  /** Runs that wait, 2 to 1,000,000, by default 1024. */
  runs?: number;
  /** Bytes of their texts and of `approvals` beside them, at least 2,097,152, by default 67,108,864. */
  bytes?: number;
}

/** Stores an event, now or later; a rejection, and no answer within `storeTimeoutMs`, count as a failure. */
export type Emit = (event: AuditEvent) => unknown;
/** Where events go. */
export type EventSink = Emit | { emit: Emit };

/** The token that replaces the capability with this digest (SHA-256, hex); null or undefined where there is none. */
export type Successor = (digest: string) => string | null | undefined | Promise<string | null | undefined>;
/** True if data stays within this boundary here. */
export type IsHonoured = (boundary: string) => boolean | Promise<boolean>;

/** Whose approvals count, and how many are needed. */
export interface ReviewOptions {
  /**
   * Agent ids whose signed approvals count; where there are none, whoever the registry calls a reviewer. The sender and the
   * receiver of a packet never count for it, under whatever id or key the registry knows them.
   */
  reviewers?: readonly string[];
  /** How many of them must approve, by default 1. */
  threshold?: number;
  /** Whether AI-made packets that write require review even where they do not say so. By default false. */
  aiWrites?: boolean;
  /** Longest wait for `onReview`, in milliseconds, by default until the packet expires. */
  timeoutMs?: number;
}

/** What happened. */
// event types:begin (written by `cargo xtask vocabulary`)
export type EventType =
  | "packet_accepted"
  | "packet_rejected"
  | "capability_stale"
  | "token_overlap_used"
  | "ai_generated_payload"
  | "review_requested"
  | "review_decided"
  | "task_started"
  | "task_finished"
  | "tool_used"
  | "action_refused"
  | "budget_exhausted"
  | "key_rotated"
  | "revoked"
  | "attested"
  | "unattested"
  | "log_checkpoint"
  | "log_recovered"
  | "log_continued"
  | "events_lost";
// event types:end

/** An event: these fields, and those of its type. Frozen. */
export interface AuditEvent {
  /** A UUID. */
  readonly event_id: string;
  readonly event_type: EventType;
  /** RFC 3339, in UTC. */
  readonly timestamp: string;
  /** The agent that tells: the first id of the gate's audience, never a sender. */
  readonly producer_id: string;
  /** The packet's id, or the capability's. */
  readonly correlation_id: string | null;
  /** Unique to the event. */
  readonly idempotency_key: string;
  /** Of a decision: whether `from_agent` is proven by its key and signature, or only claimed. */
  readonly identity?: "proven" | "claimed";
  readonly packet_id?: string | null;
  /** Of a refusal: the code. */
  readonly reason?: string | null;
  readonly [field: string]: JsonValue | undefined;
  /** One line of JSON, exact also where a number is too large for JavaScript. Not enumerable. */
  readonly text: string;
}

/** The latest events, in memory: never more than its capacity, and never more than its bytes. */
export class EventBuffer {
  /**
   * `capacity`: most events, 1 to 1,000,000, by default 1000. `maxBytes`: most memory for them, at least 65,536 bytes, by default 4 MiB;
   * the unit of a text counts as two bytes.
   */
  constructor(options?: { capacity?: number; maxBytes?: number });
  /** Takes an event in; the oldest make room for it. */
  emit(event: AuditEvent): void;
  /** The events held, oldest first. */
  events(): AuditEvent[];
  /** Forgets all events. */
  clear(): void;
  /** How many events are held. */
  readonly size: number;
  /** How many events had to make room for later ones. */
  readonly dropped: number;
}

/** Whose keys are trusted: a registry, or a function in its place. There is no default. */
export type GateOptions = GateBase & ({ registry: AgentRegistry; resolveAgent?: undefined } | { resolveAgent: ResolveAgent; registry?: undefined });

/** What people are asked to approve: the same whatever times a packet is issued with. */
export interface PendingReview {
  /** SHA-256 in hex. What an approval is bound to. */
  readonly reviewDigest: string;
  readonly packetId: string;
  readonly packet: VerifiedPacket;
}

/**
 * Asks people while the gate waits, and answers with the approvals they signed. `valid` of the `threshold` are there already.
 * The signal aborts when nobody waits any more.
 *
 * Copies of one packet that wait at the same time ask once: the first one's function is called, and each copy has its answer. So one
 * gate should ask the same people whichever way a packet comes in.
 */
export type OnReview = (
  request: PendingReview,
  about: { readonly signal: RuntimeAbortSignal; readonly threshold: number; readonly valid: number },
) => string | readonly string[] | null | undefined | Promise<string | readonly string[] | null | undefined>;

/** Approvals that come beside the envelope. */
export interface ReviewedOptions {
  /** Signed approvals that are there already, as texts. */
  approvals?: readonly string[];
  /** Asked where the approvals do not suffice. */
  onReview?: OnReview;
}

/** How one envelope is verified. */
export interface HandleOptions extends ReviewedOptions {
  /** The time to verify at, in place of the gate's clock and without its floor. For tests and archives. */
  now?: Moment;
}

/** A person's word that a decision rests on. */
export interface Reviewed {
  readonly decision: "APPROVED" | "DENIED";
  /** The agent id of who signed. */
  readonly reviewer: string;
  /** SHA-256 of the reviewer's raw public key, in hex. */
  readonly fingerprint: string;
  /** At most 4096 bytes; in events cut at 1024 UTF-16 units, in receipts at 512. */
  readonly note: string | null;
  /** SHA-256 of the signed statement, in hex. */
  readonly digest: string;
}

/** The gate's answer, deeply frozen. */
export class PacketDecision {
  private constructor();
  readonly decision: "ACCEPT" | "REJECT";
  /** Null if accepted. */
  readonly code: ReasonCode | null;
  /** The sentence for people; null if accepted. */
  readonly reason: string | null;
  /** JSON pointer of the refused field. */
  readonly field: string | null;
  readonly packetId: string | null;
  readonly form: Form | null;
  /** The sender; proven if accepted, claimed otherwise. */
  readonly agentId: string | null;
  /** SHA-256 of the sender's raw public key, in hex. */
  readonly fingerprint: string | null;
  /** End of validity, in milliseconds since the epoch; null unless accepted. */
  readonly expiresAtMs: number | null;
  /** Until when everything that was accepted holds, capabilities included, in milliseconds; null unless accepted. */
  readonly validUntilMs: number | null;
  /** What is worth knowing of the decision: `token_overlap_used`. */
  readonly notices: readonly string[];
  /** Whose word it rests on: the approvals that counted, or the denial that refused; empty where no such word decided. */
  readonly reviews: readonly Reviewed[];
  /** What was checked, in order, and what each found. */
  readonly checks: readonly Check[];
  /**
   * The verified packet; undefined unless accepted. Without the approvals of it that it carries in `context.human_approval`: a sender
   * can write any note into one, and nobody approved it. Those that counted are in `reviews`.
   */
  readonly packet: VerifiedPacket | undefined;
  /** SHA-256 over the packet's canonical bytes, in hex: names the packet in events and receipts. Null unless accepted. */
  readonly packetDigest: string | null;
  /** SHA-256 in hex of what a person approves: the packet without its times. Null unless accepted. */
  readonly reviewDigest: string | null;
  /** The capability that the packet carries, proven with all that it narrows; null where it carries none. */
  readonly capability: DelegationCapability | null;
  /** The verified packets that this one comes from, oldest first; empty where no chain was proven. */
  readonly ancestors: readonly VerifiedPacket[];
  /** This decision if accepted. @throws {@link TrustHandoffError} of the code's class otherwise */
  throwIfRejected(): this & AcceptedDecision;
}

/** A decision by which a packet was accepted. */
export type AcceptedDecision = PacketDecision & { readonly decision: "ACCEPT"; readonly code: null; readonly reason: null; readonly packet: VerifiedPacket };

/** A decision by which a text was refused. */
export type RejectedDecision = PacketDecision & { readonly decision: "REJECT"; readonly code: ReasonCode; readonly reason: string; readonly packet: undefined };

/** What a gate answers: `decision` tells which it is, and with it whether there is a packet. */
export type Decided = AcceptedDecision | RejectedDecision;

/**
 * The gate: lets a received envelope through exactly once, or says why not.
 *
 * Host replies count only as literal `true` and `false`. Any other reply, an exception, a rejection and a timeout refuse with
 * a code of that callback's own; what arrives later changes nothing.
 *
 * @throws {@link ConfigurationError} `config_invalid`, at construction: a missing, unknown or senseless option
 *
 * @example
 * const planner = AgentIdentity.generate();
 * const researcher = AgentIdentity.generate();
 * const gate = new TrustHandoffMiddleware({
 *   audience: researcher.agentId,
 *   registry: new AgentRegistry().register(planner.agentId, planner.publicKeyPem),
 *   nonces: new MemoryNonceStore(),
 * });
 * const wire = createEnvelope(
 *   signPacket(planner, { to_agent: researcher.agentId, intent: "Summarize", permissions: { allowed_actions: ["read"] } }),
 * );
 * const decision = await gate.handle(wire);
 * if (decision.decision === "ACCEPT") console.log(decision.packet.intent);
 * (await gate.handle(wire)).code; // "replay_detected"
 */
export class TrustHandoffMiddleware {
  constructor(options: GateOptions);
  /** Verifies an envelope. Never rejects for what the envelope says, only for misuse of the function. */
  handle(received: string | Uint8Array, options?: HandleOptions): Promise<Decided>;
  /** The latest events, oldest first, where they are kept in memory: by default, or in an {@link EventBuffer} among `events`. */
  events(): AuditEvent[];
  /** How many times one of `events` failed to take an event in time. */
  readonly eventFailures: number;
  /** The same where every callback answers at once; a promise is then a wrong reply like any other. */
  handleSync(received: string | Uint8Array, options?: HandleOptions): Decided;
  /**
   * Watches over what this gate accepted: revoked, expired, or nobody can tell. The watcher has started.
   *
   * @throws {@link ArgumentTypeError} for a decision that is no acceptance of this gate
   */
  watch(decision: PacketDecision, options?: WatchOptions): RevalidationWatcher;
}

/** How often, and how long, what was accepted is asked about again. */
export interface WatchOptions {
  /** Milliseconds from one check to the next, by default 5000, at least 500. */
  everyMs?: number;
  /** By how much of the interval a check may come early, at random: 0 to 1, by default 0.1. */
  jitter?: number;
  /** Longest time one whole check may take, by default four times the gate's `storeTimeoutMs`. After it: `revalidation_timeout`. */
  timeoutMs?: number;
  /** Stops the watcher when aborted, and aborts its signal. */
  signal?: RuntimeAbortSignal;
  /** Told once when the watcher goes stale. What it throws changes nothing. */
  onStale?: (error: TrustHandoffError) => void;
}

/**
 * Asks again, from time to time, whether what a gate accepted would still be accepted. The end of validity has a timer of its
 * own. Whatever way a check fails, the watcher goes stale: it never stays unconcerned.
 *
 * A capability that ends ends what runs on it: an `overlap` lets in what arrives a little later, it does not prolong a watch.
 *
 * Its timers keep no process alive, where the runtime allows that.
 *
 * @example
 * const [planner, researcher] = [AgentIdentity.generate(), AgentIdentity.generate()];
 * const registry = new AgentRegistry().register(planner.agentId, planner.publicKeyPem);
 * const gate = new TrustHandoffMiddleware({ audience: researcher.agentId, registry, nonces: new MemoryNonceStore() });
 * const wire = createEnvelope(signPacket(planner, { to_agent: researcher.agentId, intent: "Watch the news" }));
 * const watcher = gate.watch(await gate.handle(wire), { everyMs: 1000 });
 * watcher.throwIfStale(); // also: fetch(url, { signal: watcher.signal })
 * registry.revoke(planner.agentId);
 * console.log(await watcher.check(), watcher.code); // false "agent_revoked"
 * watcher.stop();
 */
export class RevalidationWatcher {
  private constructor();
  /** Aborted when the watcher goes stale, with the error as its reason. A fresh one after a new start. */
  readonly signal: RuntimeAbortSignal;
  /** Whether it watches: neither stopped nor stale. */
  readonly running: boolean;
  readonly stale: boolean;
  /** Why it is stale; null unless it is. */
  readonly code: ReasonCode | null;
  readonly reason: string | null;
  /** @throws {@link TrustHandoffError} once stale. Looks at the clock, so it is exact also where no timer could run. */
  throwIfStale(): void;
  /** Asks now: true if all is well. Never rejects. */
  check(): Promise<boolean>;
  /** Watches from now on, beginning with a check. What is stale starts anew, with a fresh signal. */
  start(): this;
  /** Watches no longer. The signal stays as it is. */
  stop(): this;
  /** `using watcher = gate.watch(decision)` stops it at the end of its block. */
  [Symbol.dispose](): void;
}

/**
 * Nonces in memory, for a single process. Bounded: a live nonce is never evicted, a full store refuses with
 * `replay_store_full`. One sender holds at most half of it. Constant work per call.
 *
 * Nonces are dropped once they have expired by `nowMs`. After a jump of the clock and back, a nonce that expires no later
 * than one that was dropped is refused with `replay_store_unavailable`: whether it was seen is not known any more.
 */
export class MemoryNonceStore implements NonceStore {
  /** `capacity`: most nonces held at once, by default 1,000,000. */
  constructor(options?: { capacity?: number });
  /** One synchronous step, so no two calls can both take a nonce. */
  checkAndStore(key: string, expiresAtMs: number, about?: Partial<NonceContext>): boolean;
  /** How many nonces are held. */
  readonly size: number;
}

// ------------------------------------------------------------------------------------------------------ execution

/** What a counter store is told beside counters and expiry. */
export interface CounterContext {
  /** The gate's time, in milliseconds. A store with a clock of its own holds counters for `expiresAtMs - nowMs` from then on. */
  readonly nowMs: number;
  /**
   * When the earliest was issued of what the counters belong to, in milliseconds. A store that knows since when it has forgotten nothing
   * refuses what was issued before: its budget may be spent.
   */
  readonly issuedAtMs: number;
}

/** A budget: `key` names who may spend it, `limit` is how many calls it has in all. */
export interface Counter {
  readonly key: string;
  readonly limit: number | bigint;
}

/**
 * One atomic step for all of the counters or for none: true if each had a call left and that call is taken now, false if
 * one of them had none. A counter is held until the latest `expiresAtMs` that was said of it. A store that is full
 * throws an error with the code `counter_store_full`. Any other reply is a refusal.
 */
export type Reserve = (counters: readonly Counter[], expiresAtMs: number, about: CounterContext) => boolean | Promise<boolean>;
/** A store of budgets; see {@link Reserve}. */
export interface CounterStore {
  reserve: Reserve;
}

/** What an executor needs and keeps to. */
export interface ExecutorOptions {
  /** Decides, and says whether its decision still holds. */
  gate: TrustHandoffMiddleware;
  /** Where tool calls are counted. By default in memory, in one store for all gates of the process, whatever their clocks. */
  counters?: CounterStore | Reserve;
  /** A policy of the executor's own, asked after the gate's. */
  policy?: IsAllowed | { isAllowed: IsAllowed };
  /** Refuse to be made without a policy, of the executor or of its gate: `no_policy_provided`. By default false. */
  strictPolicy?: boolean;
  /** How often a running task is checked, as in {@link WatchOptions}. */
  everyMs?: number;
  jitter?: number;
  /** Who attests what came of a task: one of the gate's `audience`. Without it there are no receipts. */
  identity?: AgentIdentity;
  /**
   * Start no task unless each of the gate's `events` has stored that it was accepted and begins; otherwise it is refused with
   * `audit_unavailable`, and its nonce is taken.
   */
  audit?: "required";
}

/** How one envelope is executed. */
export interface ExecuteOptions extends ReviewedOptions {
  /** The attestation of the receipt that this task follows; the new receipt names it. */
  parentAttestation?: string | Uint8Array;
}

/**
 * Proof of what came of a task: an attestation, and what it is of. `result` is what the function returned, as `{ value }` unless
 * it is an object, or `{ error: { code, message } }`. `reason` names the packet, and the receipt before.
 */
export interface Receipt {
  /** The text of an {@link ExecutionAttestation}. */
  readonly attestation: string;
  readonly result: { readonly [key: string]: JsonValue | undefined };
  readonly reason: { readonly packet_digest: string; readonly parent_attestation: string | null; readonly reviews?: readonly Reviewed[] };
}

/**
 * `receipt` is null without an `identity`, for a text that holds no signed packet, and where `unattested` says why: a result
 * that JSON does not carry or with numbers that are no integers (`result_invalid`), a signer that failed.
 */
export interface Receipted {
  readonly receipt: Receipt | null;
  readonly unattested: ErrorCode | (string & {}) | null;
}

/** What a task function is given. It ends when the function does. */
export interface Task {
  readonly packet: VerifiedPacket;
  readonly decision: PacketDecision;
  /** Aborted when the authority ends: revoked, expired, `max_runtime_seconds` passed; and when the task has ended. */
  readonly signal: RuntimeAbortSignal;
  /**
   * Asks for one use of a tool at this moment: the action must be permitted, a call of every budget is taken, and everything
   * must still stand. Do the action only when this has resolved.
   *
   * @throws {@link TrustHandoffError} `action_not_permitted`, `tool_calls_exhausted`, `capability_revoked`, `expired`,
   *   `task_finished` and so on
   */
  use(action: string, resource?: string): Promise<void>;
  /** @throws {@link TrustHandoffError} where the authority has ended, or the task. */
  throwIfStale(): void;
}

/**
 * What came of an execution.
 *
 * - `OK`: the function returned `result`
 * - `PARTIAL`: it returned, but a use was refused or not yet answered, or the authority ended meanwhile: `error`
 * - `ERROR`: it threw `error`
 * - `TIMEOUT`: it ran for longer than `max_runtime_seconds`; what it still does is without authority
 * - `REJECTED`: it was not run; `error` says why
 */
export type Execution<Result> = Receipted & (
  | { readonly decision: PacketDecision; readonly status: "OK"; readonly result: Result; readonly error: null }
  | { readonly decision: PacketDecision; readonly status: "PARTIAL"; readonly result: Result; readonly error: Error }
  | { readonly decision: PacketDecision; readonly status: "ERROR"; readonly result: undefined; readonly error: unknown }
  | { readonly decision: PacketDecision; readonly status: "TIMEOUT" | "REJECTED"; readonly result: undefined; readonly error: TrustHandoffError }
);

/**
 * Does what was handed over, under control: the gate decides first; then the function may do no more than was delegated, and for
 * no longer than it is.
 *
 * @throws {@link ConfigurationError} at construction: `config_invalid`, `no_policy_provided`
 *
 * @example
 * const [planner, researcher] = [AgentIdentity.generate(), AgentIdentity.generate()];
 * const gate = new TrustHandoffMiddleware({
 *   audience: researcher.agentId,
 *   registry: new AgentRegistry().register(planner.agentId, planner.publicKeyPem),
 *   nonces: new MemoryNonceStore(),
 * });
 * const wire = createEnvelope(
 *   signPacket(planner, {
 *     to_agent: researcher.agentId,
 *     intent: "Summarize",
 *     permissions: { allowed_actions: ["read"], max_tool_calls: 1 },
 *   }),
 * );
 * const executor = new TrustHandoffExecutor({ gate });
 * const { status, result } = await executor.execute(wire, async (task) => {
 *   await task.use("read", "report.txt");
 *   return `read for ${task.packet.from_agent}`;
 * });
 * console.log(status, result);
 */
export class TrustHandoffExecutor {
  constructor(options: ExecutorOptions);
  /** Verifies an envelope and runs the function if it is accepted. Rejects for misuse only. */
  execute<Result>(received: string | Uint8Array, fn: (task: Task) => Result | Promise<Result>, options?: ExecuteOptions): Promise<Execution<Awaited<Result>>>;
}

/** How a task ended. */
export type AttestationStatus = "OK" | "ERROR" | "PARTIAL" | "REJECTED" | "TIMEOUT";

/** A result or reason: an object of exact values, without numbers that are no integers, or its JSON text. */
export type Attested = string | { readonly [key: string]: JsonValue | undefined };

/** What an attestation is made from. */
export interface AttestationFields {
  packetId: string;
  status: AttestationStatus;
  /** At most 256 KiB and 100 levels deep; no member may be named `packet_id`, `attestation` or `__control__`. */
  result: Attested;
  reason?: Attested | null;
  now?: Moment;
}

/** That a task ran, how it ended and the hash of what came of it, signed. Frozen. */
export interface ExecutionAttestation {
  readonly packet_id: string;
  readonly status: AttestationStatus;
  readonly outcome_hash: string;
  /** 128 random bits. */
  readonly nonce: bigint;
  readonly timestamp_ms: number | bigint;
  /** Covered by no signature: means something only through the key. */
  readonly signed_by: string;
  readonly agent_pubkey_fingerprint: string;
  readonly signature: string;
  readonly reason_hash: string | null;
  /** What travels. Not enumerable. */
  readonly text: string;
  /** SHA-256 of the signed bytes, in hex: what others cite it by. Not enumerable. */
  readonly digest: string;
}

/**
 * Attests what came of a task. Low-entropy results can be guessed from their hash; put a random member into those.
 *
 * @throws {@link TrustHandoffError} `result_invalid`, `field_invalid`, and `signer_async` for a signer that answers later
 */
export function createAttestation(identity: AgentIdentity, fields: AttestationFields): ExecutionAttestation;

/** The same for signers that answer later. */
export function createAttestationAsync(identity: AgentIdentity, fields: AttestationFields): Promise<ExecutionAttestation>;

/** What must have come of a task. */
interface ExpectedBase {
  result: Attested;
  reason?: Attested | null;
  /** The packet whose task ran. */
  packetId: string;
  /** The statuses that are good enough. */
  statuses: readonly AttestationStatus[];
  /** The agent that was to run the task, which is the packet's `to_agent`. Without it any known agent may have. */
  agentId?: string;
}

/** A registry that knows the agent, or the key that must have signed: its agent is `agentId`, or the id that follows from it. */
export type ArchivedExpectation = ExpectedBase & ({ registry: AgentRegistry; publicKey?: undefined } | { publicKey: PublicKey; registry?: undefined });

/** What is waited for, and which attestations were taken before. */
export type AttestationExpectation = ArchivedExpectation & {
  /** Which attestations were taken before: the store of a gate serves. */
  nonces: NonceStore | CheckAndStore;
  now?: Moment;
  /** Longest wait for the store's answer, by default 2000. */
  storeTimeoutMs?: number;
};

/** Whether an attestation is the one that is waited for, or why not. */
export interface AttestationReport {
  readonly valid: boolean;
  readonly code: ErrorCode | null;
  readonly reason: string | null;
  readonly field: string | null;
  /** Null unless valid. */
  readonly attestation: ExecutionAttestation | null;
}

/**
 * Whether an attestation is the one that is waited for, at most five minutes old, and seen for the first time. Throws for misuse
 * only; what is wrong with the attestation, its result or the store is the report's `code`.
 *
 * @example
 * const researcher = AgentIdentity.generate();
 * const attestation = createAttestation(researcher, { packetId: "pk-1", status: "OK", result: { pages: 3 } });
 * const report = verifyAttestation(attestation.text, {
 *   result: { pages: 3 },
 *   packetId: "pk-1",
 *   statuses: ["OK"],
 *   publicKey: researcher.publicKeyPem,
 *   nonces: new MemoryNonceStore(),
 * });
 * console.log(report.valid);
 */
export function verifyAttestation(received: string | Uint8Array, expected: AttestationExpectation): AttestationReport;

/** The same with a store that answers later. */
export function verifyAttestationAsync(received: string | Uint8Array, expected: AttestationExpectation): Promise<AttestationReport>;

/**
 * The same for an audit, however old: everything but freshness and nonces. The agent must have held the key, and not have been
 * revoked, at the time that the attestation states; that this is true, only a log or a later receipt that names it can show.
 */
export function verifyArchived(received: string | Uint8Array, expected: ArchivedExpectation): AttestationReport;

/**
 * Tool calls counted in memory, for a single process. Bounded: a counter that is still needed is never evicted, a full store
 * refuses with `counter_store_full`.
 *
 * Counters are dropped once they have expired by `nowMs`. After a jump of the clock and back, a counter that is not held is
 * refused with `counter_unavailable`: how much of its budget is used is not known any more.
 */
export class MemoryCounterStore implements CounterStore {
  /** `capacity`: most counters held at once, by default 1,000,000. */
  constructor(options?: { capacity?: number });
  /** One synchronous step, so no two calls can both take the last of a budget. */
  reserve(counters: readonly Counter[], expiresAtMs: number, about?: Partial<CounterContext>): boolean;
  /** How many counters are held. */
  readonly size: number;
}
