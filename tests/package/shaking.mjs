/** Whoever imports an error class only must not ship the wasm, and whoever reads logs only not that of the gate. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { esbuild } from "../runtimes/bundlers.mjs";

const LIMIT = 4_000;

export async function shaken(directory) {
  const complaints = [];
  const size = (await bundled(directory, `import { TrustHandoffError } from "trusthandoff"; export const is = (e) => e instanceof TrustHandoffError;`)).length;
  if (size > LIMIT) complaints.push(`an import of TrustHandoffError alone costs ${size} bytes, more than ${LIMIT}`);
  const core = readFileSync(join(directory, "node_modules/trusthandoff/dist/core.wasm")).toString("base64");
  const auditor = await bundled(directory, `export { verifyLog } from "trusthandoff/sentinel";`);
  if (auditor.includes(core.slice(-100))) complaints.push("an import of verifyLog alone ships core.wasm");
  return complaints;
}

async function bundled(directory, contents) {
  const { outputFiles } = await esbuild().build({
    stdin: { contents, resolveDir: join(directory) },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    logLevel: "error",
  });
  return outputFiles[0].text;
}
