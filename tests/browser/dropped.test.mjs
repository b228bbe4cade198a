/** A connection that drops: whatever part of the page did not come is asked for again, and no panel needs a reload. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { AgentIdentity, createEnvelope, signPacket } from "../../pkg/dist/index.js";
import { PATIENCE_MS, playground } from "./site.mjs";

/** Paths of which every request is lost. */
let lost = new Set();
/** Whether the first address of every part is lost for good, and of what is no script and no sheet the first request. */
let isEverythingLost = false;
/** How often each path was asked for. */
let asked = new Map();

function drops({ pathname, search }) {
  const times = (asked.get(pathname) ?? 0) + 1;
  asked.set(pathname, times);
  if (lost.has(pathname)) return true;
  return isEverythingLost && isPart(pathname) && (/\.(js|css)$/.test(pathname) ? search === "" : times === 1);
}

function loses(paths, { everything = false } = {}) {
  [lost, isEverythingLost, asked] = [new Set(paths), everything, new Map()];
}

/** Whatever the page loads but itself, and the script that asks again for the others. */
const isPart = (path) => /\.(js|css|json|wasm)$/.test(path) && path !== "/theme.js";

const { browser, origin } = playground({ drops });
const planner = AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(1));
const wire = (intent = "Summarize") => createEnvelope(signPacket(planner, { to_agent: "agent:x", intent }));

/** A page of its own, with nothing kept from before. `complaints`: errors that the page did not handle. */
async function opened(t, hash) {
  const context = await browser().newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(`${origin()}/#${hash}`);
  return { page, complaints };
}

/** What a panel is for, done once. */
const USES = {
  async attack(page) {
    await page.getByRole("button", { name: "Tamper", exact: true }).click();
    await page.waitForSelector("#attack .verdict.bad");
  },
  async inspect(page) {
    await page.locator("#inspect textarea").first().fill(wire());
    await page.waitForSelector("#inspect .verdict[data-valid=true]");
    await page.getByRole("button", { name: "Python 0.4.0" }).click();
    await page.waitForFunction(() => document.querySelector("#inspect textarea").value.includes("{"));
  },
  async approve(page) {
    await page.getByLabel("A name for the key").fill("Ana");
    await page.getByRole("button", { name: "Make a key" }).click();
    await page.locator("#approve [data-you] strong").getByText("Ana").waitFor();
    await page.getByRole("button", { name: "Try an example" }).click();
    await page.locator("#approve [data-way] .hops").first().waitFor();
    await page.locator("#approve [data-word]").getByRole("button", { name: "Approve", exact: true }).click();
    await page.locator("#approve [data-signed] .verdict[data-decision=ACCEPT]").waitFor();
  },
  async sentinel(page) {
    await page.evaluate(() => (location.hash = "sentinel/example"));
    await page.waitForSelector("#sentinel[data-state=done]");
    await page.waitForSelector("#sentinel .chart canvas");
  },
  async keys(page) {
    await page.getByRole("button", { name: "Generate" }).first().click();
    await page.getByText("This key", { exact: true }).waitFor();
  },
};

for (const [name, use] of Object.entries(USES)) {
  test(`${name}: the first request of everything is lost, and the panel is used without a reload`, async (t) => {
    loses([], { everything: true });
    const { page, complaints } = await opened(t, name);
    await page.waitForSelector(`#${name}[data-ready]`);
    await use(page);
    assert.equal(await page.locator("#trouble:not([hidden])").count(), 0);
    assert.notEqual(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgba(0, 0, 0, 0)", "no style sheet");
    assert.deepEqual(complaints, []);
    assert.equal(asked.get("/"), 1);
    for (const [path, times] of asked) if (isPart(path)) assert.ok(times > 1, `${path} was asked for ${times} times`);
    assert.ok([...asked.keys()].some((path) => path.startsWith(`/chunks/panel-${name}-`)));
  });
}

test("where a panel does not come at all it says so, and a press of one button is enough when the connection is back", async (t) => {
  loses([]);
  const { page } = await opened(t, "attack");
  await page.waitForSelector("#attack[data-ready]");
  const main = await (await fetch(`${origin()}/main.js`)).text();
  loses([`/${/chunks\/panel-keys-\w+\.js/.exec(main)[0]}`]);
  await page.evaluate(() => (location.hash = "keys"));
  await page.locator("#trouble").getByText("This panel could not be shown").waitFor();
  loses([]);
  await page.getByRole("button", { name: "Try again" }).click();
  await page.waitForSelector("#keys[data-ready]");
  assert.equal(await page.locator("#trouble:not([hidden])").count(), 0);
  await USES.keys(page);
});

test("a core that does not come at first is asked for again with the next panel", async (t) => {
  loses(["/core.wasm"]);
  const { page } = await opened(t, "attack");
  await page.locator("#trouble").getByText("WebAssembly core could not be started").waitFor();
  loses([]);
  await page.evaluate(() => (location.hash = "keys"));
  await page.waitForSelector("#keys[data-ready]");
  await USES.keys(page);
});

test("a worker that does not come is told of, and the next log is read", async (t) => {
  loses(["/sentinel-worker.js"]);
  const { page, complaints } = await opened(t, "sentinel/example");
  await page.locator("#sentinel [data-part=trouble]").getByText("could not be loaded").waitFor();
  loses([]);
  await page.locator("#sentinel").getByRole("button", { name: /example/i }).first().click();
  await page.waitForSelector("#sentinel[data-state=done]");
  assert.deepEqual(complaints, []);
});

test("a page of the documentation finds its sheets, its script and its list again", async (t) => {
  loses([], { everything: true });
  const context = await browser().newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(`${origin()}/docs/recipes/redis.html`);
  await page.locator("#find").waitFor();
  await page.fill("#find", "verifylog");
  await page.waitForSelector("#found a");
  for (const [path, times] of asked) if (/\.(js|css|json)$/.test(path) && isPart(path)) assert.ok(times > 1, path);
});
