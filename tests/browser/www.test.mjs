/** The first page in Chromium: every button, the decision it shows, the checks it lights, and a quiet console. */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { chromium } from "../runtimes/binaries.mjs";
import { serveFiles } from "../runtimes/http.mjs";
import { root } from "../runtimes/project.mjs";

const { chromium: driver } = createRequire(pathToFileURL(join(root, "tests/tools/package.json")))("playwright-core");
const PHONE = { width: 360, height: 740 };

let site;
let browser;

before(async () => {
  site = await serveFiles(join(root, "www"), { mounts: { "/pkg/dist/": join(root, "pkg/dist") } });
  browser = await driver.launch({ executablePath: chromium(), args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
});

after(async () => {
  await browser?.close();
  site?.server.close();
});

/** The page, ready for a click, and whatever it or the browser complains of. */
async function open(options) {
  const page = await browser.newPage(options);
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(message.text()));
  page.on("requestfailed", (request) => complaints.push(`${request.url()} failed`));
  page.on("request", (request) => request.url().startsWith(site.origin) || complaints.push(`asked for ${request.url()}`));
  await page.goto(`${site.origin}/`);
  await page.waitForSelector("[data-delivery=genuine]:enabled");
  return { page, complaints };
}

/** One click, and what the page shows once its checks have lit up. */
async function deliver(page, name) {
  const before = await page.getAttribute("#verdict", "data-delivery");
  await page.click(`[data-delivery=${name}]`);
  await page.waitForFunction((last) => document.querySelector("#verdict").dataset.delivery !== (last ?? undefined), before);
  return page.evaluate(() => ({
    decision: document.querySelector("#decision").textContent,
    code: document.querySelector("#code").textContent,
    reason: document.querySelector("#reason").textContent,
    passed: [...document.querySelectorAll("#checks [data-outcome=pass]")].map(({ id }) => id.slice("check-".length)),
    failed: [...document.querySelectorAll("#checks [data-outcome=fail]")].map(({ id }) => id.slice("check-".length)),
  }));
}

test("every button gives its decision, and the check that refused lights up", async () => {
  const { page, complaints } = await open();
  const all = await page.locator("#checks li").evaluateAll((items) => items.map(({ id }) => id.slice("check-".length)));
  for (const [button, code, check] of [
    // First, before anything was accepted: the page must have something to replay.
    ["replay", "replay_detected", "replay"],
    ["genuine", "", null],
    ["tamper", "invalid_signature", "signature"],
    ["replay", "replay_detected", "replay"],
    ["audience", "wrong_audience", "audience"],
    ["expire", "expired", "time"],
    ["forge", "public_key_mismatch", "identity"],
    ["text", "public_key_mismatch", "identity"],
    ["genuine", "", null],
    ["text", "replay_detected", "replay"],
  ]) {
    const shown = await deliver(page, button);
    assert.equal(shown.code, code, button);
    assert.equal(shown.decision, code === "" ? "ACCEPT" : "REJECT", button);
    assert.deepEqual(shown.failed, check === null ? [] : [check], button);
    assert.deepEqual(shown.passed, check === null ? all : all.slice(0, all.indexOf(check)), button);
    assert.notEqual(shown.reason, "");
  }
  assert.deepEqual(complaints, []);
});

test("a task of one's own is what is signed, and a text of one's own is what is judged", async () => {
  const { page, complaints } = await open();
  await page.fill("#intent", 'Résumé "of" <b>everything</b> 😀');
  assert.match((await deliver(page, "genuine")).reason, /Résumé "of" <b>everything<\/b> 😀/);
  await page.fill("#wire", "{");
  assert.equal((await deliver(page, "text")).code, "malformed_json");
  assert.deepEqual(complaints, []);
});

test("it fits a phone, in both themes, and the two differ", async () => {
  const backgrounds = [];
  for (const colorScheme of ["light", "dark"]) {
    const { page, complaints } = await open({ viewport: PHONE, colorScheme });
    await deliver(page, "tamper");
    const { width, background } = await page.evaluate(() => ({
      width: document.documentElement.scrollWidth,
      background: getComputedStyle(document.body).backgroundColor,
    }));
    assert.ok(width <= PHONE.width, `${width} pixels wide`);
    backgrounds.push(background);
    assert.deepEqual(complaints, []);
    await page.close();
  }
  assert.notEqual(...backgrounds);
});
