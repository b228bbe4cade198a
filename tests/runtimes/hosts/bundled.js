/** A browser page built by a bundler; `window.results` holds the promise of the results. */
import { run } from "../suite.js";
import vectors from "../vectors.js";
import * as trusthandoff from "trusthandoff";
import * as sentinel from "trusthandoff/sentinel";
import * as webhook from "trusthandoff/sinks/webhook";
import { MemoryNonceStore } from "trusthandoff/stores/memory";

window.results = (async () => {
  if (MemoryNonceStore !== trusthandoff.MemoryNonceStore) throw new Error("trusthandoff/stores/memory is a second copy");
  const parallelRounds = Number(location.hash.slice(1).split(",")[1]);
  return JSON.stringify(await run(trusthandoff, { vectors, sentinel, webhook, parallelRounds }));
})();
