/** Child processes with a deadline. */
import { spawn } from "node:child_process";

const DEADLINE_MS = 300_000;

/**
 * Runs a program to its end and returns its standard output. An exit code that is not among `exits` is a failure, which
 * carries the first lines of what the program complained of.
 */
export function finish(program, args, { exits = [0], ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], timeout: DEADLINE_MS, ...options });
    let [out, complaints] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text) => (out += text));
    child.stderr.setEncoding("utf8").on("data", (text) => (complaints += text));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (exits.includes(code)) return resolve(out);
      const why = signal === null ? `exit code ${code}` : `ended by ${signal}`;
      reject(new Error(`${why}: ${(complaints || out).trim().split("\n").slice(0, 12).join("\n")}`));
    });
  });
}

/** Starts a program that serves; resolves once its standard output or error matches `ready`, with the match. */
export function serve(program, args, ready, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
    let said = "";
    const listen = (text) => {
      said += text;
      const match = ready.exec(said);
      if (match) resolve({ child, match });
    };
    child.stdout.setEncoding("utf8").on("data", listen);
    child.stderr.setEncoding("utf8").on("data", listen);
    child.on("error", reject);
    child.on("close", () => reject(new Error(`it ended before it served: ${said.trim().slice(0, 500)}`)));
  });
}
