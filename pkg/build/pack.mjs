/** `pkg/dist` and the project's papers to `trusthandoff-<version>.tgz` in the project's root, ready to install or publish. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pkg, root, step } from "./run.mjs";

const stage = join(root, "target/pack");
const PAPERS = ["README.md", "CHANGELOG.md", "LICENSE", "THIRD-PARTY-NOTICES.txt"];

rmSync(stage, { recursive: true, force: true });
mkdirSync(stage, { recursive: true });
cpSync(join(pkg, "dist"), join(stage, "dist"), { recursive: true });
for (const paper of PAPERS) {
  if (existsSync(join(root, paper))) cpSync(join(root, paper), join(stage, paper));
}

// Who installs the package needs nothing of what builds it.
const { devDependencies: _, ...manifest } = JSON.parse(readFileSync(join(pkg, "package.json"), "utf8"));
writeFileSync(join(stage, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);

const report = execFileSync("npm", ["pack", "--json", "--loglevel=error", "--pack-destination", root], { cwd: stage, encoding: "utf8" });
const [{ filename, size, files }] = JSON.parse(report);
step(`${filename}: ${files.length} files, ${size.toLocaleString("en")} bytes`);
