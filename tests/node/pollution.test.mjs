/** Prototype pollution: what other code left on `Object.prototype` decides nothing here. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { AgentIdentity, AgentRegistry, failureOf, fields, gate, MemoryNonceStore, NOW, planner, registry, researcher, stranger, trusthandoff, wire } from "./support.mjs";

const { createEnvelope, signPacket, signPacketAsync, signedTask, TrustHandoffMiddleware, verifySignature } = trusthandoff;

const ACCEPTANCE = { decision: "ACCEPT", code: null, reason: null, field: null, packet_id: "x", form: "0.4.0", agent_id: "x", fingerprint: "x", expires_at_ms: 9e12, checks: "[]" };

/** Every name that is read from a step, a reply, a decision or an option somewhere, each with what would serve an attacker. */
const POLLUTION = {
  done: ACCEPTANCE,
  decision: "ACCEPT",
  code: "replay_store_full",
  reason: "fine",
  message: "fine",
  field: "x",
  cause: "x",
  failure: "full",
  reply: true,
  ask: "policy",
  id: 1,
  key: "another key",
  keys: [],
  now: NOW + 10_000_000,
  nowMs: Date.now() + 10_000_000,
  nonce: "x",
  fingerprint: "x",
  audience: stranger.agentId,
  registry: AgentRegistry.selfCertifying(),
  resolveAgent: () => ({ publicKeyPem: stranger.publicKeyPem }),
  nonces: () => true,
  revocations: () => false,
  approvals: () => true,
  policy: () => true,
  checkAndStore: () => true,
  isApproved: () => true,
  isAllowed: () => true,
  isRevoked: () => false,
  clock: () => NOW + 10_000_000,
  ttl: { read: 9e5 },
  read: 1,
  write: 1,
  maxDepth: 64,
  maxLifetimeSeconds: 1,
  maxCapabilitySeconds: 1,
  skewSeconds: 300,
  graceSeconds: 60,
  strict: true,
  storeTimeoutMs: 1,
  capacity: 1,
  form: "0.3.3",
  task: () => {},
  agentId: stranger.agentId,
  seed: new Uint8Array(32).fill(3),
  sign: () => new Uint8Array(64),
  pair: {},
  disposed: true,
  d: "AAAA",
  kty: "RSA",
  x: "AAAA",
  riskLevel: "write",
  risk_level: "write",
  requiresHumanReview: true,
  ttlSeconds: 1,
  roots: ["*"],
  notAfter: 1,
  notBefore: NOW * 2,
  reviewer: true,
  revoker: true,
  overlapSeconds: 0,
  extractable: true,
  publicKey: stranger.publicKey,
  privateKey: {},
  value: "x",
  writable: true,
  enumerable: true,
  configurable: true,
  valid: true,
  kind: "packet",
  key_ops: ["verify"],
  ext: false,
  alg: "RS256",
  use: "enc",
};

/** Runs `work` with these names on `Object.prototype`. */
async function polluted(names, work) {
  for (const name of names) Object.defineProperty(Object.prototype, name, { __proto__: null, value: POLLUTION[name], configurable: true, enumerable: true, writable: true });
  try {
    return await work();
  } finally {
    for (const name of names) delete Object.prototype[name];
  }
}

const SETS = [...Object.keys(POLLUTION).map((name) => [name]), Object.keys(POLLUTION)];
const called = (names) => (names.length === 1 ? names[0] : "everything at once");

/** A store that has its WebAssembly instance already, as one has in a process that runs. */
function store() {
  const nonces = new MemoryNonceStore({ capacity: 1000 });
  nonces.checkAndStore("warm", NOW + 1000, { nowMs: NOW });
  return nonces;
}

/** Answers of one gate to a tampered, a genuine, the same again and an expired envelope, both ways. */
async function answersOf(verifier, [tampered, genuine, expired]) {
  const found = [];
  for (const text of [tampered, genuine, genuine, expired]) found.push((await verifier.handle(text)).code);
  found.push(verifier.handleSync(tampered).code, verifier.handleSync(genuine).code);
  return found;
}
const EXPECTED = ["invalid_signature", null, "replay_detected", "expired", "invalid_signature", "replay_detected"];

const texts = () => [wire().replace("Summarize", "Summarise"), wire(), wire({}, { now: NOW - 901_000 })];

test("a polluted prototype turns no refusal into an acceptance, and no acceptance into a refusal", async () => {
  for (const names of SETS) {
    const received = texts();
    const before = gate({ nonces: store(), revocations: async () => false, registry: undefined, resolveAgent: async () => ({ publicKeyPem: planner.publicKeyPem }) });
    assert.deepEqual(await polluted(names, () => answersOf(before, received)), [...EXPECTED.slice(0, 4), "registry_invalid_reply", "registry_invalid_reply"], called(names));
    const nonces = store();
    const agents = registry();
    const made = () => gate({ registry: agents, nonces, policy: { isAllowed: () => true } });
    assert.deepEqual(await polluted(names, () => answersOf(made(), received)), EXPECTED, `${called(names)}, gate made under it`);
  }
});

test("a polluted prototype supplies no host's answer and no option that is missing", async () => {
  const review = { constraints: { requires_human_review: true } };
  for (const names of SETS) {
    const wanting = wire(review);
    const genuine = wire();
    const refusing = gate({ policy: () => "maybe", nonces: store() });
    const failing = gate({ nonces: () => Promise.reject(new Error("down")) });
    const unreviewed = gate();
    const found = await polluted(names, async () => [
      unreviewed.handleSync(wanting).code,
      refusing.handleSync(genuine).code,
      (await failing.handle(genuine)).code,
      (await failureOf(() => new TrustHandoffMiddleware({ audience: "agent:x", registry: registry() })))?.code,
      (await failureOf(() => new TrustHandoffMiddleware({ audience: "agent:x", registry: registry(), nonces: {} })))?.code,
      (await failureOf(() => new TrustHandoffMiddleware({ registry: registry(), nonces: () => true })))?.code,
      (await failureOf(() => new TrustHandoffMiddleware({ audience: "agent:x", nonces: () => true })))?.code,
    ]);
    assert.deepEqual(found, ["human_review_required", "policy_denied", "replay_store_unavailable", ...Array(4).fill("config_invalid")], called(names));
  }
});

test("a polluted prototype changes nothing that is signed or registered, and no key", async () => {
  const remote = AgentIdentity.fromSigner({ publicKey: planner.publicKey, sign: async (bytes) => new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, bytes)) });
  const pair = await planner.toCryptoKey();
  const options = { now: NOW };
  const made = async () => {
    const packet = signPacket(planner, fields({ packet_id: "p", task_id: "t", nonce: "n" }), options);
    const later = await signPacketAsync(remote, fields({ packet_id: "p", task_id: "t", nonce: "n" }), options);
    const marked = signPacket(planner, fields({ packet_id: "p", task_id: "t", nonce: "n" }), { ...options, task: signedTask({ riskLevel: "read" }, () => {}) });
    return [
      createEnvelope(packet),
      later.text,
      marked.text,
      Object.keys(packet).includes("text"),
      new AgentRegistry().register(planner.agentId, planner.publicKeyJwk(), options).toJson(),
      AgentIdentity.fromJwk(planner.privateKeyJwk()).agentId,
      (await AgentIdentity.fromCryptoKey(await planner.toCryptoKey())).agentId,
      verifySignature("{}").valid,
    ];
  };
  const expected = await made();
  for (const names of SETS) assert.deepEqual(await polluted(names, made).catch((error) => error.cause ?? error), expected, called(names));
});

test("a store of nonces keeps its time when it is told none", async () => {
  const nonces = new MemoryNonceStore();
  const ends = Date.now() + 60_000;
  assert.equal(nonces.checkAndStore("k", ends), true);
  // A time from elsewhere would let the nonce expire early.
  await polluted(["nowMs"], () => assert.equal(nonces.checkAndStore("k", ends, {}), false));
});

test("options and hosts may be instances only where a class makes sense", () => {
  class Store {
    #inner = new MemoryNonceStore();
    checkAndStore(...args) {
      return this.#inner.checkAndStore(...args);
    }
  }
  assert.equal(gate({ nonces: new (class extends Store {})() }).handleSync(wire()).decision, "ACCEPT");
  class Signer {
    connection = "kms";
    publicKey = researcher.publicKey;
    sign() {
      return new Uint8Array(64);
    }
  }
  assert.equal(AgentIdentity.fromSigner(new Signer()).agentId, researcher.agentId);
  // What an option object inherits would otherwise be lost without a word.
  assert.throws(() => gate().handleSync(wire(), Object.create({ now: NOW })), { code: "config_invalid" });
  assert.throws(() => new TrustHandoffMiddleware(Object.create({ strict: true })), { code: "config_invalid" });
});

test("an accessor on Object.prototype costs no decision, before or after the nonce", async () => {
  const refuse = () => {
    throw new Error("an accessor that throws");
  };
  const members = ["decision", "code", "reason", "field", "packetId", "form", "agentId", "fingerprint", "expiresAtMs", "validUntilMs", "notices", "reviews"];
  for (const name of members) {
    const verifier = gate({ nonces: store() });
    const [first, second] = [wire(), wire()];
    Object.defineProperty(Object.prototype, name, { __proto__: null, get: () => undefined, set: refuse, configurable: true });
    let found;
    try {
      found = [await verifier.handle(first), verifier.handleSync(second), await verifier.handle(first)];
    } finally {
      delete Object.prototype[name];
    }
    assert.deepEqual(found.map(({ decision, code }) => code ?? decision), ["ACCEPT", "ACCEPT", "replay_detected"], name);
  }
});

test("an instance starts whatever stands on Object.prototype", () => {
  Object.prototype.planted = "not a function";
  try {
    assert.equal(new MemoryNonceStore().checkAndStore("key", NOW + 1000, { nowMs: NOW }), true);
  } finally {
    delete Object.prototype.planted;
  }
});
