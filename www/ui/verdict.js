/** A decision as people see it: the word, the code, the field, the sentence. */
import { h } from "./dom.js";
import { visible } from "./text.js";

const TONES = { ACCEPT: "good", REJECT: "bad" };

/** The box for a decision, or for anything shaped like one. */
export function verdict({ decision, code = null, reason = "", field = null }) {
  return h(
    "div",
    { class: `verdict ${TONES[decision] ?? "neutral"}`, dataset: { decision } },
    h("p", { class: "verdict-line" }, h("strong", { text: decision }), code && h("code", { text: code }), field && h("code", { class: "verdict-field", text: visible(field) })),
    reason && h("p", { class: "verdict-reason", text: visible(reason) }),
  );
}
