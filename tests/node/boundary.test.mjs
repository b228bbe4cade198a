/** Data boundaries: what names one is executed only where that very boundary is honoured. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { gate, MemoryNonceStore, NOW, trusthandoff, wire } from "./support.mjs";

const { TrustHandoffExecutor } = trusthandoff;
const bound = (data_boundary = "eu") => wire({ constraints: { data_boundary } });
const execute = async (options, text = bound()) => {
  const { status, error } = await new TrustHandoffExecutor({ gate: gate(options) }).execute(text, () => "ran");
  return [status, error?.code];
};

test("a name, several names, a function or an object say what is honoured", async () => {
  class Zones {
    #honoured = new Set(["eu"]);
    isHonoured(boundary) {
      return this.#honoured.has(boundary);
    }
  }
  for (const boundary of ["eu", ["us", "eu"], (name) => name === "eu", async (name) => name === "eu", new Zones()]) {
    assert.deepEqual(await execute({ boundary }), ["OK", undefined]);
    assert.deepEqual(await execute({ boundary }, bound("us-east")), ["REJECTED", "constraint_unsupported"]);
  }
});

test("F21 a boundary is honoured by its exact name only", async () => {
  for (const boundary of ["EU", "e", "eu ", " eu", "eu/", "*", "", [], ["e", "u"], "eu,us", ["constructor", "__proto__"]]) {
    assert.deepEqual(await execute({ boundary }), ["REJECTED", "constraint_unsupported"], JSON.stringify(boundary));
  }
  for (const name of ["__proto__", "constructor", "length", "0", ""]) {
    assert.deepEqual(await execute({ boundary: ["eu"] }, bound(name)), ["REJECTED", "constraint_unsupported"], name);
    assert.deepEqual(await execute({ boundary: [name] }, bound(name)), ["OK", undefined], name);
  }
});

test("the list is the caller's no longer", async () => {
  const names = ["us"];
  const verifier = gate({ boundary: names });
  names.push("eu");
  assert.equal((await verifier.handle(bound())).code, "constraint_unsupported");
});

test("a gate that knows of boundaries refuses those that are not honoured, and tells where; without, handling leaves it to the reader", async () => {
  const nonces = new MemoryNonceStore();
  for (const handle of ["handle", "handleSync"]) {
    const refused = await gate({ nonces, boundary: "us" })[handle](bound());
    assert.deepEqual([refused.code, refused.field], ["constraint_unsupported", "/packet/constraints/data_boundary"]);
    assert.equal(nonces.size, 0);
    assert.equal((await gate({ boundary: "eu" })[handle](bound())).decision, "ACCEPT");
    const left = await gate()[handle](bound());
    assert.deepEqual([left.decision, left.packet.constraints.data_boundary], ["ACCEPT", "eu"]);
  }
  assert.equal(gate({ boundary: async () => true }).handleSync(bound()).code, "constraint_unsupported");
});

test("only packets that name a boundary are asked about, with its name alone", async () => {
  const asked = [];
  const boundary = (...args) => asked.push(args) > 0;
  const verifier = gate({ boundary });
  await verifier.handle(wire());
  await verifier.handle(wire({ constraints: { max_runtime_seconds: 5 } }));
  assert.deepEqual(asked, []);
  await verifier.handle(bound());
  assert.deepEqual(asked, [["eu"]]);
});

test("W07 what happens while the host thinks is seen: a packet that has expired is refused", async () => {
  let now = NOW;
  const nonces = new MemoryNonceStore();
  const boundary = async () => {
    now = NOW + 900_000;
    return true;
  };
  assert.equal((await gate({ boundary, nonces, clock: () => now }).handle(bound())).code, "expired");
  assert.equal(nonces.size, 0);
});

test("W10 a boundary that is honoured too late is not", async () => {
  const decision = await gate({ storeTimeoutMs: 20, boundary: () => sleep(400).then(() => true) }).handle(bound());
  assert.equal(decision.code, "constraint_unsupported");
  await sleep(450);
  assert.deepEqual([decision.decision, decision.packet], ["REJECT", undefined]);
});
