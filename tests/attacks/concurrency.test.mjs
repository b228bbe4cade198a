/** One envelope, submitted many times at once (catalogue H09): there is no way in that does without keys and nonces. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as trusthandoff from "../../pkg/dist/index.js";
import { researcher, wire } from "./cast.mjs";
import { knownAgents, NOW_MS, receiver } from "./receiver.mjs";

const { MemoryNonceStore, TrustHandoffExecutor, TrustHandoffMiddleware } = trusthandoff;
const TIMES = 50;

const decisions = async (submit) => {
  const codes = await Promise.all(Array.from({ length: TIMES }, (_, number) => submit(number)));
  return { accepted: codes.filter((code) => code === null).length, replayed: codes.filter((code) => code === "replay_detected").length };
};
const ONE = { accepted: 1, replayed: TIMES - 1 };

test("H09 fifty at once at one gate: one is accepted", async () => {
  const gate = receiver();
  const text = wire();
  assert.deepEqual(await decisions(async () => (await gate.handle(text)).code), ONE);
});

test("H09 fifty gates of one agent, with one store, that answers later: one accepts", async () => {
  const held = new MemoryNonceStore({ capacity: 10 });
  const nonces = async (...claim) => {
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
    return held.checkAndStore(...claim);
  };
  const gates = Array.from({ length: TIMES }, () => receiver({ nonces }));
  const text = wire();
  assert.deepEqual(await decisions(async (number) => (await gates[number].handle(text)).code), ONE);
});

test("H09 fifty executions at once: the task runs once", async () => {
  const executor = new TrustHandoffExecutor({ gate: receiver() });
  const text = wire();
  let runs = 0;
  assert.deepEqual(await decisions(async () => (await executor.execute(text, () => void (runs += 1))).error?.code ?? null), ONE);
  assert.equal(runs, 1);
});

test("H09 no gate without a registry, none without nonces, and nothing else that accepts", () => {
  const options = { audience: researcher.id, registry: knownAgents(), nonces: new MemoryNonceStore(), clock: () => NOW_MS };
  assert.equal(new TrustHandoffMiddleware(options).handleSync(wire()).decision, "ACCEPT");
  for (const name of ["audience", "registry", "nonces"]) {
    const { [name]: _, ...without } = options;
    for (const missing of [without, { ...options, [name]: undefined }, { ...options, [name]: null }]) {
      assert.throws(() => new TrustHandoffMiddleware(missing), { code: /^(?:config_invalid|argument_type)$/ }, name);
    }
  }
  // Signatures can be looked at without a gate. What that says is no decision, and opens nothing.
  const report = trusthandoff.verifySignature(wire());
  assert.deepEqual([report.valid, report.decision, report.packet], [true, undefined, undefined]);
  assert.throws(() => new TrustHandoffMiddleware(options).watch(report), { code: "argument_type" });
  assert.throws(() => new trusthandoff.PacketDecision(), { code: /config_invalid|argument_type/ });
});
