/** What a documentation page does beside being read: theme, contents on a phone, copying of code, finding of pages. */
import { copyButton } from "../ui/copy.js";
import { find } from "../ui/dom.js";
import { wireTheme } from "../ui/theme.js";
import { wireFinder } from "./finder.js";

wireTheme(find(document, "#theme"));

find(document, ".skip").addEventListener("click", () => find(document, "#main").focus());
// Only the bar is scrolled: some browsers begin to count the stops of Tab at an element that was brought into view.
const bar = find(document, ".bar nav ul");
const here = bar.querySelector("[aria-current]").getBoundingClientRect();
bar.scrollLeft += Math.max(0, here.right - bar.getBoundingClientRect().right);

// Beside the text where there is room, folded above it where there is none.
const contents = find(document, "#contents");
const wide = matchMedia("(min-width: 60rem)");
const fold = () => (contents.open = wide.matches);
wide.addEventListener("change", fold);
fold();
const current = contents.querySelector("nav [aria-current]");
if (wide.matches && current !== null) {
  // Only the list is scrolled, never the page.
  const { top, bottom } = current.getBoundingClientRect();
  if (bottom > contents.getBoundingClientRect().bottom) contents.scrollTop += top - contents.getBoundingClientRect().height / 2;
}

for (const listing of document.querySelectorAll("figure.listing")) {
  const code = listing.querySelector("code");
  if (listing.dataset.language === "text") continue;
  const prompt = listing.dataset.language === "console";
  const text = () => (prompt ? code.textContent.replaceAll(/^\$ /gm, "") : code.textContent);
  listing.append(copyButton(text, "Copy", { class: "quiet copy" }));
}

wireFinder(find(document, ".find"), document.body.dataset.docs);
