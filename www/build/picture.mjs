/** `make picture`: the picture that opens the README, of the playground as it is, in both themes. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "../../tests/runtimes/binaries.mjs";
import { serveFiles } from "../../tests/runtimes/http.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { chromium: driver } = createRequire(pathToFileURL(join(root, "tests/tools/package.json")))("playwright-core");

const { server, origin } = await serveFiles(join(root, "target/www"));
const browser = await driver.launch({ executablePath: chromium(), args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
for (const theme of ["light", "dark"]) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: theme, reducedMotion: "reduce" });
  await page.goto(`${origin}/#attack`);
  await page.waitForSelector("#attack[data-ready]");
  await page.getByRole("button", { name: "Tamper", exact: true }).click();
  await page.waitForSelector("#attack .verdict.bad");
  await page.evaluate(() => {
    document.activeElement.blur();
    // The browser hides its scrollbar here, but keeps its place.
    document.documentElement.style.scrollbarGutter = "auto";
  });
  await page.screenshot({ path: join(root, `docs/playground-${theme}.png`) });
}
await browser.close();
server.closeAllConnections();
server.close();
console.log("docs/playground-light.png and docs/playground-dark.png are new");
