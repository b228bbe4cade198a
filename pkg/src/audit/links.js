/** Whether the log of `one` begins by naming the whole of the log of `other`, by what `verifyLog` reported of both. */
const follows = (one, other) => one.report.continues?.size === other.report.lines && one.report.continues.root === other.report.root;

/** Files, each with its `report`, in the order of their links: `{ each, isLinked }`. One that goes on with none of the others begins a stretch of its own. */
export function inOrderOfLinks(given) {
  const left = new Set(given);
  const begins = (each) => !given.some((other) => other !== each && follows(each, other));
  const starts = given.filter(begins).sort((one, other) => Number(one.report.continues !== null) - Number(other.report.continues !== null));
  const ordered = [];
  for (const start of [...starts, ...given]) {
    for (let next = left.has(start) ? start : undefined; next !== undefined; next = [...left].find((each) => follows(each, ordered.at(-1).each))) {
      left.delete(next);
      ordered.push({ each: next, isLinked: ordered.length > 0 && follows(next, ordered.at(-1).each) });
    }
  }
  return ordered;
}
