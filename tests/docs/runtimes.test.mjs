/** The recipes of runtimes, each in its own: Node, Chromium, bundlers, workerd, Deno, Bun. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { test } from "node:test";
import { serveFiles } from "../runtimes/http.mjs";
import { browse } from "./browser.mjs";
import { recipe } from "./recipe.mjs";
import { wrangled } from "./workers.mjs";

/** A gate's clock where that of its store is two hours ahead. */
const BEHIND = "() => Date.now() - 7_200_000";

test("Node: ES modules, CommonJS and TypeScript", async (t) => {
  const followed = await recipe(t, "node");
  await followed.play();
});

test("Deno: the server admits once, by an atomic operation of its key-value store", async (t) => {
  const followed = await recipe(t, "deno");
  await followed.play();
});

test("A06 Deno: the store holds a nonce by the gate's time, also where its own clock is ahead", async (t) => {
  const followed = await recipe(t, "deno");
  const server = join(followed.directory, "server.ts");
  const program = readFileSync(server, "utf8")
    .replace("audience: researcher.agentId,", `audience: researcher.agentId, clock: ${BEHIND},`)
    .replace('intent: "Summarize" })', `intent: "Summarize" }, { now: (${BEHIND})() })`)
    .replace("nonces.sqlite", "behind.sqlite");
  assert.equal(program.split("7_200_000").length, 3);
  writeFileSync(server, program);
  const allowed = "--allow-net --allow-env=PORT --allow-read=. --allow-write=.";
  const said = await followed.run(`deno run --quiet --unstable-kv --node-modules-dir=manual ${allowed} server.ts`);
  assert.match(said, /200 .*ACCEPT.*\n403 .*replay_detected/);
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

test("A06 Workers: the object holds a nonce by the gate's time, also where its own clock is ahead", async (t) => {
  const followed = await recipe(t, "workers");
  const { AgentIdentity, createEnvelope, signPacket } = await import(pathToFileURL(join(followed.directory, "node_modules/trusthandoff/dist/index.js")));
  const planner = AgentIdentity.generate();
  const vars = { AGENT_ID: "agent:researcher", REGISTRY: JSON.stringify({ [planner.agentId]: planner.publicKeyPem }) };
  const rewrite = (file, from, to) => {
    const path = join(followed.directory, file);
    const text = readFileSync(path, "utf8");
    assert.ok(text.includes(from), file);
    writeFileSync(path, text.replace(from, to));
  };
  rewrite("worker.js", "audience: env.AGENT_ID,", `audience: env.AGENT_ID, clock: ${BEHIND},`);
  // After each claim the object forgets what it takes for expired.
  rewrite("nonces.js", "return rows.length === 1;", "await this.alarm(); return rows.length === 1;");
  const worker = await wrangled(t, followed.directory, vars);
  const now = Date.now() - 7_200_000;
  const wire = createEnvelope(signPacket(planner, { to_agent: vars.AGENT_ID, intent: "Summarize" }, { now }));
  assert.equal((await worker.post(wire)).said.decision, "ACCEPT");
  for (let time = 0; time < 2; time += 1) assert.equal((await worker.post(wire)).said.code, "replay_detected");
});
