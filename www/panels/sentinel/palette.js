/** Colours of the page as a canvas takes them; of whichever theme is shown. */
import { h } from "../../ui/dom.js";

const TOKENS = { good: "--good", bad: "--bad", mark: "--warn", soft: "--soft", line: "--line", card: "--card" };
/** Width of a tile of stripes, in pixels of the canvas. */
const TILE = 6;

export class Palette {
  /** What a token stands for only an element can tell. */
  #probe = h("span", { hidden: true });
  #colours;

  /** `onChange()` is called when the theme has changed. */
  constructor(place, onChange) {
    place.append(this.#probe);
    const changed = () => {
      this.#colours = undefined;
      onChange();
    };
    addEventListener("themechange", changed);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
  }

  colour(name) {
    this.#colours ??= Object.fromEntries(Object.entries(TOKENS).map(([key, token]) => [key, this.#computed(token)]));
    return this.#colours[name];
  }

  /** Stripes, for eyes to which two colours are alike. */
  hatched(name) {
    const colour = this.colour(name);
    return (this.#colours[`${name} hatched`] ??= hatch(colour, this.colour("card")));
  }

  #computed(token) {
    this.#probe.style.color = `var(${token})`;
    return getComputedStyle(this.#probe).color;
  }
}

function hatch(colour, gap) {
  const tile = h("canvas", { width: TILE, height: TILE });
  const ctx = tile.getContext("2d");
  ctx.fillStyle = colour;
  ctx.fillRect(0, 0, TILE, TILE);
  ctx.strokeStyle = gap;
  ctx.lineWidth = 1.2;
  // The second and third stroke go on where those of the neighbours end.
  for (const by of [0, -TILE, TILE]) {
    ctx.moveTo(by, TILE);
    ctx.lineTo(by + TILE, 0);
  }
  ctx.stroke();
  return ctx.createPattern(tile, "repeat");
}
