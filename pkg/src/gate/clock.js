import { disregard } from "../promises.js";
import { isTime } from "../time.js";

/**
 * The host's clock with a floor: a clock that is set back, or that a host can be tricked into setting back, must not make
 * an expired packet valid again (catalogue W11).
 */
export class GateClock {
  #read;
  #floor = 0;

  constructor(read) {
    this.#read = read;
  }

  /** The latest reading, by which the latest decision was made; null before the first. */
  get latest() {
    return this.#floor === 0 ? null : this.#floor;
  }

  /** Milliseconds since the epoch, or null where the clock throws or answers no time. */
  now() {
    const read = this.#read;
    let reading;
    try {
      reading = read();
    } catch {
      return null;
    }
    disregard(reading);
    if (!isTime(reading)) return null;
    this.#floor = Math.max(this.#floor, reading);
    return this.#floor;
  }
}
