/** What a user downloads stays small: a limit, not a wish. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { sizes } from "../../pkg/build/sizes.mjs";

for (const { file, gzipped, limit } of sizes(fileURLToPath(new URL("../../pkg/dist", import.meta.url)))) {
  test(`${file} is at most ${limit} bytes after gzip -9`, () => {
    assert.ok(gzipped <= limit, `${file} has ${gzipped} bytes, ${gzipped - limit} more than allowed`);
  });
}

test("nothing but the wasm itself is needed at run time", () => {
  const { dependencies, peerDependencies, optionalDependencies, scripts } = JSON.parse(readFileSync(new URL("../../pkg/package.json", import.meta.url), "utf8"));
  assert.deepEqual([dependencies, peerDependencies, optionalDependencies], [undefined, undefined, undefined]);
  for (const hook of ["preinstall", "install", "postinstall", "prepare"]) assert.equal(scripts?.[hook], undefined, hook);
});
