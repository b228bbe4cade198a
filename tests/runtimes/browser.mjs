/** The suite in Chromium, on pages under a strict content security policy. */
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "./binaries.mjs";
import { serveFiles } from "./http.mjs";
import { root } from "./project.mjs";

const IMPORT_MAP = JSON.stringify({
  imports: {
    trusthandoff: "/node_modules/trusthandoff/dist/index.js",
    "trusthandoff/slim": "/node_modules/trusthandoff/dist/slim.js",
    "trusthandoff/stores/memory": "/node_modules/trusthandoff/dist/stores/memory.js",
    "trusthandoff/sentinel": "/node_modules/trusthandoff/dist/sentinel.js",
    "trusthandoff/sinks/webhook": "/node_modules/trusthandoff/dist/sinks/webhook.js",
    "trusthandoff/core.wasm": "/node_modules/trusthandoff/dist/core.wasm",
  },
});

const page = (script, map = "") => `<!doctype html><meta charset="utf-8"><title>suite</title>${map}<script type="module" src="${script}"></script>`;

/** `script-src` with nothing but the page's own files, the import map and, where allowed, WebAssembly. */
function policy(wasm) {
  const map = `'sha256-${createHash("sha256").update(IMPORT_MAP).digest("base64")}'`;
  return `default-src 'none'; connect-src 'self'; script-src 'self' ${map}${wasm ? " 'wasm-unsafe-eval'" : ""}`;
}

/** One browser for a few pages. `open(path)` resolves to what the page's `window.results` resolves to. */
export async function browse(directory, { wasm = true } = {}) {
  const { chromium: driver } = createRequire(pathToFileURL(join(root, "tests/tools/package.json")))("playwright-core");
  const pages = {
    "/page.html": page("/hosts/page.js", `<script type="importmap">${IMPORT_MAP}</script>`),
    "/forbidden.html": page("/hosts/forbidden.js", `<script type="importmap">${IMPORT_MAP}</script>`),
    "/esbuild.html": page("/esbuild/bundled.js"),
    "/vite.html": page("/vite/bundled.js"),
  };
  const { server, origin } = await serveFiles(directory, { pages, headers: { "content-security-policy": policy(wasm) } });
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const browser = await driver.launch({ executablePath: chromium(), args });
  return {
    async open(path) {
      const tab = await browser.newPage();
      tab.setDefaultTimeout(120_000);
      const complaints = [];
      tab.on("pageerror", (error) => complaints.push(error.message));
      tab.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
      await tab.goto(`${origin}/${path}`);
      try {
        const results = await tab.evaluate(() => window.results);
        if (results === undefined) throw new Error("the page's script did not run");
        return JSON.parse(results);
      } catch (error) {
        throw new Error([error.message.split("\n")[0], ...complaints].join("; "));
      } finally {
        await tab.close();
      }
    },
    async close() {
      await browser.close();
      server.close();
    },
  };
}
