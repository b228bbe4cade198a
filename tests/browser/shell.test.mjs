/** The frame of the playground: addresses, themes, the keyboard, what the first visit costs, and that the policy holds. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../runtimes/project.mjs";
import { HEADERS } from "../../www/build/policy.mjs";
import { axe, PATIENCE_MS, playground } from "./site.mjs";

const PANELS = ["attack", "inspect", "approve", "sentinel", "keys"];
const FIRST_LOAD_BYTES = 250_000;

const { open, origin, browser } = playground();

test("every panel opens at its address, under its name, and one alone is shown", async () => {
  const { page, complaints, close } = await open();
  for (const name of PANELS) {
    await page.evaluate((to) => (location.hash = to), name);
    await page.waitForSelector(`#${name}[data-ready]`);
    assert.deepEqual(await page.locator("section.panel:visible").evaluateAll((shown) => shown.map(({ id }) => id)), [name]);
    assert.equal(await page.locator("nav a[aria-current=page]").getAttribute("data-panel"), name);
    const heading = await page.locator(`#${name} h2`).first().textContent();
    assert.equal(await page.title(), `${heading} · trusthandoff`);
  }
  await page.goBack();
  await page.waitForSelector("#sentinel:not([hidden])");
  assert.deepEqual(complaints(), []);
  await close();
});

test("an address that names nothing shows the first panel", async () => {
  const { page, complaints, close } = await open();
  await page.evaluate(() => (location.hash = "nothing/<b>of</b>/the kind"));
  await page.waitForSelector("#attack:not([hidden])");
  assert.deepEqual(complaints(), []);
  await close();
});

test("a theme is chosen with one button, is kept, and is there from the first paint", async () => {
  const { page, complaints, close } = await open({ theme: "dark" });
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await background();
  await page.click("#theme");
  const light = await background();
  assert.notEqual(light, dark);
  assert.equal(await page.getAttribute("#theme", "aria-label"), "Light colours");
  await page.reload();
  assert.equal(await background(), light);
  await page.click("#theme");
  assert.equal(await background(), dark);
  await page.click("#theme");
  assert.equal(await page.evaluate(() => localStorage.getItem("theme")), null);
  assert.deepEqual(complaints(), []);
  await close();
});

test("by keyboard: the first stop skips to the content, and a panel chosen in the navigation has the focus", async () => {
  const { page, complaints, close } = await open();
  // Without a fragment, which would be where the browser begins to count the stops.
  await page.goto(`${origin()}/`);
  await page.waitForSelector("#attack[data-ready]");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "attack");
  await page.focus("nav a[data-panel=keys]");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#keys[data-ready]");
  assert.equal(await page.evaluate(() => document.activeElement.id), "keys");
  assert.deepEqual(complaints(), []);
  await close();
});

/** A first visit, with nothing kept from an earlier one: bytes over the wire, files, and when the page could be used. */
async function firstVisit() {
  const context = await browser().newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  let [bytes, files] = [0, 0];
  session.on("Network.loadingFinished", ({ encodedDataLength }) => ((bytes += encodedDataLength), (files += 1)));
  await page.goto(`${origin()}/`);
  await page.waitForSelector("#attack[data-ready]");
  await page.waitForLoadState("networkidle");
  const ready = await page.evaluate(() => performance.getEntriesByName("ready")[0].startTime);
  await context.close();
  return { bytes, files, ready };
}

test("the first visit costs less than 250 kB, in few files", async (t) => {
  const { bytes, files, ready } = await firstVisit();
  t.diagnostic(`first load ${bytes} bytes over the wire, usable after ${Math.round(ready)} ms`);
  assert.ok(bytes > 150_000, "the core was not counted");
  assert.ok(bytes < FIRST_LOAD_BYTES, `${bytes} bytes`);
  // The page, theme, style, icon, script, panel and core.
  assert.ok(files <= 8, `${files} files`);
});

test("the policy forbids text as script, other origins and frames", async () => {
  const { page, close } = await open();
  const blocked = await page.evaluate(async () => {
    const seen = [];
    document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => seen.push(effectiveDirective));
    document.body.append(Object.assign(document.createElement("script"), { textContent: "globalThis.ran = true" }));
    await fetch("https://example.com/").catch(() => {});
    const div = document.createElement("div");
    div.setAttribute("style", "color: red");
    document.body.append(div);
    document.body.append(Object.assign(document.createElement("iframe"), { src: "docs/index.html" }));
    await new Promise((resolve) => setTimeout(resolve, 100));
    return { seen, ran: globalThis.ran === true };
  });
  assert.equal(blocked.ran, false);
  assert.deepEqual(new Set(blocked.seen), new Set(["script-src-elem", "connect-src", "style-src-attr", "frame-src"]));
  // And nobody frames it: what lies over a button that signs would be another page's.
  assert.match((await fetch(`${origin()}/`)).headers.get("content-security-policy"), /frame-ancestors 'none'/);
  await close();
});

test("the file that static hosts read names every header that the pages are tested with, for every path", () => {
  const [path, ...lines] = readFileSync(join(root, "target/www/_headers"), "utf8").trimEnd().split("\n");
  assert.equal(path, "/*");
  const headers = lines.map((line) => /^ {2}([a-z-]+): (\S.*)$/.exec(line).slice(1));
  assert.deepEqual(Object.fromEntries(headers), HEADERS);
});

test("of what is given one after the other the last one stays, however long the first takes", async () => {
  const { page, complaints, close } = await open({ hash: "keys" });
  const area = page.getByRole("textbox", { name: "Or paste one" });
  await page.evaluate(() => {
    const read = Blob.prototype.arrayBuffer;
    globalThis.waiting = 0;
    Blob.prototype.arrayBuffer = async function () {
      if (this.name?.startsWith("slow")) {
        globalThis.waiting += 1;
        await new Promise((resolve) => setTimeout(resolve, 300));
        globalThis.waiting -= 1;
      }
      return read.call(this);
    };
  });
  const drop = (name) =>
    page.evaluate((given) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([`text of ${given}`], given));
      document.querySelector("#keys .intake").dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
    }, name);
  const settled = async () => {
    await page.waitForFunction(() => globalThis.waiting === 0);
    await page.waitForTimeout(50);
  };
  await drop("slow.pem");
  await settled();
  assert.equal(await area.inputValue(), "text of slow.pem");
  await drop("slow-first.pem");
  await drop("quick.pem");
  await settled();
  assert.equal(await area.inputValue(), "text of quick.pem");
  await drop("slow-second.pem");
  await area.fill("typed meanwhile");
  await settled();
  assert.equal(await area.inputValue(), "typed meanwhile");
  assert.deepEqual(complaints(), []);
  await close();
});

test("inside the frame of another page nothing starts, also where a server forbids no frames", async () => {
  const context = await browser().newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  await page.route("**/outer.html", (route) => route.fulfill({ contentType: "text/html", body: '<iframe src="/#approve"></iframe>' }));
  await page.route(`${origin()}/`, async (route) => {
    const answer = await route.fetch();
    const { "content-security-policy": _, ...headers } = answer.headers();
    await route.fulfill({ response: answer, headers });
  });
  await page.goto(`${origin()}/outer.html`);
  const frame = page.frameLocator("iframe");
  await frame.locator("#trouble:not([hidden])").getByText("does not run inside another one").waitFor();
  assert.equal(await frame.locator("section[data-ready]").count(), 0);
  assert.equal(await frame.locator("#approve").isVisible(), false);
  await context.close();
});

test("without the core the page says so, and accepts nothing", async () => {
  const context = await browser().newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  await page.route("**/core.wasm*", (route) => route.fulfill({ body: "not wasm", contentType: "application/wasm" }));
  await page.goto(`${origin()}/`);
  await page.waitForSelector("#trouble:not([hidden])");
  assert.match(await page.textContent("#trouble"), /WebAssembly core could not be started/);
  assert.equal(await page.locator("#attack[data-ready]").count(), 0);
  await context.close();
});

test("axe finds nothing in any panel, in either theme", async () => {
  for (const theme of ["light", "dark"]) {
    for (const hash of PANELS) {
      const { page, complaints, close } = await open({ theme, hash, still: true });
      assert.deepEqual(await axe(page), [], `${hash}, ${theme}`);
      assert.deepEqual(complaints(), []);
      await close();
    }
  }
});

test("no panel is wider than a phone", async () => {
  for (const hash of PANELS) {
    const { page, close } = await open({ phone: true, hash });
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), hash);
    await close();
  }
});
