/** A receiver to attack: the package's gate, with packets that were signed without the package. */
import { AgentRegistry, MemoryNonceStore, TrustHandoffMiddleware } from "../../pkg/dist/index.js";
import { registry, researcher } from "./cast.mjs";
import { NOW } from "./wire.mjs";

export const NOW_MS = Date.parse(NOW);

export const knownAgents = (more) => AgentRegistry.fromJson(JSON.stringify(registry(more)));

/** A gate with every option in order but those given. */
export const receiver = (options = {}) =>
  new TrustHandoffMiddleware({ audience: researcher.id, registry: knownAgents(), nonces: new MemoryNonceStore({ capacity: 1000 }), clock: () => NOW_MS, ...options });

/** Both ways through a gate must say the same. */
export async function codes(makeGate, text) {
  const first = await makeGate().handle(text);
  const second = makeGate().handleSync(text);
  return first.code === second.code ? first.code : `${first.code} and ${second.code}`;
}
