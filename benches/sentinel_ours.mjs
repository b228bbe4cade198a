/** Reads the log of the first argument, with its hash chain or without it, and tells of it as one line of JSON. */
import { openSync, readSync } from "node:fs";
import { Sentinel } from "../pkg/dist/sentinel.js";

const [log, how] = process.argv.slice(2);
const PIECE_BYTES = 1 << 18;

/** The file in pieces, each in the memory of the one before. */
function* pieces(path) {
  const [file, piece] = [openSync(path), new Uint8Array(PIECE_BYTES)];
  for (let read = readSync(file, piece); read > 0; read = readSync(file, piece)) yield piece.subarray(0, read);
}

const begun = performance.now();
const audit = new Sentinel({ chain: how === "chained" });
await audit.ingestStream(pieces(log));
const { rejected_packet, stale_capability, overlap_window_used, ai_generated_payload, ...others } = audit.summary().findings;
const seconds = (performance.now() - begun) / 1000;
const found = { rejected_packet, stale_capability, overlap_window_used, ai_generated_payload };
if (others.log_break !== undefined) throw new Error("the chain of the log is broken");
console.log(JSON.stringify({ seconds, peak_mb: process.resourceUsage().maxRSS / 1024, found }));
