/** Running other programs, and telling the person what runs. */
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const pkg = join(dirname(fileURLToPath(import.meta.url)), "..");
export const root = join(pkg, "..");

export function step(what) {
  process.stderr.write(`build: ${what}\n`);
}

/** Runs `program` to its end with its output shown; a failure ends the build in one line. */
export function run(program, args, options = {}) {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: ["ignore", 2, 2], ...options });
  if (error?.code === "ENOENT") fail(`${program} is not installed`);
  if (status !== 0) fail(`${[program, ...args].slice(0, 3).join(" ")} … failed`);
}

export function fail(why) {
  process.stderr.write(`build: ${why}\n`);
  process.exit(1);
}
