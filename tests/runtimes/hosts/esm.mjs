/** Node, Deno and Bun, with `import`. Argument: rounds. Prints the results as one line of JSON. */
import { run } from "../suite.js";
import vectors from "../vectors.js";
import * as trusthandoff from "trusthandoff";
import * as sentinel from "trusthandoff/sentinel";
import * as webhook from "trusthandoff/sinks/webhook";
import { MemoryNonceStore } from "trusthandoff/stores/memory";

if (MemoryNonceStore !== trusthandoff.MemoryNonceStore) throw new Error("trusthandoff/stores/memory is a second copy");
const results = await run(trusthandoff, { vectors, sentinel, webhook, parallelRounds: Number(process.argv.at(-1)) });
console.log(JSON.stringify(results));
