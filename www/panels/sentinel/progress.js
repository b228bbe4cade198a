/** How far the reading has come, and the button that ends it. */
import { clear, h } from "../../ui/dom.js";
import { counted, sized, visible } from "../../ui/text.js";

/** The rate is that of the last so many milliseconds. */
const RATE_MS = 1500;

export class Progress {
  #place;
  #bar = h("progress", { max: 1, value: 0, "aria-label": "How much of the log is read" });
  #line = h("p", { class: "hint" });
  #points = [];

  constructor(place) {
    this.#place = place;
  }

  begin(name, onStop) {
    this.#points = [{ at: performance.now(), bytes: 0 }];
    this.#bar.value = 0;
    this.#line.textContent = "Starting…";
    const stop = h("button", {
      type: "button",
      class: "danger",
      text: "Stop",
      on: {
        click: () => {
          stop.disabled = true;
          onStop();
        },
      },
    });
    clear(
      this.#place,
      h("div", { class: "row head" }, h("p", { class: "wrap" }, "Reading ", h("strong", { text: visible(name) })), stop),
      this.#bar,
      this.#line,
    );
    this.#place.hidden = false;
  }

  show({ bytes, total, lines, severities }) {
    const now = performance.now();
    this.#points.push({ at: now, bytes });
    while (this.#points.length > 2 && now - this.#points[0].at > RATE_MS) this.#points.shift();
    const [first] = this.#points;
    const rate = (bytes - first.bytes) / Math.max(0.001, (now - first.at) / 1000);
    const found = Object.values(severities).reduce((sum, count) => sum + count, 0);
    this.#bar.value = total === 0 ? 1 : bytes / total;
    const parts = [`${sized(bytes)} of ${sized(total)}`, counted(lines, "line"), `${sized(Math.round(rate))}/s`, counted(found, "finding")];
    this.#line.textContent = `${parts.join(", ")} so far`;
  }

  end() {
    this.#place.hidden = true;
  }
}
