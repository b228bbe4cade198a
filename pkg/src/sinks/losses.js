import { isObject } from "../text.js";
import { ownEvent } from "./own_event.js";

/** Events that could not be stored, counted until an `events_lost` event tells of them. */
export class Losses {
  #count = 0;
  #first = null;
  #last = null;
  #producer = "unknown";

  add(event) {
    const at = new Date().toISOString();
    this.#count += 1;
    this.#first ??= at;
    this.#last = at;
    if (isObject(event) && typeof event.producer_id === "string") this.#producer = event.producer_id;
  }

  /** The event that tells of them; null where none were lost. */
  take() {
    if (this.#count === 0) return null;
    const notice = ownEvent("events_lost", this.#producer, { count: this.#count, first: this.#first, last: this.#last });
    this.#count = 0;
    this.#first = null;
    return notice;
  }

  /** The event was not stored either. */
  putBack({ count, first, last }) {
    this.#count += count;
    this.#first = first;
    this.#last ??= last;
  }
}
