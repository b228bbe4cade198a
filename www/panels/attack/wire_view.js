/** What travels, as lines: what the attacker took away, what stands there instead, and what to look at. */
import { clear, h } from "../../ui/dom.js";
import { clipped, counted, visible } from "../../ui/text.js";
import { comparedLines } from "./json_lines.js";

const TAGS = { added: "ins", removed: "del", same: "div" };

/** Of a text that somebody pasted by hand. */
const MAX_SHOWN = 400;
const MAX_WIDTH = 2000;

/** Which line is brought into view, the best first. */
const LOOKED_AT = [
  ({ mark }) => mark === "refused",
  ({ mark }) => mark === "look",
  ({ state, pointer }) => state === "added" && pointer.startsWith("/packet"),
  ({ state }) => state !== "same",
  ({ pointer }) => pointer === "/packet/intent",
];

/** Shows `text` in `place`, compared with `before`. `points` are pointers of lines worth a look, `refused` the one that the gate names. */
export function showLines(place, { text, before, points }, refused = null) {
  const rows = comparedLines(text, before).map(({ line, pointer, state }) =>
    h(TAGS[state], {
      class: "line",
      dataset: { state, pointer: pointer ?? "", mark: markOf(pointer, points, refused) },
      text: visible(clipped(line, MAX_WIDTH)) || " ",
    }),
  );
  const left = rows.length - MAX_SHOWN;
  clear(place, rows.slice(0, MAX_SHOWN), left > 0 && h("div", { class: "line", text: `and ${counted(left, "more line")}` }));
  const first = LOOKED_AT.map((isIt) => rows.find(({ dataset }) => isIt(dataset))).find((row) => row !== undefined);
  place.scrollTop = first === undefined ? 0 : first.offsetTop - place.clientHeight / 3;
}

function markOf(pointer, points, refused) {
  if (pointer === null) return "";
  if (pointer === refused) return "refused";
  return points.includes(pointer) ? "look" : "";
}
