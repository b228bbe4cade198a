/** Which findings are shown. One state, that the charts, the list and the fields below the heading share. */
import { clear, h } from "../../ui/dom.js";
import { byGravity, SEVERITIES, typeName } from "./words.js";

/** Most agents that the field suggests. */
const SUGGESTED = 200;

const NOTHING = { severities: [], type: "", agent: "", words: "", from: null, until: null };

export class Filters {
  #state = NOTHING;
  #onChange;
  #fields;
  #tiles = new Map();
  #types = "";

  /** `onChange()` is called after every change. */
  constructor(place, onChange) {
    this.#onChange = onChange;
    const typed = (name, read = (field) => field.value) => ({ input: ({ target }) => this.set({ [name]: read(target) }) });
    const tiles = Object.entries(SEVERITIES).map(([severity, { tone, means }]) => {
      const count = h("b", { text: "0" });
      const tile = h(
        "button",
        { type: "button", class: `tile ${tone}`, title: means, "aria-pressed": "false", on: { click: () => this.#toggle(severity) } },
        count,
        h("span", { text: severity }),
      );
      this.#tiles.set(severity, { tile, count });
      return tile;
    });
    this.#fields = {
      type: h("select", { on: typed("type") }, h("option", { value: "", text: "Every type" })),
      agent: h("input", { type: "search", placeholder: "Every agent", autocomplete: "off", spellcheck: false, on: typed("agent") }),
      words: h("input", {
        type: "search",
        placeholder: "Sentence, packet, code",
        autocomplete: "off",
        spellcheck: false,
        on: typed("words"),
      }),
      from: h("input", { type: "datetime-local", step: 1, on: typed("from", readMoment) }),
      until: h("input", { type: "datetime-local", step: 1, on: typed("until", readMoment) }),
    };
    const suggestions = h("datalist", { id: "sentinel-agents" });
    this.#fields.agent.setAttribute("list", suggestions.id);
    this.suggestions = suggestions;
    const field = (label, control) => h("label", { class: "field" }, h("span", { text: label }), control);
    this.undo = h("button", { type: "button", class: "quiet", text: "Show all", on: { click: () => this.reset() } });
    this.shown = h("p", { class: "hint", role: "status" });
    place.append(
      h("div", { class: "tiles", role: "group", "aria-label": "Severity" }, tiles),
      h(
        "div",
        { class: "fields" },
        field("Type", this.#fields.type),
        field("Agent", this.#fields.agent),
        field("Words", this.#fields.words),
        field("From (UTC)", this.#fields.from),
        field("Until (UTC)", this.#fields.until),
      ),
      h("div", { class: "row" }, this.shown, this.undo),
      suggestions,
    );
  }

  get state() {
    return this.#state;
  }

  get isEmpty() {
    return Object.keys(NOTHING).every((name) =>
      name === "severities" ? this.#state.severities.length === 0 : this.#state[name] === NOTHING[name],
    );
  }

  set(part) {
    this.#state = { ...this.#state, ...part };
    this.#show();
    this.#onChange(this.#state);
  }

  reset() {
    this.set(NOTHING);
  }

  /** What there is to choose from: findings by severity, and their groups by "type severity". */
  offer({ severities, groups }) {
    for (const [severity, { tile, count }] of this.#tiles) {
      count.textContent = severities[severity].toLocaleString("en");
      tile.dataset.none = String(severities[severity] === 0);
    }
    const types = [...new Set(Array.from(groups.keys(), (group) => group.split(" ")[0]))].sort();
    if (types.join() === this.#types) return;
    this.#types = types.join();
    clear(
      this.#fields.type,
      h("option", { value: "", text: "Every type" }),
      types.map((type) => h("option", { value: type, text: typeName(type) })),
    );
    this.#show();
  }

  /** Whose names the field for agents suggests. */
  suggest(agents) {
    clear(
      this.suggestions,
      agents.slice(0, SUGGESTED).map((agent) => h("option", { value: agent })),
    );
  }

  admits(finding) {
    const { severities, type, agent, words, from, until } = this.#state;
    if (severities.length > 0 && !severities.includes(finding.severity)) return false;
    if (type !== "" && finding.type !== type) return false;
    if (agent !== "" && !finding.agents.some((name) => name.includes(agent))) return false;
    if (from !== null || until !== null) {
      const at = Date.parse(finding.at);
      if (!(at >= (from ?? -Infinity) && at <= (until ?? Infinity))) return false;
    }
    if (words === "") return true;
    const text = [finding.sentence, finding.type, finding.reason ?? "", ...finding.packets, ...finding.agents].join("\n").toLowerCase();
    return text.includes(words.toLowerCase());
  }

  #toggle(severity) {
    const { severities } = this.#state;
    this.set({
      severities: severities.includes(severity)
        ? severities.filter((other) => other !== severity)
        : [...severities, severity].sort(byGravity),
    });
  }

  #show() {
    const { severities, from, until, ...texts } = this.#state;
    for (const [severity, { tile }] of this.#tiles) tile.setAttribute("aria-pressed", String(severities.includes(severity)));
    for (const [name, value] of Object.entries({ ...texts, from: written(from), until: written(until) })) {
      const field = this.#fields[name];
      // Not while somebody types into it: the same moment may be written in another way.
      if (field !== document.activeElement || field.value === "" || value === "") field.value = value;
    }
    this.undo.hidden = this.isEmpty;
  }
}

/** A field of local time holds UTC here, as the log does. */
function readMoment({ value }) {
  const ms = Date.parse(`${value}Z`);
  return Number.isNaN(ms) ? null : ms;
}

const written = (ms) => (ms === null ? "" : new Date(ms).toISOString().slice(0, 19));
