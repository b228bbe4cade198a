import { Core } from "../core.js";
import { ArgumentTypeError, configInvalid } from "../errors.js";
import { copyPlain, freezeDeep, readOptions } from "../plain.js";
import { keepText } from "../signing.js";
import { isBytes, receivedBytes, typeName, wellFormed } from "../text.js";
import { toMs, toRfc3339 } from "../time.js";
import { checkpointBytes, keysArgument } from "./checkpoint.js";
import { arranged, filesArgument, merged } from "./merge.js";
import { chunksOf, feed, feedOptions, pieceBytes, pieces } from "./source.js";

const OPTIONS = ["rules", "since", "types", "minSeverity", "chain", "keys", "checkpoint", "onFinding"];

/**
 * Reads a log of events, of this package or of the reference, and finds what is wrong in it. It streams: what it remembers of a log of
 * any length is bounded, and so is what it collects, of each kind and severity of finding the first thousand.
 */
export class Sentinel {
  #core;
  #audit;
  #onFinding;
  #reading = false;
  #ended = false;

  constructor(options) {
    const { rules = [], since, types = [], minSeverity = "info", chain, keys, checkpoint, onFinding } = readOptions(options, OPTIONS, "Sentinel");
    if (onFinding !== undefined && typeof onFinding !== "function") throw configInvalid(`\`onFinding\` must be a function, not ${typeName(onFinding)}`, "onFinding");
    if (chain !== undefined && typeof chain !== "boolean") throw configInvalid(`\`chain\` must be true or false, not ${typeName(chain)}`, "chain");
    const settings = {
      __proto__: null,
      since: since === undefined ? null : toRfc3339(toMs(since, "since")),
      types: typesArgument(types),
      min_severity: textArgument(minSeverity, "minSeverity"),
      chain: chain ?? null,
      tells: onFinding !== undefined,
    };
    const given = typeof rules === "string" || isBytes(rules) ? receivedBytes(rules, "the rules") : copyPlain(rules);
    const trusted = keysArgument(keys);
    const kept = checkpoint === undefined || checkpoint === null ? undefined : checkpointBytes(checkpoint);
    // An instance of its own: its memory is that of this audit, and goes with it.
    this.#core = new Core();
    this.#audit = this.#core.call((glue) => new glue.AuditSentinel(given, settings, trusted, kept));
    this.#onFinding = onFinding;
  }

  /** Takes in the next piece of the log, of any size. */
  ingest(piece) {
    this.#mustBeOpen();
    for (const part of pieces(pieceBytes(piece))) this.#take(part);
    return this;
  }

  /** Takes in the rest of the log, or a part of it, from wherever it is kept. */
  async ingestStream(source, options) {
    this.#mustBeOpen();
    const about = feedOptions(readOptions(options, ["onProgress", "signal"], "ingestStream"));
    this.#reading = true;
    try {
      await feed(source, (part) => this.#take(part), about, () => this.#ask((audit) => audit.lines()));
    } finally {
      this.#reading = false;
    }
    return this;
  }

  /** Takes in the files of one system as one log in the order of time: line by line where they overlap, else one after the other. */
  async ingestFiles(files, options) {
    this.#mustBeOpen();
    const named = filesArgument(files);
    const about = feedOptions(readOptions(options, ["onProgress", "signal"], "ingestFiles"));
    const read = (source, take) => feed(source, take, about, () => this.#ask((audit) => audit.lines()));
    const enter = ({ name }) => this.#tell(this.#ask((audit) => audit.enter(wellFormed(name, "the name of a file", "files"))));
    this.#reading = true;
    try {
      const { files: given, overlaps } = await arranged(named);
      if (overlaps) this.#ask((audit) => audit.measure(true));
      for (const each of given) {
        enter(each);
        await read(each.file.stream(), (part) => this.#take(part));
      }
      if (!overlaps) return this;
      this.#ask((audit) => audit.measure(false));
      let last = -1;
      const lines = merged(given.map(({ file }) => chunksOf(file.stream())));
      for await (const { at, bytes } of lines) {
        about.signal?.throwIfAborted();
        if (at !== last) enter(given[at]);
        last = at;
        for (const part of pieces(bytes)) this.#take(part);
      }
    } finally {
      this.#reading = false;
    }
    return this;
  }

  /** What was found so far. */
  get findings() {
    return Object.freeze(this.#ask((audit) => audit.findings()).map(keepText));
  }

  /** What happened when, so far. */
  get timeline() {
    return freezeDeep(this.#ask((audit) => audit.timeline()));
  }

  /** The log ends here: what should have followed and did not is found now. */
  end() {
    if (this.#ended) return this;
    this.#mustBeOpen();
    this.#ended = true;
    this.#tell(this.#ask((audit) => audit.finish()));
    return this;
  }

  /** Everything that was found. The log ends with it, as with every method below. */
  detectViolations() {
    return this.end().findings;
  }

  /** What was counted. */
  summary() {
    this.end();
    return keepText(this.#ask((audit) => audit.summary()));
  }

  /** The report for people. */
  report(options) {
    const { colour = false, width = 0 } = readOptions(options, ["colour", "width"], "report");
    if (typeof colour !== "boolean") throw configInvalid(`\`colour\` must be true or false, not ${typeName(colour)}`, "colour");
    if (!Number.isSafeInteger(width) || width < 0) throw configInvalid("`width` must be a number of columns", "width");
    this.end();
    return this.#ask((audit) => audit.reportText(colour, Math.min(width, 1000)));
  }

  /** The report as one page that needs nothing else. */
  reportHtml() {
    this.end();
    return this.#ask((audit) => audit.reportHtml());
  }

  #take(part) {
    this.#tell(this.#ask((audit) => audit.ingest(part)));
  }

  #tell(found) {
    for (const finding of found) this.#onFinding(keepText(finding));
  }

  #mustBeOpen() {
    if (this.#ended) throw configInvalid("the log has ended; what was found so far, while it goes on, is in `findings`");
    if (this.#reading) throw configInvalid("a stream is being taken in; wait until it has ended");
  }

  #ask(work) {
    if (this.#core.generation > 0) throw configInvalid("what this audit remembered was lost with its WebAssembly instance; begin another one");
    return this.#core.call(() => work(this.#audit));
  }
}

function typesArgument(types) {
  const list = typeof types === "string" ? [types] : types;
  if (!Array.isArray(list)) throw configInvalid(`\`types\` must be an array of names of findings, not ${typeName(types)}`, "types");
  return Array.from(list, (type) => textArgument(type, "types"));
}

function textArgument(value, what) {
  if (typeof value !== "string") throw new ArgumentTypeError(`\`${what}\` must be text, not ${typeName(value)}`, what);
  return wellFormed(value, `\`${what}\``, what);
}
