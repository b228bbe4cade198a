/** The sinks of events and the stores beside the one in memory: one file an entry, without any wasm, whose errors are those of the main entry. */
import { build } from "esbuild";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pkg } from "./run.mjs";
import { takenFrom } from "./virtual.mjs";

const ENTRIES = ["sinks/jsonl", "sinks/kafka", "sinks/opentelemetry", "sinks/webhook", "stores/indexeddb"];
/** They use what only Node and its likes have. */
const FOR_NODE = new Set(["sinks/jsonl"]);

export async function bundleWithoutWasm(dist) {
  await Promise.all(ENTRIES.flatMap((name) => ["js", "cjs"].map((extension) => bundleEntry(dist, name, extension))));
  for (const name of ENTRIES) {
    const text = readFileSync(join(pkg, `types/${name}.d.ts`), "utf8");
    for (const extension of ["d.ts", "d.cts"]) writeFileSync(join(dist, `${name}.${extension}`), text);
  }
}

async function bundleEntry(dist, name, extension) {
  const { metafile } = await build({
    entryPoints: [join(pkg, `src/${name}.js`)],
    absWorkingDir: pkg,
    outfile: join(dist, `${name}.${extension}`),
    bundle: true,
    format: extension === "js" ? "esm" : "cjs",
    target: "es2022",
    platform: FOR_NODE.has(name) || extension === "cjs" ? "node" : "neutral",
    // By name: whatever entry the runtime chose is the one it gets.
    external: ["trusthandoff", "trusthandoff/sentinel"],
    plugins: [takenFrom("trusthandoff", "error_classes.js")],
    legalComments: "none",
    // A required file requires: what runs it in a context of its own, as Jest does, imports nothing.
    supported: { "dynamic-import": extension === "js" },
    // They are small, and what is needed of the main entry is most of some.
    minifyWhitespace: true,
    logLevel: "warning",
    metafile: true,
  });
  const stray = Object.keys(metafile.inputs).find((file) => file.endsWith("src/core.js"));
  if (stray !== undefined) throw new Error(`${name} would hold a second copy of ${stray}`);
}
