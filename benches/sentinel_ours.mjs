/** Reads the log of the first argument, with its hash chain or without it, and tells of it as one line of JSON. */
import { createReadStream } from "node:fs";
import { Sentinel } from "../pkg/dist/sentinel.js";

const [log, how] = process.argv.slice(2);
const begun = performance.now();
const audit = new Sentinel({ chain: how === "chained" });
await audit.ingestStream(createReadStream(log, { highWaterMark: 1 << 20 }));
const { rejected_packet = 0 } = audit.summary().findings;
const seconds = (performance.now() - begun) / 1000;
console.log(JSON.stringify({ seconds, peak_mb: process.resourceUsage().maxRSS / 1024, found: { rejected_packet } }));
