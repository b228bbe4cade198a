/** W. What a Rust, WebAssembly and npm port adds to attack: the border of JavaScript, hosts, clocks, the package. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { AgentIdentity, AgentRegistry, createEnvelope, MemoryNonceStore, signPacket, TrustHandoffMiddleware, verifySignature } from "../../pkg/dist/index.js";
import { mallory, planner, researcher, root, wire, writer } from "./cast.mjs";
import { codes, knownAgents, NOW_MS, receiver } from "./receiver.mjs";
import { at, capability, pemOf, revocationKeys, spelt, token } from "./wire.mjs";

const own = AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(1));
const base = { to_agent: researcher.id, intent: "x" };
const reviewed = { constraints: { max_runtime_seconds: null, data_boundary: null, requires_human_review: true } };
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

test("W06 a host that calls its gate from within gets its own answer, and loses none", async () => {
  const inner = [];
  const nonces = new MemoryNonceStore();
  const gate = receiver({
    nonces: (...args) => {
      if (args[2].nonce === "outer") inner.push(gate.handleSync(wire({ nonce: "inner" })).decision);
      return nonces.checkAndStore(...args);
    },
    policy: (packet) => {
      if (packet.nonce === "outer") inner.push(gate.handleSync(wire({ nonce: `inner ${inner.length}` })).decision);
      return true;
    },
  });
  assert.equal((await gate.handle(wire({ nonce: "outer" }))).decision, "ACCEPT");
  assert.deepEqual(inner, ["ACCEPT", "ACCEPT"]);
  assert.equal(gate.handleSync(wire({ nonce: "outer" })).code, "replay_detected");
});

test("W07 a packet that expires while a host is awaited is refused before a nonce is taken", async () => {
  for (const slow of ["policy", "approvals", "revocations"]) {
    let now = NOW_MS;
    const nonces = new MemoryNonceStore();
    const answer = slow === "revocations" ? false : true;
    const late = async () => {
      now = NOW_MS + 900_000;
      return answer;
    };
    const gate = receiver({ nonces, clock: () => now, approvals: () => true, [slow]: late });
    assert.equal((await gate.handle(wire(reviewed))).code, "expired", slow);
    assert.equal(nonces.size, 0);
  }
});

test("W07 a packet that expires while its nonce is taken is refused", async () => {
  let now = NOW_MS;
  const nonces = async () => {
    now = NOW_MS + 900_000;
    return true;
  };
  assert.equal((await receiver({ nonces, clock: () => now }).handle(wire())).code, "expired");
});

test("W07 what is revoked while a host is awaited is refused, and takes no nonce", async () => {
  const agents = knownAgents();
  let revoked = [];
  const changes = {
    "the agent, in the registry": [() => agents.revoke(planner.id, { now: NOW_MS }), "agent_revoked"],
    "the packet, by the host": [() => (revoked = [revocationKeys.packet(planner, "pk-1")]), "packet_revoked"],
    "the key, by the host": [() => (revoked = [revocationKeys.key(planner)]), "agent_revoked"],
  };
  for (const [name, [change, code]] of Object.entries(changes).reverse()) {
    revoked = [];
    const nonces = new MemoryNonceStore();
    const policy = async () => {
      change();
      return true;
    };
    const gate = receiver({ registry: agents, nonces, policy, revocations: (keys) => keys.some((key) => revoked.includes(key)) });
    assert.equal((await gate.handle(wire())).code, code, name);
    assert.equal(nonces.size, 0);
  }
});

test("W07 a capability that ends or whose issuer is revoked while a host is awaited is refused", async () => {
  const text = wire({ capability_token: token(capability(root, planner, { expires_at: at(60) }), root) });
  for (const [change, code] of [["time", "capability_expired"], ["issuer", "capability_revoked"], ["nothing", null]]) {
    let now = NOW_MS;
    const agents = knownAgents();
    const policy = async () => {
      if (change === "time") now = NOW_MS + 60_000;
      if (change === "issuer") agents.revoke(root.id, { now: NOW_MS });
      return true;
    };
    assert.equal((await receiver({ registry: agents, policy, clock: () => now }).handle(text)).code, code, change);
  }
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

test("W09 only a literal boolean counts, from whichever host and in whichever wrapping", async () => {
  const odd = [1, 0, "true", "false", "", null, undefined, {}, [], [true], new Boolean(true), new Boolean(false), { then: 1 }, 1n, NaN, () => true];
  const hosts = { policy: "policy_denied", approvals: "human_review_required", revocations: "revocation_unavailable", nonces: "replay_store_invalid_reply" };
  for (const [host, code] of Object.entries(hosts)) {
    for (const answer of odd) {
      const make = () => receiver({ approvals: () => true, [host]: () => answer });
      assert.equal(await codes(make, wire(reviewed)), code, `${host}: ${String(answer)}`);
    }
  }
});

test("W09 a thenable is awaited once, and its lies are worth one answer", async () => {
  let reads = 0;
  const thenable = (answers) => ({
    get then() {
      reads += 1;
      return (resolve) => answers.forEach((answer) => resolve(answer));
    },
  });
  assert.equal((await receiver({ policy: () => thenable([false, true]) }).handle(wire())).code, "policy_denied");
  assert.equal((await receiver({ nonces: () => thenable([1, true]) }).handle(wire())).code, "replay_store_invalid_reply");
  assert.equal(reads, 2);
  // Where nothing is awaited, it is a wrong reply, and its `then` is left alone.
  assert.equal(receiver({ policy: () => thenable([true]) }).handleSync(wire()).code, "policy_denied");
  assert.equal(reads, 2);
});

test("W10 an answer after the timeout turns no refusal into an acceptance", async () => {
  const hosts = { policy: ["policy_unavailable", true], approvals: ["approval_unavailable", true], revocations: ["revocation_unavailable", false], nonces: ["replay_store_unavailable", true] };
  for (const [host, [code, good]] of Object.entries(hosts)) {
    let settled = false;
    const late = () =>
      sleep(40).then(() => {
        settled = true;
        return good;
      });
    const gate = receiver({ approvals: () => true, storeTimeoutMs: 10, [host]: late });
    const decision = await gate.handle(wire(reviewed));
    assert.deepEqual([decision.code, settled], [code, false], host);
    await sleep(60);
    assert.deepEqual([decision.decision, decision.code, decision.packet, settled], ["REJECT", code, undefined, true], host);
  }
});

test("W11 a clock that is set back, or tells no time, admits nothing", async () => {
  let now = NOW_MS;
  const gate = receiver({ clock: () => now });
  now = NOW_MS + 900_000;
  assert.equal((await gate.handle(wire())).code, "expired");
  now = NOW_MS;
  assert.equal((await gate.handle(wire())).code, "expired");
  const broken = [NaN, "2026-03-08T12:00:00Z", undefined, null, Infinity, -1, new Date(NOW_MS), BigInt(NOW_MS), Promise.resolve(NOW_MS), 1e300, { valueOf: () => NOW_MS }];
  for (const reading of broken) {
    const nonces = new MemoryNonceStore();
    assert.equal(await codes(() => receiver({ clock: () => reading, nonces }), wire()), "clock_invalid", String(reading));
    assert.equal(nonces.size, 0);
  }
  const throwing = receiver({
    clock: () => {
      throw new Error("no time");
    },
  });
  assert.equal((await throwing.handle(wire())).code, "clock_invalid");
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
