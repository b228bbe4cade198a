/** Whether the log is what was written: what its hash chain and its checkpoints say, and the first place where they do not fit. */
import { copyButton } from "../../ui/copy.js";
import { clear, h } from "../../ui/dom.js";
import { counted, visible } from "../../ui/text.js";
import { linesOf } from "./evidence.js";

/** Most breaks that are listed. */
const LISTED = 20;
const TAIL = "follow the last newline: the writer stopped in the middle of a line, which is no sign of tampering.";

/** The state of a log in words: `{ tone, word, sentence }`. `breaks` are the findings about it, in the order of the log. */
export function integrityOf({ log, events }, breaks, { isTrusting, stopped }) {
  if (log === null) {
    const lines = stopped ? "The lines that were read" : "The lines";
    return {
      tone: "soft",
      word: "No hash chain",
      sentence: `${lines} carry no hashes of one another. Whoever kept them could have changed them.`,
    };
  }
  const altered = alteredIn(breaks, stopped);
  if (altered.length > 0) {
    const [from, to] = altered[0].lines.map((line) => line.toLocaleString("en"));
    // A line that was altered is told by the hash in the one behind it; a checkpoint speaks of all before it.
    const isOne = altered[0].lines[1] - altered[0].lines[0] <= 1;
    return {
      tone: "bad",
      word: isOne ? `Broken at line ${from}` : `Broken between lines ${from} and ${to}`,
      sentence: `This log is not what was written: ${altered[0].sentence}`,
    };
  }
  // Of lines that nobody read nothing is known.
  const whole = `The hash chain is whole${stopped ? " as far as it was read" : ""}`;
  if (log.sealed > 0 && log.unsealed === 0 && !stopped) {
    return {
      tone: "good",
      word: "Sealed",
      sentence: `${whole}, and a trusted checkpoint vouches for all ${counted(log.lines, "line")}.`,
    };
  }
  if (log.sealed > 0) {
    const rest = `${counted(log.unsealed, "line")} behind it could still be written anew by whoever keeps the log.`;
    const last = `The last trusted checkpoint${stopped ? " that was read" : ""} stands in line ${log.sealed.toLocaleString("en")}`;
    return {
      tone: "warn",
      word: `Sealed to line ${log.sealed.toLocaleString("en")}`,
      sentence: `${whole}. ${last}${log.unsealed > 0 ? `; ${rest}` : "."}`,
    };
  }
  const stated = events.log_checkpoint ?? 0;
  const whose =
    stated > 0 && !isTrusting ? ` It holds ${counted(stated, "checkpoint")}: give the keeper's public key to see whether they count.` : "";
  const isUntrusted = breaks.some(({ fault }) => fault === "checkpoint_untrusted");
  const untrusted = isUntrusted ? " Its checkpoints are signed with a key that is not trusted here." : "";
  const unvouched = `nobody vouches for them.${whose}${untrusted}`;
  return {
    tone: "warn",
    word: stopped ? "Whole so far, not sealed" : "Whole, not sealed",
    sentence: `${stopped ? "Every line that was read" : "Every line"} fits the hash in the one behind it, but ${unvouched}`,
  };
}

/** What says that the log is another than was written. A log that was not read to its end is not shorter for that. */
function alteredIn(breaks, stopped) {
  return breaks.filter(({ fault }) => fault !== "checkpoint_untrusted" && !(stopped && fault === "log_shorter"));
}

/** Draws it into `place`. */
export function showIntegrity(place, { summary, breaks, about, readLines }) {
  const { tone, word, sentence } = integrityOf(summary, breaks, about);
  const { log } = summary;
  const facts =
    log === null
      ? []
      : [
          ["Log", log.log_id],
          ["Lines", counted(log.lines, "line")],
          ["Checkpoints that count", String(log.checkpoints)],
          ["Merkle root", log.root],
        ];
  clear(
    place,
    h("div", { class: "row head" }, h("h3", { text: "Integrity" }), h("span", { class: `chip ${tone}`, text: word })),
    h("p", { class: "wrap", text: visible(sentence) }),
    tone === "bad" && around(alteredIn(breaks, about.stopped), readLines),
    log?.tail_bytes > 0 && h("p", { class: "hint", text: `${counted(log.tail_bytes, "byte")} ${TAIL}` }),
    facts.length > 0 &&
      h(
        "details",
        {},
        h("summary", { text: "What the chain says" }),
        h(
          "dl",
          {},
          facts
            .filter(([, value]) => value !== null)
            .map(([name, value]) =>
              h(
                "div",
                {},
                h("dt", { text: name }),
                h(
                  "dd",
                  { class: "row" },
                  h("code", { class: "wrap", text: visible(value) }),
                  name === "Merkle root" && copyButton(() => value),
                ),
              ),
            ),
        ),
      ),
  );
}

/** The first break in its place, and where the others are. */
function around(altered, readLines) {
  const [from, to] = altered[0].lines;
  // Where many lines may be concerned, the last of them is the one that told.
  const near = to - from <= 3 ? range(Math.max(1, from - 1), to + 1) : [from, to];
  return [
    linesOf(near, readLines, [from, to]),
    altered.length > 1 &&
      h(
        "details",
        {},
        h("summary", { text: counted(altered.length - 1, "further break") }),
        h(
          "ul",
          {},
          altered.slice(1, LISTED).map(({ sentence }) => h("li", { class: "wrap", text: visible(sentence) })),
        ),
        altered.length > LISTED && h("p", { class: "hint", text: `and ${altered.length - LISTED} more` }),
      ),
  ];
}

const range = (from, to) => Array.from({ length: to - from + 1 }, (_, n) => from + n);
