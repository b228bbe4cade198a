/** Node, with `require`. Argument: rounds. Prints the results as one line of JSON. */
"use strict";
const trusthandoff = require("trusthandoff");
const sentinel = require("trusthandoff/sentinel");
const webhook = require("trusthandoff/sinks/webhook");
const { MemoryNonceStore } = require("trusthandoff/stores/memory");

if (MemoryNonceStore !== trusthandoff.MemoryNonceStore) throw new Error("trusthandoff/stores/memory is a second copy");
(async () => {
  const { run } = await import("../suite.js");
  const { default: vectors } = await import("../vectors.js");
  const results = await run(trusthandoff, { vectors, sentinel, webhook, parallelRounds: Number(process.argv.at(-1)) });
  console.log(JSON.stringify(results));
})();
