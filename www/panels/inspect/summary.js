/** What came of it in one line, and a link to it. */
import { h } from "../../ui/dom.js";
import { linkTo, share } from "../../ui/share.js";
import { clipped, visible } from "../../ui/text.js";
import { KINDS } from "./faults.js";
import { indexOfByte, placeName } from "./spot.js";

const BEHIND = "The object stands behind the # of the link, a part that browsers send to nobody. Whoever gets the link can read it.";

/** The card; `say` tells the line to those who do not see the page. */
export function summaryCard(text, report, faults, { isIncomplete, say }) {
  const { kind, valid, code, reason, field, form, parts, lineage, respelled } = report;
  const isWhole = valid && parts.every((part) => part.valid) && (lineage ?? []).every((hop) => hop.code === null);
  const [tone, word] = wordsFor({ ...report, isWhole, isIncomplete: isIncomplete && parts[0]?.valid });
  const worst = code ?? faults[0]?.code ?? null;
  say(`${KINDS[kind] ?? ""} ${word}${worst && !isIncomplete ? `, ${worst}` : ""}`.trim());
  return h(
    "section",
    { class: "card", "data-summary": "", "aria-label": "Result" },
    h(
      "div",
      { class: `verdict ${tone}`, dataset: { valid: String(isWhole), code: worst ?? "" } },
      h(
        "p",
        { class: "verdict-line" },
        h("strong", { text: word }),
        kind && h("span", { class: "chip", "data-kind": kind, text: KINDS[kind] }),
        form && h("span", { class: "chip", "data-form": form, text: `signed in form ${form}` }),
        !isIncomplete && worst && h("code", { text: worst }),
        !isIncomplete && field && h("code", { class: "verdict-field", text: visible(clipped(field, 300)) }),
      ),
      !isIncomplete && reason && h("p", { class: "verdict-reason wrap", text: visible(clipped(reason, 600)) }),
    ),
    respelled !== null && h("p", { class: "hint", "data-respelled": "", text: spelling(placeName(text, indexOfByte(text, respelled))) }),
    shareRow(text, say),
  );
}

function wordsFor({ kind, valid, isWhole, isIncomplete }) {
  if (isIncomplete) return ["neutral", "Not checked yet"];
  if (isWhole) return ["good", "Form and signature are valid"];
  if (valid) return ["bad", "Valid itself; something in it is not"];
  return ["bad", kind === null ? "No signed object" : "Not valid"];
}

function spelling(place) {
  const what = "white space, order of keys or escapes";
  return `From ${place} on it is spelt otherwise than its usual writer would (${what}). Signatures cover the content, which is the same.`;
}

function shareRow(text, say) {
  const field = h("input", { type: "text", readOnly: true, class: "mono", "aria-label": "The link", hidden: true });
  const note = h("p", { class: "hint", text: BEHIND });
  const tell = (words) => {
    note.textContent = words;
    say(words);
  };
  async function give() {
    const link = linkTo("inspect", await share(text));
    field.value = link;
    field.hidden = false;
    try {
      await navigator.clipboard.writeText(link);
      tell(`Copied. ${BEHIND}`);
    } catch {
      // Refused by the browser, or the page is not served over https.
      field.select();
      tell(`Copy it from the field. ${BEHIND}`);
    }
  }
  const click = () => give().catch((error) => tell(error.message));
  const button = h("button", { type: "button", text: "Copy a link to this", "data-share": "", on: { click } });
  return h("div", { class: "stack" }, h("div", { class: "row" }, button), field, note);
}
