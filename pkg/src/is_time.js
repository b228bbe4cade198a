/** First millisecond of year 9999: the protocol's dates end before it. */
const END_MS = 253_370_764_800_000;

export function isTime(value) {
  return typeof value === "number" && value >= 0 && value < END_MS;
}
