/** Recipes as texts: each is listed, each is followed by a test, and each says what can go wrong. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { root } from "../runtimes/project.mjs";
import { blocksOf } from "./blocks.mjs";
import { isFile, recipes } from "./recipe.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const names = readdirSync(recipes).map((file) => file.replace(/\.md$/, ""));
const text = (name) => readFileSync(join(recipes, `${name}.md`), "utf8");

test("every recipe is in the list of the site, and followed by a test", async () => {
  const { RECIPES } = await import(pathToFileURL(join(root, "www/build/docs/contents.mjs")));
  assert.deepEqual(Object.values(RECIPES).flatMap(Object.keys).sort(), [...names].sort());
  const tests = readdirSync(here).filter((file) => file.endsWith(".test.mjs"));
  const all = tests.map((file) => readFileSync(join(here, file), "utf8")).join("\n");
  assert.deepEqual(names.filter((name) => !all.includes(`recipe(t, "${name}"`)), []);
});

test("no block is left out: each is a file, a command, or what a command prints", () => {
  for (const name of names) {
    const fences = text(name).match(/^```\w+/gm).length;
    const blocks = blocksOf(text(name));
    const outputs = blocks.filter(({ output }) => output !== undefined).length;
    assert.equal(blocks.length + outputs, fences, name);
    for (const block of blocks) assert.ok(isFile(block) || block.language === "console", `${name}: ${block.text}`);
    for (const block of blocks.filter(isFile)) assert.ok(block.text.split("\n").length <= 46, `${name}: ${block.name} is long`);
    assert.equal(new Set(blocks.filter(isFile).map((block) => block.name)).size, blocks.filter(isFile).length, name);
  }
});

test("each begins with when to use it, and ends with what can go wrong", () => {
  for (const name of names) {
    assert.match(text(name), /^# .+\n\nFor [^]+?\n\n/, name);
    const [, wrong] = /\n## What can go wrong\n\n([^]+)$/.exec(text(name)) ?? [];
    assert.ok(wrong?.match(/^- /gm).length >= 3, name);
    assert.doesNotMatch(wrong, /^```/m, name);
  }
});
