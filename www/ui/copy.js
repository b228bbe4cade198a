/** Copying, with a word that it was done. */
import { h } from "./dom.js";

const SHOWN_MS = 1600;

/** A button that copies what `getText` gives when it is pressed. */
export function copyButton(getText, label = "Copy", attributes = {}) {
  let timer;
  const name = attributes["aria-label"];
  const show = (word, more = "") => {
    button.textContent = word;
    // A button with a name of its own is heard by that.
    if (name !== undefined) button.setAttribute("aria-label", `${name}${more}`);
  };
  const say = (word) => {
    show(word, `: ${word}`);
    clearTimeout(timer);
    timer = setTimeout(show, SHOWN_MS, label);
  };
  const button = h("button", {
    type: "button",
    class: "quiet",
    ...attributes,
    text: label,
    on: {
      async click() {
        try {
          await navigator.clipboard.writeText(await getText());
          say("Copied");
        } catch {
          // Refused by the browser, or the page is not served over https.
          say("Not allowed here");
        }
      },
    },
  });
  button.setAttribute("aria-live", "polite");
  return button;
}
