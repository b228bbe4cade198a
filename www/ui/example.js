/** The lines of JavaScript under a panel, ready to copy. The build has put and coloured them. */
import { copyButton } from "./copy.js";

/** Gives every example its copy button. */
export function wireExamples(root) {
  for (const example of root.querySelectorAll("details.example")) {
    const code = example.querySelector("code");
    example.querySelector(".example-actions").append(copyButton(() => code.textContent, "Copy the code"));
  }
}
