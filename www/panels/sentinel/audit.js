/** An audit as the page sees it: a worker that reads one log, and answers questions about it until it is closed. */
import { startWorker } from "../../ui/load.js";

export class Audit {
  #worker = startWorker("sentinel-worker.js");
  #waiting = new Map();
  #asked = 0;
  #onProgress = () => {};
  #isClosed = false;

  constructor() {
    this.#worker.then(
      (worker) => {
        if (this.#isClosed) return worker.terminate();
        worker.addEventListener("message", ({ data }) => this.#hear(data));
        // Not one question, but all of it has failed: its memory is at an end.
        worker.addEventListener("error", ({ message }) => this.#fail(new AuditError({ message: message || "The audit could not go on." })));
      },
      (error) => this.#fail(error),
    );
  }

  /** Reads `log`, a Blob. `onProgress` is told about every 100 ms. Gives `{ summary, stopped, bytes }`. */
  read(log, trust, onProgress) {
    this.#onProgress = onProgress;
    return this.#ask("read", { log, trust });
  }

  /** Ends the reading after the line it is at. */
  stop() {
    return this.#ask("stop");
  }

  /** Lines of the log again, as they stand there. */
  lines(from, to) {
    return this.#ask("lines", { from, to });
  }

  /** The report as a page. */
  html() {
    return this.#ask("html");
  }

  /** The findings, one a line. */
  jsonl() {
    return this.#ask("jsonl");
  }

  /** A log to try: `{ text, keeper }`. */
  example(edited) {
    return this.#ask("example", { edited });
  }

  close() {
    this.#isClosed = true;
    this.#worker.then((worker) => worker.terminate()).catch(() => {});
    this.#waiting.clear();
  }

  #fail(error) {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  #ask(deed, about = {}) {
    const id = (this.#asked += 1);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.then((worker) => worker.postMessage({ id, deed, ...about })).catch(reject);
    });
  }

  #hear({ tell, id, value, error, ...progress }) {
    if (tell === "progress") return this.#onProgress(progress);
    const asked = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) asked?.reject(new AuditError(error));
    else asked?.resolve(value);
  }
}

/** Why an audit could not be made. */
class AuditError extends Error {
  constructor({ message, code = null, field = null }) {
    super(message);
    this.code = code;
    this.field = field;
  }
}
