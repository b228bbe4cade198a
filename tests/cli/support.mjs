/** Runs the built command line and looks at all three things it promises: exit code, standard output, standard error. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const PROGRAM = fileURLToPath(new URL("../../pkg/dist/bin/trusthandoff.js", import.meta.url));

/** `{ code, out, err }` of one run; `input` goes to standard input. */
export function run(args, { input = "", cwd, env } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [PROGRAM, ...args], { cwd, env: { ...process.env, NO_COLOR: "", ...env } });
    let out = "";
    let err = "";
    child.stdout.setEncoding("utf8").on("data", (text) => (out += text));
    child.stderr.setEncoding("utf8").on("data", (text) => (err += text));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out, err }));
    // A command that ends early closes its input; that is no failure of the test.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}

/** The answers of a JSONL run. */
export const answers = (out) => out.split("\n").filter(Boolean).map((line) => JSON.parse(line));

/** An empty directory that is gone after the test. */
export function directory(t) {
  const path = mkdtempSync(join(tmpdir(), "trusthandoff-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
