/** Where agents stand and how the ways between them run: on a circle where there is room, else in a column with arcs beside it. */

/** Most agents on a circle; the names of more would meet. */
const MOST_ON_A_CIRCLE = 20;
const NARROW = 460;
/** Rows that a mouse meets, and that a finger does. */
const ROW = { fine: 32, coarse: 44 };
/** How wide a letter is, about. */
const LETTER = 7.4;
/** How far around its mark an agent is met, and how far from it its name stands. */
const REACH = 16;
const ASIDE = 17;
/** Room for names beside a circle. */
const MARGIN = 150;

/** `{ width, height, nodes: [{ x, y, anchor, labelX, labelY, room }], path(from, to, bend) }` for so many agents in so much width. */
export function layout(count, width) {
  return count <= MOST_ON_A_CIRCLE && width >= NARROW ? circle(count, width) : column(count, width);
}

/** The rectangle in which an agent with a label of so many letters is met. */
export function reachOf({ x, y, anchor, labelX, labelY, reach = REACH }, letters) {
  const wide = letters * LETTER;
  const start = labelX - { start: 0, middle: wide / 2, end: wide }[anchor];
  const [left, right] = [Math.min(x - reach, start), Math.max(x + reach, start + wide)];
  const [top, bottom] = [Math.min(y - reach, labelY - REACH), Math.max(y + reach, labelY + 6)];
  return { x: left, y: top, width: right - left, height: bottom - top };
}

function circle(count, width) {
  const height = 400;
  const [middleX, middleY] = [width / 2, height / 2];
  const [radiusX, radiusY] = [width / 2 - MARGIN, height / 2 - 40];
  const nodes = Array.from({ length: count }, (_, n) => {
    const turn = (2 * Math.PI * n) / count - Math.PI / 2;
    const [x, y] = [middleX + radiusX * Math.cos(turn), middleY + radiusY * Math.sin(turn)];
    const aside = Math.cos(turn);
    // Beside its agent; at the top and the bottom, where neighbours stand side by side, outwards.
    const anchor = Math.abs(aside) < 0.15 ? "middle" : aside < 0 ? "end" : "start";
    return {
      x,
      y,
      anchor,
      labelX: anchor === "middle" ? x : x + ASIDE * Math.sign(aside),
      labelY: y + 4 + 19 * Math.sin(turn) ** 3,
      room: Math.floor((MARGIN - ASIDE) / LETTER),
    };
  });
  const path = (from, to, bend) => {
    const [a, b] = [nodes[from], nodes[to]];
    if (from === to) return `M${at(a.x)} ${at(a.y)}c22 -34 -44 -34 -8 -6`;
    const [x, y] = [(a.x + b.x) / 2 - (b.y - a.y) * bend, (a.y + b.y) / 2 + (b.x - a.x) * bend];
    return `M${at(a.x)} ${at(a.y)}Q${at(x)} ${at(y)} ${ends(x, y, b)}`;
  };
  return { width, height, nodes, path };
}

function column(count, width) {
  const row = matchMedia("(pointer: coarse)").matches ? ROW.coarse : ROW.fine;
  const height = count * row;
  const x = Math.min(190, width * 0.5);
  const nodes = Array.from({ length: count }, (_, n) => ({
    x,
    y: (n + 0.5) * row,
    anchor: "end",
    labelX: x - ASIDE,
    labelY: (n + 0.5) * row + 4,
    room: Math.floor((x - ASIDE - 4) / LETTER),
    reach: row / 2,
  }));
  const reach = width - x - 24;
  const path = (from, to, bend) => {
    const [a, b] = [nodes[from], nodes[to]];
    // Farther apart, farther out; those of the other direction a little beside.
    const out = x + Math.min(reach, 18 + (reach * Math.abs(to - from)) / Math.max(2, count - 1)) * (from < to ? 1 : 0.86) + bend * 40;
    if (from === to) return `M${at(x)} ${at(a.y)}c30 -16 30 16 9 3`;
    return `M${at(x)} ${at(a.y)}C${at(out)} ${at(a.y)} ${at(out)} ${at(b.y)} ${at(b.x + 9)} ${at(b.y)}`;
  };
  return { width, height, nodes, path };
}

/** Just before the mark of an agent, where one comes from (x, y). */
function ends(x, y, node) {
  const far = Math.hypot(node.x - x, node.y - y) || 1;
  return `${at(node.x - ((node.x - x) / far) * 11)} ${at(node.y - ((node.y - y) / far) * 11)}`;
}

const at = (number) => number.toFixed(1);
