/** A project that has installed the packed tarball, as a user does: what the runtimes are tested with. */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { finish } from "./process.mjs";

const here = dirname(fileURLToPath(import.meta.url));
export const root = join(here, "../..");
const VECTORS = join(here, "../vectors");

/** Installs `tarball` into `target/runtimes/<name>` and lays the suite beside it; returns the directory. */
export async function project(name, tarball) {
  const directory = join(root, "target/runtimes", name);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "package.json"), `${JSON.stringify({ name, private: true, type: "module" })}\n`);
  const options = ["--offline", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"];
  await finish("npm", ["install", ...options, resolve(tarball)], { cwd: directory });
  for (const part of ["suite.js", "stage.js", "evidence.js", "trap.js", "hosts"]) cpSync(join(here, part), join(directory, part), { recursive: true });
  // A module, because not every runtime reads JSON or files.
  writeFileSync(join(directory, "vectors.js"), `export default ${JSON.stringify(vectors())};\n`);
  return directory;
}

/** Every packet of the reference vectors: its wire, and whether the reference verifies it. */
function vectors() {
  const files = readdirSync(VECTORS).filter((file) => /^reference-.*\.json$/.test(file));
  return files.flatMap((set) =>
    JSON.parse(readFileSync(join(VECTORS, set), "utf8")).packets.map(({ name, wire, upstream_verifies_after_wire: verifies }) => ({
      ...{ set, name, wire, verifies },
    })),
  );
}
