/** The slim entry in Node, with `require` and a compiled module: ready as soon as init returns. Argument: rounds. */
"use strict";
const { readFileSync } = require("node:fs");
const trusthandoff = require("trusthandoff/slim");
const sentinel = require("trusthandoff/sentinel");
const webhook = require("trusthandoff/sinks/webhook");

(async () => {
  const { run } = await import("../suite.js");
  const { default: vectors } = await import("../vectors.js");
  // Not awaited.
  trusthandoff.init(new WebAssembly.Module(readFileSync(require.resolve("trusthandoff/core.wasm"))));
  trusthandoff.AgentIdentity.generate();
  const results = await run(trusthandoff, { vectors, sentinel, webhook, parallelRounds: Number(process.argv.at(-1)) });
  console.log(JSON.stringify(results));
})();
