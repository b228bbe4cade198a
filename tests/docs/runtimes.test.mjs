/** The recipes of runtimes, each in its own: Node, Chromium, bundlers, workerd, Deno, Bun. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { test } from "node:test";
import { serveFiles } from "../runtimes/http.mjs";
import { browse } from "./browser.mjs";
import { recipe } from "./recipe.mjs";
import { wrangled } from "./workers.mjs";

test("Node: ES modules, CommonJS and TypeScript", async (t) => {
  const followed = await recipe(t, "node");
  await followed.play();
});

test("Deno: the server admits once, by an atomic operation of its key-value store", async (t) => {
  const followed = await recipe(t, "deno");
  await followed.play();
});

test("Bun: the server admits once, by its own SQLite", async (t) => {
  const followed = await recipe(t, "bun");
  await followed.play();
});

test("browser: the page runs under its policy, with nothing but its own files", async (t) => {
  const followed = await recipe(t, "browser");
  await followed.play();
  const { browser, complaints } = await browse(t, null, { origin: `http://localhost:${followed.port}` });
  const page = await (await browser.newContext()).newPage();
  const response = await page.goto(`http://localhost:${followed.port}/`);
  assert.match(response.headers()["content-security-policy"], /^default-src 'none'; script-src 'self' 'wasm-unsafe-eval'/);
  await page.waitForFunction(() => document.querySelector("#said").textContent === "ACCEPT: Show the minutes", null, { timeout: 60_000 });
  assert.deepEqual(complaints, []);
});

test("bundlers: what esbuild, Vite and webpack build runs in Chromium", async (t) => {
  const followed = await recipe(t, "bundlers");
  await followed.play();
  const head = `<!doctype html><meta charset="utf-8"><title>App</title><body></body>`;
  const page = (script) => `${head}<script type="module" src="${script}"></script>`;
  const pages = { "/with-esbuild.html": page("/esbuild/app.js"), "/with-webpack.html": page("/webpack/app.js") };
  const mounts = { "/assets/": join(followed.directory, "vite/assets") };
  const { server, origin } = await serveFiles(followed.directory, { pages, mounts });
  t.after(() => server.close());
  const { browser, complaints } = await browse(t, null, { origin });
  const tab = await (await browser.newContext()).newPage();
  for (const path of ["with-esbuild.html", "vite/index.html", "with-webpack.html"]) {
    await tab.goto(`${origin}/${path}`);
    await tab.waitForFunction(() => document.body.textContent.trim() === "ACCEPT", null, { timeout: 60_000 });
  }
  assert.deepEqual(complaints, []);
});

test("Workers: the gate in workerd admits once, also after a restart, and by whomever it is asked at the same time", async (t) => {
  const followed = await recipe(t, "workers");
  const installed = join(followed.directory, "node_modules/trusthandoff/dist/index.js");
  const { AgentIdentity, createEnvelope, signPacket } = await import(pathToFileURL(installed));
  const planner = AgentIdentity.generate();
  const vars = { AGENT_ID: "agent:researcher", REGISTRY: JSON.stringify({ [planner.agentId]: planner.publicKeyPem }) };
  const wire = (intent) => createEnvelope(signPacket(planner, { to_agent: vars.AGENT_ID, intent }));
  const [first, raced] = [wire("Summarize"), wire("Race")];

  const before = await wrangled(t, followed.directory, vars);
  assert.deepEqual(await before.post(first), { status: 200, said: { decision: "ACCEPT", code: null, intent: "Summarize" } });
  assert.equal((await before.post(first)).said.code, "replay_detected");
  assert.equal((await before.post("{}")).said.code, "missing_field");
  await before.stop();

  const after = await wrangled(t, followed.directory, vars);
  assert.equal((await after.post(first)).said.code, "replay_detected");
  const answers = await Promise.all(Array.from({ length: 20 }, () => after.post(raced)));
  assert.equal(answers.filter(({ status }) => status === 200).length, 1);
});
