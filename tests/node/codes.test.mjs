/** Error classes of the codes. That every table of codes is the core's, `cargo test` tells. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { errorFor, TrustHandoffError, VerificationError } from "../../pkg/src/errors.js";
import { trusthandoff } from "./support.mjs";

test("every code has an error class of its own choosing, and an unknown one is no verdict on what was received", () => {
  for (const { code } of trusthandoff.reasonCodes()) {
    assert.equal(errorFor(code, "x").constructor === TrustHandoffError, code === "internal_error", code);
  }
  for (const code of ["no_such_code", "constructor", "__proto__"]) assert.equal(errorFor(code, "x").constructor, TrustHandoffError);
  assert.equal(errorFor("expired", "x").constructor, VerificationError);
});
