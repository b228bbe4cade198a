/**
 * One suite in every runtime, from the packed tarball. Fails when a case fails anywhere, or when two runtimes give
 * different evidence (texts, decisions, reports) for the same case. Argument: the tarball.
 */
import { join } from "node:path";
import { binary } from "./binaries.mjs";
import { browse } from "./browser.mjs";
import { withEsbuild, withVite } from "./bundlers.mjs";
import { finish } from "./process.mjs";
import { project } from "./project.mjs";
import { runInWorkerd } from "./workerd.mjs";

const MANY = 1000;
const SOME = 50;

const directory = await project("suite", process.argv[2]);

const ROWS = [
  ...["Node 20", "Node 22", "Node 24"].flatMap((node) => [
    [`${node}, import`, () => inProcess(node, [], "esm.mjs", MANY)],
    [`${node}, require`, () => inProcess(node, [], "cjs.cjs", SOME)],
    [`${node}, slim import`, () => inProcess(node, [], "slim.mjs", SOME)],
    [`${node}, slim require`, () => inProcess(node, [], "slim.cjs", SOME)],
  ]),
  // No permissions: the package asks for none.
  ["Deno", () => inProcess("Deno", ["run", "--quiet", "--no-prompt", "--no-remote", "--node-modules-dir=manual"], "esm.mjs", SOME)],
  ["Bun", () => inProcess("Bun", ["run"], "esm.mjs", SOME)],
  ["workerd", () => runInWorkerd(directory, SOME)],
  ["workerd, edge-light", () => runInWorkerd(directory, SOME, "edge-light")],
  ["Chromium, no bundler", () => inBrowser("page.html#trusthandoff")],
  ["Chromium, slim", () => inBrowser("page.html#trusthandoff/slim")],
  ["Chromium, esbuild", async () => (await withEsbuild(directory), inBrowser("esbuild.html#"))],
  ["Chromium, Vite", async () => (await withVite(directory), inBrowser("vite.html#"))],
  ["Chromium, wasm forbidden", () => inBrowser("forbidden.html#", { wasm: false })],
];

async function inProcess(runtime, flags, host, rounds) {
  const out = await finish(binary(runtime), [...flags, join("hosts", host), String(rounds)], { cwd: directory });
  return JSON.parse(out);
}

async function inBrowser(path, options) {
  const browser = await browse(directory, options);
  try {
    return await browser.open(`${path},${SOME}`);
  } finally {
    await browser.close();
  }
}

/** Evidence of the first runtime that gave any, by case. */
const evidence = new Map();
let failures = 0;

function judge(name, results, seconds) {
  const complaints = [];
  for (const { name: test, ok, expected, got, evidence: shown } of results) {
    if (!ok) complaints.push(`${test}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`);
    const text = JSON.stringify(shown);
    const first = evidence.get(test) ?? { name, text };
    evidence.set(test, first);
    if (ok && first.text !== text) complaints.push(`${test}: not the same as in ${first.name}: ${difference(first.text, text)}`);
  }
  if (results.length === 0) complaints.push("no results");
  report(name, `${results.length - complaints.length} of ${results.length}`, seconds, complaints);
}

function report(name, what, seconds, complaints) {
  failures += complaints.length;
  console.log(`${complaints.length === 0 ? "ok  " : "FAIL"} ${name.padEnd(24)} ${what.padEnd(10)} ${seconds.toFixed(1)} s`);
  for (const complaint of complaints) console.log(`     ${complaint}`);
}

function difference(one, other) {
  let at = 0;
  while (one[at] === other[at]) at += 1;
  return `\`…${one.slice(Math.max(0, at - 20), at + 40)}…\` and \`…${other.slice(Math.max(0, at - 20), at + 40)}…\``;
}

async function worker(rows) {
  for (let row = rows.shift(); row !== undefined; row = rows.shift()) {
    const [name, start] = row;
    const begun = performance.now();
    const seconds = () => (performance.now() - begun) / 1000;
    try {
      const results = await start();
      judge(name, results, seconds());
    } catch (error) {
      report(name, "-", seconds(), [error.message]);
    }
  }
}

const rows = [...ROWS];
await Promise.all([worker(rows), worker(rows)]);
console.log(failures === 0 ? `the same in all ${ROWS.length} rows` : `${failures} failures`);
process.exit(failures === 0 ? 0 : 1);
