/** What happened when: decisions as bars, findings as marks, and a choice of time by dragging. A table under it says the same. */
import { h } from "../../ui/dom.js";
import { load } from "../../ui/load.js";
import { counted } from "../../ui/text.js";
import { Palette } from "./palette.js";
import { tableBehind } from "./table.js";
import { byTouch } from "./touch.js";
import { lasting, moment } from "./words.js";

const HEIGHT = { wide: 330, narrow: 240 };
/** Width from which there is room for the higher one. */
const WIDE = 460;
/** How much of its step a bar takes, and how wide it is at most. */
const BAR = { share: 0.86, most: 48 };
/** Where a mark stands above its bar, and how large it is at most, in pixels of the page. */
const MARK = { above: 9, least: 3, most: 6 };

export class Timeline {
  #place;
  #onChoice;
  #chart;
  #data;
  #palette;
  #canvas = h("div", { class: "chart" });
  #note = h("p", { class: "hint" });
  #undo = h("button", {
    type: "button",
    class: "quiet",
    hidden: true,
    text: "All of the time",
    on: { click: () => this.#onChoice(null, null) },
  });
  #tabulate;
  #isWhole = true;

  /** `onChoice(from, until)` is told of a stretch of time that was chosen, in milliseconds; of nulls for all of it. */
  constructor(place, onChoice) {
    this.#place = place;
    this.#onChoice = onChoice;
    this.#palette = new Palette(place, () => this.#chart?.redraw());
    const table = h("details", {}, h("summary", { text: "The timeline as a table" }));
    this.#tabulate = tableBehind(table, ["From (UTC)", "Accepted", "Refused", "Findings"], () => this.#rows());
    const legend = [
      ["good", "accepted"],
      ["bad", "refused"],
      ["found", "findings from medium on"],
    ];
    place.append(
      h(
        "p",
        { class: "row legend" },
        legend.map(([name, text]) => h("span", { class: `key ${name}`, text })),
      ),
      this.#canvas,
      h("div", { class: "row" }, this.#note, this.#undo),
      table,
    );
    new ResizeObserver(() => this.#fit()).observe(this.#canvas);
  }

  /** Shows `timeline` as Sentinel tells it; null where nothing was decided. */
  async show(timeline) {
    this.#data = timeline;
    this.#place.dataset.empty = String(timeline === null);
    this.#say();
    this.#tabulate();
    if (timeline === null) return;
    const { default: uPlot } = await load("uplot");
    if (this.#data !== timeline) return;
    if (!this.#chart) this.#chart = this.#draw(uPlot, series(timeline));
    else {
      this.#chart.setData(series(timeline), this.#isWhole);
      if (!this.#isWhole) this.#chart.redraw();
    }
  }

  /** Shows the stretch that was chosen, by whatever means. */
  choose(from, until) {
    this.#isWhole = from === null && until === null;
    this.#undo.hidden = this.#isWhole;
    const chart = this.#chart;
    if (!chart || !this.#data) return;
    const [first, last] = bounds(this.#data);
    chart.setScale("x", { min: (from ?? first) / 1000, max: Math.max((until ?? last) / 1000, (from ?? first) / 1000 + 1) });
  }

  #draw(uPlot, data) {
    const bars = uPlot.paths.bars({ size: [BAR.share, BAR.most], align: 1 });
    const coloured = (name) => () => this.#palette.colour(name);
    const axis = {
      stroke: coloured("soft"),
      grid: { stroke: coloured("line"), width: 1 },
      ticks: { show: false },
      font: "12px system-ui, sans-serif",
    };
    return new uPlot(
      {
        ...this.#size,
        padding: [14, 22, 0, 0],
        legend: { show: false },
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
        scales: {
          x: { time: true, range: (_, min, max) => [min, max === min ? max + 1 : max] },
          y: { range: (_, min, max) => [0, Math.max(1, max * 1.12)] },
        },
        series: [
          {},
          { label: "accepted", fill: coloured("good"), stroke: coloured("good"), width: 0, paths: bars, points: { show: false } },
          {
            label: "refused",
            fill: () => this.#palette.hatched("bad"),
            stroke: coloured("bad"),
            width: 0,
            paths: bars,
            points: { show: false },
          },
        ],
        axes: [
          { ...axis, space: 64, values: (_, ticks, __, ___, step) => ticks.map((tick, n) => tickText(tick, step, n === 0)) },
          { ...axis, size: 46, values: (_, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? tick.toLocaleString("en") : "")) },
        ],
        cursor: {
          y: false,
          points: { show: false },
          drag: { x: true, y: false, setScale: false },
          bind: { dblclick: () => () => void this.#onChoice(null, null) },
        },
        plugins: [byTouch],
        hooks: {
          draw: [(chart) => this.#mark(chart)],
          setCursor: [() => this.#say()],
          setSelect: [(chart) => this.#chosen(chart)],
        },
      },
      data,
      this.#canvas,
    );
  }

  /** A diamond above every step in which something was found. */
  #mark(chart) {
    if (this.#data === null) return;
    const { ctx } = chart;
    const ratio = devicePixelRatio;
    const { start, stepSeconds, steps } = this.#data;
    const most = Math.max(1, ...steps.map(([, , found]) => found));
    const { left, width } = chart.bbox;
    const xOf = (step) => chart.valToPos(Date.parse(start) / 1000 + step * stepSeconds, "x", true);
    const middle = Math.min((xOf(1) - xOf(0)) * BAR.share, BAR.most * ratio) / 2;
    ctx.save();
    ctx.fillStyle = this.#palette.colour("mark");
    for (const [n, [accepted, refused, found]] of steps.entries()) {
      const x = xOf(n) + middle;
      if (found === 0 || x < left || x > left + width) continue;
      const size = (MARK.least + (MARK.most - MARK.least) * Math.sqrt(found / most)) * ratio;
      const y = chart.valToPos(accepted + refused, "y", true) - MARK.above * ratio;
      ctx.beginPath();
      ctx.moveTo(x, y - size);
      ctx.lineTo(x + size, y);
      ctx.lineTo(x, y + size);
      ctx.lineTo(x - size, y);
      ctx.fill();
    }
    ctx.restore();
  }

  #chosen(chart) {
    const { left, width } = chart.select;
    if (width < 4) return;
    const at = (position) => Math.round(chart.posToVal(position, "x")) * 1000;
    const [from, until] = [at(left), at(left + width)];
    chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.#onChoice(from, Math.max(until, from + 1000));
  }

  /** What the pointer is at; else how to read the chart. */
  #say() {
    if (this.#data === null) {
      this.#note.textContent = "No gate has decided anything in this log.";
      return;
    }
    const { start, stepSeconds, steps } = this.#data;
    const first = Date.parse(start);
    const left = this.#chart?.cursor.left ?? -1;
    const index = left < 0 ? -1 : Math.floor((this.#chart.posToVal(left, "x") - first / 1000) / stepSeconds);
    const step = steps[index];
    this.#note.textContent = step
      ? `${moment(first + index * stepSeconds * 1000)} UTC: ${step[0]} accepted, ${step[1]} refused, ${counted(step[2], "finding")}`
      : `One bar is ${lasting(stepSeconds * 1000)}. Drag over a stretch to see its findings.`;
  }

  #rows() {
    if (this.#data === null) return [];
    const { start, stepSeconds, steps } = this.#data;
    const rows = steps.map((counts, n) => [moment(Date.parse(start) + n * stepSeconds * 1000), ...counts]);
    return rows.filter(([, ...counts]) => counts.some((count) => count > 0));
  }

  #fit() {
    if (this.#chart && this.#canvas.clientWidth > 0) this.#chart.setSize(this.#size);
  }

  get #size() {
    const width = Math.max(200, this.#canvas.clientWidth);
    return { width, height: width >= WIDE ? HEIGHT.wide : HEIGHT.narrow };
  }
}

/** Seconds, and what reaches how high: the refused stand in front of all. */
function series({ start, stepSeconds, steps }) {
  const first = Date.parse(start) / 1000;
  const times = steps.map((_, n) => first + n * stepSeconds);
  // One step more, in which nothing is: the last bar has its whole width.
  return [
    [...times, first + steps.length * stepSeconds],
    [...steps.map(([accepted, refused]) => accepted + refused), null],
    [...steps.map(([, refused]) => refused), null],
  ];
}

/** A moment on the axis: the time of day, and the day where it is the first. */
function tickText(tick, step, isFirst) {
  const [day, time] = new Date(tick * 1000).toISOString().split("T");
  if (step >= 86_400) return day;
  const shown = time.slice(0, step < 60 ? 8 : 5);
  return isFirst || shown === "00:00" ? `${shown}\n${day}` : shown;
}

function bounds({ start, stepSeconds, steps }) {
  const first = Date.parse(start);
  return [first, first + steps.length * stepSeconds * 1000];
}
