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
  section.addEventListener("dragover", (event) => {
    event.preventDefault();
    card.dataset.over = "";
  });
  section.addEventListener("dragleave", (event) => {
    if (!section.contains(event.relatedTarget)) delete card.dataset.over;
  });
  section.addEventListener("drop", async (event) => {
    event.preventDefault();
    delete card.dataset.over;
    const [file] = event.dataTransfer.files;
    const lines = event.dataTransfer.getData("text/plain");
    const field = event.target.closest("textarea");
    if (field) {
      if (file === undefined) field.value = lines;
      else if (file.size <= MOST_BYTES_OF_A_FIELD) field.value = await file.text();
      else onLog(file, file.name);
    } else if (file) onLog(file, file.name);
    else if (lines !== "") text(lines);
  });
}
