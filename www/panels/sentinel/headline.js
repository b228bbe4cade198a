/** What came of an audit in a sentence, and what has to be said of it before it is believed. */
import { clear, h } from "../../ui/dom.js";
import { counted, sized, visible } from "../../ui/text.js";
import { lasting, moment, SEVERITIES } from "./words.js";

/** Draws it into `place`. `about` is `{ name, size, bytes, stopped, integrity }`. */
export function showHeadline(place, summary, about) {
  const { name, size, bytes, stopped, integrity } = about;
  const gravest = gravestOf(summary);
  place.dataset.tone = gravest === null ? "good" : SEVERITIES[gravest].tone;
  clear(
    place,
    h(
      "div",
      { class: "row head" },
      h("p", { class: "headline", text: sentence(summary) }),
      h("span", { class: `chip ${integrity.tone}`, text: integrity.word }),
    ),
    h(
      "p",
      { class: "wrap" },
      h("strong", { text: visible(name) }),
      h("span", { class: "hint", text: ` ${[sized(size), ...facts(summary)].join(" · ")}` }),
    ),
    remarks(summary).map((text) => h("p", { class: "hint", text })),
    stopped && h("p", { class: "warning", text: parted(bytes, size) }),
  );
}

const parted = (bytes, size) =>
  `Reading was stopped after ${sized(bytes)} of ${sized(size)}. ` +
  "What stands further on is not known, and what should have followed may be told as missing.";

/** Findings in words: how many, and how grave. */
export function sentence(summary) {
  if (isNoLog(summary)) return "This is no event log: none of its lines can be read.";
  const gravest = gravestOf(summary);
  if (gravest === null) return `Nothing suspicious in ${counted(summary.lines, "line")}`;
  const told = Object.keys(SEVERITIES).filter((severity) => summary.severities[severity] > 0);
  const total = told.reduce((count, severity) => count + summary.severities[severity], 0);
  const grave = summary.severities[gravest];
  if (grave === total) return `${counted(total, "finding")}, ${total === 1 ? "" : "all "}${gravest}`;
  return `${counted(total, "finding")}, ${grave.toLocaleString("en")} of them ${gravest}`;
}

const gravestOf = ({ severities }) => Object.keys(SEVERITIES).find((severity) => severities[severity] > 0) ?? null;

const isNoLog = ({ lines, unreadable }) => lines > 0 && unreadable === lines;

function facts({ lines, agents, first, last }) {
  const [from, to] = [Date.parse(first), Date.parse(last)];
  return [
    counted(lines, "line"),
    counted(agents, "agent"),
    first !== null && `${moment(from)} to ${moment(to)} UTC (${lasting(to - from)})`,
  ].filter(Boolean);
}

function remarks({ full_since, undecided, untimed, unreadable, running_tasks, events }) {
  return [
    full_since !== null &&
      `From line ${full_since.toLocaleString("en")} there was more to remember than there was room for: ` +
        `attacks after it may be missing here, and ${counted(undecided, "event is", "events are")} undecided.`,
    full_since === null && undecided > 0 && `${counted(undecided, "event is", "events are")} undecided: what matters may stand before this log, or its lines are not in the order of time.`,
    unreadable > 0 && `${counted(unreadable, "line")} could not be read.`,
    untimed > 0 && `${counted(untimed, "event tells", "events tell")} no time that can be read.`,
    running_tasks > 0 && `${counted(running_tasks, "task was", "tasks were")} still running when the log ended.`,
    events.task_finished > 0 && !events.attested && "No outcome in this log was attested: nobody can prove what came out of the tasks.",
  ].filter(Boolean);
}
