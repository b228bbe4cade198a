/** A clock that stands still but where a test lets time pass, whatever else the machine does. */
import { createRequire } from "node:module";
import { afterEach, beforeEach } from "node:test";

const FakeTimers = createRequire(new URL("../tools/package.json", import.meta.url))("@sinonjs/fake-timers");

/** In place of the real one for each test of the suite, or file, that calls this. */
export function fakeClock() {
  let clock;
  beforeEach(() => (clock = FakeTimers.install({ now: Date.now(), toFake: ["setTimeout", "clearTimeout", "Date", "performance"] })));
  afterEach(() => clock.uninstall());
  const elapse = (ms) => clock.tickAsync(ms);

  /** What a promise comes to, and after how many milliseconds, in steps of at most ten. */
  async function outcome(promise) {
    const started = Date.now();
    let ended = null;
    const end = () => (ended = Date.now() - started);
    promise.then(end, end);
    await elapse(0);
    for (let left = 1000; ended === null && left > 0; left -= 1) await elapse(10);
    return [ended === null ? undefined : await promise, ended];
  }
  return { elapse, outcome };
}
