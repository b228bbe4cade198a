/** The list of kept keys, with what can be done with each. Forgetting one takes two presses, because nobody has a copy. */
import { clear, h } from "./dom.js";
import { signsItself } from "./keyring.js";
import { visible } from "./text.js";

const ASKED_MS = 4000;

/** How safe a kept key is in this browser, told as soon as that is known. */
export function howKeysAreKept() {
  const text = h("span", { text: "Kept here so that it signs and nobody can read it out." });
  const weaker = "This browser has no Ed25519 in WebCrypto: a key is kept encrypted, and this page holds it while it signs. A newer browser keeps it so that nobody can read it out.";
  signsItself().then(
    (does) => does || (text.textContent = weaker),
    (error) => (text.textContent = error.message),
  );
  return text;
}

/** Fills `list` with `records`. `actions`: a button each, `{ label, act(record) }`; `onForget(record)` removes. */
export function showKept(list, records, { actions, onForget, empty = "None yet." }) {
  if (records.length === 0) return clear(list, h("li", { class: "soft", text: empty }));
  return clear(
    list,
    records.map((record) =>
      h(
        "li",
        {},
        h(
          "div",
          { class: "who" },
          h("strong", { class: "wrap", text: visible(record.label) }),
          h("code", { class: "wrap", text: record.agentId }),
        ),
        h(
          "div",
          { class: "row" },
          actions.map(({ label, act }) =>
            h("button", {
              type: "button",
              class: "quiet",
              text: label,
              "aria-label": `${label}: ${visible(record.label)}`,
              on: { click: () => act(record) },
            }),
          ),
          forgetting(`Forget: ${visible(record.label)}`, "Forget", () => onForget(record)),
        ),
      ),
    ),
  );
}

/** A button that asks once more before it does what cannot be undone. */
export function forgetting(name, label, act) {
  let timer;
  const button = h("button", {
    type: "button",
    class: "quiet",
    text: label,
    "aria-label": name,
    on: {
      click({ detail }) {
        // The second half of a double click has read no question.
        if (detail > 1) return;
        clearTimeout(timer);
        if (button.dataset.asked !== undefined) {
          rest();
          return act();
        }
        button.dataset.asked = "";
        button.classList.replace("quiet", "danger");
        button.textContent = "Really?";
        button.setAttribute("aria-label", `Really? ${name}. Press again to do it; it cannot be undone.`);
        timer = setTimeout(rest, ASKED_MS);
      },
    },
  });
  function rest() {
    delete button.dataset.asked;
    button.classList.replace("danger", "quiet");
    button.textContent = label;
    button.setAttribute("aria-label", name);
  }
  return button;
}
