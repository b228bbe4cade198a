/** The sinks of events: one file an entry, without any wasm, whose errors are those of the main entry. */
import { build } from "esbuild";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pkg } from "./run.mjs";
import { takenFrom } from "./virtual.mjs";

export const SINKS = ["jsonl", "kafka", "opentelemetry", "webhook"];

export async function bundleSinks(dist) {
  await Promise.all(SINKS.flatMap((name) => ["js", "cjs"].map((extension) => bundleSink(dist, name, extension))));
  for (const name of SINKS) {
    const text = readFileSync(join(pkg, `types/sinks/${name}.d.ts`), "utf8");
    for (const extension of ["d.ts", "d.cts"]) writeFileSync(join(dist, `sinks/${name}.${extension}`), text);
  }
}

async function bundleSink(dist, name, extension) {
  const { metafile } = await build({
    entryPoints: [join(pkg, `src/sinks/${name}.js`)],
    absWorkingDir: pkg,
    outfile: join(dist, `sinks/${name}.${extension}`),
    bundle: true,
    format: extension === "js" ? "esm" : "cjs",
    target: "es2022",
    platform: name === "jsonl" || extension === "cjs" ? "node" : "neutral",
    // By name: whatever entry the runtime chose is the one it gets.
    external: ["trusthandoff", "trusthandoff/sentinel"],
    plugins: [takenFrom("trusthandoff", "error_classes.js")],
    legalComments: "none",
    logLevel: "warning",
    metafile: true,
  });
  const stray = Object.keys(metafile.inputs).find((file) => file.endsWith("src/core.js"));
  if (stray !== undefined) throw new Error(`sinks/${name} would hold a second copy of ${stray}`);
}
