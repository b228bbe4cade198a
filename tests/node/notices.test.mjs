/** Third-party notices: only licences that ask for no more than their text, one of each choice. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { choose } from "../../pkg/build/notices.mjs";

for (const [expression, wanted] of [
  ["MIT", ["MIT"]],
  ["Apache-2.0 OR MIT", ["MIT"]],
  ["MIT/Apache-2.0", ["MIT"]],
  ["BSD-3-Clause", ["BSD-3-Clause"]],
  ["Apache-2.0 OR BSL-1.0", ["BSL-1.0"]],
  ["(MIT OR Apache-2.0) AND Unicode-3.0", ["MIT", "Unicode-3.0"]],
  ["GPL-3.0-only OR MIT", ["MIT"]],
]) {
  test(`of \`${expression}\` is used ${wanted.join(" and ")}`, () => assert.deepEqual(choose("crate", expression), wanted));
}

for (const expression of ["GPL-3.0-only", "MIT AND GPL-3.0-only", "(MIT AND GPL-3.0-only) OR AGPL-3.0-only", "Apache-2.0 WITH LLVM-exception", "UNLICENSED", "", null]) {
  test(`\`${expression}\` is refused`, () => assert.throws(() => choose("crate", expression), /the licence of crate/));
}
