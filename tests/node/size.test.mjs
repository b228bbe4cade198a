/** What a user downloads stays small: a limit, not a wish. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

const LIMIT = 165_000;
/** Where the sources of the standard library cannot be had, the build takes it as it is installed, with the texts of its panics. */
const LIMIT_AS_INSTALLED = 190_000;

test("core.wasm is at most 165,000 bytes after gzip -9", () => {
  const wasm = readFileSync(new URL("../../pkg/dist/core.wasm", import.meta.url));
  const limit = wasm.includes("/rustc/") ? LIMIT_AS_INSTALLED : LIMIT;
  const size = gzipSync(wasm, { level: 9 }).length;
  assert.ok(size <= limit, `core.wasm has ${size} bytes after gzip -9, ${size - limit} more than allowed`);
});

test("nothing but the wasm itself is needed at run time", () => {
  const { dependencies, peerDependencies, optionalDependencies, scripts } = JSON.parse(readFileSync(new URL("../../pkg/package.json", import.meta.url), "utf8"));
  assert.deepEqual([dependencies, peerDependencies, optionalDependencies], [undefined, undefined, undefined]);
  for (const hook of ["preinstall", "install", "postinstall", "prepare"]) assert.equal(scripts?.[hook], undefined, hook);
});
