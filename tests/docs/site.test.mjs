/** The built documentation: every link leads somewhere, nothing comes from elsewhere, and people can use it by eye, ear and keyboard. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { axe, playground } from "../browser/site.mjs";
import { root } from "../runtimes/project.mjs";

const site = join(root, "target/www");
const files = readdirSync(join(site, "docs"), { recursive: true }).filter((file) => file.endsWith(".html"));
const pages = new Map(files.map((file) => [join(site, "docs", file), readFileSync(join(site, "docs", file), "utf8")]));
const { open, shots } = playground();
const SAMPLES = ["/docs/index.html", "/docs/recipes/redis.html", "/docs/api/trusthandoff/classes/TrustHandoffMiddleware.html"];

const idsOf = (html) => [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
const name = (path) => relative(site, path);

test("every link leads to a page that is there, and to a place on it that is there", () => {
  assert.ok(pages.size > 150, "pages are missing");
  const broken = [];
  let followed = 0;
  for (const [path, html] of pages) {
    for (const [, href] of html.matchAll(/ (?:href|src)="([^"]*)"/g)) {
      if (/^(https?|mailto):/.test(href)) continue;
      followed += 1;
      const [file, anchor] = href.split("#");
      const target = file === "" ? path : normalize(join(dirname(path), file));
      const there = target.startsWith(site) && existsSync(target);
      const placed = !anchor || !pages.has(target) || idsOf(pages.get(target)).includes(anchor);
      if (!there || !placed) broken.push(`${name(path)}: ${href}`);
    }
  }
  assert.ok(followed > 5000);
  assert.deepEqual(broken, []);
});

test("every place has a name of its own, every page a title, a description and one heading above all", () => {
  const titles = new Map();
  for (const [path, html] of pages) {
    const ids = idsOf(html);
    assert.deepEqual(ids.filter((id, index) => ids.indexOf(id) !== index), [], name(path));
    assert.equal([...html.matchAll(/<h1[ >]/g)].length, 1, name(path));
    assert.match(html, /<meta name="description" content="[^"]{10,}">/, name(path));
    assert.doesNotMatch(html, /<!-- (policy|title|description|docs|site|contents|content|here) -->| style="| on[a-z]+="/, name(path));
    const [, title] = /<title>(.+)<\/title>/.exec(html);
    assert.equal(titles.get(title), undefined, `${name(path)} and ${titles.get(title)} are both called ${title}`);
    titles.set(title, name(path));
  }
});

test("what a page loads lies beside it", () => {
  for (const [path, html] of pages) {
    const loaded = html.matchAll(/<(?:script|img|link|iframe)\b[^>]*? (?:src|href)="([^"]+)"/g);
    for (const [, source] of loaded) assert.doesNotMatch(source, /^([a-z]+:|\/)/, name(path));
    assert.doesNotMatch(html, /<script(?![^>]* src=)/, name(path));
  }
});

test("the site passes on the licences of what it holds, and every page leads to them", () => {
  const notices = readFileSync(join(site, "THIRD-PARTY-NOTICES.txt"), "utf8");
  assert.equal(notices, readFileSync(join(root, "THIRD-PARTY-NOTICES.txt"), "utf8"));
  for (const name of ["curve25519-dalek", "ed25519-dalek", "subtle", "uplot"]) assert.match(notices, new RegExp(`^${name} [0-9.]+, `, "m"));
  for (const html of [readFileSync(join(site, "index.html"), "utf8"), ...pages.values()]) assert.match(html, /href="[./]*THIRD-PARTY-NOTICES\.txt"/);
});

test("the declarations of the package leave typedoc nothing to complain of", async () => {
  const { referencePages } = await import(pathToFileURL(join(root, "www/build/docs/reference.mjs")));
  assert.deepEqual((await referencePages()).warnings, []);
});

test("everything that the package exports has its page", () => {
  const declarations = readFileSync(join(root, "pkg/types/index.d.ts"), "utf8");
  const exported = [...declarations.matchAll(/^export (?:class|function|type|interface) (\w+)/gm)].map(([, symbol]) => symbol);
  const documented = new Set(files.filter((file) => file.startsWith("api/trusthandoff/")).map((file) => /(\w+)\.html$/.exec(file)[1]));
  assert.ok(exported.length > 80);
  assert.deepEqual(exported.filter((symbol) => !documented.has(symbol)), []);
});

for (const path of SAMPLES) {
  for (const theme of ["light", "dark"]) {
    for (const phone of [false, true]) {
      test(`${path}, ${theme}, ${phone ? "phone" : "desktop"}: usable by all, no wider than the screen, without a complaint`, async () => {
        const { page, complaints, close } = await open({ path, theme, phone });
        assert.deepEqual(await axe(page), []);
        if (phone) {
          await page.click("summary");
          assert.deepEqual(await axe(page), []);
        }
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
        assert.deepEqual(complaints(), []);
        await close();
      });
    }
  }
}

test("a page is found by keyboard alone", async () => {
  const { page, complaints, close } = await open({ path: SAMPLES[1] });
  await page.focus("#find");
  await page.keyboard.type("verifylog");
  await page.waitForSelector("#found a");
  await page.keyboard.press("Enter");
  await page.waitForURL(/sentinel\/functions\/verifyLog\.html$/);
  assert.equal(await page.textContent("h1"), "verifyLog()");
  await page.focus("#find");
  await page.keyboard.type("no such page");
  await page.waitForFunction(() => document.querySelector("#found").textContent.includes("Nothing"));
  await page.keyboard.press("Escape");
  assert.equal(await page.inputValue("#find"), "");
  assert.deepEqual(complaints(), []);
  await close();
});

test("the skip link leads to the text, and commands are copied without their prompt", async () => {
  const { page, complaints, close } = await open({ path: SAMPLES[1] });
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "main");
  await page.click('figure[data-language="console"] button');
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), "npm install redis\nnode receiver.mjs");
  assert.deepEqual(complaints(), []);
  await close();
});

test("the chosen theme stays from page to page", async () => {
  const { page, complaints, close } = await open({ path: SAMPLES[0] });
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await page.click("#theme");
  await page.click("#theme");
  assert.notEqual(await ground(), light);
  await page.click('.contents a[href="recipes/node.html"]');
  await page.waitForURL(/recipes\/node\.html$/);
  assert.notEqual(await ground(), light);
  assert.equal(await page.textContent("#theme"), "Dark");
  assert.deepEqual(complaints(), []);
  await close();
});

test("pictures of three pages are kept, in both themes and sizes", async () => {
  for (const [index, picture] of ["home", "recipe", "reference"].entries()) await shots(`docs-${picture}`, { path: SAMPLES[index] });
  assert.equal(readdirSync(join(root, "target/screenshots")).filter((file) => file.startsWith("docs-")).length, 12);
});
