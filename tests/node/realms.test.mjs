/** Realms that are not as the language left them: frozen, hardened, bare, of another window; and two copies of the package in one of them. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import vm from "node:vm";
import { EXPECTED, mainPaths } from "./hardened.mjs";
import { failureOf, gate, NOW, planner, researcher, trusthandoff, wire } from "./support.mjs";

const require = createRequire(import.meta.url);
const tools = createRequire(new URL("../tools/package.json", import.meta.url));
const dist = (file) => fileURLToPath(new URL(`../../pkg/dist/${file}`, import.meta.url));
const run = promisify(execFile);

/** What `mainPaths` finds in a process that first does something to itself. */
async function inProcess(before, flags = []) {
  const script = `${before}
    const { mainPaths } = await import(${JSON.stringify(new URL("hardened.mjs", import.meta.url).href)});
    console.log(JSON.stringify(await mainPaths(await import(${JSON.stringify(pathToFileURL(dist("index.js")).href)}))));`;
  const { stdout } = await run(process.execPath, [...flags, "--input-type=module", "--eval", script], { maxBuffer: 2 ** 24 });
  return JSON.parse(stdout.trim().split("\n").at(-1));
}

const REALMS = {
  "Error.prototype is frozen": "Object.freeze(Error.prototype);",
  "everything that errors are made of is frozen": "for (const c of [Error, TypeError, RangeError, Object, Function, Array, Promise, Map, WeakMap, Set, Uint8Array, RegExp, String]) { Object.freeze(c.prototype); Object.freeze(c); }",
  "Error.captureStackTrace is missing": "delete Error.captureStackTrace;",
  "Error.prepareStackTrace throws": "Error.prepareStackTrace = () => { throw new RangeError('mine'); };",
  "performance is missing": "delete globalThis.performance;",
  "performance throws": "Object.defineProperty(globalThis, 'performance', { get() { throw new Error('mine'); } });",
  "FinalizationRegistry, WeakRef and structuredClone are missing": "delete globalThis.FinalizationRegistry; delete globalThis.WeakRef; delete globalThis.structuredClone; delete AbortSignal.any; delete AbortSignal.timeout;",
  "crypto.subtle and randomUUID are missing": "Object.defineProperty(globalThis, 'crypto', { value: { getRandomValues: crypto.getRandomValues.bind(crypto) } });",
  "queueMicrotask, setInterval and setImmediate are missing": "delete globalThis.queueMicrotask; delete globalThis.setInterval; delete globalThis.setImmediate;",
  "Math.random throws": "Math.random = () => { throw new Error('mine'); };",
};
for (const [realm, before] of Object.entries(REALMS)) {
  test(`W20 all works where ${realm}`, async () => assert.deepEqual(await inProcess(before), EXPECTED));
}

test("W20 all works with --frozen-intrinsics", async () => assert.deepEqual(await inProcess("", ["--frozen-intrinsics"]), EXPECTED));

test("W20 W21 all works after lockdown() of SES, and within a Compartment", async () => {
  const ses = pathToFileURL(tools.resolve("ses")).href;
  const lockdown = `await import(${JSON.stringify(ses)}); lockdown();`;
  assert.deepEqual(await inProcess(lockdown), EXPECTED);
  // A compartment has no clock, no timers and no WebAssembly but what it is endowed with.
  const script = `${lockdown}
    import { readFileSync } from "node:fs";
    const endowed = { TextEncoder, TextDecoder, WebAssembly, Buffer, crypto, setTimeout, clearTimeout, AbortController, module: { exports: {} } };
    const compartment = new Compartment({ ...endowed, exports: endowed.module.exports });
    compartment.evaluate(readFileSync(${JSON.stringify(dist("index.cjs"))}, "utf8"));
    const { mainPaths } = await import(${JSON.stringify(new URL("hardened.mjs", import.meta.url).href)});
    const { exports } = endowed.module;
    const codeOf = (call) => { try { call(); return "nothing thrown"; } catch (error) { return error.code; } };
    const identity = exports.AgentIdentity.generate();
    const clockless = codeOf(() => exports.signPacket(identity, { to_agent: "agent:b", intent: "x" }));
    console.log(JSON.stringify({ ...(await mainPaths(exports, { now: Date.now() })), clockless }));`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", script], { maxBuffer: 2 ** 24 });
  assert.deepEqual(JSON.parse(stdout.trim().split("\n").at(-1)), { ...EXPECTED, clockless: "clock_invalid" });
});

test("W20 what a gate cannot do without is found missing before a nonce is taken", async () => {
  const asked = [];
  const nonces = (key) => asked.push(key) > 0;
  const cases = [
    [{ crypto: undefined }, (g, text) => g.handleSync(text)],
    [{ crypto: {} }, (g, text) => g.handle(text)],
    [{ crypto: undefined }, () => wire()],
    [{ crypto: {} }, () => trusthandoff.AgentIdentity.generate()],
    [{ setTimeout: undefined }, (g, text) => g.handle(text)],
    [{ clearTimeout: undefined }, (g, text) => new trusthandoff.TrustHandoffExecutor({ gate: g }).execute(text, () => assert.fail("it ran"))],
    [{ AbortController: undefined }, (g, text) => new trusthandoff.TrustHandoffExecutor({ gate: g }).execute(text, () => assert.fail("it ran"))],
  ];
  for (const [missing, call] of cases) {
    const [verifier, text] = [gate({ nonces }), wire()];
    const kept = Object.keys(missing).map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]);
    for (const [name, value] of Object.entries(missing)) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    let error;
    try {
      error = await failureOf(() => call(verifier, text));
    } finally {
      for (const [name, descriptor] of kept) Object.defineProperty(globalThis, name, descriptor);
    }
    assert.deepEqual([error?.code, asked], ["config_invalid", []], Object.keys(missing).join());
    assert.match(error.message, new RegExp(Object.keys(missing)[0]));
  }
  assert.equal(gate({ nonces }).handleSync(wire()).decision, "ACCEPT");
});

test("without crypto.subtle the error says so, with a code", async () => {
  const { subtle } = crypto;
  const pair = await subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  const identity = await trusthandoff.AgentIdentity.fromCryptoKey(pair);
  const calls = [
    () => planner.toCryptoKey(),
    () => trusthandoff.AgentIdentity.fromCryptoKey(pair),
    () => trusthandoff.signPacketAsync(identity, { to_agent: "agent:b", intent: "x" }),
  ];
  Object.defineProperty(crypto, "subtle", { value: undefined, configurable: true });
  try {
    for (const call of calls) {
      const error = await failureOf(call);
      assert.equal(error?.code, "config_invalid");
      assert.match(error.message, /no `crypto\.subtle`/);
    }
  } finally {
    delete crypto.subtle;
  }
});

test("values of another realm are taken for what they are", async () => {
  const context = vm.createContext({ wire: wire(), raw: Array.from(planner.publicKey), pem: planner.publicKeyPem });
  const foreign = (code) => vm.runInContext(code, context);
  const registry = () => new trusthandoff.AgentRegistry().register(planner.agentId, foreign("new Uint8Array(raw)"), { notBefore: foreign("new Date(0)"), now: foreign(`new Date(${NOW})`) });
  assert.equal(gate({ registry: registry() }).handleSync(foreign("Uint8Array.from(wire, (c) => c.charCodeAt(0))")).decision, "ACCEPT");
  const signed = trusthandoff.signPacket(planner, foreign(`({ to_agent: ${JSON.stringify(researcher.agentId)}, intent: "x" })`), { now: foreign(`new Date(${NOW})`) });
  assert.equal(signed.intent, "x");
  assert.equal((await gate({ nonces: foreign("async () => true"), policy: foreign("async () => true") }).handle(wire())).decision, "ACCEPT");
  // A `Date` is known by what it is, not by what it calls itself.
  for (const fake of [{ [Symbol.toStringTag]: "Date", getTime: () => NOW }, foreign("({ getTime: () => 0 })"), new Date(NaN)]) {
    assert.equal((await failureOf(() => gate().handle(wire(), { now: fake }))).code, "clock_invalid");
  }
  const verifier = gate();
  const decision = verifier.handleSync(wire());
  // As jsdom has it: an EventTarget of a class of its own.
  class AbortSignal extends EventTarget {
    aborted = false;
    get [Symbol.toStringTag]() {
      return "AbortSignal";
    }
  }
  const signal = new AbortSignal();
  const watcher = verifier.watch(decision, { signal });
  signal.dispatchEvent(new Event("abort"));
  assert.equal(watcher.running, false);
});

test("two copies of the package in one process know each other's errors and packets, and say of the rest what it is", async () => {
  const twin = require(dist("index.cjs"));
  const slim = await import(pathToFileURL(dist("slim.js")).href);
  await slim.init(readFileSync(dist("core.wasm")));
  for (const other of [twin, slim]) {
    const theirs = other.AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(1));
    const packet = other.signPacket(theirs, { to_agent: researcher.agentId, intent: "x" }, { now: NOW });
    assert.equal(gate().handleSync(trusthandoff.createEnvelope(packet)).decision, "ACCEPT");
    const copied = await failureOf(() => trusthandoff.createEnvelope({ ...packet, text: packet.text }));
    assert.equal(copied.code, "argument_type");
    for (const [make, expected] of [
      [() => new other.TrustHandoffMiddleware({}), ["TrustHandoffError", "ConfigurationError"]],
      [() => new other.AgentRegistry().register(1, planner.publicKeyPem), ["ArgumentTypeError"]],
      [() => other.verifyArchived("", { packetId: "x", statuses: ["OK"], result: {} }), ["TrustHandoffError", "ConfigurationError"]],
    ]) {
      const error = await failureOf(make);
      const names = Object.keys(trusthandoff).filter((name) => name.endsWith("Error") && error instanceof trusthandoff[name]);
      assert.deepEqual(names.sort(), expected.toSorted?.() ?? [...expected].sort());
    }
    const registry = new other.AgentRegistry();
    const theirGate = new other.TrustHandoffMiddleware({ audience: "agent:a", registry, nonces: new other.MemoryNonceStore() });
    const calls = {
      signer: () => trusthandoff.signPacket(theirs, { to_agent: "agent:b", intent: "x" }),
      registry: () => gate({ registry }),
      gate: () => new trusthandoff.TrustHandoffExecutor({ gate: theirGate }),
      identity: () => new trusthandoff.TrustHandoffExecutor({ gate: gate(), identity: theirs }),
      parent: () => trusthandoff.createEnvelope(packet, { parent: theirGate.handleSync("x") }),
    };
    for (const [name, call] of Object.entries(calls)) {
      const error = await failureOf(call);
      assert.ok(error instanceof trusthandoff.TrustHandoffError || error instanceof trusthandoff.ArgumentTypeError, name);
      assert.match(error.message, /another copy of this package/, name);
    }
  }
});

test("errors of others, and of the package's own subclasses, are told apart as ever", () => {
  const { ConfigurationError, ReplayAttackError, TrustHandoffError, VerificationError } = trusthandoff;
  class Mine extends TrustHandoffError {}
  assert.ok(new Mine("x", "y") instanceof Mine && new Mine("x", "y") instanceof TrustHandoffError);
  assert.ok(!(new TrustHandoffError("x", "y") instanceof Mine) && !(new ReplayAttackError("x", "y") instanceof ConfigurationError));
  assert.ok(new ReplayAttackError("x", "y") instanceof VerificationError && !(new VerificationError("x", "y") instanceof ReplayAttackError));
  const named = Object.assign(new Error("x"), { name: "VerificationError", code: "expired" });
  for (const value of [named, null, undefined, "x", {}, Object.create(null)]) assert.ok(!(value instanceof VerificationError));
  const cause = new Error("why");
  assert.equal(new VerificationError("expired", "x", { cause }).cause, cause);
  assert.ok(!Object.hasOwn(new VerificationError("expired", "x"), "cause"));
  assert.deepEqual(Object.keys(new VerificationError("expired", "x")), ["name", "code", "field"]);
});

test("mainPaths itself finds nothing wrong here", async () => assert.deepEqual(await mainPaths(trusthandoff), EXPECTED));

test("no module declares a name that whoever wraps it in a function gives to an argument", () => {
  const dist = new URL("../../pkg/dist/", import.meta.url);
  const modules = readdirSync(dist, { recursive: true }).filter((file) => file.endsWith(".js") && !file.startsWith("bin"));
  assert.ok(modules.length >= 8, modules.join());
  for (const file of modules) {
    const text = readFileSync(new URL(file, dist), "utf8");
    assert.doesNotMatch(text, /^\s{0,2}(?:var|let|const|function|class) (?:module|exports|require|__filename|__dirname)\b/m, file);
  }
});
