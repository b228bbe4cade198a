/** Chromium for pages of a folder, and what it complains of. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "../runtimes/binaries.mjs";
import { serveFiles } from "../runtimes/http.mjs";
import { root } from "../runtimes/project.mjs";

export const fromTools = createRequire(pathToFileURL(join(root, "tests/tools/package.json")));

/** A browser, and a server of `directory` (or the one at `origin`); both end with the test. `complaints` are those of all pages. */
export async function browse(t, directory, { origin } = {}) {
  const served = origin === undefined ? await serveFiles(directory) : { origin, server: null };
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const browser = await fromTools("playwright-core").chromium.launch({ executablePath: chromium(), args });
  t.after(async () => {
    await browser.close();
    served.server?.close();
  });
  const complaints = [];
  const newContext = browser.newContext.bind(browser);
  browser.newContext = async (options) => {
    const context = await newContext(options);
    context.setDefaultTimeout(120_000);
    context.on("page", (page) => watch(page, served.origin, complaints));
    return context;
  };
  return { browser, origin: served.origin, complaints };
}

function watch(page, origin, complaints) {
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    // Browsers ask for an icon on their own.
    if (["error", "warning"].includes(message.type()) && !message.location().url.endsWith("/favicon.ico")) complaints.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(`${origin}/`)) complaints.push(`asked for ${request.url()}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400 && !response.url().endsWith("/favicon.ico")) complaints.push(`${response.status()} for ${response.url()}`);
  });
}
