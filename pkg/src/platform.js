/**
 * What the package takes from the runtime around it, looked up at each call: fake timers replace it while a test runs, and hardened or
 * bare realms lack some of it.
 */
import { configInvalid } from "./errors.js";

/** Milliseconds since 1970 by the runtime's clock; NaN, which is no time, where a realm has none. */
export function wallClock() {
  try {
    const now = Date.now();
    return typeof now === "number" ? now : Number.NaN;
  } catch {
    return Number.NaN;
  }
}

/**
 * How many milliseconds have passed since this call; NaN once that cannot be told. By the clock of this moment throughout, as a timer: not
 * set back with the wall clock where the runtime has another, and not exchanged where fake timers come or go meanwhile.
 */
export function stopwatch() {
  const read = durationClock();
  const startedMs = read();
  return () => {
    try {
      return read() - startedMs;
    } catch {
      return Number.NaN;
    }
  };
}

function durationClock() {
  try {
    const { performance } = globalThis;
    const read = performance.now.bind(performance);
    read();
    return read;
  } catch {
    return wallClock;
  }
}

/** From 0 to 1, for pauses that need not be regular and nothing else; no randomness where a realm has none. */
export function chance() {
  try {
    return Math.random();
  } catch {
    return 0.5;
  }
}

/**
 * For what must be found missing before a nonce is taken or a host is asked, not after.
 * @param {string} what draws ids, nonces or keys, in words
 */
export function requireRandomness(what) {
  if (typeof globalThis.crypto?.getRandomValues !== "function") throw missing(what, "crypto.getRandomValues");
}

/** @param {string} what waits, in words */
export function requireTimers(what) {
  for (const name of ["setTimeout", "clearTimeout", "AbortController"]) {
    if (typeof globalThis[name] !== "function") throw missing(what, name);
  }
}

/** WebCrypto's `subtle`, which browsers offer to secure contexts only. */
export function subtleCrypto() {
  const subtle = globalThis.crypto?.subtle;
  if (subtle === undefined || subtle === null) {
    throw configInvalid("this runtime has no `crypto.subtle`: serve the page over HTTPS or from localhost, or keep the key outside WebCrypto");
  }
  return subtle;
}

function missing(what, name) {
  return configInvalid(`${what} needs \`${name}\`, which this runtime lacks`);
}
