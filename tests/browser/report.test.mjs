/** The report of a long log as people see it: a page that ends, that anyone can read, and whose filter filters. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { Sentinel } from "../../pkg/dist/sentinel.js";
import { EventLog } from "../node/event_log.mjs";
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

let browser;
let audit;
before(async () => {
  audit = new Sentinel().ingest(longLog());
  browser = await driver.launch({ executablePath: chromium(), args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
});
after(() => browser?.close());

test("the text of a hundred thousand events is a page of a terminal", () => {
  assert.ok(audit.summary().lines > 100_000);
  const lines = audit.report({ width: 80 }).trimEnd().split("\n");
  assert.ok(lines.length <= 24 && lines.every((line) => [...line].length <= 80), lines.join("\n"));
  for (const type of Object.keys(audit.summary().findings)) assert.ok(lines.some((line) => line.includes(type)), type);
});

test("the page ends, is read by anyone, and shows what its filter says", async () => {
  const html = audit.reportHtml();
  assert.ok(html.length <= 2_000_000, `${html.length}`);
  for (const [theme, width] of [["light", 1280], ["dark", 1280], ["light", 390], ["dark", 390]]) {
    const page = await browser.newPage({ viewport: { width, height: 844 }, colorScheme: theme, bypassCSP: true });
    const complaints = [];
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.setContent(html);
    const { height, wide } = await page.evaluate(() => ({ height: document.documentElement.scrollHeight, wide: document.documentElement.scrollWidth }));
    assert.ok(height <= 5000 && wide <= width, `${theme} ${width}: ${height} high, ${wide} wide`);
    if (width === 1280) {
      const visible = (severity) => page.locator(`tr[data-severity=${severity}]:visible`).count();
      assert.ok((await visible("critical")) > 0 && (await visible("low")) > 0);
      await page.selectOption("#severity", "critical");
      assert.deepEqual([(await visible("critical")) > 0, await visible("high"), await visible("medium"), await visible("low"), await visible("info")], [true, 0, 0, 0, 0]);
      await page.fill("#words", "late5000");
      assert.equal(await page.locator("tbody tr:visible").count(), 0);
      await page.selectOption("#severity", "");
      assert.equal(await page.locator("tbody tr:visible").count(), 1);
    }
    await page.evaluate(AXE);
    const { violations } = await page.evaluate(() => globalThis.axe.run());
    assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), [], `${theme} ${width}`);
    assert.deepEqual(complaints, []);
    await page.close();
  }
});
