/** Keys by their expiry, earliest first: a binary heap, so that a full store costs no scan (catalogue A08). */
export class ExpiryQueue {
  /** `[expiresAtMs, key]`; each entry is no later than its two children at 2i + 1 and 2i + 2. */
  #heap = [];

  add(key, expiresAtMs) {
    const heap = this.#heap;
    let at = heap.push([expiresAtMs, key]) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent][0] <= heap[at][0]) return;
      [heap[parent], heap[at]] = [heap[at], heap[parent]];
      at = parent;
    }
  }

  /** Removes and returns the key that expires first if it has expired at `nowMs`; undefined if none has. */
  takeExpired(nowMs) {
    const heap = this.#heap;
    if (heap.length === 0 || heap[0][0] > nowMs) return undefined;
    const [[, key], last] = [heap[0], heap.pop()];
    if (heap.length > 0) {
      heap[0] = last;
      this.#sink();
    }
    return key;
  }

  #sink() {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let least = at;
      if (left < heap.length && heap[left][0] < heap[least][0]) least = left;
      if (right < heap.length && heap[right][0] < heap[least][0]) least = right;
      if (least === at) return;
      [heap[least], heap[at]] = [heap[at], heap[least]];
      at = least;
    }
  }
}
