/**
 * No input makes the gate large (catalogue E13): the pages of a WebAssembly memory never shrink. Each text is given to a module of its own,
 * whose memory is measured before and after.
 */
import assert from "node:assert/strict";
import { test } from "node:test";

const MOST = 8;
const LENGTH = 950_000;

const memories = [];
const { Instance } = WebAssembly;
WebAssembly.Instance = class extends Instance {
  constructor(...args) {
    super(...args);
    if (this.exports.memory !== undefined) memories.push(this.exports.memory);
  }
};

const { AgentIdentity, createEnvelope, signPacket } = await import("../../pkg/dist/index.js");
const [sender, receiver] = [AgentIdentity.generate(), AgentIdentity.generate()];
const envelope = (fields) => createEnvelope(signPacket(sender, { to_agent: receiver.agentId, intent: "x", permissions: { allowed_actions: ["r"] }, ...fields }));

let count = 0;
/** A gate of a package that nothing else has used, and the bytes of its memory; `options` are the gate's. */
async function fresh(options = {}) {
  const known = memories.length;
  count += 1;
  const { AgentRegistry, MemoryNonceStore, TrustHandoffMiddleware } = await import(`../../pkg/dist/index.js?memory=${count}`);
  const registry = new AgentRegistry().register(sender.agentId, sender.publicKeyPem);
  const gate = new TrustHandoffMiddleware({ audience: receiver.agentId, registry, nonces: new MemoryNonceStore(), events: [], ...options });
  // What is made once, tables of keys among it, is there before.
  for (const intent of ["a", "b"]) assert.equal((await gate.handle(envelope({ intent }))).decision, "ACCEPT");
  return { gate, bytes: () => memories.slice(known).reduce((sum, { buffer }) => sum + buffer.byteLength, 0) };
}

const many = (text, length = LENGTH) => Array(Math.ceil(length / (text.length + 1))).fill(text).join(",");
const numbered = (text, length = LENGTH) => {
  const all = [];
  for (let i = 0, sum = 0; sum < length; i += 1) sum += all.push(text(i.toString(36))) && all.at(-1).length + 1;
  return all.join(",");
};
const within = (place, text) => (wire) => {
  assert.ok(wire.includes(place), place);
  return wire.replace(place, () => text);
};
const context = (members) => within('"@": 1', members);
const packets = (wire) => wire.slice(wire.indexOf('"packet": ') + 10, -1);

const SHAPES = {
  "arrays of one": context(`"a": [${many("[1]")}]`),
  "empty arrays": context(`"a": [${many("[]")}]`),
  "empty objects": context(`"a": [${many("{}")}]`),
  "small integers": context(`"a": [${many("1")}]`),
  "floats that are written longer": context(`"a": [${many("1e9")}]`),
  "empty strings": context(`"a": [${many('""')}]`),
  "characters that are escaped when signed": context(`"a": "${"é".repeat(LENGTH / 2)}"`),
  "escapes": context(`"a": "${"\\n".repeat(LENGTH / 2)}"`),
  "brackets in a string": context(`"a": "${"[".repeat(LENGTH)}"`),
  "keys": context(numbered((i) => `"${i}":1`)),
  "keys with escapes": context(numbered((i) => `"\\u0061${i}":1`)),
  "objects in objects": context(`"a": [${many('{"a":{"a":{}}}')}]`),
  "deep arrays": context(`"a": [${many(`${"[".repeat(60)}${"]".repeat(60)}`)}]`),
  "keys of deep objects": context(`"a": ${`{"a":`.repeat(60)}{${numbered((i) => `"${i}":{}`)}}${"}".repeat(60)}`),
  "a provenance of keys": within('"ai_provenance": null', `"ai_provenance": {"source": "x", ${numbered((i) => `"_${i}":1`)}}`),
  "approvals that are none": context(`"human_approval": [${many("[1]")}]`),
  "unknown members of the envelope": within("{", `{${numbered((i) => `"_${i}":[]`)},`),
  "unknown members of the packet": within('"context": {', `${numbered((i) => `"_${i}":1`)},"context": {`),
  "references": within('"memory_refs": []', `"memory_refs": [${many('"a"')}]`),
  "actions": within('"allowed_actions": ["r"]', `"allowed_actions": [${many('"a"')}]`),
  "ids of packets": within('"packet_ids": [', `"packet_ids": [${many('""')},`),
  "agents": within('"agents": [', `"agents": [${many('"a"')},`),
  "hops": within('"hops": []', `"hops": [${many('{"agent_id":"","delegated_permissions":{}}')}]`),
  "hops that are none": within('"hops": []', `"hops": [${many("[]")}]`),
  "hops of actions": within('"hops": []', `"hops": [{"agent_id":"","delegated_permissions":{"allowed_actions":[${many('""')}]}}]`),
  "tokens": within("{", `{"proof":{"packets":[],"capabilities":[${many('"a"')}]},`),
  "proofs that are none": within("{", `{"proof":{"packets":[${many("1")}],"capabilities":[]},`),
  "packets of a proof": (wire) => {
    const one = packets(wire).replace('"@": 1', () => `"a": [${many("[1]", 12_000)}]`);
    return wire.replace("{", () => `{"proof":{"capabilities":[],"packets":[${Array(60).fill(one).join(",")}]},`);
  },
  "what is no JSON": (wire) => `[${many("[1]")}${wire}`,
  "arrays to the end": () => "[".repeat(120) + many("[]"),
};

for (const [name, shape] of Object.entries(SHAPES)) {
  test(`a text of a megabyte takes at most ${MOST} times its memory: ${name}`, async () => {
    const { gate, bytes } = await fresh();
    const wire = shape(envelope({ context: { "@": 1 } }));
    const before = bytes();
    const { decision } = gate.handleSync(wire);
    const grown = (bytes() - before) / Buffer.byteLength(wire);
    assert.equal(decision, "REJECT");
    assert.ok(grown <= MOST, `${grown.toFixed(1)} times`);
  });
}

for (const [name, fields] of Object.entries({
  "context": { context: { a: Array.from({ length: 200_000 }, () => [1]) } },
  "references": { memory_refs: Array.from({ length: 200_000 }, () => "a") },
  "an approval that is none": { context: { human_approval: [Array.from({ length: 90_000 }, () => ({ a: 0 }))] } },
  "approvals that are none": { context: { human_approval: Array.from({ length: 300_000 }, () => 0) } },
})) {
  test(`what is signed and accepted takes no more: ${name}`, async () => {
    const wire = envelope(fields);
    const { gate, bytes } = await fresh();
    const before = bytes();
    assert.equal(gate.handleSync(wire).decision, "ACCEPT");
    const grown = (bytes() - before) / Buffer.byteLength(wire);
    assert.ok(grown <= MOST, `${grown.toFixed(1)} times`);
  });

  test(`what waits for people takes at most twice its text: ${name}`, async () => {
    const wire = envelope({ ...fields, constraints: { requires_human_review: true } });
    const waiting = [];
    const answers = [];
    const { gate, bytes } = await fresh({ approvals: () => new Promise((resolve) => answers.push(resolve)), storeTimeoutMs: 600_000 });
    const copies = 12;
    const wait = async (n) => {
      for (let i = 0; i < n; i += 1) waiting.push(gate.handle(wire));
      await new Promise(setImmediate);
    };
    await wait(2);
    const before = bytes();
    await wait(copies);
    const each = (bytes() - before) / copies / Buffer.byteLength(wire);
    for (const answer of answers) answer(true);
    const decisions = await Promise.all(waiting);
    assert.equal(decisions.filter(({ decision }) => decision === "ACCEPT").length, 1);
    assert.ok(each <= 2, `${each.toFixed(1)} times`);
  });
}
