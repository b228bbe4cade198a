/** The table behind a picture: whoever does not see the picture reads it, and so does whoever wants the numbers. */
import { h } from "../../ui/dom.js";

/**
 * Puts a table into `details` behind its summary, when it is opened and whenever it is called again. `rows()` gives the cells of each
 * row; `heads` names the columns.
 */
export function tableBehind(details, heads, rows) {
  const [summary] = details.children;
  const draw = () => {
    if (!details.open) return;
    const head = h(
      "thead",
      {},
      h(
        "tr",
        {},
        heads.map((text) => h("th", { scope: "col", text })),
      ),
    );
    const body = h("tbody", {}, rows().map(rowOf));
    const label = { tabIndex: 0, role: "region", "aria-label": summary.textContent };
    const table = h("div", { class: "scroll tall", ...label }, h("table", { class: "grid" }, head, body));
    // The summary stays where it is: it may have the focus.
    details.replaceChild(table, details.children[1] ?? details.appendChild(h("div")));
  };
  details.addEventListener("toggle", draw);
  return draw;
}

function rowOf([first, ...others]) {
  const shown = (cell) => (typeof cell === "number" ? cell.toLocaleString("en") : cell);
  return h(
    "tr",
    {},
    h("th", { scope: "row", class: "wrap", text: shown(first) }),
    others.map((cell) => h("td", { class: "wrap", text: shown(cell) })),
  );
}
