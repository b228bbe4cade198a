/** The built playground in Chromium: pages that tell of every complaint of theirs, accessibility, and pictures to look at. */
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before } from "node:test";
import { pathToFileURL } from "node:url";
import { chromium } from "../runtimes/binaries.mjs";
import { serveFiles } from "../runtimes/http.mjs";
import { root } from "../runtimes/project.mjs";
import { HEADERS } from "../../www/build/policy.mjs";

const require = createRequire(pathToFileURL(join(root, "tests/tools/package.json")));
const { chromium: driver } = require("playwright-core");
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };
/** How long anything may take: the machine may do other things too. */
export const PATIENCE_MS = 120_000;
const SCREENSHOTS = join(root, "target/screenshots");

/** The site and the browser, for the tests of one file. Call it once, outside any test. `drops`: as in `serveFiles`. */
export function playground({ folder = "target/www", drops } = {}) {
  let served;
  let browser;
  before(async () => {
    served = await serveFiles(join(root, folder), { headers: HEADERS, drops });
    browser = await driver.launch({ executablePath: chromium(), args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
  });
  after(async () => {
    await browser?.close();
    served?.server.closeAllConnections();
    served?.server.close();
  });

  /**
   * A page of a new profile (or of `context`), at a panel, ready to be used. `theme`: "light" or "dark"; `phone`: small, with touch;
   * `still`: reduced motion; `hash`: where, such as "inspect/…"; `path`: another page of the site.
   */
  async function open({ theme = "light", phone = false, still = false, hash = "attack", path = "/", context } = {}) {
    const size = phone ? SIZES.phone : SIZES.desktop;
    const options = { viewport: size, hasTouch: phone, colorScheme: theme, reducedMotion: still ? "reduce" : "no-preference", acceptDownloads: true };
    const own = context ?? (await browser.newContext({ ...options, permissions: ["clipboard-read", "clipboard-write"] }));
    const page = await own.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    const heard = listen(page, served.origin);
    await page.goto(`${served.origin}${path}${path === "/" ? `#${hash}` : ""}`);
    if (path === "/") await page.waitForSelector(`#${hash.split("/")[0]}[data-ready]`);
    return { page, context: own, complaints: () => heard, close: () => (context ? page.close() : own.close()) };
  }

  /** Pictures of a panel in both themes, on a desk and on a phone; `arrange(page)` brings it where it is to be seen. */
  async function shots(name, options, arrange = () => {}) {
    mkdirSync(SCREENSHOTS, { recursive: true });
    for (const theme of ["light", "dark"]) {
      for (const phone of [false, true]) {
        const { page, close } = await open({ ...options, theme, phone, still: true });
        await arrange(page);
        await page.screenshot({ path: join(SCREENSHOTS, `${name}-${theme}-${phone ? "phone" : "desktop"}.png`), fullPage: true });
        await close();
      }
    }
  }

  return { open, shots, origin: () => served.origin, browser: () => browser };
}

/** Whatever the page or the browser complains of: errors, warnings, violations of the policy, requests that fail or leave the origin. */
function listen(page, origin) {
  const heard = [];
  page.on("pageerror", (error) => heard.push(`error: ${error.message}`));
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && heard.push(`${message.type()}: ${message.text()}`));
  page.on("requestfailed", (request) => heard.push(`failed: ${request.url()} ${request.failure()?.errorText ?? ""}`));
  page.on("response", (response) => response.status() >= 400 && heard.push(`${response.status()}: ${response.url()}`));
  page.on("request", (request) => /^(blob|data):/.test(request.url()) || request.url().startsWith(`${origin}/`) || heard.push(`left the origin: ${request.url()}`));
  page.on("worker", (worker) => worker.on?.("console", (message) => message.type() === "error" && heard.push(`worker: ${message.text()}`)));
  return heard;
}

/** What axe finds wrong with what is shown, one line a violation. */
export async function axe(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate((values) => globalThis.axe.run(document, { runOnly: { type: "tag", values } }), RULES);
  return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
}
