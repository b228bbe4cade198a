/** The scripts of the page. What is loaded later is one file each that imports nothing, so that it can be asked for again alone. */
import { build } from "esbuild";
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { BUNDLED } from "../../pkg/build/notices.mjs";
import { BROWSERS } from "./browsers.mjs";

/** How every script of the site is built. */
export const SCRIPT = { bundle: true, format: "esm", minify: true, target: ["es2022", ...BROWSERS], legalComments: "none", logLevel: "warning" };

/**
 * Writes into `out`: each of `lazy` (name → source) as `chunks/<name>-<hash>.js`, and each of `entries` as `<name>.js`, which find the
 * former by their names.
 */
export async function buildScripts({ out, www, dist, lazy, entries }) {
  const { metafile } = await build({
    ...SCRIPT,
    ...{ entryPoints: lazy, entryNames: "chunks/[name]-[hash]", outdir: out, absWorkingDir: www },
    ...{ plugins: [fromPage], metafile: true },
  });
  const strangers = Object.keys(metafile.inputs).flatMap((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []);
  const unnoticed = strangers.filter((name) => !BUNDLED.includes(name));
  if (unnoticed.length > 0) throw new Error(`THIRD-PARTY-NOTICES.txt says nothing of ${unnoticed[0]}: add it to BUNDLED in pkg/build/notices.mjs`);
  const files = Object.fromEntries(Object.keys(metafile.outputs).map((path) => [/([\w-]+)-\w+\.js$/.exec(path)[1], `chunks/${basename(path)}`]));
  await build({
    ...SCRIPT,
    ...{ entryPoints: entries, outdir: out, alias: { "trusthandoff/slim": join(dist, "slim.js") } },
    plugins: [virtual("files", `export const files = ${JSON.stringify(files)};`), virtual("ui", everyModule(join(www, "ui")))],
  });
}

/** An esbuild plugin that takes from the page what must be there once, as `www/shared.js` and `www/main.js` hold it ready. */
const fromPage = {
  name: "from the page",
  setup({ onResolve, onLoad }) {
    const shared = (path) => ({ path, namespace: "shared" });
    onResolve({ filter: /^trusthandoff(\/slim)?$/ }, () => shared("core"));
    // The second module takes its error classes from the main entry beside it.
    onResolve({ filter: /^\.\/index\.js$/ }, ({ importer }) => (basename(importer) === "sentinel.js" ? shared("core") : null));
    // Also what panels share: there are counters in it, and connections.
    onResolve({ filter: /^\.\.\/\.\.\/ui\/\w+\.js$/ }, ({ path }) => shared(`ui.${basename(path, ".js")}`));
    onLoad({ filter: /.*/, namespace: "shared" }, ({ path }) => ({ contents: `module.exports = globalThis.trusthandoffPage.${path};` }));
  },
};

/** The text of a module that holds each module of `folder` under its name. */
function everyModule(folder) {
  const names = readdirSync(folder).map((file) => basename(file, ".js"));
  return names.map((name) => `export * as ${name} from ${JSON.stringify(join(folder, `${name}.js`))};\n`).join("");
}

/** An esbuild plugin for a module that exists only while the page is built. */
function virtual(name, contents) {
  return {
    name,
    setup({ onResolve, onLoad }) {
      onResolve({ filter: new RegExp(`^${name}$`) }, () => ({ path: name, namespace: "virtual" }));
      onLoad({ filter: new RegExp(`^${name}$`), namespace: "virtual" }, () => ({ contents, resolveDir: "/" }));
    },
  };
}
