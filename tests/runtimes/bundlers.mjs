/** The suite's page as bundlers build it. */
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { binary } from "./binaries.mjs";
import { finish } from "./process.mjs";
import { root } from "./project.mjs";

/** The esbuild that builds the package. */
export function esbuild() {
  return createRequire(pathToFileURL(join(root, "pkg/package.json")))("esbuild");
}

/** To `esbuild/bundled.js`. */
export async function withEsbuild(directory) {
  const entryPoints = [join(directory, "hosts/bundled.js")];
  await esbuild().build({ entryPoints, outdir: join(directory, "esbuild"), bundle: true, format: "esm", minify: true, logLevel: "error" });
}

/** To `vite/bundled.js`, with nothing configured but where to read and write. */
export async function withVite(directory) {
  const output = { entryFileNames: "bundled.js", format: "es" };
  const config = {
    configFile: false,
    root: directory,
    logLevel: "error",
    build: { outDir: "vite", emptyOutDir: false, rollupOptions: { input: join(directory, "hosts/bundled.js"), output } },
  };
  const vite = pathToFileURL(join(root, "tests/tools/node_modules/vite/dist/node/index.js"));
  const script = `import { build } from ${JSON.stringify(vite.href)};\nawait build(${JSON.stringify(config)});\n`;
  writeFileSync(join(directory, "vite.mjs"), script);
  await finish(binary("Node 24"), ["vite.mjs"], { cwd: directory });
}
