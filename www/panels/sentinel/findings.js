/** The findings, grouped by type from the gravest on. It grows while a log is read, and keeps what somebody has opened. */
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
  /** type → { severity, all, shown, drawn, section, list, count, more } */
  #groups = new Map();
  #types = {};

  /**
   * `admits(finding)` says which are shown. `about` is what the details of one need: `readLines(from, to)` and `showAgent(name)`.
   */
  constructor(place, admits, about) {
    this.#place = place;
    this.#admits = admits;
    this.#about = about;
  }

  /** Takes in further findings. `types` says how many there are of each type, also beyond those that are told. */
  add(findings, types) {
    this.#types = types;
    const changed = new Set();
    for (const finding of findings) {
      const group = this.#groups.get(finding.type) ?? this.#begin(finding);
      group.all.push(finding);
      if (byGravity(finding.severity, group.severity) < 0) this.#raise(group, finding.severity);
      if (this.#admits(finding)) group.shown.push(finding);
      changed.add(group);
    }
    for (const group of changed) this.#fill(group);
    for (const group of this.#groups.values()) this.#head(group);
  }

  /** Draws everything anew, after a filter has changed. Gives how many there are. */
  filter() {
    let count = 0;
    for (const group of this.#groups.values()) {
      group.shown = group.all.filter(this.#admits);
      group.drawn = 0;
      clear(group.list);
      this.#fill(group);
      this.#head(group);
      count += group.shown.length;
    }
    return count;
  }

  /** How many were told, and how many of them are shown. */
  get counts() {
    const groups = [...this.#groups.values()];
    return { told: sum(groups, ({ all }) => all.length), shown: sum(groups, ({ shown }) => shown.length), all: sum(Object.values(this.#types), (count) => count) };
  }

  #begin({ type, severity }) {
    const chip = h("span", { class: `chip ${SEVERITIES[severity].tone}`, text: severity });
    const count = h("span", { class: "hint" });
    const list = h("ul", { class: "list" });
    const more = h("button", { type: "button", class: "quiet", on: { click: () => this.#next(group) } });
    const heading = h("h4", { text: typeName(type) });
    const section = h("details", { class: "group", open: GRAVE.includes(severity), dataset: { type } }, h("summary", {}, heading, chip, count), list, more);
    const group = { type, severity, all: [], shown: [], drawn: 0, size: PAGE, section, chip, list, count, more };
    this.#groups.set(type, group);
    this.#put(group);
    return group;
  }

  #raise(group, severity) {
    group.severity = severity;
    group.chip.className = `chip ${SEVERITIES[severity].tone}`;
    group.chip.textContent = severity;
    if (GRAVE.includes(severity)) group.section.open = true;
    this.#put(group);
  }

  /** Puts a group where it belongs: before the first that matters less. */
  #put(group) {
    const before = (other) => byGravity(group.severity, other.severity) < 0 || (group.severity === other.severity && group.type < other.type);
    const next = [...this.#place.children].find((section) => section !== group.section && before(this.#groups.get(section.dataset.type)));
    this.#place.insertBefore(group.section, next ?? null);
  }

  #head({ type, all, shown, drawn, section, count, more }) {
    const total = this.#types[type] ?? all.length;
    const kept = total > all.length ? `; the first ${counted(all.length, "is", "are")} kept here` : "";
    count.textContent = shown.length === all.length ? `${counted(total, "finding")}${kept}` : `${shown.length} of ${counted(total, "finding")}${kept}`;
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
    for (; group.drawn < end; group.drawn += 1) group.list.append(this.#row(group.shown[group.drawn], group));
  }

  #row(finding, group) {
    const { severity, sentence, at, lines } = finding;
    const when = at === null ? [] : h("time", { class: "hint", dateTime: at, text: moment(Date.parse(at)) });
    const chip = severity !== group.severity && h("span", { class: `chip ${SEVERITIES[severity].tone}`, text: severity });
    const body = h("div", { class: "stack body" });
    const row = h(
      "details",
      { class: `finding ${severity}` },
      h("summary", {}, h("span", { class: "sentence wrap", text: visible(sentence) }), h("span", { class: "where" }, chip, when, h("span", { class: "hint", text: place(lines) }))),
      body,
    );
    row.addEventListener("toggle", () => row.open && body.childElementCount === 0 && clear(body, evidence(finding, this.#about)));
    return h("li", {}, row);
  }
}

function place(lines) {
  if (lines.length === 0) return "";
  return lines.length === 1 ? `line ${lines[0].toLocaleString("en")}` : `lines ${lines.map((line) => line.toLocaleString("en")).join(" and ")}`;
}

const sum = (list, of) => list.reduce((total, one) => total + of(one), 0);
