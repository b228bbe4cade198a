/** Nonces in IndexedDB, in Chromium: one winner whoever claims, in all tabs and workers, after a restart and after a crash. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { AgentIdentity, AgentRegistry, createEnvelope, signPacket, TrustHandoffMiddleware } from "../../pkg/dist/index.js";
import { IndexedDbNonceStore } from "../../pkg/dist/stores/indexeddb.js";
import { chromium } from "../runtimes/binaries.mjs";
import { esbuild } from "../runtimes/bundlers.mjs";
import { serveFiles } from "../runtimes/http.mjs";
import { root } from "../runtimes/project.mjs";

const { chromium: driver } = createRequire(pathToFileURL(join(root, "tests/tools/package.json")))("playwright-core");
const LAUNCH = { executablePath: chromium(), args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] };

const PAGE = `<!doctype html><title>nonces</title>
<script type="importmap">
  { "imports": { "trusthandoff": "/pkg/dist/index.js", "trusthandoff/stores/indexeddb": "/pkg/dist/stores/indexeddb.js" } }
</script>
<script type="module">
  import * as trusthandoff from "trusthandoff";
  import { IndexedDbNonceStore } from "trusthandoff/stores/indexeddb";
  Object.assign(window, { trusthandoff, IndexedDbNonceStore });
  /** Claims in order; each ends as true, false, or the code it was refused with. */
  window.claims = async (store, list) => {
    const found = [];
    for (const [key, expiresAtMs, about] of list) found.push(await store.checkAndStore(key, expiresAtMs, about).catch(({ code }) => code));
    return found;
  };
  window.gate = ({ audience, registry }, nonces) =>
    new trusthandoff.TrustHandoffMiddleware({ audience, registry: trusthandoff.AgentRegistry.fromJson(registry), nonces });
  document.title = "ready";
</script>`;

const planner = AgentIdentity.generate();
const researcher = AgentIdentity.generate();
const registry = new AgentRegistry().register(planner.agentId, planner.publicKeyPem);
const about = { audience: researcher.agentId, registry: registry.toJson() };
const envelope = (intent = "Summarize") => createEnvelope(signPacket(planner, { to_agent: researcher.agentId, intent }));

let site;
let browser;

before(async () => {
  const mounts = { "/pkg/dist/": join(root, "pkg/dist") };
  site = await serveFiles(join(root, "tests/browser"), { mounts, pages: { "/index.html": PAGE, "/worker.js": await bundledWorker() } });
  browser = await driver.launch(LAUNCH);
});

after(async () => {
  await browser?.close();
  site?.server.close();
});

/** A worker has no import map, so it gets one file, without any WebAssembly: it only claims. */
async function bundledWorker() {
  const { outputFiles } = await esbuild().build({
    stdin: {
      contents: `import { IndexedDbNonceStore } from "trusthandoff/stores/indexeddb";
        globalThis.claimIn = (name, key) =>
          new IndexedDbNonceStore({ name }).checkAndStore(key, Date.now() + 60_000).catch(({ code }) => code);
        globalThis.onmessage = async ({ data: { name, key, times } }) =>
          postMessage(await Promise.all(Array.from({ length: times }, () => claimIn(name, key))));`,
      resolveDir: root,
    },
    alias: { trusthandoff: join(root, "pkg/dist/index.js"), "trusthandoff/stores/indexeddb": join(root, "pkg/dist/stores/indexeddb.js") },
    bundle: true,
    write: false,
    format: "iife",
  });
  return outputFiles[0].text;
}

/** Tabs of one profile, which share what is stored. */
async function tabs(t, count = 1) {
  const context = await browser.newContext();
  t.after(() => context.close());
  return Promise.all(Array.from({ length: count }, () => open(context)));
}

async function open(context) {
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  await page.goto(`${site.origin}/`);
  await page.waitForFunction(() => document.title === "ready", null, { timeout: 60_000 });
  return page;
}

const count = (found, wanted) => found.filter((one) => one === wanted).length;

test("A07: 200 claims of one key at once have one winner", async (t) => {
  const [page] = await tabs(t);
  const found = await page.evaluate(async () => {
    const stores = [new IndexedDbNonceStore(), new IndexedDbNonceStore()];
    const at = Date.now() + 60_000;
    return Promise.all(Array.from({ length: 200 }, (_, index) => stores[index % 2].checkAndStore("th1:one", at)));
  });
  assert.deepEqual([count(found, true), count(found, false)], [1, 199]);
});

test("A07: a tab and a worker share their nonces", async (t) => {
  const [page] = await tabs(t);
  const found = await page.evaluate(async () => {
    const worker = new Worker("/worker.js");
    const answered = new Promise((resolve) => (worker.onmessage = ({ data }) => resolve(data)));
    worker.postMessage({ name: "shared", key: "k", times: 50 });
    const store = new IndexedDbNonceStore({ name: "shared" });
    const own = await Promise.all(Array.from({ length: 50 }, () => store.checkAndStore("k", Date.now() + 60_000)));
    return [...own, ...(await answered)];
  });
  assert.deepEqual([count(found, true), count(found, false)], [1, 99]);
});

test("A07: an envelope that reaches two tabs at the same moment is accepted in one of them", async (t) => {
  const pair = await tabs(t, 2);
  const wires = Array.from({ length: 50 }, (_, round) => envelope(`Round ${round}`));
  const startMs = Date.now() + 300;
  const decide = async ({ wires, startMs, about }) => {
    const own = gate(about, new IndexedDbNonceStore());
    const codes = [];
    for (const [round, wire] of wires.entries()) {
      await new Promise((resolve) => setTimeout(resolve, startMs + round * 20 - Date.now()));
      codes.push((await own.handle(wire)).code);
    }
    return codes;
  };
  const [first, second] = await Promise.all(pair.map((page) => page.evaluate(decide, { wires, startMs, about })));
  for (const [round, code] of first.entries())
    assert.deepEqual([code, second[round]].sort(), [null, "replay_detected"].sort(), `round ${round}`);
  assert.ok(first.includes(null) || second.includes(null));
});

for (const end of ["closed", "killed"]) {
  test(`A05: a replay is refused after the browser was ${end} and started again`, async (t) => {
    const profile = mkdtempSync(join(tmpdir(), "trusthandoff-profile-"));
    t.after(() => rmSync(profile, { recursive: true, force: true, maxRetries: 5 }));
    const wire = envelope();
    const decide = ({ wire, about }) =>
      gate(about, new IndexedDbNonceStore())
        .handle(wire)
        .then(({ code }) => code);
    const codes = [];
    for (const last of [false, true]) {
      const context = await driver.launchPersistentContext(profile, LAUNCH);
      codes.push(await (await open(context)).evaluate(decide, { wire, about }));
      if (last || end === "closed") await context.close();
      else {
        const gone = new Promise((resolve) => context.once("close", resolve));
        const session = await context.browser().newBrowserCDPSession();
        session.send("Browser.crash").catch(() => {});
        await gone;
        rmSync(join(profile, "SingletonLock"), { force: true });
      }
    }
    assert.deepEqual(codes, [null, "replay_detected"]);
  });
}

test("A05: expired nonces make room, live ones never do, and one sender gets half", async (t) => {
  const [page] = await tabs(t);
  const [found, held] = await page.evaluate(async () => {
    const store = new IndexedDbNonceStore({ capacity: 4 });
    const by = (fingerprint, nowMs) => ({ fingerprint, nowMs });
    const found = await claims(store, [
      ["a1", 1000, by("a", 0)],
      ["a2", 2000, by("a", 0)],
      ["a3", 2000, by("a", 0)],
      ["b1", 2000, by("b", 0)],
      ["c1", 2000, by("c", 999)],
      ["d1", 2000, by("d", 999)],
      ["a1", 1000, by("a", 999)],
      ["d1", 2000, by("d", 1000)],
      ["a4", 2000, by("a", 1000)],
      ["a2", 2000, by("a", 1000)],
    ]);
    return [found, await store.size()];
  });
  assert.deepEqual(found, [true, true, "replay_store_full", true, true, "replay_store_full", false, true, "replay_store_full", false]);
  assert.equal(held, 4);
});

test("the same claims in any order of times get the same answers as in memory", async (t) => {
  const [page] = await tabs(t);
  // A generator with a seed of its own, so that a failure can be looked at again.
  let seed = 20260308;
  const below = (sides) => Math.floor(((seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32) * sides);
  const list = Array.from({ length: 600 }, (_, n) => [
    `k${below(60)}`,
    below(40) + n,
    { fingerprint: `s${below(3)}`, nowMs: Math.max(0, n + below(30) - 15) },
  ]);
  const [stored, inMemory] = await page.evaluate(
    async (list) => {
      const memory = new trusthandoff.MemoryNonceStore({ capacity: 12 });
      return Promise.all([
        claims(new IndexedDbNonceStore({ capacity: 12 }), list),
        // What throws at once has to reject, as what is answered later does.
        claims({ checkAndStore: async (...claim) => memory.checkAndStore(...claim) }, list),
      ]);
    },
    list,
  );
  assert.deepEqual(stored, inMemory);
  for (const answer of [true, false, "replay_store_full", "replay_store_unavailable"]) assert.ok(count(stored, answer) > 10, `${answer}`);
});

test("a store that shrank still refuses, and drains by what expires", async (t) => {
  const [page] = await tabs(t);
  const [found, sizes] = await page.evaluate(async () => {
    const large = new IndexedDbNonceStore();
    await Promise.all(Array.from({ length: 100 }, (_, n) => large.checkAndStore(`k${n}`, 1000 + n, { nowMs: 0 })));
    const small = new IndexedDbNonceStore({ capacity: 10 });
    const sizes = [await small.size()];
    const found = [];
    for (const nowMs of [0, 5000, 5000]) {
      found.push(...(await claims(small, [[`new ${found.length}`, 9000, { nowMs }]])));
      sizes.push(await small.size());
    }
    return [found, sizes];
  });
  assert.deepEqual(found, ["replay_store_full", "replay_store_full", true]);
  assert.deepEqual(sizes, [100, 100, 36, 1]);
});

test("a jump of the clock and back lets nothing in twice", async (t) => {
  const [page, other] = await tabs(t, 2);
  const jump = () =>
    claims(new IndexedDbNonceStore(), [
      ["a", 1000, { nowMs: 0 }],
      ["b", 9000, { nowMs: 5000 }],
    ]);
  const back = () =>
    claims(new IndexedDbNonceStore(), [
      ["a", 1000, { nowMs: 10 }],
      ["c", 1001, { nowMs: 10 }],
      ["b", 9000, { nowMs: 10 }],
    ]);
  assert.deepEqual(await page.evaluate(jump), [true, true]);
  assert.deepEqual(await other.evaluate(back), ["replay_store_unavailable", true, false]);
});

test("a database deleted under an open store does not make what it held fresh", async (t) => {
  const [page] = await tabs(t);
  const found = await page.evaluate(async () => {
    const store = new IndexedDbNonceStore();
    const before = await claims(store, [["a", 5000, { nowMs: 0 }]]);
    const deleted = indexedDB.deleteDatabase("trusthandoff-nonces");
    await new Promise((resolve, reject) => Object.assign(deleted, { onsuccess: resolve, onerror: reject, onblocked: reject }));
    const after = await claims(store, [
      ["a", 5000, { nowMs: 10 }],
      ["b", 5001, { nowMs: 10 }],
    ]);
    // What was lost is known to whoever opens it from now on.
    return [...before, ...after, ...(await claims(new IndexedDbNonceStore(), [["a", 5000, { nowMs: 20 }]]))];
  });
  assert.deepEqual(found, [true, "replay_store_unavailable", true, "replay_store_unavailable"]);
});

test("a gate whose database cannot be used refuses with the code for it", async (t) => {
  const [page] = await tabs(t);
  const wires = Array.from({ length: 4 }, () => envelope());
  const codes = await page.evaluate(
    async ({ wires, about }) => {
      const opened = (request) =>
        new Promise((resolve, reject) => Object.assign(request, { onsuccess: () => resolve(request.result), onerror: reject }));
      (await opened(indexedDB.open("newer", 7))).close();
      (await opened(indexedDB.open("foreign", 1))).close();
      const closed = new IndexedDbNonceStore({ name: "closed" });
      await closed.close();
      const full = new IndexedDbNonceStore({ name: "full", capacity: 1 });
      await full.checkAndStore("other", Date.now() + 60_000);
      const stores = [new IndexedDbNonceStore({ name: "newer" }), new IndexedDbNonceStore({ name: "foreign" }), closed, full];
      return Promise.all(stores.map(async (store, index) => (await gate(about, store).handle(wires[index])).code));
    },
    { wires, about },
  );
  assert.deepEqual(codes, ["replay_store_unavailable", "replay_store_unavailable", "replay_store_unavailable", "replay_store_full"]);
});

test("a page without an origin of its own is refused, not let through", async (t) => {
  const [page] = await tabs(t);
  await page.goto("data:text/html,<title>nowhere</title>");
  await page.addScriptTag({ content: await bundledWorker() });
  assert.equal(await page.evaluate(() => claimIn("x", "k")), "replay_store_unavailable");
});

test("where there is no IndexedDB the gate refuses, and senseless options are told", async () => {
  const nonces = new IndexedDbNonceStore();
  const gate = new TrustHandoffMiddleware({ audience: researcher.agentId, registry, nonces });
  assert.equal((await gate.handle(envelope())).code, "replay_store_unavailable");
  await assert.rejects(nonces.checkAndStore("k", 1), {
    code: "replay_store_unavailable",
    message: "the nonce database cannot be used: there is no IndexedDB here",
  });
  await assert.rejects(nonces.checkAndStore(1, 1), { code: "argument_type" });
  await assert.rejects(nonces.checkAndStore("k", -1), { code: "argument_type" });
  for (const options of [{ name: "" }, { name: 1 }, { capacity: 0 }, { capacity: 1.5 }, { size: 1 }]) {
    assert.throws(() => new IndexedDbNonceStore(options), { code: "config_invalid" });
  }
});
