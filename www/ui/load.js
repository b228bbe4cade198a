/** What the page loads when it is needed. */
import { files } from "files";
import { persistently } from "./again.js";

const modules = new Map();
/** How often each file was asked for. */
const attempts = new Map();

/**
 * The module that the build calls `name`, one for all who ask. Several browsers keep a module that failed and never ask for its
 * address again, so each attempt has another address, whoever makes it. For that a module imports no other file: that one would
 * be asked for under its own address, and what must be there once would be there twice.
 */
export function load(name) {
  if (!modules.has(name)) {
    const loading = persistently(() => import(anew(`./${files[name]}`)));
    modules.set(name, loading);
    loading.catch(() => modules.delete(name));
  }
  return modules.get(name);
}

/** A worker of the script `file`, once it has told that it is ready. */
export function startWorker(file) {
  return persistently(() => started(anew(file)));
}

/** The address of `file`, another one at every call. It ends as the file does: servers and proxies have rules for `.js`. */
function anew(file) {
  const attempt = (attempts.get(file) ?? 0) + 1;
  attempts.set(file, attempt);
  return attempt === 1 ? file : `${file}?attempt-${attempt}.js`;
}

function started(address) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(address, { type: "module" });
    worker.addEventListener("message", () => resolve(worker), { once: true });
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      reject(new Error(event.message || `${address} did not start`));
    });
  });
}
