/** Where an object comes in: pasted, dropped, opened from a file, or an example. */
import { h } from "./dom.js";
import { sized } from "./text.js";

let count = 0;

/**
 * Puts a text field with its ways in into `place`. `onText(text, name)` is told of every new content, `name` being that of
 * the file or null. `examples` are buttons: `{ label, make }`, where `make` gives the text, now or later. Gives `{ set(text) }`.
 */
export function intake(place, { onText, label, hint = "", examples = [], rows = 8, limitBytes = 4 << 20 }) {
  const id = `intake-${(count += 1)}`;
  /** Counts what was given: a file or an example that takes longer does not come back in the place of a later one. */
  let given = 0;
  const note = h("p", { class: "hint", id: `${id}-note`, text: hint });
  const area = h("textarea", {
    id,
    rows,
    spellcheck: false,
    autocomplete: "off",
    class: "mono",
    "aria-describedby": `${id}-note`,
    on: { input: () => tell(area.value, null) },
  });
  const picker = h("input", { type: "file", class: "unseen", tabIndex: -1, "aria-label": `${label}: a file`, on: { change: () => take(picker.files[0]) } });
  const open = h("button", { type: "button", text: "Open a file", on: { click: () => picker.click() } });
  const box = h("div", { class: "intake stack" }, h("label", { htmlFor: id, text: label }), area, note, h("div", { class: "row" }, open, picker, examples.map(exampleButton)));

  function exampleButton({ label: name, make }) {
    return h("button", { type: "button", class: "quiet", text: name, on: { click: () => example(make) } });
  }

  async function example(make) {
    const mine = (given += 1);
    const text = await make();
    if (mine === given) set(text);
  }

  function tell(text, name) {
    given += 1;
    note.textContent = hint;
    onText(text, name);
  }

  function set(text, name = null) {
    area.value = text;
    tell(text, name);
  }

  async function take(file) {
    if (file === undefined) return;
    const mine = (given += 1);
    picker.value = "";
    if (file.size > limitBytes) {
      note.textContent = `${file.name} has ${sized(file.size)}; at most ${sized(limitBytes)} can be read here.`;
      return;
    }
    let text;
    try {
      // Bytes that are no UTF-8 must be refused, not replaced by something that may verify.
      text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await file.arrayBuffer());
    } catch {
      if (mine === given) note.textContent = `${file.name} is not UTF-8 text.`;
      return;
    }
    if (mine === given) set(text, file.name);
  }

  box.addEventListener("dragover", (event) => {
    event.preventDefault();
    box.dataset.over = "";
  });
  box.addEventListener("dragleave", () => delete box.dataset.over);
  box.addEventListener("drop", (event) => {
    event.preventDefault();
    delete box.dataset.over;
    const [file] = event.dataTransfer.files;
    if (file) take(file);
    else set(event.dataTransfer.getData("text/plain"));
  });
  place.append(box);
  return { set };
}
