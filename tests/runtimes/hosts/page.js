/** A browser page without a bundler; `window.results` holds the promise of the results. */
import { run } from "../suite.js";
import vectors from "../vectors.js";

const [entry, rounds] = location.hash.slice(1).split(",");
window.results = (async () => {
  const trusthandoff = await import(entry);
  if (entry === "trusthandoff/slim") {
    await trusthandoff.init(import.meta.resolve("trusthandoff/core.wasm"));
  } else {
    const { MemoryNonceStore } = await import("trusthandoff/stores/memory");
    if (MemoryNonceStore !== trusthandoff.MemoryNonceStore) throw new Error("trusthandoff/stores/memory is a second copy");
  }
  const sentinel = await import("trusthandoff/sentinel");
  const webhook = await import("trusthandoff/sinks/webhook");
  return JSON.stringify(await run(trusthandoff, { vectors, sentinel, webhook, parallelRounds: Number(rounds) }));
})();
