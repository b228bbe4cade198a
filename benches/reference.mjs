/** The Python reference in a process of its own, which keeps time itself: starting it is no part of what is measured. */
import { execFileSync, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ENVIRONMENTS = fileURLToPath(new URL("../tests/interop/environments.py", import.meta.url));
const PYTHON = fileURLToPath(new URL("../.tools/interop/0.4.0-pydantic2.14/bin/python", import.meta.url));
const LOOP = fileURLToPath(new URL("reference.py", import.meta.url));

/** Makes the environments of the reference ready; one line on why there are none, or null. */
export function ensured() {
  try {
    execFileSync("python3", [ENVIRONMENTS], { stdio: ["ignore", "ignore", "pipe"] });
    return null;
  } catch (error) {
    if (error.code === "ENOENT") return "python3 is missing, so the Python reference was not measured (Debian: apt-get install python3 python3-venv)";
    return `the Python reference was not measured: ${String(error.stderr).trim().split("\n").at(-1)}`;
  }
}

/** A subject whose `round(count)` gives times in µs, or `{ missing }`: one line on why there is none. */
export function reference(fresh) {
  const missing = ensured();
  if (missing !== null) return { missing };
  const child = spawn(PYTHON, [LOOP], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    subject: {
      name: "Python 0.4.0 parse + handle",
      group: "verify",
      async round(count) {
        child.stdin.write(`${JSON.stringify(fresh(count))}\n`);
        const { value, done } = await lines.next();
        if (done) throw new Error("the Python reference ended early");
        return JSON.parse(value);
      },
    },
    end: () => child.stdin.end(),
  };
}
