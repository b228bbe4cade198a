/** The findings in groups of one type and severity, from the gravest on. It grows while a log is read; what is open stays open. */
import { clear, h } from "../../ui/dom.js";
import { counted, visible } from "../../ui/text.js";
import { evidence } from "./evidence.js";
import { byGravity, moment, SEVERITIES, typeName } from "./words.js";

/** Findings of a group that are drawn at once. */
const PAGE = 50;

const GRAVE = ["critical", "high", "medium"];

export class Findings {
  #place;
  #admits;
  #about;
  /** "type severity" → the group of findings that have both */
  #groups = new Map();
  /** The same → how many there are, also beyond those that are told. */
  #totals = new Map();

  /**
   * `admits(finding)` says which are shown. `about` is what the details of one need: `readLines(from, to)` and `showAgent(name)`.
   */
  constructor(place, admits, about) {
    this.#place = place;
    this.#admits = admits;
    this.#about = about;
  }

  /** Takes in further findings. `totals` says how many there are in each group. */
  add(findings, totals) {
    this.#totals = totals;
    const changed = new Set();
    for (const finding of findings) {
      const group = this.#groups.get(keyOf(finding)) ?? this.#begin(finding);
      group.all.push(finding);
      if (this.#admits(finding)) group.shown.push(finding);
      changed.add(group);
    }
    for (const group of changed) this.#fill(group);
    for (const group of this.#groups.values()) this.#head(group);
  }

  /** Draws everything anew, after a filter has changed. */
  filter() {
    for (const group of this.#groups.values()) {
      group.shown = group.all.filter(this.#admits);
      group.drawn = 0;
      clear(group.list);
      this.#fill(group);
      this.#head(group);
    }
  }

  /** How many there are, how many of them were told, and how many of these are shown. */
  get counts() {
    const groups = [...this.#groups.values()];
    return {
      all: sum([...this.#totals.values()], (count) => count),
      told: sum(groups, ({ all }) => all.length),
      shown: sum(groups, ({ shown }) => shown.length),
    };
  }

  #begin(finding) {
    const { type, severity } = finding;
    const count = h("span", { class: "hint" });
    const list = h("ul", { class: "list" });
    const more = h("button", { type: "button", class: "quiet", on: { click: () => this.#next(group) } });
    const chip = h("span", { class: `chip ${SEVERITIES[severity].tone}`, text: severity });
    const section = h(
      "details",
      { class: "group", open: GRAVE.includes(severity), dataset: { type, severity } },
      h("summary", {}, h("h4", { text: typeName(type) }), chip, count),
      list,
      more,
    );
    const group = { key: keyOf(finding), all: [], shown: [], drawn: 0, size: PAGE, section, list, count, more };
    this.#groups.set(group.key, group);
    const before = ({ dataset }) => byGravity(severity, dataset.severity) < 0 || (severity === dataset.severity && type < dataset.type);
    this.#place.insertBefore(section, [...this.#place.children].find(before) ?? null);
    return group;
  }

  #head({ key, all, shown, drawn, section, count, more }) {
    const total = this.#totals.get(key) ?? all.length;
    const kept = total > all.length ? `; the first ${counted(all.length, "is", "are")} kept here` : "";
    count.textContent =
      shown.length === all.length ? `${counted(total, "finding")}${kept}` : `${shown.length} of ${counted(total, "finding")}${kept}`;
    section.hidden = shown.length === 0;
    more.hidden = drawn >= shown.length;
    more.textContent = `Show ${Math.min(PAGE, shown.length - drawn)} more`;
  }

  #next(group) {
    group.size += PAGE;
    const first = group.drawn;
    this.#fill(group);
    this.#head(group);
    // The button may be gone; whoever pressed it goes on at what it brought.
    group.list.children[first]?.querySelector("summary").focus();
  }

  #fill(group) {
    const end = Math.min(group.shown.length, group.size);
    for (; group.drawn < end; group.drawn += 1) group.list.append(this.#row(group.shown[group.drawn]));
  }

  #row(finding) {
    const { severity, sentence, at, lines } = finding;
    const when = at !== null && h("time", { class: "hint", dateTime: at, text: moment(Date.parse(at)) });
    const where = h("span", { class: "where" }, when, h("span", { class: "hint", text: place(lines) }));
    const body = h("div", { class: "stack body" });
    const row = h(
      "details",
      { class: `finding ${severity}` },
      h("summary", {}, h("span", { class: "sentence wrap", text: visible(sentence) }), where),
      body,
    );
    row.addEventListener("toggle", () => {
      if (row.open && body.childElementCount === 0) clear(body, evidence(finding, this.#about));
    });
    return h("li", {}, row);
  }
}

const keyOf = ({ type, severity }) => `${type} ${severity}`;

function place(lines) {
  if (lines.length === 0) return "";
  return lines.length === 1
    ? `line ${lines[0].toLocaleString("en")}`
    : `lines ${lines.map((line) => line.toLocaleString("en")).join(" and ")}`;
}

const sum = (list, of) => list.reduce((total, one) => total + of(one), 0);
