/** Bad input of every kind to every public function: the right class, a stable code, one line, nothing half done. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { AgentIdentity, AgentRegistry, failureOf, fields, gate, MemoryNonceStore, NOW, planner, registry, stranger, trusthandoff, wire } from "./support.mjs";

const { createEnvelope, signedTask, signPacket, signPacketAsync, TrustHandoffMiddleware, verifySignature, TrustHandoffError } = trusthandoff;

/** Values of every JavaScript kind. */
const ODDITIES = [undefined, null, true, 0, -1, 1.5, NaN, Infinity, 1n, "", "x", "\ud800", Symbol("s"), [], [1], {}, new Map(), new Date(0), new Uint8Array(3), new Float64Array(2), () => {}, new Proxy({}, {})];

const others = (...fine) => ODDITIES.filter((value) => !fine.some((kind) => (typeof kind === "function" ? kind(value) : Object.is(kind, value))));
const isString = (value) => typeof value === "string";
const isBytes = (value) => value instanceof Uint8Array;
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isFunction = (value) => typeof value === "function";

/** name → [call, the arguments that are wrong for it] */
const CALLS = {
  "verifySignature": [(value) => verifySignature(value), others(isString, isBytes)],
  "handle": [(value) => gate().handle(value), others(isString, isBytes)],
  "handleSync": [(value) => gate().handleSync(value), others(isString, isBytes)],
  "handle options": [(value) => gate().handle(wire(), value), others(undefined, (value) => isObject(value) && !isBytes(value))],
  "handle now": [(now) => gate().handle(wire(), { now }), others(undefined, 0, 1.5, (value) => value instanceof Date)],
  "new TrustHandoffMiddleware": [(value) => new TrustHandoffMiddleware(value), ODDITIES],
  "createEnvelope": [(value) => createEnvelope(value), ODDITIES],
  "createEnvelope options": [(value) => createEnvelope(signPacket(planner, fields()), value), others(undefined, (value) => isObject(value) && !isBytes(value))],
  "signPacket identity": [(value) => signPacket(value, fields()), ODDITIES],
  "signPacket fields": [(value) => signPacket(planner, value), ODDITIES],
  "signPacket options": [(value) => signPacket(planner, fields(), value), others(undefined, (value) => isObject(value) && !isBytes(value))],
  "signPacket form": [(form) => signPacket(planner, fields(), { form }), others(undefined)],
  "signPacket task": [(task) => signPacket(planner, fields(), { task }), others(undefined)],
  "signPacket context": [(context) => signPacket(planner, fields({ context })), others(undefined, null, (value) => isObject(value) && !(value instanceof Map) && !(value instanceof Date) && !ArrayBuffer.isView(value))],
  "signPacket permissions": [(permissions) => signPacket(planner, fields({ permissions })), others(undefined, null, isObject)],
  "signPacket intent": [(intent) => signPacket(planner, fields({ intent })), others("x")],
  "signPacket to_agent": [(to_agent) => signPacket(planner, fields({ to_agent })), others("x")],
  "signPacketAsync identity": [(value) => signPacketAsync(value, fields()), ODDITIES],
  "signPacketAsync fields": [(value) => signPacketAsync(planner, value), ODDITIES],
  "signedTask function": [(value) => signedTask({}, value), others(isFunction)],
  "signedTask options": [(value) => signedTask(value, () => {}), others(undefined, (value) => isObject(value) && !isBytes(value))],
  "signedTask riskLevel": [(riskLevel) => signedTask({ riskLevel }, () => {}), others(undefined, null)],
  "signedTask requiresHumanReview": [(requiresHumanReview) => signedTask({ requiresHumanReview }, () => {}), others(undefined, null, true)],
  "signedTask ttlSeconds": [(ttlSeconds) => signedTask({ ttlSeconds }, () => {}), others(undefined, null, 1n)],
  "signedTask aiProvenance": [(aiProvenance) => signedTask({ aiProvenance }, () => {}), others(undefined, null)],
  "AgentIdentity.generate options": [(value) => AgentIdentity.generate(value), others(undefined, (value) => isObject(value) && !isBytes(value))],
  "AgentIdentity.generate agentId": [(agentId) => AgentIdentity.generate({ agentId }), others(undefined, "x")],
  "AgentIdentity.fromPrivateKeyPem": [(value) => AgentIdentity.fromPrivateKeyPem(value), ODDITIES],
  "AgentIdentity.fromPrivateKey": [(value) => AgentIdentity.fromPrivateKey(value), ODDITIES],
  "AgentIdentity.fromJwk": [(value) => AgentIdentity.fromJwk(value), ODDITIES],
  "AgentIdentity.fromSigner": [(value) => AgentIdentity.fromSigner(value), ODDITIES],
  "AgentIdentity.fromSigner publicKey": [(publicKey) => AgentIdentity.fromSigner({ publicKey, sign: () => {} }), ODDITIES],
  "AgentIdentity.fromSigner sign": [(sign) => AgentIdentity.fromSigner({ publicKey: planner.publicKey, sign }), others(isFunction)],
  "AgentIdentity.fromCryptoKey": [(value) => AgentIdentity.fromCryptoKey(value), ODDITIES],
  "new AgentIdentity": [(value) => new AgentIdentity(value), ODDITIES],
  "toCryptoKey extractable": [(extractable) => planner.toCryptoKey({ extractable }), others(undefined, true)],
  "AgentRegistry.fromJson": [(value) => AgentRegistry.fromJson(value), ODDITIES],
  "new AgentRegistry": [(value) => new AgentRegistry(value), ODDITIES],
  "register id": [(value) => registry().register(value, stranger.publicKeyPem), others("x")],
  "register key": [(value) => registry().register("agent:x", value), ODDITIES],
  "register options": [(value) => registry().register("agent:x", stranger.publicKey, value), others(undefined, (value) => isObject(value) && !isBytes(value))],
  "register roots": [(roots) => registry().register("agent:x", stranger.publicKey, { roots }), others(undefined, (value) => Array.isArray(value) && value.length === 0)],
  "register notAfter": [(notAfter) => registry().register("agent:x", stranger.publicKey, { notAfter }), others(undefined, 0, 1.5, (value) => value instanceof Date)],
  "register reviewer": [(reviewer) => registry().register("agent:x", stranger.publicKey, { reviewer }), others(undefined, true)],
  "rotate id": [(value) => registry().rotate(value, stranger.publicKey), ODDITIES],
  "rotate key": [(value) => registry().rotate(planner.agentId, value), ODDITIES],
  "rotate overlapSeconds": [(overlapSeconds) => registry().rotate(planner.agentId, stranger.publicKey, { overlapSeconds }), others(undefined, 0)],
  "revoke id": [(value) => registry().revoke(value), ODDITIES],
  "has": [(value) => registry().has(value), others(isString)],
  "new MemoryNonceStore": [(value) => new MemoryNonceStore(value), others(undefined, (value) => isObject(value) && !isBytes(value))],
};

for (const [name, [call, wrong]] of Object.entries(CALLS)) {
  test(`${name}: ${wrong.length} wrong arguments`, async () => {
    for (const value of wrong) {
      const error = await failureOf(() => call(value));
      assertClear(error, `${name}(${typeof value === "symbol" ? "Symbol" : typeof value}: ${safe(value)})`);
    }
  });
}

function assertClear(error, what) {
  assert.ok(error instanceof TrustHandoffError || error instanceof trusthandoff.ArgumentTypeError, `${what}: ${error?.stack ?? "nothing was thrown"}`);
  assert.match(error.code, /^[a-z][a-z_]+$/, what);
  assert.notEqual(error.code, "internal_error", `${what}: ${error.cause?.stack}`);
  assert.ok(error.message.length > 5 && !/[\r\n]/.test(error.message), `${what}: ${error.message}`);
}

function safe(value) {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return "?";
  }
}

test("a message names what was given, where, and what would be right", async () => {
  const later = Promise.resolve();
  const revocations = (options) => new trusthandoff.RevocationList(options);
  for (const [call, field, message] of [
    [() => gate({ maxInflight: {} }), "maxInflight", /^`maxInflight` is not an option of TrustHandoffMiddleware; known are .*\bmaxInFlight\b/],
    [() => gate({ ttl: { wrte: 60 } }), "wrte", /^`wrte` is not an option of ttl; known are write, read$/],
    [() => new trusthandoff.CapabilityOverlap({ x: 1 }), "x", /it has none$/],
    // A Promise where its value belongs; classes under the name that users know.
    [() => gate({ nonces: later }), "nonces", /not a Promise: is an `await` missing\?$/],
    [() => gate({ events: later }), "events", /is an `await` missing\?$/],
    [() => new TrustHandoffMiddleware(later), null, /is an `await` missing\?$/],
    [() => gate().handle(later), null, /is an `await` missing\?$/],
    [() => createEnvelope(later), null, /is an `await` missing\?$/],
    [() => gate().watch(later), "decision", /is an `await` missing\?$/],
    [() => revocations(registry()), null, /not an AgentRegistry$/],
    [() => revocations([]), null, /not an array$/],
    [() => gate().handle(wire(), { now: "yester\nday" }), "now", /^`now`: expected .*, not "yester\\nday"$/],
    [() => registry().register("agent:x", stranger.publicKeyPem, { notAfter: "2026" }), "notAfter", /^`notAfter`: expected .*, not "2026"$/],
    [() => registry().rotate(planner.agentId, stranger.publicKeyPem, { overlapSeconds: -1 }), "overlapSeconds", /from 0 to ten years, not `-1`$/],
    [() => registry().withdraw(planner.agentId, "root"), null, /`roots`, `reviewer` or `revoker`, not `root`$/],
    [() => registry().register("agent:x", stranger.publicKeyPem.trim()), null, /SPKI PEM of 113 with a newline at each line's end$/],
    [() => AgentRegistry.fromJson("[]"), "", /^the text must be an object/],
  ]) {
    const error = await failureOf(call);
    assertClear(error, String(call));
    assert.match(error.message, message);
    assert.equal(error.field, field, String(call));
  }
  assert.match(gate().handleSync('"{}"').reason, /^the text must be an object, found a string$/);
});

test("a cycle ends in an error, not in a stack overflow", () => {
  const context = {};
  context.self = context;
  assert.throws(() => signPacket(planner, fields({ context })), { code: "nesting_too_deep" });
  let deep = {};
  for (let depth = 0; depth < 100_000; depth += 1) deep = { deep };
  assert.throws(() => signPacket(planner, fields({ context: deep })), { code: "nesting_too_deep" });
});

test("an exception out of a caller's own getter stays the caller's", () => {
  const own = new Error("mine");
  const trick = Object.defineProperty(fields(), "intent", {
    enumerable: true,
    get() {
      throw own;
    },
  });
  assert.throws(() => signPacket(planner, trick), own);
  assert.equal(verifySignature(wire()).valid, true);
});

test("the classes are those of the reference, by code", async () => {
  const table = [
    [() => gate().handleSync(wire().replace("Summarize", "x")).throwIfRejected(), "InvalidSignatureError", "invalid_signature"],
    [() => gate().handleSync(wire({}, { identity: stranger })).throwIfRejected(), "PublicKeyMismatchError", "agent_unknown"],
    [() => gate({ nonces: () => false }).handleSync(wire()).throwIfRejected(), "ReplayAttackError", "replay_detected"],
    [() => gate().handleSync("[]").throwIfRejected(), "PayloadValidationError", undefined],
    [() => gate().handleSync(wire().replace('"intent"', '"intent": 1, "intent"')).throwIfRejected(), "CanonicalizationError", "duplicate_key"],
    [() => gate({ revocations: () => "maybe" }).handleSync(wire()).throwIfRejected(), "RevocationConsistencyError", undefined],
    [() => signPacket(planner, fields({ risk_level: "critical" })), "PayloadValidationError", "unsupported_risk_level"],
    [() => gate({ audience: undefined }), "ConfigurationError", "config_invalid"],
  ];
  for (const [call, name, code] of table) {
    const error = await failureOf(call);
    assertClear(error, name);
    assert.equal(error.name, name);
    assert.equal(error.constructor, trusthandoff[name]);
    if (code !== undefined) assert.equal(error.code, code);
  }
});

test("keys that must not be used are refused: other encodings, weak keys, other kinds", () => {
  const pem = planner.publicKeyPem;
  const bad = [
    pem.replaceAll("\n", "\r\n"),
    pem.trimEnd(),
    `\n${pem}`,
    `${pem}${pem}`,
    pem.replace("PUBLIC KEY", "RSA PUBLIC KEY"),
    planner.privateKeyPem(),
    new Uint8Array(32),
    Uint8Array.of(1, ...new Uint8Array(31)),
    new Uint8Array(31).fill(5),
    { kty: "OKP", crv: "X25519", x: planner.publicKeyJwk().x },
    { kty: "OKP", crv: "Ed25519", x: `${planner.publicKeyJwk().x}=` },
    planner.privateKeyJwk(),
  ];
  for (const key of bad) {
    assert.throws(() => new AgentRegistry().register("agent:x", key, { now: NOW }), (error) => {
      assertClear(error, "register");
      return !error.message.includes(planner.privateKeyJwk().d);
    });
  }
  const { x } = stranger.publicKeyJwk();
  assert.throws(() => AgentIdentity.fromJwk({ ...planner.privateKeyJwk(), x }), TrustHandoffError);
});

test("S13 bytes that are no text, or are gone, are errors with a code", async () => {
  const detached = () => {
    const bytes = new Uint8Array(32);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    return bytes;
  };
  assert.equal((await failureOf(() => createEnvelope(Uint8Array.of(0xff))))?.code, "invalid_utf8");
  assert.equal((await failureOf(() => createEnvelope(new Uint8Array(2 ** 21).fill(0x20))))?.code, "input_too_large");
  const signer = AgentIdentity.fromSigner({ publicKey: planner.publicKey, sign: detached });
  for (const call of [
    () => verifySignature(detached()),
    () => gate().handle(detached()),
    () => gate().handleSync(detached()),
    () => createEnvelope(detached()),
    () => AgentIdentity.fromPrivateKey(detached()),
    () => registry().register("agent:x", detached()),
    () => signPacket(signer, fields()),
  ]) {
    assertClear(await failureOf(call), String(call));
  }
});

test("S13 a signer that fails in any way is `signer_failed`, also WebCrypto", async () => {
  const pair = await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
  const identity = await AgentIdentity.fromCryptoKey({
    publicKey: pair.publicKey,
    // A key that looks right and is none of WebCrypto's.
    privateKey: { type: "private", algorithm: { name: "Ed25519" }, usages: ["sign"], extractable: false },
  });
  const error = await failureOf(() => signPacketAsync(identity, fields()));
  assertClear(error, "WebCrypto");
  assert.equal(error.code, "signer_failed");
  const unreadable = Object.defineProperty({}, "message", {
    get() {
      throw new Error("again");
    },
  });
  const thenTrap = Object.defineProperty({}, "then", {
    get() {
      throw new Error("trap door");
    },
  });
  for (const sign of [
    () => {
      throw Symbol("s");
    },
    () => {
      throw unreadable;
    },
    () => thenTrap,
  ]) {
    const remote = AgentIdentity.fromSigner({ publicKey: planner.publicKey, sign });
    assert.equal((await failureOf(() => signPacket(remote, fields())))?.code, "signer_failed");
    assert.equal((await failureOf(() => signPacketAsync(remote, fields())))?.code, "signer_failed");
  }
});

test("S13 a JWK holds texts only: no getter runs inside the core", async () => {
  let calls = 0;
  const reentrant = Object.defineProperty({}, "x", {
    enumerable: true,
    get() {
      calls += 1;
      return verifySignature("{}");
    },
  });
  for (const name of ["kty", "crv", "x", "d"]) {
    for (const value of [reentrant, 1, null, [], () => {}]) {
      assertClear(await failureOf(() => AgentIdentity.fromJwk({ ...planner.privateKeyJwk(), [name]: value })), `fromJwk ${name}`);
      assertClear(await failureOf(() => registry().register("agent:x", { ...stranger.publicKeyJwk(), [name]: value })), `register ${name}`);
    }
  }
  assert.equal(calls, 0);
});

test("an executor's identity and audit are what they are said to be", async () => {
  for (const [name, value] of [
    ...[{}, null, "agent:x", stranger].map((value) => ["identity", value]),
    // Recorded where? The gate has nothing but its buffer.
    ...[{}, null, true, "REQUIRED", "required"].map((value) => ["audit", value]),
  ]) {
    const error = await failureOf(() => new trusthandoff.TrustHandoffExecutor({ gate: gate(), [name]: value }));
    assert.deepEqual([error?.code, error?.field], ["config_invalid", name], `${name}: ${String(value)}`);
  }
});
