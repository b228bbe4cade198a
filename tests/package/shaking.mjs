/** Whoever imports an error class only must not ship the wasm. */
import { join } from "node:path";
import { esbuild } from "../runtimes/bundlers.mjs";

const LIMIT = 4_000;

export async function shaken(directory) {
  const { outputFiles } = await esbuild().build({
    stdin: { contents: `import { TrustHandoffError } from "trusthandoff"; export const is = (e) => e instanceof TrustHandoffError;`, resolveDir: join(directory) },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    logLevel: "error",
  });
  const size = outputFiles[0].contents.length;
  return size <= LIMIT ? [] : [`an import of TrustHandoffError alone costs ${size} bytes, more than ${LIMIT}`];
}
