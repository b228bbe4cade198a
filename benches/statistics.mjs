export function quantile(values, share) {
  const ordered = Float64Array.from(values).sort();
  const at = (ordered.length - 1) * share;
  const [low, high] = [Math.floor(at), Math.ceil(at)];
  return ordered[low] + (ordered[high] - ordered[low]) * (at - low);
}

export const median = (values) => quantile(values, 0.5);

/**
 * Rounds of times → one row. The time is the median of the rounds' medians. The ratio is taken within each round, where both
 * sides met the same machine, and only then its median: a slow second of the machine falls out.
 */
export function summary(rounds, baseline) {
  const medians = rounds.map(median);
  return {
    median_us: median(medians),
    p95_us: quantile(rounds.flatMap((times) => Array.from(times)), 0.95),
    ratio: median(medians.map((value, round) => value / median(baseline[round]))),
  };
}
