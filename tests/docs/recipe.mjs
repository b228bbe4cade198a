/** A recipe as its reader follows it: in a project with the packed tarball, its files are written and its commands typed. */
import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { delimiter, dirname, join } from "node:path";
import { binary } from "../runtimes/binaries.mjs";
import { finish, serve } from "../runtimes/process.mjs";
import { root } from "../runtimes/project.mjs";
import { blocksOf } from "./blocks.mjs";

export const recipes = join(root, "www/docs/recipes");
/** Where pinned packages lie. */
const SHELVES = ["tests/tools/node_modules", "pkg/node_modules"].map((folder) => join(root, folder));
const PROJECT = '{ "name": "recipe", "private": true, "type": "module" }\n';

/**
 * Follows `www/docs/recipes/<name>.md`: `play()` types all of its commands, `start(command)` one that serves. Servers end with the
 * test. `env` goes to every command.
 */
export async function recipe(t, name, { env = {} } = {}) {
  const blocks = blocksOf(readFileSync(join(recipes, `${name}.md`), "utf8"));
  const directory = join(root, "target/recipes", name);
  const running = [];
  mkdirSync(join(root, "target/recipes"), { recursive: true });
  await install(directory);
  for (const { name: file, text } of blocks.filter(isFile)) {
    mkdirSync(dirname(join(directory, file)), { recursive: true });
    writeFileSync(join(directory, file), text);
  }
  t.after(() => running.forEach((child) => child.kill()));

  const port = await freePort();
  const PATH = [join(directory, "node_modules/.bin"), runtimes(), process.env.PATH].join(delimiter);
  // Whatever is not in the project must not be fetched in its place.
  const alone = { NO_COLOR: "1", npm_config_offline: "true", npm_config_update_notifier: "false" };
  const options = { cwd: directory, env: { ...process.env, ...alone, PATH, PORT: String(port), ...env } };

  /** Starts what serves, and waits until it has said all that the recipe shows. */
  async function start(command, output) {
    const ready = new RegExp(output === undefined ? "" : escaped(output.trim()));
    const { child, match } = await serve("sh", ["-c", `exec ${command}`], ready, options);
    running.push(child);
    return match;
  }

  /** Types one command and gives what it printed. */
  async function run(command, exits = [0]) {
    const [, packages] = /^npm install (?!\.)([^&|;]+)$/.exec(command) ?? [];
    if (packages !== undefined) return link(directory, packages.split(" ").filter((word) => !word.startsWith("-")));
    return finish("sh", ["-euc", command], { ...options, exits });
  }

  /** Types every command in order, and compares what the recipe says that it prints. */
  async function play() {
    let played = 0;
    for (const { text, output } of blocks.filter(({ language }) => language === "console")) {
      let printed = "";
      for (const [, command, behind] of text.matchAll(/^\$ (.+?)( &)?(?:\s+#.*)?$/gm)) {
        played += 1;
        if (behind === undefined) printed += (await run(command)) ?? "";
        else await start(command, output);
      }
      if (output !== undefined && !text.trimEnd().endsWith("&")) assert.equal(printed, output, `${name}: ${text}`);
    }
    assert.ok(played > 0, `${name} says no command`);
  }

  return { directory, blocks, port, play, run, start };
}

/** Whether a block is a file of the reader's project. */
export const isFile = ({ name }) => name?.includes(".") ?? false;

/** An empty project that has installed the packed tarball: by npm once, from there by copying. */
async function install(directory) {
  const { version } = JSON.parse(readFileSync(join(root, "pkg/package.json"), "utf8"));
  const tarball = join(root, `trusthandoff-${version}.tgz`);
  if (!existsSync(tarball)) throw new Error(`${version} is not packed: make pack`);
  const { size, mtimeMs } = statSync(tarball);
  const packed = join(root, "target/recipes", `.package-${size}-${Math.round(mtimeMs)}`);
  if (!existsSync(packed)) {
    // Under its name only when it is whole: other tests may look for it at the same time.
    const made = mkdtempSync(`${packed}-`);
    writeFileSync(join(made, "package.json"), PROJECT);
    const options = ["--offline", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"];
    await finish("npm", ["install", ...options, tarball], { cwd: made });
    if (!existsSync(packed)) renameSync(made, packed);
  }
  rmSync(directory, { recursive: true, force: true });
  cpSync(join(packed, "node_modules"), join(directory, "node_modules"), { recursive: true, verbatimSymlinks: true });
  writeFileSync(join(directory, "package.json"), PROJECT);
}

/** What `npm install` of pinned packages comes to where they lie here already. */
function link(directory, packages) {
  for (const name of packages) {
    const from = SHELVES.map((shelf) => join(shelf, name)).find((path) => existsSync(path));
    assert.ok(from !== undefined, `${name} is not among tests/tools/package.json`);
    mkdirSync(dirname(join(directory, "node_modules", name)), { recursive: true });
    symlinkSync(from, join(directory, "node_modules", name));
    const { bin = {} } = JSON.parse(readFileSync(join(from, "package.json"), "utf8"));
    for (const [program, path] of Object.entries(typeof bin === "string" ? { [name]: bin } : bin)) {
      mkdirSync(join(directory, "node_modules/.bin"), { recursive: true });
      symlinkSync(join(from, path), join(directory, "node_modules/.bin", program));
    }
  }
}

/** A folder with the pinned runtimes under the names that people type. */
function runtimes() {
  const directory = join(root, "target/recipes/.runtimes");
  mkdirSync(directory, { recursive: true });
  for (const [program, runtime] of Object.entries({ node: "Node 24", deno: "Deno", bun: "Bun" })) {
    const path = join(directory, program);
    if (!existsSync(path)) symlinkSync(binary(runtime), path);
  }
  return directory;
}

/** A port of this machine that is free now. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
