/** What is known of one finding: what to do, whom it concerns, and the lines that prove it, read from the log again. */
import { copyButton } from "../../ui/copy.js";
import { h } from "../../ui/dom.js";
import { visible } from "../../ui/text.js";
import { agentName } from "./words.js";

/** Most names and lines that are listed. */
const LISTED = 24;

/** From so many characters on a line is shown in part at first. */
const CLAMPED = 300;
const MEMBER = /("(?:[^"\\]|\\.)*"\s*:)/;

const SHOWN_BEFORE = new Set(["type", "severity", "at", "agents", "packets", "lines", "sentence", "advice", "packet_id", "identity"]);

/** The details of `finding`. `readLines(from, to)` gives lines of the log, `showAgent(name)` filters by one. */
export function evidence(finding, { readLines, showAgent }) {
  const { advice, agents, packets, lines } = finding;
  const isClaimed = finding.identity === "claimed";
  const agent = (name, place) => [
    h("button", {
      type: "button",
      class: "quiet",
      title: "Show the findings of this agent",
      text: agentName(name),
      on: { click: () => showAgent(name) },
    }),
    // The first that an event of a gate names is the sender.
    isClaimed && place === 0 && h("span", { class: "chip warn", title: "No key proved that it was this agent", text: "claimed" }),
  ];
  const rest = Object.entries(finding).filter(([name, value]) => !SHOWN_BEFORE.has(name) && value !== null);
  return [
    advice !== "" && h("p", { text: visible(advice) }),
    h(
      "dl",
      {},
      agents.length > 0 && term("Agents", h("span", { class: "row" }, agents.slice(0, LISTED).map(agent), more(agents))),
      packets.some(Boolean) &&
        term(
          "Packets",
          packets
            .filter(Boolean)
            .slice(0, LISTED)
            .map((id) =>
              h(
                "span",
                { class: "row" },
                h("code", { class: "wrap", text: visible(id) }),
                copyButton(() => id),
              ),
            ),
          more(packets),
        ),
      rest.map(([name, value]) =>
        term(visible(name), h("code", { class: "wrap", text: visible(typeof value === "string" ? value : String(value)) })),
      ),
    ),
    lines.length > 0 && linesOf(lines.slice(0, LISTED), readLines),
  ];
}

/** Lines of the log with their numbers, as soon as they are read. */
export function linesOf(numbers, readLines, marked = []) {
  const list = h("ol", { class: "lines", "aria-busy": "true" }, h("li", { class: "hint", text: "Reading the lines…" }));
  Promise.all(numbers.map((number) => readLines(number, number)))
    .then((found) => {
      list.replaceChildren(...found.flat().map((line) => lineOf(line, marked.includes(line.number))));
      for (const code of list.querySelectorAll(".clamped")) code.nextElementSibling.hidden = code.scrollHeight <= code.clientHeight;
    })
    .catch((error) => list.replaceChildren(h("li", { class: "hint", text: error.message })))
    .finally(() => {
      list.removeAttribute("aria-busy");
      if (list.childElementCount === 0) list.append(h("li", { class: "hint", text: "No such line is in the log." }));
    });
  return list;
}

function lineOf({ number, text, more: left }, isMarked) {
  const isLong = text.length > CLAMPED;
  const code = h("code", { class: isLong ? "wrap clamped" : "wrap" }, members(visible(text)));
  const whole = h("button", { type: "button", class: "quiet", "aria-expanded": "false", text: "Whole line" });
  whole.addEventListener("click", () => {
    const isClamped = code.classList.toggle("clamped");
    whole.setAttribute("aria-expanded", String(!isClamped));
    whole.textContent = isClamped ? "Whole line" : "Less";
  });
  return h(
    "li",
    { class: isMarked ? "marked" : null },
    h("span", { class: "number", text: number.toLocaleString("en") }),
    code,
    isLong && whole,
    left > 0 && h("span", { class: "hint", text: `and ${left.toLocaleString("en")} bytes more` }),
  );
}

/** The text of a line as it stands there, the names of members set back so that the values can be read. */
function members(text) {
  return text.split(MEMBER).map((part, n) => (n % 2 === 1 ? h("span", { class: "member", text: part }) : part));
}

const more = (list) => list.length > LISTED && h("span", { class: "hint", text: `and ${list.length - LISTED} more` });

function term(name, ...values) {
  return h("div", {}, h("dt", { text: name }), h("dd", {}, values));
}
