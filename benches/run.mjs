/**
 * `make bench`: the gate beside the bare signature, other libraries and the Python reference, in one run.
 *
 * Round by round every subject gets its turn, each round starting with another one, so that a slow second of the machine
 * meets all of them and the ratios hold. Numbers go to a table and to results.json. `--rounds N` and `--calls N` choose how long.
 * Then hostile texts beside genuine ones of their size, and Sentinel and the reference's read an event log of `--log MB`, by default 200; with 0 they do not.
 */
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { sizes } from "../pkg/build/sizes.mjs";
import { summary } from "./statistics.mjs";

const WARM_UP_ROUNDS = 5;

const { rounds, calls, log } = options();
const { BASELINE, subjects } = await load("./subjects.mjs");
const { reference } = await load("./reference.mjs");
const { hostileRows } = await load("./hostile.mjs");
const { sentinelRows } = await load("./sentinel.mjs");

const { fresh, list } = await subjects();
const python = reference(fresh);
if (python.subject !== undefined) list.push(python.subject);

const measured = new Map(list.map(({ name }) => [name, []]));
for (let round = -WARM_UP_ROUNDS; round < rounds; round += 1) {
  progress(round < 0 ? "warming up" : `round ${round + 1} of ${rounds}`);
  const first = (round + WARM_UP_ROUNDS) % list.length;
  for (const subject of [...list.slice(first), ...list.slice(0, first)]) {
    const times = await (subject.round?.(calls) ?? time(subject));
    if (round >= 0) measured.get(subject.name).push(times);
  }
}
python.end?.();
const hostile = hostileRows(progress);
const audits = log > 0 ? await sentinelRows(log, progress) : null;
progress("");

const rows = list.map(({ name, group }) => ({ name, group, ...summary(measured.get(name), measured.get(BASELINE)) }));
const download = sizes(fileURLToPath(new URL("../pkg/dist", import.meta.url)));
const envelopeBytes = Buffer.byteLength(fresh(1)[0]);
report(rows);
reportHostile(hostile);
if (audits !== null) reportAudits(audits);
writeFileSync(
  new URL("results.json", import.meta.url),
  `${JSON.stringify({ node: process.version, cpu: cpus()[0]?.model ?? null, rounds, calls, envelope_bytes: envelopeBytes, baseline: BASELINE, wasm: download, rows, hostile, audits }, null, 2)}\n`,
);

async function time({ prepare, run }) {
  const inputs = await prepare(calls);
  const times = new Float64Array(inputs.length);
  for (let at = 0; at < inputs.length; at += 1) {
    const begun = performance.now();
    const pending = run(inputs[at]);
    // Awaiting what is no promise would add a turn of the queue to every synchronous call.
    if (pending !== undefined) await pending;
    times[at] = (performance.now() - begun) * 1000;
  }
  return times;
}

function report(rows) {
  console.log(`envelope of ${envelopeBytes} bytes, ${rounds} rounds of ${calls} calls, Node ${process.version}, ${cpus()[0]?.model ?? "unknown processor"}\n`);
  console.log(`${"".padEnd(30)}${"median µs".padStart(10)}${"p95 µs".padStart(10)}   ratio to ${BASELINE}`);
  for (const group of ["verify", "sign"]) {
    for (const row of rows.filter((each) => each.group === group).sort((one, other) => one.median_us - other.median_us)) {
      console.log(`${row.name.padEnd(30)}${row.median_us.toFixed(1).padStart(10)}${row.p95_us.toFixed(1).padStart(10)}${row.ratio.toFixed(2).padStart(8)}`);
    }
    console.log("");
  }
  for (const { file, raw, gzipped, limit } of download) {
    console.log(`${file}: ${raw} bytes, ${gzipped} after gzip -9, ${gzipped <= limit ? "within" : "OVER"} the limit of ${limit}`);
  }
  if (python.missing !== undefined) console.log(python.missing);
}

function reportHostile(rows) {
  console.log(`\nhostile texts beside genuine ones of their size\n`);
  console.log(`${"".padEnd(36)}${"bytes".padStart(10)}${"ms".padStart(10)}   ratio to the slowest genuine one`);
  for (const { name, bytes, ms, ratio } of rows) {
    console.log(`${name.padEnd(36)}${String(bytes).padStart(10)}${ms.toFixed(2).padStart(10)}${ratio.toFixed(2).padStart(8)}`);
  }
}

function reportAudits({ bytes, rows, missing }) {
  console.log(`\nevent log of ${(bytes / 1e6).toFixed(0)} MB\n`);
  console.log(`${"".padEnd(30)}${"seconds".padStart(10)}${"MB/s".padStart(10)}${"peak MB".padStart(10)}   ratio`);
  for (const { name, seconds, mb_per_s, peak_mb, ratio } of rows) {
    console.log(`${name.padEnd(30)}${seconds.toFixed(2).padStart(10)}${mb_per_s.toFixed(0).padStart(10)}${peak_mb.toFixed(0).padStart(10)}${ratio.toFixed(2).padStart(8)}`);
  }
  if (missing !== null) console.log(missing);
}

function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

function options() {
  let values;
  try {
    ({ values } = parseArgs({ options: { rounds: { type: "string", default: "60" }, calls: { type: "string", default: "50" }, log: { type: "string", default: "200" } } }));
  } catch (error) {
    stop(error.message);
  }
  const [rounds, calls, log] = [Number(values.rounds), Number(values.calls), Number(values.log)];
  if (![rounds, calls].every((number) => Number.isSafeInteger(number) && number > 0)) stop("--rounds and --calls take a whole number above zero");
  if (!Number.isSafeInteger(log) || log < 0) stop("--log takes a whole number of megabytes, or 0");
  return { rounds, calls, log };
}

async function load(path) {
  try {
    return await import(path);
  } catch (error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
    return stop("something is not built or not installed: run `make bench`");
  }
}

function stop(message) {
  console.error(`bench: ${message}`);
  process.exit(2);
}
