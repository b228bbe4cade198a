/** What was decided in this browser, to look at, hand on again, and forget. */
import { copyButton } from "../../ui/copy.js";
import { clear, h } from "../../ui/dom.js";
import { forgetting } from "../../ui/kept_keys.js";
import { clipped, shortId, visible } from "../../ui/text.js";
import { moment } from "./words.js";

export function showHistory(place, decisions, { onForget }) {
  if (decisions.length === 0) return clear(place, h("p", { class: "soft", text: "Nothing yet." }));
  return clear(
    place,
    h(
      "table",
      { class: "grid history" },
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          ["When", "Decision", "What", "From, to", "Signed as", ""].map((name) =>
            name === "" ? h("td", {}) : h("th", { scope: "col", text: name }),
          ),
        ),
      ),
      h(
        "tbody",
        {},
        decisions.map((each) => row(each, onForget)),
      ),
    ),
  );
}

function row({ id, atMs, decision, intent, from, to, reviewerLabel, note, statement }, onForget) {
  const what = visible(clipped(intent, 120));
  return h(
    "tr",
    { dataset: { decision } },
    h("td", { text: moment(atMs) }),
    h(
      "td",
      {},
      h("span", { class: `chip ${decision === "APPROVED" ? "good" : "bad"}`, text: decision === "APPROVED" ? "approved" : "denied" }),
    ),
    h("td", { class: "wrap" }, what, note && h("p", { class: "hint wrap", text: `Note: ${visible(note)}` })),
    h(
      "td",
      { class: "parties" },
      h("code", { title: visible(from), text: visible(shortId(from)) }),
      " ",
      h("code", { title: visible(to), text: visible(shortId(to)) }),
    ),
    h("td", { class: "wrap", text: visible(reviewerLabel) }),
    h(
      "td",
      {},
      h(
        "div",
        { class: "acts" },
        copyButton(() => statement, "Copy", { "aria-label": `Copy the word on: ${what}` }),
        forgetting(`Forget: ${what}`, "Forget", () => onForget(id)),
      ),
    ),
  );
}
