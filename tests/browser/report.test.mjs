/** The report of a long log as people see it: a page that ends, that anyone can read, and whose filter filters. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { Sentinel } from "../../pkg/dist/sentinel.js";
import { EventLog, jsonl } from "../node/event_log.mjs";
import { incident } from "../node/incident/day.mjs";
import { chromium } from "../runtimes/binaries.mjs";
import { root } from "../runtimes/project.mjs";

const require = createRequire(pathToFileURL(join(root, "tests/tools/package.json")));
const { chromium: driver } = require("playwright-core");
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

/** A hundred thousand events: honest work, and every hour attacks of several kinds. */
function longLog() {
  const log = new EventLog();
  for (let n = 0; n < 20_000; n += 1) {
    log.pass(2).run(`p${n}`, { from: `agent:planner-${n % 40}`, to: `agent:worker-${n % 12}` });
    if (n % 40 === 0) log.tell("ai_generated_payload", "agent:worker-0", `p${n}`, { source: "model", model: "m-1" });
    if (n % 500 !== 0) continue;
    for (const [at, reason] of ["invalid_signature", "public_key_mismatch", "authority_escalation", "agent_revoked", "expired"].entries()) log.refuse(`x${n}-${at}`, reason, { from: `agent:mallory-${n % 3}`, identity: "claimed" });
    log.run(`twice${n}`).accept(`twice${n}`).run(`late${n}`).use(`late${n}`);
    log.accept(`wrong${n}`, { gate: "agent:other" }).accept(`claimed${n}`, { identity: "claimed" }).accept(`unseen${n}`, { requires_human_review: true });
    log.start(`never${n}`).accept(`more${n}`, { calls: 1 }).start(`more${n}`).use(`more${n}`).use(`more${n}`);
    log.accept(`ends${n}`).start(`ends${n}`).finish(`ends${n}`).attest(`ends${n}`, { outcome: "x" });
    for (let burst = 0; burst < 30; burst += 1) log.refuse(`b${n}-${burst}`, "agent_unknown", { from: "agent:flood", identity: "claimed" });
  }
  return log.text;
}

/** What is one's own in every event, and what of it is a digest. */
const OWN = ["event_id", "packet_id", "correlation_id", "idempotency_key", "task_id"];
const DIGESTS = ["nonce_hash", "packet_digest", "review_digest", "attestation_digest"];
const TIMES = ["timestamp", "expires_at"];

/** A day of the scripted incident ten times over, one after the other: other packets each time, the same agents. */
async function tenDays() {
  const home = mkdtempSync(join(tmpdir(), "trusthandoff-report-"));
  try {
    const path = join(home, "events.jsonl");
    await incident(path, 3_500);
    const day = readFileSync(path, "utf8").trimEnd().split("\n").map((line) => JSON.parse(line)).filter(({ event_type }) => event_type !== "log_checkpoint");
    return jsonl(Array.from({ length: 10 }, (_, n) => day.map((event) => onDay(n, event))).flat());
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

function onDay(n, { prev, ...event }) {
  const digest = (hex) => `${hex.slice(0, 62)}0${n}`;
  for (const name of OWN) if (typeof event[name] === "string") event[name] = `${event[name]}-${n}`;
  for (const name of DIGESTS) if (typeof event[name] === "string") event[name] = digest(event[name]);
  for (const name of TIMES) if (typeof event[name] === "string") event[name] = new Date(Date.parse(event[name]) + n * 86_400_000).toISOString();
  if (event.ancestors !== undefined) event.ancestors = event.ancestors.map(digest);
  return event;
}

let browser;
let audits;
before(async () => {
  audits = { "attacks every hour": longLog(), "the scripted incident ten times": await tenDays() };
  for (const [name, log] of Object.entries(audits)) audits[name] = await new Sentinel().ingestFiles([new File([log], "events.jsonl")]);
  browser = await driver.launch({ executablePath: chromium(), args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
});
after(() => browser?.close());

for (const name of ["attacks every hour", "the scripted incident ten times"]) {
  test(`the text of a hundred thousand events is a page of a terminal: ${name}`, () => {
    const audit = audits[name];
    assert.ok(audit.summary().lines >= 100_000, `${audit.summary().lines}`);
    const lines = audit.report().trimEnd().split("\n");
    assert.ok(lines.length <= 24 && lines.every((line) => [...line].length <= 80), lines.join("\n"));
    const { ai_generated_payload, overlap_window_used, ...told } = audit.summary().findings;
    for (const type of Object.keys(told)) {
      // Its gravest, with how many, and where the first is or who sent it, at which gate.
      const line = lines.find((each) => each.includes(` ${type} `)) ?? assert.fail(`${type}\n${lines.join("\n")}`);
      assert.match(line, /^(?:CRITICAL|HIGH|MEDIUM|LOW) +\d+ \w+ (?:events\.jsonl:\d+|\d+ of agent:)/);
      if (type !== "burst" && type !== "clock_anomaly") assert.match(line, / at agent:/);
    }
    assert.match(lines.find((line) => line.startsWith("INFO")), new RegExp(`^INFO +${ai_generated_payload + (overlap_window_used ?? 0)} `));
    assert.match(lines.at(-2), /^\d+ to look at, \d+ of them first: /);
    assert.match(lines.at(-1), /^What to do .*\.$/);
  });

  test(`the page ends, is read by anyone, and shows what its filter says: ${name}`, () => isReadable(audits[name].reportHtml(), name));
}

async function isReadable(html, name) {
  assert.ok(html.length <= 2_000_000, `${html.length}`);
  for (const [theme, width] of [["light", 1280], ["dark", 1280], ["light", 380], ["dark", 380]]) {
    const page = await browser.newPage({ viewport: { width, height: 844 }, colorScheme: theme, bypassCSP: true });
    const complaints = [];
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.setContent(html);
    const { height, wide } = await page.evaluate(() => ({ height: document.documentElement.scrollHeight, wide: document.documentElement.scrollWidth }));
    assert.ok(height <= 5000 && wide <= width, `${name} ${theme} ${width}: ${height} high, ${wide} wide`);
    if (width === 1280) {
      const visible = (severity) => page.locator(`tr[data-severity=${severity}]:visible`).count();
      assert.ok((await visible("critical")) > 0 && (await visible("low")) > 0);
      await page.selectOption("#severity", "critical");
      assert.deepEqual([(await visible("critical")) > 0, await visible("high"), await visible("medium"), await visible("low"), await visible("info")], [true, 0, 0, 0, 0]);
      await page.fill("#words", "tampered_packet");
      assert.equal(await page.locator("tbody tr:visible").count(), 0);
      await page.selectOption("#severity", "");
      assert.ok((await page.locator("tbody tr:visible").count()) >= 1);
    }
    await page.evaluate(AXE);
    const { violations } = await page.evaluate(() => globalThis.axe.run());
    assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), [], `${name} ${theme} ${width}`);
    assert.deepEqual(complaints, []);
    await page.close();
  }
}
