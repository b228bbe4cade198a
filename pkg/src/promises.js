/**
 * Looks away from a promise that nobody will wait for: its rejection must not end the process as an unhandled one.
 * Of promises only (by brand, in every realm), for calling `then` of anything else may start work, as a query builder does.
 */
export function disregard(value) {
  if (typeof value !== "object" || value === null) return;
  try {
    Promise.prototype.then.call(value, undefined, () => {});
  } catch {
    // Not a promise.
  }
}

/** Done if it can be: where something has run already, what came of it is not lost over this. */
export function attempt(work) {
  try {
    work();
  } catch {
    // Nothing that follows depends on it.
  }
}

/** Whether something is to be awaited. */
export function isThenable(value) {
  return typeof value === "object" && value !== null && typeof value.then === "function";
}
