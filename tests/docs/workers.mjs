/** A Worker as its `wrangler.json` says, built as Wrangler builds it and served by workerd itself. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { binary } from "../runtimes/binaries.mjs";
import { esbuild } from "../runtimes/bundlers.mjs";
import { serve } from "../runtimes/process.mjs";

/** The wasm stays a module of its own, and what starts with `cloudflare:` is the runtime's. */
const IMPORTS = {
  name: "imports",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/core\.wasm$/ }, () => ({ path: "./core.wasm", external: true }));
    onResolve({ filter: /^cloudflare:/ }, ({ path }) => ({ path, external: true }));
  },
};

/** `post(text)` asks the Worker; `vars` stand in for those of `wrangler.json`. Its objects are kept in `<directory>/objects`. */
export async function wrangled(t, directory, vars) {
  const config = JSON.parse(readFileSync(join(directory, "wrangler.json"), "utf8"));
  assert.deepEqual(Object.keys(config.vars).sort(), Object.keys(vars).sort());
  const out = join(directory, "built");
  mkdirSync(out, { recursive: true });
  mkdirSync(join(directory, "objects"), { recursive: true });
  await esbuild().build({
    entryPoints: [join(directory, config.main)],
    outfile: join(out, "worker.js"),
    bundle: true,
    format: "esm",
    target: "es2022",
    conditions: ["workerd", "worker", "browser"],
    plugins: [IMPORTS],
    logLevel: "error",
  });
  cpSync(join(directory, "node_modules/trusthandoff/dist/core.wasm"), join(out, "core.wasm"));
  writeFileSync(join(out, "config.capnp"), capnp(config, vars));
  // On descriptor 1 workerd tells which port it got.
  const ready = /"socket":"http","port":(\d+)/;
  const { child, match } = await serve(binary("workerd"), ["serve", "config.capnp", "--control-fd=1"], ready, { cwd: out });
  const stop = async () => {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  };
  t.after(stop);
  return {
    stop,
    async post(body) {
      const response = await fetch(`http://127.0.0.1:${match[1]}/`, { method: "POST", body });
      return { status: response.status, said: await response.json() };
    },
  };
}

/** workerd's own words for the same configuration. */
function capnp({ compatibility_date: date, durable_objects: objects, migrations }, vars) {
  const text = JSON.stringify;
  const withSql = new Set(migrations.flatMap(({ new_sqlite_classes: names = [] }) => names));
  const bindings = [
    ...Object.entries(vars).map(([name, value]) => `(name = ${text(name)}, text = ${text(value)})`),
    ...objects.bindings.map(({ name, class_name: type }) => `(name = ${text(name)}, durableObjectNamespace = ${text(type)})`),
  ];
  const namespaces = objects.bindings.map(({ class_name: type }) => {
    return `(className = ${text(type)}, uniqueKey = ${text(type)}, enableSql = ${withSql.has(type)})`;
  });
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "worker", worker = .worker), (name = "objects", disk = (path = "../objects", writable = true))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "worker")],
);
const worker :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js"), (name = "core.wasm", wasm = embed "core.wasm")],
  compatibilityDate = ${text(date)},
  bindings = [${bindings.join(", ")}],
  durableObjectNamespaces = [${namespaces.join(", ")}],
  durableObjectStorage = (localDisk = "objects"),
);
`;
}
