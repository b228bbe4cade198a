/** workerd: answers a request with the results; the query is the number of rounds. */
import { run } from "../suite.js";
import vectors from "../vectors.js";
import * as trusthandoff from "trusthandoff";
import * as sentinel from "trusthandoff/sentinel";
import * as webhook from "trusthandoff/sinks/webhook";
import { MemoryNonceStore } from "trusthandoff/stores/memory";

export default {
  async fetch(request) {
    if (MemoryNonceStore !== trusthandoff.MemoryNonceStore) throw new Error("trusthandoff/stores/memory is a second copy");
    const parallelRounds = Number(new URL(request.url).search.slice(1));
    return Response.json(await run(trusthandoff, { vectors, sentinel, webhook, parallelRounds }));
  },
};
