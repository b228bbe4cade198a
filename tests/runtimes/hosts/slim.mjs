/** The slim entry in Node, Deno and Bun: nothing before init, no foreign wasm, then everything. Argument: rounds. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { run } from "../suite.js";
import vectors from "../vectors.js";
import * as sentinel from "trusthandoff/sentinel";
import * as webhook from "trusthandoff/sinks/webhook";
import * as trusthandoff from "trusthandoff/slim";

async function codeOf(act) {
  try {
    await act();
  } catch (error) {
    return error.code;
  }
}

const wasm = await readFile(fileURLToPath(import.meta.resolve("trusthandoff/core.wasm")));
const changed = Uint8Array.from(wasm);
changed[changed.length - 1] ^= 1;
const codes = [
  await codeOf(() => trusthandoff.AgentIdentity.generate()),
  await codeOf(() => trusthandoff.init(changed)),
  await codeOf(() => trusthandoff.init(42)),
  await codeOf(() => trusthandoff.AgentIdentity.generate()),
];
const expected = ["wasm_unavailable", "wasm_mismatch", "wasm_unavailable", "wasm_unavailable"];
if (codes.join() !== expected.join()) throw new Error(`slim before init: ${codes.join()}`);
await trusthandoff.init(wasm);
const results = await run(trusthandoff, { vectors, sentinel, webhook, parallelRounds: Number(process.argv.at(-1)) });
console.log(JSON.stringify(results));
