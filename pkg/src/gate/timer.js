/** Longest wait that a timer can hold; a longer one would fire at once. */
export const MAX_TIMER_MS = 2_147_483_647;

/**
 * Calls back once when `ms` have passed, however long that is; the function returned calls it off.
 *
 * Both functions are taken from the runtime at the moment of arming: under fake timers the fake ones, and a timer is always called off
 * by the clock that it was set on.
 * @param {boolean} background whether a process with nothing else to do may end before
 */
export function after(ms, callback, background = false) {
  let armed;
  const arm = (left) => {
    const { setTimeout, clearTimeout } = globalThis;
    const wait = Math.min(Math.max(left, 0), MAX_TIMER_MS);
    const timer = setTimeout(() => (left > wait ? arm(left - wait) : callback()), wait);
    armed = { timer, clearTimeout };
    if (background) release(timer);
  };
  arm(ms);
  return () => {
    const { timer, clearTimeout } = armed;
    try {
      clearTimeout(timer);
    } catch {
      // It may still fire, which changes nothing any more; it must not keep the process.
      release(timer);
    }
  };
}

/** Node and Bun have timers as objects, Deno a function beside them, browsers nothing. */
function release(timer) {
  if (typeof timer === "object") timer.unref?.();
  else globalThis.Deno?.unrefTimer?.(timer);
}
