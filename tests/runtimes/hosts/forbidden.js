/** A page whose policy forbids WebAssembly: the package says so with a code instead of failing anyhow. */
import { AgentIdentity } from "trusthandoff";

const name = "without 'wasm-unsafe-eval' the error says that WebAssembly could not start, and what the policy lacks";
const expected = "wasm_unavailable 'wasm-unsafe-eval'";
window.results = (async () => {
  let got = "nothing thrown";
  try {
    AgentIdentity.generate();
  } catch (error) {
    got = `${error.code} ${/'wasm-unsafe-eval'/.exec(error.message)}`;
  }
  return JSON.stringify([{ name, ok: got === expected, expected, got, evidence: null }]);
})();
