/** The names of the package's entries, for the bundler: the page takes the built package, as its users do. */
import { basename, join } from "node:path";

const ENTRIES = {
  // One core for the page and for whatever names the package inside it: the one whose wasm is fetched beside the page.
  trusthandoff: "slim.js",
  "trusthandoff/slim": "slim.js",
  "trusthandoff/sentinel": "sentinel.js",
  "trusthandoff/stores/indexeddb": "stores/indexeddb.js",
};

/** An esbuild plugin that finds the package in `dist`. */
export function fromPackage(dist) {
  return {
    name: "package",
    setup(context) {
      context.onResolve({ filter: /^trusthandoff(\/|$)/ }, ({ path }) =>
        path in ENTRIES ? { path: join(dist, ENTRIES[path]) } : { errors: [{ text: `the page takes nothing from ${path}` }] },
      );
      // The second module takes the error classes of the main entry; here that is the slim one.
      context.onResolve({ filter: /^\.\/index\.js$/ }, ({ importer }) => (basename(importer) === "sentinel.js" && importer.startsWith(dist) ? { path: join(dist, "slim.js") } : null));
    },
  };
}
