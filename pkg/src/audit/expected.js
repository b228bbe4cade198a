/** What a reader of a log may demand of it beyond its being as it was written. */
import { configInvalid } from "../errors.js";
import { typeName, wellFormed } from "../text.js";

/** The demands among the options, each checked. */
export function expectedOptions({ logId, requireSealed = false, minSize = 0 }) {
  if (logId !== undefined && (typeof logId !== "string" || logId === "")) throw configInvalid(`\`logId\` must be a text that names the log, not ${typeName(logId)}`, "logId");
  if (typeof requireSealed !== "boolean") throw configInvalid(`\`requireSealed\` must be true or false, not ${typeName(requireSealed)}`, "requireSealed");
  if (!Number.isSafeInteger(minSize) || minSize < 0) throw configInvalid("`minSize` must be a whole number of lines from 0 to 2^53 - 1", "minSize");
  return { logId: logId === undefined ? undefined : wellFormed(logId, "`logId`", "logId"), requireSealed, minSize };
}

/**
 * The report with what it falls short of.
 *
 * @param {{ keys?: unknown, logId?: string, requireSealed?: boolean, minSize?: number }} demands with keys something must be sealed
 * @param {{ lines: number, sealed: number }} [all] of all files, where the log is in several
 */
export function held(report, { keys, logId, requireSealed = false, minSize = 0 }, all = report) {
  const short = [];
  const miss = (from, to, fault, message) => short.push({ from, to, fault, message });
  const { lines, unsealed } = report;
  // A log that goes on with another one bears its name, and may have no checkpoint yet.
  const name = report.logId ?? report.continues?.logId ?? null;
  if (logId !== undefined && !isOf(name, logId)) {
    miss(1, lines, "other_log", name === null ? `no checkpoint says that this is the log \`${logId}\`` : `this is the log \`${name}\`, not \`${logId}\``);
  }
  if (all.lines < minSize) miss(lines + 1, lines + minSize - all.lines, "log_too_small", `there are ${all.lines} lines; at least ${minSize} were expected`);
  if (requireSealed && unsealed > 0) miss(1, lines, "unsealed_lines", `no trusted checkpoint vouches for ${unsealed} of ${lines} lines`);
  const isEmpty = (keys?.length ?? 0) > 0 || requireSealed;
  if (isEmpty && all.sealed === 0 && report.whole && short.length === 0) miss(1, lines, "nothing_sealed", "nothing is sealed: no checkpoint of a trusted key vouches for any line");
  return short.length === 0 ? report : { ...report, whole: false, breaks: [...report.breaks, ...short] };
}

/** Logs that follow full ones have their number behind the name. */
function isOf(name, logId) {
  return name === logId || (name !== null && name.startsWith(`${logId}/`) && /^[1-9]\d{0,14}$/.test(name.slice(logId.length + 1)));
}
