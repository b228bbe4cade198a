/** Saying yes or no: the form, the signature, and what a gate does with it. */
import { approveAsync } from "trusthandoff/slim";
import { checkList } from "../../ui/checks.js";
import { copyButton } from "../../ui/copy.js";
import { download } from "../../ui/download.js";
import { clear, h } from "../../ui/dom.js";
import * as keyring from "../../ui/keyring.js";
import { clipped, visible } from "../../ui/text.js";
import { verdict } from "../../ui/verdict.js";
import { trial } from "./trial.js";
import { moment } from "./words.js";

const HOUR = 3600;
const VALIDITIES = [
  [HOUR, "an hour"],
  [8 * HOUR, "8 hours"],
  [24 * HOUR, "a day"],
  [7 * 24 * HOUR, "a week"],
  [30 * 24 * HOUR, "30 days"],
];

/** The form. If `isBlocked` nothing can be signed; `onDecide("APPROVED" | "DENIED", { note, ttlSeconds })`. */
export function decisionForm({ reviewer, isBlocked, onDecide, note = "", validity = String(HOUR) }) {
  const words = h("textarea", { rows: 2, maxLength: 1000, autocomplete: "off", value: note });
  const length = h(
    "select",
    {},
    VALIDITIES.map(([seconds, name]) => h("option", { value: String(seconds), text: name, selected: String(seconds) === validity })),
  );
  // A double click is one decision.
  const decide = (decision) => (event) =>
    event.detail < 2 && onDecide(decision, { note: words.value.trim() || null, ttlSeconds: Number(length.value) });
  const noKey = reviewer === null;
  return h(
    "div",
    { class: "stack decide" },
    h(
      "div",
      { class: "row" },
      h("label", { class: "field note" }, h("span", { text: "A note, signed with it" }), words),
      h("label", { class: "field" }, h("span", { text: "Counts for" }), length),
    ),
    h(
      "div",
      { class: "row" },
      h("button", {
        type: "button",
        class: "primary",
        text: "Approve",
        disabled: noKey || isBlocked,
        on: { click: decide("APPROVED") },
      }),
      h("button", {
        type: "button",
        class: "danger",
        text: "Deny",
        disabled: noKey || isBlocked,
        on: { click: decide("DENIED") },
      }),
      noKey && h("span", { class: "hint", text: "First you need a key to sign with." }),
    ),
  );
}

/** Signs, and tries the word in a gate: `{ approval, decision, obstacle }`; where no gate can be tried, `obstacle` is the error. */
export async function sign(text, request, record, { decision, note, ttlSeconds }) {
  const approval = await keyring.signingAs(record, (reviewer) => approveAsync(reviewer, request, { decision, note, ttlSeconds }));
  try {
    return { approval, decision: await trial(text, request, record, approval.text), obstacle: null };
  } catch (obstacle) {
    // The envelope around the packet is nobody's word, and may hold what no registry takes. What was signed is signed all the same.
    return { approval, decision: null, obstacle };
  }
}

/** What was signed, to be handed on, and what comes of it. */
export function signedView(card, { approval, decision, obstacle }) {
  const approved = approval.decision === "APPROVED";
  const file = `${approved ? "approval" : "denial"}.json`;
  clear(
    card,
    h("h3", { text: approved ? "You approved it" : "You denied it" }),
    h("p", {
      class: "hint",
      text: `Counts until ${moment(Date.parse(approval.expires_at))}. The receiver gives it to its gate beside the envelope.`,
    }),
    h(
      "label",
      { class: "field" },
      h("span", { text: "Your signed word" }),
      h("textarea", { class: "mono", rows: 5, readOnly: true, value: approval.text, dataset: { statement: "" } }),
    ),
    h(
      "div",
      { class: "row" },
      copyButton(() => approval.text, "Copy", { class: "primary" }),
      h("button", { type: "button", text: `Save ${file}`, on: { click: () => download(file, approval.text, "application/json") } }),
    ),
    h("pre", {
      class: "handing",
      tabIndex: 0,
      "aria-label": "How the receiver uses it",
      text: "await gate.handle(wire, { approvals: [approval] });",
    }),
    h("h4", { text: "What a gate does with it" }),
    h("p", {
      class: "hint",
      text: "A real gate, here, that trusts the signers in this envelope and you as a reviewer. The receiver's may know others.",
    }),
    decision === null ? untried(obstacle) : tried(decision),
  );
  card.hidden = false;
}

function tried(decision) {
  return [
    verdict(decision),
    decision.code === "expired" &&
      h("p", { class: "hint", text: "Only this copy is too old. With the same content issued again, your word counts." }),
    checkList(decision.checks),
  ];
}

function untried({ code = null, message }) {
  const why = [code && h("code", { text: code }), ` ${visible(clipped(message, 300))}`];
  return h("p", { class: "caution", dataset: { untried: "" } }, "No gate could be tried with this envelope: ", why);
}
