/** The picture: wires between the agents, and the envelope that travels along them. */
import { find } from "../../ui/dom.js";

const LEG_MS = 420;
const HOLD_MS = 320;
/** How far before the receiver its gate stands. */
const BARRIER = 26;

/** Draws the wires whenever the stage changes its size. Gives `rest()` and `travel(delivery)` and `decide(refused)`. */
export function picture(stage) {
  const node = (selector) => find(stage, selector);
  const agents = { planner: node(".planner"), attacker: node(".attacker"), gated: node(".gated"), trusting: node(".trusting") };
  const envelopes = { gated: node("[data-envelope=gated]"), trusting: node("[data-envelope=trusting]") };
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let route;

  function draw() {
    const origin = stage.getBoundingClientRect();
    if (origin.width === 0) return;
    const boxes = Object.fromEntries(Object.entries(agents).map(([name, element]) => [name, boxOf(element, origin)]));
    // Side by side on a desk, one below the other on a phone.
    route = boxes.gated.left > boxes.planner.right ? across(boxes) : down(boxes);
    const wires = { trunk: [route.trunk[0], route.door], branch: route.branch, tap: route.taps[agents.attacker.dataset.taps] };
    for (const [name, points] of Object.entries(wires)) node(`[data-wire=${name}]`).setAttribute("d", line(points));
    if (envelopes.gated.dataset.shown === "lies") envelopes.gated.style.translate = `${route.lies.x}px ${route.lies.y}px`;
  }

  new ResizeObserver(draw).observe(stage);

  function rest() {
    for (const envelope of Object.values(envelopes)) {
      for (const animation of envelope.getAnimations()) animation.cancel();
      envelope.style.translate = "";
      delete envelope.dataset.shown;
      delete envelope.dataset.changed;
    }
    delete agents.gated.dataset.gate;
  }

  /** Resolves when both envelopes have arrived, one before the gate, one inside the agent that has none. */
  async function travel({ taps, text, before }) {
    rest();
    agents.attacker.dataset.taps = taps;
    draw();
    const { gated, trusting } = envelopes;
    const isChanged = text !== before;
    if (still.matches || route === undefined) {
      if (isChanged) gated.dataset.changed = "";
      return;
    }
    if (taps !== "wire" && isChanged) gated.dataset.changed = "";
    gated.dataset.shown = "";
    await move(gated, [route.trunk[0], route.tap], "ease-in-out");
    if (taps === "wire") {
      if (isChanged) gated.dataset.changed = "";
      await move(gated, [route.tap, route.tap], "linear", HOLD_MS);
    }
    trusting.dataset.shown = "";
    if ("changed" in gated.dataset) trusting.dataset.changed = "";
    await Promise.all([move(gated, [route.tap, route.trunk.at(-1)], "ease-out"), move(trusting, [route.tap, ...route.branch], "ease-in")]);
    delete trusting.dataset.shown;
  }

  return {
    rest,
    travel,
    /** The gate opens, or the envelope is left lying before it. */
    async decide(refused) {
      agents.gated.dataset.gate = refused ? "shut" : "open";
      const { gated } = envelopes;
      if (!refused) delete gated.dataset.shown;
      if (!refused || route === undefined) return;
      const [end, back] = [route.trunk.at(-1), route.lies];
      if (!still.matches) await move(gated, [end, back], "ease-out", HOLD_MS);
      // It lies there, wherever the stage puts its agents later.
      for (const animation of gated.getAnimations()) animation.cancel();
      gated.dataset.shown = "lies";
      draw();
    },
  };
}

function boxOf(element, origin) {
  const { left, right, top, bottom } = element.getBoundingClientRect();
  const box = { left: left - origin.left, right: right - origin.left, top: top - origin.top, bottom: bottom - origin.top };
  return { ...box, x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2 };
}

/** The trunk runs straight to the gate; the branch leaves it after the attacker. */
function across({ planner, attacker, gated, trusting }) {
  const y = gated.y;
  const tap = { x: attacker.x, y };
  const fork = { x: (attacker.right + gated.left) / 2, y };
  return {
    tap,
    trunk: [{ x: planner.right, y }, { x: gated.left - BARRIER, y }],
    door: { x: gated.left, y },
    lies: { x: gated.left - 50, y: y - 22 },
    branch: [fork, { x: fork.x, y: trusting.y }, { x: trusting.left, y: trusting.y }],
    taps: {
      wire: [{ x: attacker.x, y: attacker.top }, tap],
      planner: [{ x: attacker.left, y: attacker.y }, { x: planner.right, y: attacker.y }],
      receivers: [{ x: attacker.right, y: attacker.y }, { x: fork.x, y: attacker.y }],
    },
  };
}

function down({ planner, attacker, gated, trusting }) {
  const x = gated.x;
  const tap = { x, y: attacker.y };
  const fork = { x, y: (attacker.bottom + gated.top) / 2 };
  return {
    tap,
    trunk: [{ x, y: planner.bottom }, { x, y: gated.top - BARRIER }],
    door: { x, y: gated.top },
    lies: { x: x - 34, y: gated.top - 38 },
    branch: [fork, { x: trusting.x, y: fork.y }, { x: trusting.x, y: trusting.top }],
    taps: {
      wire: [{ x: attacker.left, y: attacker.y }, tap],
      planner: [{ x: attacker.x, y: attacker.top }, { x: attacker.x, y: planner.bottom }],
      receivers: [{ x: attacker.x, y: attacker.bottom }, { x: attacker.x, y: fork.y }],
    },
  };
}

const line = (points) => points.map(({ x, y }, index) => `${index === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

/** Ends early, without a word, when another delivery begins. */
async function move(element, points, easing, duration = LEG_MS) {
  const frames = points.map(({ x, y }) => ({ translate: `${x}px ${y}px` }));
  try {
    await element.animate(frames, { duration, easing, fill: "forwards" }).finished;
  } catch {
    // Cancelled.
  }
}
