/** What came of every delivery so far. */
import { clear, h } from "../../ui/dom.js";
import { counted, visible } from "../../ui/text.js";
import { codeText } from "./code_text.js";

const MAX_ROWS = 100;

/** Gives `add(name, outcome)`, `score()` and `reset()`. */
export function tally(rows, sentence) {
  let score;

  function reset() {
    score = { attacks: 0, gated: 0, trusting: 0 };
    clear(rows);
    sentence.textContent = "Nothing was delivered yet.";
  }

  function add(name, { gated, trusting, isAttack }) {
    if (isAttack) {
      score.attacks += 1;
      if (gated.code === null) score.gated += 1;
      if (trusting.did !== null) score.trusting += 1;
    }
    rows.prepend(
      h(
        "tr",
        {},
        h("th", { scope: "row", text: name }),
        h("td", {}, mark(gated.code === null), " ", gated.code === null ? visible(gated.did) : codeText(gated.code)),
        h("td", {}, mark(trusting.did !== null, isAttack), " ", visible(didOf(trusting))),
      ),
    );
    while (rows.children.length > MAX_ROWS) rows.lastElementChild.remove();
    sentence.textContent = sentenceOf(score);
  }

  reset();
  return { add, reset, score: () => score };
}

/** What the agent without a gate did, in words. */
export function didOf({ did, why, calls }) {
  if (did === null) return why;
  return calls > 0 ? `${did}, ${counted(calls, "call")}` : did;
}

function mark(isDone, isHarm = false) {
  return h("span", { class: `chip ${isHarm && isDone ? "warn" : isDone ? "good" : "bad"}`, text: isDone ? "did it" : "refused" });
}

function sentenceOf({ attacks, gated, trusting }) {
  if (attacks === 0) return "No attack yet.";
  const number = gated === 0 ? "none" : gated;
  return `${counted(attacks, "attack")}: with a gate ${number} got through, by convention ${trusting}.`;
}
