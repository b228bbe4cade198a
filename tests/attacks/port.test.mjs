/** W. What a Rust, WebAssembly and npm port adds to attack: the border of JavaScript, keys, the package. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { AgentIdentity, AgentRegistry, createEnvelope, signPacket, TrustHandoffMiddleware, verifySignature } from "../../pkg/dist/index.js";
import { mallory, planner, researcher, wire, writer } from "./cast.mjs";
import { codes, knownAgents, NOW_MS, receiver } from "./receiver.mjs";
import { pemOf, spelt } from "./wire.mjs";

const own = AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(1));
const base = { to_agent: researcher.id, intent: "x" };
const dist = (name) => new URL(`../../pkg/dist/${name}`, import.meta.url);

test("W01 what JSON.parse has read cannot be verified, only the text that was received", async () => {
  const text = wire({ context: { k: spelt("[1.0,12345678901234567890]") } });
  const parsed = JSON.parse(text);
  for (const thing of [parsed, parsed.packet, [text], new String(text), 7, null, undefined, true, Symbol("x"), new Uint16Array(4), new DataView(new ArrayBuffer(4)), () => text]) {
    assert.throws(() => verifySignature(thing), { code: "argument_type" });
    await assert.rejects(receiver().handle(thing), { code: "argument_type" });
    assert.throws(() => receiver().handleSync(thing), TypeError);
    assert.throws(() => createEnvelope(thing), TypeError);
  }
  assert.equal((await receiver().handle(text)).decision, "ACCEPT");
  assert.equal((await receiver().handle(Buffer.from(text))).decision, "ACCEPT");
  assert.throws(() => createEnvelope(JSON.parse(signPacket(own, base).text)), TypeError);
});

test("W02 what others write to Object.prototype reaches no option, no field, no answer and no decision", async () => {
  const gate = receiver({ registry: undefined, resolveAgent: () => ({ publicKeyPem: planner.pem }) });
  const [first, second, forged] = [wire(), wire({ nonce: "nonce-2" }), wire({ nonce: "nonce-3" }).replace("Summarize", "Publish")];
  assert.equal((await gate.handle(first)).decision, "ACCEPT");
  const accept = { decision: "ACCEPT", code: null, reason: null, field: null, checks: [] };
  const polluted = { done: accept, ...accept, reply: true, failure: null, revoked: true, strict: true, risk_level: "write", capability_token: "x", signature: "x", publicKeyPem: mallory.pem };
  for (const [name, value] of Object.entries(polluted)) Object.prototype[name] = value;
  let found;
  try {
    found = [await gate.handle(second), gate.handleSync(forged), gate.handleSync(second), verifySignature(forged), signPacket(own, base, { now: NOW_MS })];
  } finally {
    for (const name of Object.keys(polluted)) delete Object.prototype[name];
  }
  const [genuine, refused, replayed, signature, packet] = found;
  assert.deepEqual([genuine.decision, refused.code, replayed.code, signature.valid], ["ACCEPT", "invalid_signature", "replay_detected", false]);
  assert.deepEqual([packet.risk_level, packet.capability_token, packet.ttl_seconds], ["read", null, 900]);
  assert.equal({}.done, undefined);
});

test("W03 a lone surrogate never crosses the border as U+FFFD", async () => {
  const replaced = wire({ intent: "caf\ufffd" });
  const lone = replaced.replace("\\ufffd", "\ud800");
  assert.notEqual(lone, replaced);
  for (const text of [lone, "\udc00", `${wire()}\ud83d`]) {
    assert.equal(verifySignature(text).code, "invalid_unicode");
    assert.equal(await codes(receiver, text), "invalid_unicode");
  }
  assert.throws(() => signPacket(own, { ...base, intent: "caf\ud800" }), { code: "invalid_unicode", field: "/intent" });
  assert.throws(() => signPacket(own, { ...base, context: { "\udfff": 1 } }), { code: "invalid_unicode" });
  assert.throws(() => AgentRegistry.fromJson(`{"a\ud800": 1}`), { code: "invalid_unicode" });
});

test("W08 an option is read once, and what its object says later changes nothing", async () => {
  const reads = {};
  const options = { audience: researcher.id, registry: knownAgents(), nonces: () => true, clock: () => NOW_MS, strict: false, maxDepth: 5, policy: () => true, ttl: { read: 900 }, storeTimeoutMs: 100 };
  const shifty = new Proxy(options, {
    get(target, name) {
      reads[name] = (reads[name] ?? 0) + 1;
      if (reads[name] > 1) return { audience: writer.id, nonces: () => true, policy: undefined, strict: true }[name];
      return target[name];
    },
  });
  const gate = new TrustHandoffMiddleware(shifty);
  assert.ok(Object.values(reads).every((count) => count === 1), JSON.stringify(reads));
  assert.equal((await gate.handle(wire())).decision, "ACCEPT");

  const store = { checkAndStore: () => false };
  const list = [researcher.id];
  const ttl = { read: 900 };
  const later = receiver({ nonces: store, audience: list, ttl });
  store.checkAndStore = () => true;
  list[0] = writer.id;
  ttl.read = 1;
  assert.equal((await later.handle(wire())).code, "replay_detected");
});

test("W08 a field is read once: a getter cannot show one value to the check and another to the signature", () => {
  let reads = 0;
  const shifty = {
    ...base,
    get risk_level() {
      reads += 1;
      return reads === 1 ? "read" : "critical";
    },
  };
  assert.equal(signPacket(own, shifty).risk_level, "read");
  assert.equal(reads, 1);
  const trap = new Proxy({ ...base }, {
    get() {
      throw new Error("trap door");
    },
  });
  assert.throws(() => signPacket(own, trap), /trap door/);
});

test("W08 a buffer that changes after it was handed over changes no decision", async () => {
  const bytes = new TextEncoder().encode(wire());
  const gate = receiver({
    policy: async () => {
      bytes.fill(0x20);
      return true;
    },
  });
  const decision = await gate.handle(bytes);
  assert.deepEqual([decision.decision, decision.packet.intent], ["ACCEPT", "Summarize the findings"]);
});

test("W12 a public key beside a secret is never used unless it is the secret's own", () => {
  const jwk = own.privateKeyJwk();
  const foreign = mallory.raw.toString("base64url");
  assert.throws(() => AgentIdentity.fromJwk({ ...jwk, x: foreign }), { code: "private_key_invalid" });
  const seed = Buffer.from(jwk.d, "base64url");
  const v2 = (raw) => `-----BEGIN PRIVATE KEY-----\n${Buffer.concat([Buffer.from("3051020101300506032b657004220420", "hex"), seed, Buffer.from("812100", "hex"), raw]).toString("base64")}\n-----END PRIVATE KEY-----\n`;
  assert.equal(AgentIdentity.fromPrivateKeyPem(v2(planner.raw)).agentId, planner.id);
  assert.throws(() => AgentIdentity.fromPrivateKeyPem(v2(mallory.raw)), { code: "private_key_invalid" });
});

test("W12 a secret is in nothing that an identity shows, and gone once it is disposed of", async () => {
  const { inspect } = await import("node:util");
  const identity = AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(0x5a));
  const secret = [identity.privateKeyJwk().d, "5a5a5a5a", "Wlpa", "90, 90"];
  const shown = [inspect(identity, { depth: 9, showHidden: true }), JSON.stringify(identity), String(identity), Object.keys(identity).join(), Reflect.ownKeys(identity).map(String).join(), inspect(structuredClone({ ...identity }))];
  for (const text of shown) assert.ok(!secret.some((part) => text.includes(part)), text);
  const bytes = new Uint8Array(32).fill(7);
  const copied = AgentIdentity.fromPrivateKey(bytes);
  bytes.fill(0);
  const before = copied.privateKeyPem();
  assert.notEqual(before, AgentIdentity.fromPrivateKey(bytes).privateKeyPem());
  identity.dispose();
  for (const use of [() => signPacket(identity, base), () => identity.privateKeyPem(), () => identity.privateKeyJwk()]) assert.throws(use, { code: "identity_disposed" });
});

test("W13 the package runs nothing when it is installed and brings nothing along", () => {
  const about = JSON.parse(readFileSync(new URL("../../pkg/package.json", import.meta.url), "utf8"));
  for (const hook of ["preinstall", "install", "postinstall", "prepare", "prepublish", "preuninstall", "postuninstall"]) assert.equal(about.scripts?.[hook], undefined);
  assert.deepEqual([about.dependencies, about.bundledDependencies, about.optionalDependencies], [undefined, undefined, undefined]);
});

test("W13 wasm from elsewhere is taken only where it is the wasm of this release", async () => {
  const genuine = readFileSync(dist("core.wasm"));
  const stated = readFileSync(dist("core.wasm.sha256"), "utf8").trim().split(/\s/)[0];
  assert.equal(createHash("sha256").update(genuine).digest("hex"), stated);
  const { init, verifySignature: verify } = await import(dist("slim.js"));
  assert.throws(() => verify(wire()), { code: "wasm_unavailable" });
  for (const place of [8, genuine.length >> 1, genuine.length - 1]) {
    const changed = new Uint8Array(genuine);
    changed[place] ^= 1;
    await assert.rejects(init(changed), { code: "wasm_mismatch" });
    await assert.rejects(init(new Response(changed)), { code: "wasm_mismatch" });
  }
  assert.throws(() => verify(wire()), { code: "wasm_unavailable" });
  await init(genuine);
  assert.equal(verify(wire()).valid, true);
});

test("W13 nothing of a key that the package refuses is quoted", () => {
  for (const pem of [pemOf(Buffer.alloc(32)), own.privateKeyPem()]) {
    try {
      new AgentRegistry().register("agent:a", pem);
      assert.fail("accepted");
    } catch (error) {
      assert.ok(!error.message.includes(pem.split("\n")[1]), error.message);
    }
  }
});
