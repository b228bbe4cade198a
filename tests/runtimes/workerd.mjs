/** The suite in workerd, bundled as wrangler does: esbuild with the `workerd` condition, the wasm a module of its own. */
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { binary } from "./binaries.mjs";
import { esbuild } from "./bundlers.mjs";
import { serve } from "./process.mjs";

const CONFIG = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "suite", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "suite")],
);
const worker :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "worker.js"),
    (name = "core.wasm", wasm = embed "core.wasm"),
    (name = "audit.wasm", wasm = embed "audit.wasm"),
  ],
  compatibilityDate = "2025-06-01",
);
`;

/** `./core.wasm` and, for edge runtimes, `./core.wasm?module`: both the module beside the worker. So is `audit.wasm`. */
const WASM_IMPORTS = {
  name: "wasm-imports",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/(core|audit)\.wasm(\?module)?$/ }, ({ path }) => ({ path: path.replace("?module", ""), external: true }));
  },
};

/** `condition` picks the entry: workerd's own, or that of the edge runtimes, which live under the same rules. */
export async function runInWorkerd(directory, rounds, condition = "workerd") {
  const out = join(directory, `in-${condition}`);
  mkdirSync(out, { recursive: true });
  await esbuild().build({
    entryPoints: [join(directory, "hosts/worker.js")],
    outfile: join(out, "worker.js"),
    bundle: true,
    format: "esm",
    target: "es2022",
    conditions: [condition, "worker", "browser"],
    plugins: [WASM_IMPORTS],
    logLevel: "error",
  });
  for (const name of ["core.wasm", "audit.wasm"]) cpSync(join(directory, "node_modules/trusthandoff/dist", name), join(out, name));
  writeFileSync(join(out, "config.capnp"), CONFIG);
  // On descriptor 1 workerd tells which port it got.
  const { child, match } = await serve(binary("workerd"), ["serve", "config.capnp", "--control-fd=1"], /"socket":"http","port":(\d+)/, { cwd: out });
  try {
    const response = await fetch(`http://127.0.0.1:${match[1]}/?${rounds}`);
    const body = await response.text();
    if (!response.ok) throw new Error(body.slice(0, 500));
    return JSON.parse(body);
  } finally {
    child.kill();
  }
}
