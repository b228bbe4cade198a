/** Copying, with a word that it was done. */
import { h } from "./dom.js";

const SHOWN_MS = 1600;

/** A button that copies what `getText` gives when it is pressed. */
export function copyButton(getText, label = "Copy", attributes = {}) {
  let timer;
  const say = (word) => {
    button.textContent = word;
    clearTimeout(timer);
    timer = setTimeout(() => (button.textContent = label), SHOWN_MS);
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
