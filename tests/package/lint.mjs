/** publint and attw over the package as installed and as packed. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { finish } from "../runtimes/process.mjs";
import { root } from "../runtimes/project.mjs";

const tools = join(root, "tests/tools");
const { resolve } = createRequire(pathToFileURL(join(tools, "package.json")));

export async function exportsLint(directory) {
  const load = (name) => import(pathToFileURL(resolve(name)));
  const [{ publint }, { formatMessage }] = await Promise.all([load("publint"), load("publint/utils")]);
  const { messages, pkg } = await publint({ pkgDir: join(directory, "node_modules/trusthandoff"), pack: false, strict: true });
  return messages.map((message) => `${message.code}: ${formatMessage(message, pkg, { color: false })}`);
}

/** `./core.wasm` and `./audit.wasm` are no modules with types; resolution before `exports` existed (node10) is not offered. */
export async function typesLint(tarball) {
  const attw = join(tools, "node_modules/@arethetypeswrong/cli/dist/index.js");
  const flags = ["--format", "json", "--profile", "node16", "--exclude-entrypoints", "./core.wasm", "./audit.wasm"];
  const found = JSON.parse(await finish(process.execPath, [attw, tarball, ...flags], { exits: [0, 1] }));
  const problems = Object.values(found.problems ?? {}).flat();
  if (found.analysis?.entrypoints?.["."] === undefined) throw new Error("attw looked at nothing");
  return problems.filter(({ resolutionKind }) => resolutionKind !== "node10").map((problem) => JSON.stringify(problem));
}
