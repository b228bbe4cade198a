/** The installed files: what the manifest names is there, what only the build needs is not. */
import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sizes } from "../../pkg/build/sizes.mjs";

const MODULES = [
  { module: "core.wasm", entry: "index.js" },
  { module: "audit.wasm", entry: "sentinel.js" },
];
/** Licences to be passed on: those of some crates ask for it. */
const NOTICES = "THIRD-PARTY-NOTICES.txt";
const NEVER = ["dependencies", "devDependencies", "peerDependencies", "optionalDependencies", "scripts", "bundleDependencies"];

export function contents(directory) {
  const complaints = [];
  const home = join(directory, "node_modules/trusthandoff");
  const read = (path) => readFileSync(join(home, path));
  const manifest = JSON.parse(read("package.json"));
  for (const field of NEVER) {
    if (manifest[field] !== undefined) complaints.push(`package.json has \`${field}\`: the package needs nothing and runs nothing on install`);
  }
  for (const path of ["README.md", "LICENSE", NOTICES, ...targets(manifest.exports), ...Object.values(manifest.bin)]) {
    if (!existsSync(join(home, path))) complaints.push(`${path} is missing`);
  }
  if (complaints.length > 0) return complaints;

  const notices = read(NOTICES).toString();
  for (const crate of ["curve25519-dalek", "ed25519-dalek", "subtle"]) {
    if (!new RegExp(`^${crate} [0-9.]+, BSD-3-Clause$[^=]+Redistributions in binary form`, "m").test(notices)) complaints.push(`${NOTICES} lacks the licence of ${crate}`);
  }

  const program = manifest.bin.trusthandoff;
  accessSync(join(home, program), constants.X_OK);
  if (!read(program).toString().startsWith("#!/usr/bin/env node\n")) complaints.push(`${program} has no shebang`);

  for (const { module, entry } of MODULES) {
    const wasm = read(`dist/${module}`);
    const sha256 = createHash("sha256").update(wasm).digest("hex");
    if (read(`dist/${module}.sha256`).toString() !== `${sha256}  ${module}\n`) complaints.push(`${module}.sha256 does not belong to ${module}`);
    if (!read(`dist/${entry}`).includes(wasm.toString("base64"))) complaints.push(`dist/${entry} holds another wasm than dist/${module}`);
    if (/\/(home|root|Users|work|tmp|usr)\//.test(wasm.toString("latin1"))) complaints.push(`${module} holds a path of the machine that built it`);
  }
  for (const { file, gzipped, limit } of sizes(join(home, "dist"))) {
    if (gzipped > limit) complaints.push(`${file} is ${gzipped} bytes gzipped, more than ${limit}`);
  }
  return complaints;
}

/** Every file that `exports` leads to. */
function targets(exports) {
  return typeof exports === "string" ? [exports] : Object.values(exports).flatMap(targets);
}
