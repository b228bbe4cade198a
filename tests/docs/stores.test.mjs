/** The recipes of stores, with the databases they speak of: a nonce is taken once, a budget is spent once, whoever races for it. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { binary } from "../runtimes/binaries.mjs";
import { finish } from "../runtimes/process.mjs";
import { browse } from "./browser.mjs";
import { recipe } from "./recipe.mjs";
import { postgres, redis } from "./servers.mjs";

const RACERS = 4;
const ROUNDS = 200;

/**
 * Several processes claim the same nonces at the same time. `open` is JavaScript that leaves the recipe's store in `store` and
 * what ends it in `close`. Gives how often each nonce was taken.
 */
async function race({ directory }, open, env = {}) {
  const program = join(directory, "racer.mjs");
  const claim = `const claim = typeof store === "function" ? store : (...about) => store.checkAndStore(...about);`;
  // A store that is busy takes nothing and says so; a gate refuses then, and here it is asked again.
  const asked = `const asked = async (key) => {
    for (;;) try { return await claim(key, Date.now() + 60_000, { nowMs: Date.now() }); } catch (error) { if (!/locked/.test(error.message)) throw error; }
  };`;
  const rounds = `for (let round = 0; round < ${ROUNDS}; round += 1) console.log(round, await asked("th1:" + round));`;
  writeFileSync(program, `${open}\n${claim}\n${asked}\nwhile (Date.now() < Number(process.argv[2])) {}\n${rounds}\nawait close();\n`);
  const start = String(Date.now() + 2500);
  const options = { cwd: directory, env: { ...process.env, ...env } };
  const outputs = await Promise.all(Array.from({ length: RACERS }, () => finish(binary("Node 24"), ["racer.mjs", start], options)));
  const taken = new Map();
  for (const line of outputs.join("").trim().split("\n")) {
    const [round, reply] = line.split(" ");
    assert.match(reply, /^(true|false)$/);
    if (reply === "true") taken.set(round, (taken.get(round) ?? 0) + 1);
  }
  return [...taken.values()];
}

const ONCE_EACH = Array(ROUNDS).fill(1);

/** What a gate says of one envelope three times, over a store whose clock is two hours ahead of the gate's and forgets what has expired. */
async function ahead({ directory }, open, env = {}) {
  const program = `${open}
    import { AgentIdentity, AgentRegistry, createEnvelope, signPacket, TrustHandoffMiddleware } from "trusthandoff";
    const [planner, researcher] = [AgentIdentity.generate(), AgentIdentity.generate()];
    const clock = () => Date.now() - 7_200_000;
    const registry = new AgentRegistry().register(planner.agentId, planner.publicKeyPem);
    const gate = new TrustHandoffMiddleware({ audience: researcher.agentId, registry, nonces: store, clock });
    const wire = createEnvelope(signPacket(planner, { to_agent: researcher.agentId, intent: "Summarize" }, { now: clock() }));
    for (let time = 0; time < 3; time += 1) {
      console.log((await gate.handle(wire)).code);
      await store.forgetExpired?.();
    }
    await close();`;
  writeFileSync(join(directory, "ahead.mjs"), program);
  return (await finish(binary("Node 24"), ["ahead.mjs"], { cwd: directory, env: { ...process.env, ...env } })).trim().split("\n");
}

const ONCE = ["null", "replay_detected", "replay_detected"];

test("Redis: the recipe runs, and of four processes exactly one takes each nonce", async (t) => {
  const env = await redis(t);
  const followed = await recipe(t, "redis", { env });
  await followed.play();
  const open = `import { createClient } from "redis"; import { redisNonces } from "./stores.mjs";
    const client = await createClient({ url: process.env.REDIS_URL }).connect();
    const store = redisNonces(client); const close = () => client.close();`;
  assert.deepEqual(await race(followed, open, env), ONCE_EACH);
  assert.deepEqual(await ahead(followed, open, env), ONCE, "by the gate's time, whatever Redis's clock says");
});

test("Redis: a budget is spent to its last call and no further, and where one of two has no call left neither loses one", async (t) => {
  const env = await redis(t);
  const followed = await recipe(t, "redis", { env });
  await followed.run("npm install redis");
  const program = `import { createClient } from "redis"; import { redisCounters } from "./stores.mjs";
    const client = await createClient({ url: process.env.REDIS_URL }).connect();
    const about = { nowMs: Date.now() }; const expires = about.nowMs + 60_000;
    const reserve = (counters, until, by = about) => redisCounters(client)(counters, until, by);
    const both = [{ key: "small", limit: 5 }, { key: "large", limit: 100n }];
    const spent = await Promise.all(Array.from({ length: 50 }, () => reserve(both, expires)));
    const twice = await reserve([{ key: "twice", limit: 1 }, { key: "twice", limit: 1 }], expires);
    await reserve([both[1]], expires - 30_000);
    const left = await client.pExpireTime("large");
    const held = await client.mGet(["small", "large", "twice"]);
    const behind = { nowMs: about.nowMs - 7_200_000 };
    const late = []; for (const n of [1, 2]) late.push(await reserve([{ key: "late", limit: 1 }], behind.nowMs + 60_000, behind));
    console.log(JSON.stringify([spent.filter(Boolean).length, ...held, twice, left >= expires, ...late]));
    await client.close();`;
  writeFileSync(join(followed.directory, "spend.mjs"), program);
  assert.deepEqual(JSON.parse(await followed.run("node spend.mjs")), [5, "5", "6", null, false, true, true, false]);
});

test("PostgreSQL: the recipe runs, and of four processes exactly one takes each nonce", async (t) => {
  const env = await postgres(t);
  const followed = await recipe(t, "postgresql", { env });
  await followed.play();
  const open = `import pg from "pg"; import { postgresNonces } from "./nonces.mjs";
    const pool = new pg.Pool(); const store = await postgresNonces(pool); const close = () => pool.end();`;
  assert.deepEqual(await race(followed, open, env), ONCE_EACH);
  assert.deepEqual(await ahead(followed, open, env), ONCE);
  const forgetting = `import pg from "pg"; import { postgresNonces } from "./nonces.mjs";
    const pool = new pg.Pool(); const store = await postgresNonces(pool);
    const take = (key, left) => store.checkAndStore(key, Date.now() + left, { nowMs: Date.now() });
    await take("ended", -4_000_000); await store.forgetExpired();
    console.log(await take("th1:0", 60_000), await take("ended", 60_000)); await pool.end();`;
  writeFileSync(join(followed.directory, "forgetting.mjs"), forgetting);
  assert.equal(await followed.run("node forgetting.mjs"), "false true\n");
});

test("SQLite: the recipe runs, and of four processes exactly one takes each nonce", async (t) => {
  const followed = await recipe(t, "sqlite");
  await followed.play();
  const open = `import { sqliteNonces } from "./nonces.mjs";
    const store = sqliteNonces("raced.sqlite"); const close = () => store.close();`;
  assert.deepEqual(await race(followed, open), ONCE_EACH);
  assert.deepEqual(await ahead(followed, open), ONCE);
});

test("IndexedDB: what a page has accepted it refuses after a reload, and in another tab", async (t) => {
  const followed = await recipe(t, "indexeddb");
  await followed.play();
  const { browser, origin, complaints } = await browse(t, followed.directory);
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(origin);
  const shows = (expected) => document.body.textContent.trim() === expected;
  const says = (tab, text) => tab.waitForFunction(shows, text, { timeout: 60_000 });
  await says(page, "ACCEPT");
  await page.reload();
  await says(page, "replay_detected");
  const kept = await page.evaluate(() => sessionStorage.getItem("received"));
  const tab = await context.newPage();
  await tab.addInitScript((text) => sessionStorage.setItem("received", text), kept);
  await tab.goto(origin);
  await says(tab, "replay_detected");
  assert.deepEqual(complaints, []);
});

test("a store in two steps, which the recipes warn of, is caught by the race", async (t) => {
  const followed = await recipe(t, "sqlite");
  const open = `import { DatabaseSync } from "node:sqlite"; const db = new DatabaseSync("two-steps.sqlite", { timeout: 5000 });
    db.exec("PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS nonces (key TEXT)");
    const store = async (key) => { if (db.prepare("SELECT 1 FROM nonces WHERE key = ?").get(key)) return false;
      await new Promise(setImmediate); db.prepare("INSERT INTO nonces VALUES (?)").run(key); return true; };
    const close = () => db.close();`;
  const taken = await race(followed, open);
  assert.ok(taken.some((times) => times > 1), "nobody raced");
});
