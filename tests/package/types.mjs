/** A user's code compiled against the installed types: ES module and CommonJS, each way of resolving. */
import { cpSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { finish } from "../runtimes/process.mjs";
import { root } from "../runtimes/project.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const TSC = join(root, "tests/tools/node_modules/typescript/bin/tsc");

const STRICT = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, noEmit: true, target: "es2022", lib: ["es2022"], types: [] };
const SETTINGS = [
  ["nodenext", { module: "nodenext", moduleResolution: "nodenext" }, ["user.mts", "user.cts"]],
  ["bundler", { module: "esnext", moduleResolution: "bundler" }, ["user.mts"]],
  ["browser", { module: "esnext", moduleResolution: "bundler", lib: ["es2022", "dom"], skipLibCheck: false }, ["user.mts", "browser.mts"]],
];

export async function typeChecks(directory) {
  for (const file of ["user.mts", "user.cts", "browser.mts"]) cpSync(join(here, file), join(directory, file));
  const complaints = [];
  for (const [name, options, files] of SETTINGS) {
    const config = `tsconfig.${name}.json`;
    writeFileSync(join(directory, config), JSON.stringify({ compilerOptions: { ...STRICT, ...options }, files }));
    try {
      await finish(process.execPath, [TSC, "--project", config, "--pretty", "false"], { cwd: directory });
    } catch (error) {
      complaints.push(`${name}: ${error.message}`);
    }
  }
  return complaints;
}
