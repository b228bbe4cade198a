import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises";
import { gate, MemoryNonceStore, wire } from "./support.mjs";

const ROUNDS = 1000;
const PARALLEL = 100;

async function acceptedOf(verifier, text) {
  const decisions = await Promise.all(Array.from({ length: PARALLEL }, () => verifier.handle(text)));
  for (const { decision, code } of decisions) assert.equal(code, decision === "ACCEPT" ? null : "replay_detected");
  return decisions.filter(({ decision }) => decision === "ACCEPT").length;
}

test(`H08 ${PARALLEL} parallel submissions of one envelope: exactly one ACCEPT, ${ROUNDS} rounds`, async () => {
  const verifier = gate({ nonces: new MemoryNonceStore() });
  for (let round = 0; round < ROUNDS; round += 1) assert.equal(await acceptedOf(verifier, wire()), 1);
});

test("W7 with hosts that answer in any order: exactly one ACCEPT", async () => {
  const store = new MemoryNonceStore();
  const policy = async () => {
    await (Math.random() < 0.5 ? turn() : sleep(Math.random() * 3));
    return true;
  };
  const nonces = async (...args) => {
    await turn();
    const fresh = store.checkAndStore(...args);
    await turn();
    return fresh;
  };
  const verifier = gate({ policy, nonces });
  for (let round = 0; round < 20; round += 1) assert.equal(await acceptedOf(verifier, wire()), 1);
});
