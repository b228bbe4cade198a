/** The Sentinel panel as people use it: logs from anywhere and of any size, what is found in them, and logs that mean harm. */
import assert from "node:assert/strict";
import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { AgentIdentity } from "../../pkg/dist/index.js";
import { LogWriter } from "../../pkg/dist/sentinel.js";
import { axe, playground } from "./site.mjs";

const { open, shots, browser } = playground();
const folder = mkdtempSync(join(tmpdir(), "trusthandoff-logs-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const START = Date.UTC(2026, 2, 8, 12);
const keeper = AgentIdentity.generate({ agentId: "agent:keeper" });

const event = (n, event_type, more = {}) => ({
  event_id: `e-${n}`,
  event_type,
  timestamp: new Date(START + n * 1000).toISOString(),
  producer_id: "agent:researcher",
  packet_id: `pk-${n}`,
  from_agent: "agent:planner",
  to_agent: "agent:researcher",
  ...more,
});
const refused = (n, reason, more = {}) => event(n, "packet_rejected", { reason, identity: "claimed", ...more });

/** An hour: honest work, a forged packet at half past, a replay at the end. */
const HOUR = [
  ...Array.from({ length: 30 }, (_, n) => event(n * 60, "packet_accepted")),
  refused(1800, "invalid_signature", { from_agent: "agent:mallory" }),
  ...Array.from({ length: 29 }, (_, n) => event(1860 + n * 60, "packet_accepted", { from_agent: "agent:coder" })),
  refused(3600, "replay_detected", { packet_id: "pk-60", from_agent: "agent:coder", identity: "proven" }),
];

function write(name, content) {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const jsonl = (lines) => lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join("");

/** The lines of a chained log, sealed after each of `seals` events. */
function chained(events, seals = []) {
  const writer = new LogWriter({ logId: "gate-1" });
  const lines = [];
  for (const [n, each] of events.entries()) {
    lines.push(writer.append(each));
    if (seals.includes(n + 1)) lines.push(writer.checkpoint(keeper, { now: START + n * 1000 }));
  }
  return { lines, writer };
}

async function openLog(page, path) {
  await page.setInputFiles("#sentinel [data-part=picker]", path);
  await page.waitForSelector("#sentinel[data-state=done]");
}

const part = (page, name) => page.locator(`#sentinel [data-part=${name}]`);
const labelled = (page, name, options) => page.locator("#sentinel").getByLabel(name, options);
const status = (page) => page.textContent("#sentinel [data-part=filters] [role=status]");
const visibleFindings = (page) => page.locator("#sentinel .finding:visible").count();
const word = (page) => page.textContent("#sentinel [data-part=integrity] .chip");

async function ends({ complaints, close }) {
  assert.deepEqual(complaints(), []);
  await close();
}

test("an example shows what Sentinel is for: every attack of the shift, by whom, and that the log is sealed", async () => {
  const site = await open({ hash: "sentinel" });
  const { page } = site;
  await page.click("#sentinel [data-do=example]");
  await page.waitForSelector("#sentinel[data-state=done]");
  assert.match(await page.textContent("#sentinel .headline"), /^\d+ findings, 2 of them critical$/);
  assert.equal(await word(page), "Sealed");
  const types = await page.locator("#sentinel .group").evaluateAll((groups) => groups.map(({ dataset }) => dataset.type));
  for (const type of ["replay_attempt", "tampered_packet", "forged_identity", "escalation_attempt", "burst", "use_after_revocation"])
    assert.ok(types.includes(type), type);
  assert.deepEqual(types.slice(0, 2).sort(), ["execution_repeated", "replay_attempt"], "the gravest first: let in twice, and run twice");
  const claimed = await page.locator("#sentinel .node.claimed").evaluateAll((nodes) => nodes.map(({ dataset }) => dataset.agent));
  assert.deepEqual(claimed, ["agent:helpful-stranger"]);
  await page.locator("#sentinel .group[data-type=replay_attempt] .finding").first().locator("summary").click();
  await page.locator("#sentinel .finding[open] .lines .number").nth(1).waitFor();
  assert.equal(await page.locator("#sentinel .finding[open] .lines li").count(), 2);

  // The key of the example's keeper counts for no other log.
  await openLog(page, write("chained.jsonl", jsonl(chained(HOUR, [60]).lines)));
  assert.equal(await word(page), "Whole, not sealed");
  assert.equal(await page.inputValue("#sentinel-keys"), "");
  await ends(site);
});

test("an edited line is pointed at, among its neighbours", async () => {
  const site = await open({ hash: "sentinel/edited" });
  const { page } = site;
  await page.waitForSelector("#sentinel[data-state=done]");
  const broken = /^Broken at line ([\d,]+)$/.exec(await word(page));
  assert.ok(broken, await word(page));
  const marked = part(page, "integrity").locator(".lines .marked");
  await marked.first().waitFor();
  assert.equal((await marked.first().locator(".number").textContent()).trim(), broken[1]);
  assert.match(await marked.first().locator("code").textContent(), /"packet_rejected".*"agent:deployer"/);
  assert.equal(await part(page, "integrity").locator(".lines li").count(), 4);
  await ends(site);
});

test("a log is opened, dropped or pasted, and its findings quote the lines as they stand in it", async () => {
  const site = await open({ hash: "sentinel" });
  const { page } = site;
  const text = jsonl(HOUR);
  await openLog(page, write("hour.jsonl", text));
  assert.match(await page.textContent("#sentinel .headline"), /^4 findings, 1 of them high$/);
  assert.equal(await word(page), "No hash chain");
  const tampered = page.locator("#sentinel .group[data-type=tampered_packet] .finding");
  await tampered.locator("summary").click();
  await tampered.locator(".lines code").waitFor();
  assert.equal(await tampered.locator(".lines code").textContent(), JSON.stringify(HOUR[30]));
  assert.equal(await tampered.locator(".lines .number").textContent(), "31");
  assert.equal(await tampered.locator(".chip", { hasText: "claimed" }).count(), 1);

  for (const give of ["drop", "paste"]) {
    await page.evaluate(() => (document.querySelector("#sentinel").dataset.state = "before"));
    await page.evaluate(
      ([lines, how]) => {
        const data = new DataTransfer();
        if (how === "drop") data.items.add(new File([lines], "dropped.jsonl"));
        else data.setData("text/plain", lines);
        const target = document.querySelector(how === "drop" ? "header" : "#sentinel-title");
        const init = { bubbles: true, cancelable: true };
        target.dispatchEvent(
          how === "drop"
            ? new DragEvent("drop", { ...init, dataTransfer: data })
            : new ClipboardEvent("paste", { ...init, clipboardData: data }),
        );
      },
      [jsonl(HOUR.slice(0, 31)), give],
    );
    await page.waitForSelector("#sentinel[data-state=done]");
    assert.match(await page.textContent("#sentinel .headline"), /^2 findings/, give);
    assert.match(await part(page, "headline").textContent(), give === "drop" ? /dropped\.jsonl/ : /pasted lines/);
  }
  await ends(site);
});

test("filters: severity, type, agent, words, and all of them undone", async () => {
  const site = await open({ hash: "sentinel" });
  const { page } = site;
  await openLog(page, write("hour.jsonl", jsonl(HOUR)));
  assert.equal(await status(page), "4 of 4 findings shown");
  const tile = (severity) => page.locator("#sentinel .tile", { hasText: severity });
  await tile("high").click();
  assert.equal(await tile("high").getAttribute("aria-pressed"), "true");
  assert.equal(await status(page), "1 of 4 findings shown");
  await tile("medium").click();
  assert.equal(await status(page), "2 of 4 findings shown");
  await page.click("#sentinel >> text=Show all");
  await labelled(page, "Type").selectOption("rejected_packet");
  assert.equal(await status(page), "2 of 4 findings shown");
  await labelled(page, "Type").selectOption("");
  await labelled(page, "Agent", { exact: true }).fill("mallory");
  assert.equal(await status(page), "2 of 4 findings shown");
  await labelled(page, "Words").fill("SIGNATURE");
  assert.equal(await status(page), "2 of 4 findings shown");
  await labelled(page, "Words").fill("replay_detected");
  assert.equal(await status(page), "0 of 4 findings shown");
  assert.equal(await visibleFindings(page), 0);
  await page.click("#sentinel >> text=Show all");
  assert.equal(await status(page), "4 of 4 findings shown");
  await ends(site);
});

test("a stretch of the timeline that is dragged over shows its findings, and a double click all of them again", async () => {
  const site = await open({ hash: "sentinel" });
  const { page } = site;
  await openLog(page, write("hour.jsonl", jsonl(HOUR)));
  const over = page.locator("#sentinel .u-over");
  await over.scrollIntoViewIfNeeded();
  const { x, y, width, height } = await over.boundingBox();
  const drag = async (from, to) => {
    await page.mouse.move(x + width * from, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + width * ((from + to) / 2), y + height / 2, { steps: 4 });
    await page.mouse.move(x + width * to, y + height / 2, { steps: 4 });
    await page.mouse.up();
  };
  await drag(0.4, 0.6);
  assert.equal(await status(page), "2 of 4 findings shown");
  assert.deepEqual(await page.locator("#sentinel .group:visible").evaluateAll((groups) => groups.map(({ dataset }) => dataset.type)), [
    "tampered_packet",
    "rejected_packet",
  ]);
  assert.match(await labelled(page, "From (UTC)").inputValue(), /^2026-03-08T12:2/);
  await over.dblclick();
  assert.equal(await status(page), "4 of 4 findings shown");
  // The same without a mouse.
  await labelled(page, "From (UTC)").fill("2026-03-08T12:55:00");
  assert.equal(await status(page), "2 of 4 findings shown");
  assert.equal(await page.locator("#sentinel .group[data-type=replay_attempt]").isVisible(), true);
  await page.locator("#sentinel summary", { hasText: "timeline as a table" }).click();
  const table = page.locator("#sentinel [aria-label='The timeline as a table'] td");
  await table.first().waitFor();
  const cells = await table.allTextContents();
  const sum = (column) => cells.filter((_, n) => n % 3 === column).reduce((total, text) => total + Number(text), 0);
  assert.deepEqual([sum(0), sum(1), sum(2)], [59, 2, 2]);
  await ends(site);
});

test("with a finger a stretch of the timeline is chosen too", async () => {
  const site = await open({ hash: "sentinel", phone: true });
  const { page, context } = site;
  await openLog(page, write("hour.jsonl", jsonl(HOUR)));
  const over = page.locator("#sentinel .u-over");
  await over.scrollIntoViewIfNeeded();
  const { x, y, width, height } = await over.boundingBox();
  const session = await context.newCDPSession(page);
  const touch = (type, share) =>
    session.send("Input.dispatchTouchEvent", { type, touchPoints: share === null ? [] : [{ x: x + width * share, y: y + height / 2 }] });
  await touch("touchStart", 0.4);
  for (const share of [0.44, 0.5, 0.56, 0.6]) await touch("touchMove", share);
  await touch("touchEnd", null);
  assert.equal(await status(page), "2 of 4 findings shown");
  assert.equal(await page.locator("#sentinel .group[data-type=tampered_packet]").isVisible(), true);
  // A browser takes a tap right after a swipe for the end of the swipe.
  await page.waitForTimeout(800);
  await page.tap("#sentinel >> text=All of the time");
  await page.waitForSelector("#sentinel [role=status] >> text=4 of 4 findings shown");
  await ends(site);
});

test("by keyboard: agents of the graph are gone through with arrows, and the one chosen filters", async () => {
  const site = await open({ hash: "sentinel" });
  const { page } = site;
  await openLog(page, write("hour.jsonl", jsonl(HOUR)));
  await page.focus("#sentinel .node[tabindex='0']");
  const focused = () => page.evaluate(() => document.activeElement.dataset.agent);
  assert.equal(await focused(), "agent:coder");
  await page.keyboard.press("ArrowDown");
  assert.equal(await focused(), "agent:mallory");
  await page.keyboard.press("Enter");
  assert.equal(await page.getAttribute("#sentinel .node[data-agent='agent:mallory']", "aria-pressed"), "true");
  assert.equal(await status(page), "2 of 4 findings shown");
  await page.keyboard.press("Escape");
  assert.equal(await status(page), "4 of 4 findings shown");
  const summary = page.locator("#sentinel .group[data-type=tampered_packet] .finding summary");
  await summary.focus();
  await page.keyboard.press("Enter");
  await page.locator("#sentinel .finding[open] .lines code").waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "agent:mallory");
  await page.keyboard.press("Enter");
  assert.equal(await labelled(page, "Agent", { exact: true }).inputValue(), "agent:mallory");
  await ends(site);
});

test("with the keeper's key a log is sealed; with a checkpoint kept elsewhere a shortened one is found out", async () => {
  const site = await open({ hash: "sentinel" });
  const { page } = site;
  const { lines, writer } = chained(HOUR, [60]);
  await openLog(page, write("chained.jsonl", jsonl(lines)));
  assert.equal(await word(page), "Whole, not sealed");
  assert.match(await part(page, "integrity").textContent(), /holds 1 checkpoint: give the keeper's public key/);
  await page.click("#sentinel summary >> text=Keeper's key");
  await labelled(page, "Public keys of the keeper", { exact: true }).fill(keeper.publicKeyPem.trim());
  await page.click("#sentinel >> text=Read the log again");
  await page.waitForSelector("#sentinel [data-part=integrity] .chip >> text=Sealed to line 61");

  await labelled(page, "A checkpoint that was kept elsewhere", { exact: true }).fill(writer.checkpoint(keeper, { now: START }));
  await openLog(page, write("shortened.jsonl", jsonl(lines.slice(0, 50))));
  assert.match(await word(page), /^Broken/);
  assert.match(await part(page, "integrity").textContent(), /the end was cut off/);

  await labelled(page, "Public keys of the keeper", { exact: true }).fill("no key");
  await page.click("#sentinel >> text=Read the log again");
  await page.waitForSelector("#sentinel[data-state=failed]");
  assert.match(await part(page, "trouble").textContent(), /^public_key/);
  await ends(site);
});

test("rules of one's own find what they describe, and a wrong one is told with its place", async () => {
  const site = await open({ hash: "sentinel" });
  const { page } = site;
  const rule = {
    type: "busy_coder",
    severity: "medium",
    event_type: "packet_accepted",
    where: { from_agent: ["agent:coder"] },
    sentence: "{packet_id} came from the coder.",
  };
  await page.click("#sentinel summary >> text=Keeper's key");
  const rules = labelled(page, "Rules of your own", { exact: true });
  await rules.fill(JSON.stringify([rule]));
  await openLog(page, write("hour.jsonl", jsonl(HOUR)));
  assert.match(await page.textContent("#sentinel .group[data-type=busy_coder] summary"), /29 findings/);
  await rules.fill(JSON.stringify([{ ...rule, severity: "grave" }]));
  await page.click("#sentinel >> text=Read the log again");
  await page.waitForSelector("#sentinel[data-state=failed]");
  assert.match(await part(page, "trouble").textContent(), /^field_invalid .*\/0\/severity/);
  await ends(site);
});

test("the report and the findings are downloaded, open anywhere, and hold what was found", async () => {
  const site = await open({ hash: "sentinel" });
  const { page, context } = site;
  await openLog(page, write("hour.jsonl", jsonl(HOUR)));
  const saved = async (label) => {
    const [download] = await Promise.all([page.waitForEvent("download"), page.click(`#sentinel >> text=${label}`)]);
    const path = join(folder, download.suggestedFilename());
    await download.saveAs(path);
    return path;
  };
  const findings = readFileSync(await saved("Findings as JSONL"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(findings.map(({ type }) => type).sort(), ["rejected_packet", "rejected_packet", "replay_attempt", "tampered_packet"]);
  const report = await context.newPage();
  await report.goto(pathToFileURL(await saved("HTML report")).href);
  assert.equal(await report.locator("tbody tr").count(), 4);
  assert.match(await report.textContent("tbody"), /tampered_packet/);
  await ends(site);
});

/** About `bytes` of honest work with a refusal now and then; gives how many lines and refusals there are. */
async function largeLog(path, bytes) {
  const out = createWriteStream(path);
  let [lines, refusals, written] = [0, 0, 0];
  for (let n = 0; written < bytes; n += 1) {
    const isRefused = n % 500 === 499;
    const agents = { from_agent: `agent:a${n % 37}`, to_agent: `agent:b${n % 11}`, note: "x".repeat(420) };
    const story = isRefused
      ? [refused(n / 50, "invalid_signature", agents)]
      : ["packet_accepted", "task_started", "task_finished"].map((type, step) =>
          event(n / 50, type, { ...agents, event_id: `e-${n}-${step}` }),
        );
    const text = jsonl(story);
    [lines, refusals, written] = [lines + story.length, refusals + Number(isRefused), written + text.length];
    if (!out.write(text)) await once(out, "drain");
  }
  out.end();
  await once(out, "finish");
  return { lines, refusals };
}

/** Bytes that the processes of the browser's pages hold, workers included. */
async function rendererBytes() {
  const session = await browser().newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  const held = processInfo
    .filter(({ type }) => type === "renderer")
    .map(({ id }) => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${id}/status`, "utf8"))?.[1] ?? 0) * 1024);
  return Math.max(...held);
}

test("100 MB stream past a page that stays awake", async (t) => {
  const path = join(folder, "large.jsonl");
  const { lines, refusals } = await largeLog(path, 100e6);
  const site = await open({ hash: "sentinel" });
  const { page } = site;
  await openLog(page, write("hour.jsonl", jsonl(HOUR)));
  await page.evaluate(() => {
    globalThis.frames = 0;
    globalThis.steps = new Set();
    const tick = () => {
      globalThis.frames += 1;
      globalThis.steps.add(document.querySelector("#sentinel progress").value);
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  const begun = performance.now();
  await page.evaluate(() => {
    document.querySelector("#sentinel").dataset.state = "before";
    globalThis.frames = 0;
    globalThis.steps.clear();
  });
  await page.setInputFiles("#sentinel [data-part=picker]", path);
  await page.waitForSelector("#sentinel[data-state=reading]");
  await page.waitForSelector("#sentinel[data-state=done]", { timeout: 300_000 });
  const seconds = (performance.now() - begun) / 1000;
  const [frames, steps] = await page.evaluate(() => [globalThis.frames, globalThis.steps.size]);
  t.diagnostic(`100 MB in ${seconds.toFixed(1)} s, ${frames} frames, ${steps} steps of progress`);
  // Told every 100 ms of a reading that takes far longer anywhere; a page that read by itself would draw the first and the last.
  assert.ok(steps >= 3 && frames >= 10, `${frames} frames, ${steps} steps of progress`);
  assert.match(await part(page, "headline").textContent(), new RegExp(`${lines.toLocaleString("en")} lines`));
  assert.match(
    await page.textContent("#sentinel .group[data-type=tampered_packet] > summary"),
    new RegExp(`${refusals.toLocaleString("en")} findings`),
  );

  // Far into it, a line can still be read again.
  const last = page.locator("#sentinel .group[data-type=tampered_packet] .finding").nth(49);
  await last.locator("summary").click();
  await last.locator(".lines code").waitFor();
  // The fiftieth refusal: every 500th story is one, and every other has three lines.
  const story = 50 * 500 - 1;
  assert.equal(await last.locator(".lines .number").textContent(), ((story - 49) * 3 + 49 + 1).toLocaleString("en"));
  assert.match(
    await last.locator(".lines code").textContent(),
    new RegExp(`"event_type":"packet_rejected".*"packet_id":"pk-${story / 50}"`),
  );
  await ends(site);
});

test("every line of a log is found again as it stands there, in whatever pieces it was read", async () => {
  // The site's files are modules for a bundler; Node is told by the kind of address.
  const source = readFileSync(new URL("../../www/panels/sentinel/line_index.js", import.meta.url), "utf8");
  const { LineIndex } = await import(`data:text/javascript,${encodeURIComponent(source)}`);
  const lines = Array.from({ length: 4000 }, (_, n) => (n % 97 === 0 ? "" : `${n} ${"é€😀".repeat((n * 7) % 61)}`));
  lines[1234] = "long ".repeat(60_000);
  const log = new Blob([lines.join("\n")]);
  const bytes = new Uint8Array(await log.arrayBuffer());
  for (const size of [1009, 65_536, 100_003, bytes.length]) {
    const index = new LineIndex();
    for (let at = 0; at < bytes.length; at += size) index.add(bytes.subarray(at, at + size));
    const found = await index.read(log, 1, lines.length);
    assert.deepEqual(
      found.map(({ text, more }) => (more === 0 ? text : text.length + more)),
      lines.map((line, n) => (n === 1234 ? line.length : line)),
      `pieces of ${size} bytes`,
    );
    for (let number = 1; number <= lines.length && size === 1009; number += 1) {
      const [line, ...others] = await index.read(log, number, number);
      assert.equal(line.number, number);
      if (number !== 1235) assert.equal(line.text, lines[number - 1]);
      assert.deepEqual(others, []);
    }
    assert.deepEqual(await index.read(log, lines.length + 1, lines.length + 9), []);
  }
});

test("of 400 MB nothing stays in memory but what was found", async (t) => {
  const path = join(folder, "large.jsonl");
  const { lines } = await largeLog(path, 100e6);
  const site = await open({ hash: "sentinel" });
  const { page } = site;
  const before = await rendererBytes();
  // The same file four times over, as one: a disk need not hold what only memory is asked about.
  await page.evaluate(() => {
    const given = Object.assign(document.createElement("input"), { type: "file", id: "given" });
    given.setAttribute("aria-label", "given");
    document.body.append(given);
  });
  await page.setInputFiles("#given", path);
  await page.evaluate(() => {
    const data = new DataTransfer();
    const [file] = document.querySelector("#given").files;
    data.items.add(new File([file, file, file, file], "four.jsonl"));
    document.querySelector("#sentinel-title").dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: data }));
  });
  await page.waitForSelector("#sentinel[data-state=reading]");
  const seen = [];
  while ((await page.getAttribute("#sentinel", "data-state")) === "reading") seen.push(await rendererBytes());
  assert.match(await part(page, "headline").textContent(), new RegExp(`${(lines * 4).toLocaleString("en")} lines`));
  // What waits to be collected comes and goes; what stays is there at every moment of the second half, at least half of all.
  const more = (Math.min(...seen.slice(Math.floor(seen.length / 2))) - before) / 1e6;
  const most = (Math.max(...seen) - before) / 1e6;
  t.diagnostic(`${more.toFixed(0)} MB more in the second half of 400 MB, ${most.toFixed(0)} MB at most; ${seen.length} looks`);
  assert.ok(more < 200, `${more.toFixed(0)} MB more in the second half of 400 MB`);
  await ends(site);
});

test("stopped while it reads, it shows what was found until then, and says that it is a part", async () => {
  const path = join(folder, "large.jsonl");
  await largeLog(path, 100e6);
  const site = await open({ hash: "sentinel" });
  const { page } = site;
  await page.setInputFiles("#sentinel [data-part=picker]", path);
  // It is read faster than a test can look and click from outside.
  await page.waitForFunction(() => {
    const isUnderWay = document.querySelector("#sentinel progress")?.value > 0.1;
    if (isUnderWay) document.querySelector("#sentinel [data-part=progress] button").click();
    return isUnderWay;
  });
  await page.waitForSelector("#sentinel[data-state=done]");
  assert.match(await part(page, "headline").textContent(), /Reading was stopped after \d+ MB of 100 MB/);
  assert.equal(await page.locator("#sentinel .group[data-type=unreadable_line]").count(), 0, "it ended between two lines");
  // Another log in the middle of one takes its place.
  await page.setInputFiles("#sentinel [data-part=picker]", path);
  await page.waitForSelector("#sentinel[data-state=reading]");
  await openLog(page, write("hour.jsonl", jsonl(HOUR)));
  assert.match(await page.textContent("#sentinel .headline"), /^4 findings/);
  await ends(site);
});

test("a log that was not read to its end is never called sealed, even where the last line that was read is a checkpoint", async () => {
  const site = await open({ hash: "sentinel" });
  const { page } = site;
  // Every event is followed by a checkpoint, and every piece that is read at once ends within an event.
  const events = Array.from({ length: 400 }, (_, n) => event(n, "packet_accepted", { detail: "x".repeat(250_000) }));
  const { lines } = chained(
    events,
    events.map((_, n) => n + 1),
  );
  const text = jsonl(lines);
  for (let end = 2 ** 21; end < text.length; end += 2 ** 21) assert.match(text.slice(text.lastIndexOf("\n", end - 1) + 1, end), /x{10}$/);
  await page.click("#sentinel summary >> text=Keeper's key");
  await labelled(page, "Public keys of the keeper", { exact: true }).fill(keeper.publicKeyPem.trim());
  await page.setInputFiles("#sentinel [data-part=picker]", write("sealed.jsonl", text));
  await page.waitForFunction(() => {
    const isUnderWay = document.querySelector("#sentinel progress")?.value > 0.1;
    if (isUnderWay) document.querySelector("#sentinel [data-part=progress] button").click();
    return isUnderWay;
  });
  await page.waitForSelector("#sentinel[data-state=done]");
  assert.match(await part(page, "headline").textContent(), /Reading was stopped/);
  assert.match(await word(page), /^Sealed to line \d+$/);
  const said = await part(page, "integrity").textContent();
  assert.match(said, /whole as far as it was read\. The last trusted checkpoint that was read stands in line \d+\./);
  await page.click("#sentinel >> text=Read the log again");
  await page.waitForSelector("#sentinel [data-part=integrity] .chip >> text=/^Sealed$/");
  await ends(site);
});

test("a log that means harm harms nothing: markup, hidden characters, huge lines, bytes that are no text", async () => {
  const site = await open({ hash: "sentinel" });
  const { page } = site;
  const evil = '<img src=x onerror="document.title=`owned`">';
  const hidden = "agent:\u202eevil\u0007\u200b";
  const attack = [
    refused(1, evil, { from_agent: evil, packet_id: "</script><script>document.title='owned'</script>", to_agent: hidden }),
    refused(2, "invalid_signature", { from_agent: hidden, action: evil }),
    event(3, "packet_accepted", { from_agent: `x${"y".repeat(5_000)}` }),
    `{"event_type":"__proto__","packet_id":"pk-9"}`,
    ...["9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00+14:00", "2016-12-31T23:59:60Z", "yesterday"].map((timestamp, n) =>
      refused(6, "expired", { timestamp, packet_id: `pk-time-${n}` }),
    ),
    JSON.stringify(event(4, "packet_accepted", { note: "z".repeat(17 * 1024 * 1024) })),
    refused(5, "invalid_signature"),
  ];
  await openLog(page, write("harm.jsonl", jsonl(attack)));
  for (const summary of await page.locator("#sentinel .group").all()) await summary.evaluate((group) => (group.open = true));
  for (const finding of await page.locator("#sentinel .finding > summary").all()) await finding.click();
  await page.waitForFunction(() => !document.querySelector("#sentinel [aria-busy]"));
  assert.equal(await page.locator("#sentinel img, #sentinel script").count(), 0);
  assert.doesNotMatch(await page.title(), /owned/);
  const text = await page.textContent("#sentinel [data-part=result]");
  assert.ok(text.includes(evil));
  assert.ok(text.includes("⟨U+202E⟩") && !/[\u202e\u200b\u0007]/.test(text));
  assert.match(text, /longer than 16 MiB/);
  assert.match(text, /bytes more/);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, "nothing is wider than the page");

  const noise = Buffer.alloc(300_000);
  for (let n = 0; n < noise.length; n += 1) noise[n] = (n * 2654435761) >>> 24;
  await openLog(page, write("noise.bin", noise));
  assert.equal(await page.textContent("#sentinel .headline"), "This is no event log: none of its lines can be read.");
  for (const [name, content, words] of [
    ["empty.jsonl", "", /nothing in this file/],
    ["log.jsonl.gz", Buffer.from([0x1f, 0x8b, 8, 0]), /gzip archive. Unpack it first/],
  ]) {
    await page.setInputFiles("#sentinel [data-part=picker]", write(name, content));
    await page.waitForSelector("#sentinel[data-state=failed]");
    assert.match(await part(page, "trouble").textContent(), words);
  }
  await ends(site);
});

test("axe finds nothing in it, with everything open, in both themes and on a phone", async () => {
  for (const options of [{ theme: "light" }, { theme: "dark" }, { theme: "dark", phone: true }]) {
    const site = await open({ hash: "sentinel/edited", ...options });
    const { page } = site;
    await page.waitForSelector("#sentinel[data-state=done]");
    await page.locator("#sentinel details:visible").evaluateAll((all) => all.forEach((one) => (one.open = true)));
    await page.locator("#sentinel .lines code").first().waitFor();
    assert.deepEqual(await axe(page), [], JSON.stringify(options));
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, "nothing is wider than the page");
    await ends(site);
  }
});

test("on a phone whatever is pressed is large enough for a finger", async () => {
  const site = await open({ hash: "sentinel/edited", phone: true });
  const { page } = site;
  await page.waitForSelector("#sentinel[data-state=done]");
  await page.locator("#sentinel details:visible").evaluateAll((all) => all.forEach((one) => (one.open = true)));
  await page.locator("#sentinel .finding .lines code").first().waitFor();
  const small = await page.locator("#sentinel :is(button, summary, select, input, textarea, .node .area):not(.unseen)").evaluateAll((all) =>
    all
      .map((each) => [each.outerHTML.slice(0, 80), each.getBoundingClientRect()])
      .filter(([, { width, height }]) => width > 0 && Math.min(width, height) < 44)
      .map(([html]) => html),
  );
  assert.deepEqual(small, []);
  await ends(site);
});

test("the names of agents stand within the picture, on a desk, on a phone, few or many", async () => {
  const many = Array.from({ length: 300 }, (_, n) =>
    event(n, "packet_accepted", { from_agent: `agent:a-worker-with-a-name-${n % 31}`, to_agent: `agent:service-${n % 23}` }),
  );
  for (const phone of [false, true]) {
    const site = await open({ hash: "sentinel/example", phone });
    const { page } = site;
    const outside = () =>
      page.evaluate(() => {
        const { left, right } = document.querySelector("#sentinel .picture").getBoundingClientRect();
        const isOut = (text) => text.getBoundingClientRect().left < left || text.getBoundingClientRect().right > right;
        return [...document.querySelectorAll("#sentinel .node text")].filter(isOut).map(({ textContent }) => textContent);
      });
    await page.waitForSelector("#sentinel[data-state=done]");
    assert.deepEqual(await outside(), []);
    await page.evaluate(() => (document.querySelector("#sentinel").dataset.state = "before"));
    await openLog(page, write("many.jsonl", jsonl(many)));
    assert.equal(await page.locator("#sentinel .node").count(), 40);
    assert.match(await part(page, "graph").textContent(), /And 14 agents more, in the table/);
    assert.deepEqual(await outside(), []);
    await ends(site);
  }
});

test("pictures to look at", async () => {
  await shots("sentinel", { hash: "sentinel/edited" }, async (page) => {
    await page.waitForSelector("#sentinel[data-state=done]");
    await page.locator("#sentinel .u-over").waitFor();
    await page.locator("#sentinel .group[data-type=tampered_packet] .finding summary").first().click();
    await page.locator("#sentinel .finding[open] .lines code").waitFor();
  });
});

test("a name that a refused packet was addressed to is a claim like that of its sender", async () => {
  const { page, complaints, close } = await open({ hash: "sentinel" });
  const told = (more) => JSON.stringify({ timestamp: "2026-03-08T12:00:00Z", ...more });
  const lines = [
    told({ event_type: "packet_accepted", packet_id: "pk-1", from_agent: "agent:a", to_agent: "agent:b" }),
    told({ event_type: "packet_rejected", packet_id: "pk-2", from_agent: "agent:x", to_agent: "agent:invented", reason: "expired" }),
  ];
  const buffer = Buffer.from(lines.join("\n"));
  await page.locator("#sentinel input[type=file]").first().setInputFiles({ name: "log.jsonl", mimeType: "application/jsonl", buffer });
  await page.waitForSelector("#sentinel[data-state=done]");
  const claimed = await page.locator("#sentinel .node.claimed").evaluateAll((nodes) => nodes.map(({ dataset }) => dataset.agent));
  assert.deepEqual(claimed, ["agent:invented", "agent:x"]);
  assert.deepEqual(complaints(), []);
  await close();
});
