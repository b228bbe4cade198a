/** Who handed over to whom. An agent that is chosen is the one whose findings are shown. */
import { clear, h, s } from "../../ui/dom.js";
import { counted } from "../../ui/text.js";
import { layout, reachOf } from "./graph_layout.js";
import { tableBehind } from "./table.js";
import { agentName } from "./words.js";

/** Most agents in the picture, and most pairs in the table. */
const MOST_AGENTS = 40;
const MOST_ROWS = 300;
/** So many ways are drawn in full strength; more of them the fainter. */
const STRONG = 40;
const STRENGTH = { most: 0.8, least: 0.3 };

export class Graph {
  #onChoice;
  #handoffs = [];
  #more = 0;
  #chosen = "";
  #agents = [];
  #picture = h("div", { class: "picture" });
  #note = h("p", { class: "hint" });
  #tabulate;
  #width = 0;
  #isWaiting = true;

  /** `onChoice(agent)` is told which agent was chosen; of "" for none. */
  constructor(place, onChoice) {
    this.#onChoice = onChoice;
    const table = h("details", {}, h("summary", { text: "The handoffs as a table" }));
    this.#tabulate = tableBehind(table, ["From", "To", "Accepted", "Refused"], () => this.#rows());
    const legend = [
      ["good", "accepted"],
      ["bad", "refused"],
      ["claimed", "a name that no key has proven"],
    ];
    place.append(
      h(
        "p",
        { class: "row legend" },
        legend.map(([name, text]) => h("span", { class: `key ${name}`, text })),
      ),
      this.#picture,
      this.#note,
      table,
    );
    new ResizeObserver(() => {
      if (Math.abs(this.#picture.clientWidth - this.#width) > 1) this.#draw();
    }).observe(this.#picture);
  }

  /** Shows the handoffs of a summary; of null while a log is read, which tells them at its end. */
  show(summary) {
    this.#isWaiting = summary === null;
    this.#handoffs = summary?.handoffs ?? [];
    this.#more = summary?.more_handoffs ?? 0;
    this.#agents = busiest(this.#handoffs);
    this.#draw();
    this.#tabulate();
  }

  /** Marks the agent that was chosen, by whatever means. */
  choose(agent) {
    this.#chosen = agent;
    for (const node of this.#picture.querySelectorAll(".node")) node.setAttribute("aria-pressed", String(node.dataset.agent === agent));
    this.#light(agent);
    this.#note.textContent = this.#words();
  }

  /** All agents that are named, the busiest first. */
  get names() {
    return [...new Set(this.#handoffs.flatMap(({ from, to }) => [from, to]))].filter((name) => name !== "");
  }

  #draw() {
    const width = this.#picture.clientWidth;
    this.#width = width;
    const agents = this.#agents;
    this.#note.textContent = this.#words();
    if (width === 0 || agents.length === 0) return void clear(this.#picture);
    const plan = layout(agents.length, width);
    const place = new Map(agents.map((name, index) => [name, index]));
    const most = Math.max(1, ...this.#handoffs.map(({ accepted, refused }) => Math.max(accepted, refused)));
    const ways = this.#handoffs.filter(({ from, to }) => place.has(from) && place.has(to));
    const strength = Math.max(STRENGTH.least, STRENGTH.most * Math.min(1, Math.sqrt(STRONG / ways.length)));
    const of = (what, bend) =>
      ways
        .filter((way) => way[what] > 0)
        .map((way) => this.#way(way, what, plan.path(place.get(way.from), place.get(way.to), bend), { most, strength }));
    const svg = s(
      "svg",
      {
        viewBox: `0 0 ${plan.width} ${plan.height}`,
        width: plan.width,
        height: plan.height,
        role: "group",
        "aria-label": "Agents, and who handed over to whom",
      },
      s("defs", {}, ["good", "bad"].map(tip)),
      // Refusals above the rest, or nobody would see them.
      s("g", { class: "ways", "aria-hidden": "true" }, of("accepted", 0.12), of("refused", 0.24)),
      agents.map((name, index) => this.#node(name, plan.nodes[index], index)),
    );
    clear(this.#picture, svg);
    this.choose(this.#chosen);
  }

  #way({ from, to, ...counts }, what, path, { most, strength }) {
    const thick = (1.4 + 3.6 * Math.sqrt(counts[what] / most)) * strength;
    const tone = what === "accepted" ? "good" : "bad";
    return s(
      "path",
      {
        class: `way ${tone}`,
        d: path,
        "stroke-width": thick.toFixed(1),
        "stroke-opacity": strength.toFixed(2),
        "marker-end": `url(#sentinel-${tone})`,
        dataset: { from, to },
      },
      s("title", { text: `${agentName(from)} → ${agentName(to)}: ${counts[what].toLocaleString("en")} ${what}` }),
    );
  }

  #node(name, node, index) {
    const { x, y, anchor, labelX, labelY, room } = node;
    const isClaimed = this.#isClaimed(name);
    const shown = agentName(name, room);
    const whole = shown === agentName(name) ? "" : ` (${agentName(name)})`;
    const label = `${shown}${whole}${isClaimed ? ", a name that no key has proven" : ""}: ${this.#tally(name)}`;
    const choose = () => this.#onChoice(this.#chosen === name ? "" : name);
    return s(
      "g",
      {
        class: isClaimed ? "node claimed" : "node",
        role: "button",
        tabindex: index === 0 ? "0" : "-1",
        "aria-pressed": "false",
        "aria-label": label,
        dataset: { agent: name },
        on: {
          click: choose,
          keydown: (event) => this.#key(event, index, choose),
          pointerenter: () => this.#light(name),
          pointerleave: () => this.#light(this.#chosen),
          focus: () => this.#light(name),
          blur: () => this.#light(this.#chosen),
        },
      },
      s("title", { text: label }),
      s("rect", { class: "area", ...reachOf(node, shown.length) }),
      s("circle", { class: "reach", cx: x, cy: y, r: 13 }),
      s("circle", { class: "dot", cx: x, cy: y, r: 6.5 }),
      s("text", { x: labelX, y: labelY, "text-anchor": anchor, text: shown }),
    );
  }

  /** One stop for the tabulator key; the arrows go from agent to agent. */
  #key(event, index, choose) {
    const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
    if (event.key === "Enter" || event.key === " ") choose();
    else if (event.key === "Escape") this.#onChoice("");
    else if (event.key in steps) {
      const nodes = [...this.#picture.querySelectorAll(".node")];
      const next = nodes[(index + steps[event.key] + nodes.length) % nodes.length];
      for (const node of nodes) node.setAttribute("tabindex", node === next ? "0" : "-1");
      next.focus();
    } else return;
    event.preventDefault();
  }

  /** Dims what does not concern `agent`. */
  #light(agent) {
    const svg = this.#picture.firstElementChild;
    svg?.classList.toggle("lit", agent !== "" && this.#agents.includes(agent));
    for (const way of this.#picture.querySelectorAll(".way"))
      way.classList.toggle("on", way.dataset.from === agent || way.dataset.to === agent);
  }

  #isClaimed(name) {
    // Of a refused packet both names are what it says.
    return !this.#handoffs.some(({ from, to, accepted }) => accepted > 0 && (from === name || to === name));
  }

  #tally(name) {
    const total = (side, what) => this.#handoffs.reduce((count, handoff) => count + (handoff[side] === name ? handoff[what] : 0), 0);
    const told = (verb, side) => {
      const [accepted, refused] = [total(side, "accepted"), total(side, "refused")];
      return `${verb} ${counted(accepted + refused, "packet")}, ${refused.toLocaleString("en")} refused`;
    };
    return `${told("sent", "from")}; ${told("was sent", "to")}`;
  }

  #words() {
    const left = this.names.length - this.#agents.length;
    const nameless = this.#handoffs
      .filter(({ from, to }) => from === "" || to === "")
      .reduce((count, { accepted, refused }) => count + accepted + refused, 0);
    if (this.#isWaiting) return "Drawn when the log has been read.";
    if (this.#agents.length === 0) return "No packet of this log names its agents.";
    return [
      this.#agents.includes(this.#chosen)
        ? `Below are the findings of ${agentName(this.#chosen)}. Choose it again for all.`
        : "Choose an agent to see its findings.",
      left > 0 && `And ${counted(left, "agent")} more, in the table.`,
      this.#handoffs.length > MOST_ROWS &&
        `The table holds the first ${counted(MOST_ROWS, "pair")} of ${this.#handoffs.length.toLocaleString("en")}.`,
      this.#more > 0 && `${counted(this.#more, "packet")} of further pairs are counted only.`,
      nameless > 0 && `${counted(nameless, "packet")} named no sender or no receiver.`,
    ]
      .filter(Boolean)
      .join(" ");
  }

  #rows() {
    const named = this.#handoffs.map(({ from, to, accepted, refused }) => [agentName(from), agentName(to), accepted, refused]);
    return named.slice(0, MOST_ROWS);
  }
}

/**
 * The agents with the most packets, by name. Some places are for pairs with refusals, which may be rare; not all of them, because
 * names may be invented.
 */
function busiest(handoffs) {
  const refused = handoffs.filter((pair) => pair.refused > 0).slice(0, MOST_AGENTS / 4);
  const names = new Set([...refused, ...handoffs].flatMap(({ from, to }) => [from, to]).filter((name) => name !== ""));
  return [...names].slice(0, MOST_AGENTS).sort(new Intl.Collator("en", { numeric: true }).compare);
}

/** The tip of an arrow. */
function tip(tone) {
  return s(
    "marker",
    {
      id: `sentinel-${tone}`,
      viewBox: "0 0 10 10",
      refX: 8,
      refY: 5,
      markerWidth: 8,
      markerHeight: 8,
      markerUnits: "userSpaceOnUse",
      orient: "auto",
    },
    s("path", { class: `tip ${tone}`, d: "M0 0L10 5L0 10z" }),
  );
}
