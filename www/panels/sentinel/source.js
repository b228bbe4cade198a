/** Where a log comes from: a file that is opened or dropped, lines that are pasted, an example. */
import { find } from "../../ui/dom.js";

/** A key or a checkpoint that is dropped on its field. */
const MOST_BYTES_OF_A_FIELD = 1 << 20;

/** Wires the ways in of `section`. `onLog(blob, name)` is told of a log, `onExample(edited)` that one is to be made. */
export function wireSource(section, { onLog, onExample }) {
  const card = find(section, "[data-part=source]");
  const picker = find(section, "[data-part=picker]");
  const pasted = find(section, "#sentinel-lines");
  const press = (name, work) => find(section, `[data-do=${name}]`).addEventListener("click", work);
  const text = (lines) => onLog(new Blob([lines]), "pasted lines");

  press("open", () => picker.click());
  press("example", () => onExample(false));
  press("edited", () => onExample(true));
  press("pasted", () => text(pasted.value));
  picker.addEventListener("change", () => {
    const [file] = picker.files;
    if (file) onLog(file, file.name);
    // So that the same file can be opened again.
    picker.value = "";
  });

  section.addEventListener("paste", (event) => {
    if (event.target.closest("textarea, input")) return;
    const [file] = event.clipboardData.files;
    const lines = event.clipboardData.getData("text/plain");
    if (file) onLog(file, file.name);
    else if (lines !== "") text(lines);
  });
  // Anywhere on the page: beside its target a file would be opened in the place of the page.
  const whenShown = (listener) => (event) => section.hidden || listener(event);
  document.addEventListener(
    "dragover",
    whenShown((event) => {
      event.preventDefault();
      card.dataset.over = "";
    }),
  );
  document.addEventListener(
    "dragleave",
    whenShown((event) => event.relatedTarget === null && delete card.dataset.over),
  );
  document.addEventListener(
    "drop",
    whenShown((event) => {
      event.preventDefault();
      delete card.dataset.over;
      dropped(event.dataTransfer, event.target.closest("#sentinel textarea"));
    }),
  );

  async function dropped(data, field) {
    const [file] = data.files;
    const lines = data.getData("text/plain");
    if (field && file?.size > MOST_BYTES_OF_A_FIELD) onLog(file, file.name);
    else if (field) field.value = file ? await file.text() : lines;
    else if (file) onLog(file, file.name);
    else if (lines !== "") text(lines);
  }
}
