/** One table of codes: the core's, the types' and the specification's are the same. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { errorFor, TrustHandoffError, VerificationError } from "../../pkg/src/errors.js";
import { trusthandoff } from "./support.mjs";

const types = readFileSync(new URL("../../pkg/types/index.d.ts", import.meta.url), "utf8");
const coreCodes = () => trusthandoff.reasonCodes().map(({ code }) => code);
const union = (name) => [...new RegExp(`export type ${name} =([^;]*);`).exec(types)[1].matchAll(/"([a-z0-9_]+)"/g)].map(([, code]) => code);

test("ReasonCode is the union of every code of the core, no more and no fewer", () => {
  assert.deepEqual(union("ReasonCode").sort(), coreCodes().sort());
});

test("a code of the package's own is none of the core's", () => {
  const core = new Set(coreCodes());
  assert.deepEqual(union("UsageCode").filter((code) => core.has(code)), []);
});

test("docs/SPEC.md lists the same table", () => {
  const spec = readFileSync(new URL("../../docs/SPEC.md", import.meta.url), "utf8");
  const listed = [...spec.matchAll(/^\| `([a-z0-9_]+)` \|/gm)].map(([, code]) => code);
  for (const code of coreCodes()) assert.ok(listed.includes(code), `docs/SPEC.md lacks ${code}`);
});

test("every code has an error class of its own choosing, and an unknown one is no verdict on what was received", () => {
  for (const code of [...coreCodes(), ...union("UsageCode")]) {
    if (code === "internal_error" || code === "argument_type") continue;
    assert.notEqual(errorFor(code, "x").constructor, TrustHandoffError, `pkg/src/errors.js has no class for ${code}`);
  }
  for (const code of ["no_such_code", "constructor", "__proto__"]) assert.equal(errorFor(code, "x").constructor, TrustHandoffError);
  assert.equal(errorFor("expired", "x").constructor, VerificationError);
});
