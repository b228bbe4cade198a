/** Fingers choose in a chart as the mouse does: sideways, while up and down still move the page. */

/** A plugin of uPlot. */
export const byTouch = { hooks: { ready: wire } };

function wire(chart) {
  const { over } = chart;
  const x = ({ clientX }) => Math.min(Math.max(0, clientX - over.getBoundingClientRect().left), over.clientWidth);
  let from = null;
  const select = (event, isDone) => {
    if (from === null) return;
    const to = x(event);
    chart.setSelect({ left: Math.min(from, to), width: Math.abs(to - from), top: 0, height: over.clientHeight }, isDone);
    if (isDone) from = null;
  };
  over.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse") return;
    from = x(event);
    over.setPointerCapture(event.pointerId);
  });
  over.addEventListener("pointermove", (event) => select(event, false));
  over.addEventListener("pointerup", (event) => select(event, true));
  over.addEventListener("pointercancel", () => (from = null));
}
