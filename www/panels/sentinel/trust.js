/** What a log is read against: the keys of who keeps it, a checkpoint that was kept elsewhere, and rules of one's own. */
import { h } from "../../ui/dom.js";

/** A key, a checkpoint and rules are small. */
const MOST_BYTES = 1 << 20;

const FIELDS = [
  { name: "keys", label: "Public keys of the keeper", hint: "PEM, one or several. Checkpoints signed with them count.", rows: 4 },
  {
    name: "checkpoint",
    label: "A checkpoint that was kept elsewhere",
    hint: "The line of JSON that the keeper handed out. What it states must still stand in the log.",
    rows: 2,
  },
  { name: "rules", label: "Rules of your own", hint: "A JSON array, as the option “rules” of Sentinel takes it.", rows: 3 },
];

export class Trust {
  #areas = {};
  #lent = "";

  /** `onAgain()` is called when the log at hand is to be read with what is given now. */
  constructor(place, onAgain) {
    const fields = FIELDS.map(({ name, label, hint, rows }) => {
      const id = `sentinel-${name}`;
      const note = h("p", { class: "hint", id: `${id}-hint`, text: hint });
      const area = h("textarea", { id, rows, class: "mono", spellcheck: false, autocomplete: "off", "aria-describedby": note.id });
      this.#areas[name] = area;
      const picker = h("input", { type: "file", class: "unseen", tabIndex: -1, "aria-label": `${label}: a file` });
      picker.addEventListener("change", async () => {
        const [file] = picker.files;
        if (file?.size <= MOST_BYTES) area.value = await file.text();
        else if (file) note.textContent = `${file.name} is too large for this.`;
        picker.value = "";
      });
      const open = h("button", {
        type: "button",
        class: "quiet",
        text: "From a file",
        "aria-label": `${label}: from a file`,
        on: { click: () => picker.click() },
      });
      return h(
        "div",
        { class: "field" },
        h("div", { class: "row head" }, h("label", { htmlFor: id, text: label }), open, picker),
        area,
        note,
      );
    });
    this.again = h("button", { type: "button", text: "Read the log again with these", hidden: true, on: { click: onAgain } });
    place.append(...fields, h("div", { class: "row" }, this.again));
  }

  /** Options of Sentinel. */
  get options() {
    const { keys, checkpoint, rules } = this.#texts;
    return {
      // A PEM ends in a newline, which a person who copies it may have left out.
      keys: keys === "" ? [] : (keys.match(/-----BEGIN [^-]*-----[^-]*-----END [^-]*-----/g) ?? [keys]).map((pem) => `${pem}\n`),
      ...(checkpoint !== "" && { checkpoint }),
      ...(rules !== "" && { rules }),
    };
  }

  /** Whether anything is given that vouches for a log. */
  get isTrusting() {
    const { keys, checkpoint } = this.#texts;
    return keys !== "" || checkpoint !== "";
  }

  /** Gives the key of an example's keeper. */
  lend(pem) {
    this.#lent = pem;
    this.#areas.keys.value = pem;
  }

  /** Takes it back: it says nothing about any other log. */
  takeBack() {
    if (this.#areas.keys.value === this.#lent) this.#areas.keys.value = "";
  }

  get #texts() {
    return Object.fromEntries(Object.entries(this.#areas).map(([name, area]) => [name, area.value.trim()]));
  }
}
