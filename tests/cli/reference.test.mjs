/** `check --jsonl` over everything the real Python signers made: our verdict is theirs, but for what we refuse by rule. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { answers, run } from "./support.mjs";

const REFUSED_BY_RULE = { naive: "datetime_naive", deep: "nesting_too_deep", nan: "malformed_json" };

for (const release of ["0.4.0", "0.3.3-pydantic2.12", "0.3.3-pydantic2.14"]) {
  const { packets, capabilities, attestations, identities } = JSON.parse(readFileSync(new URL(`../vectors/reference-${release}.json`, import.meta.url), "utf8"));
  const form = release.slice(0, 5);

  test(`${release}: ${packets.length} envelopes`, async () => {
    const lines = packets.map(({ name, wire }) => JSON.stringify({ id: name, kind: "envelope", text: wire }));
    const found = answers((await run(["check", "--jsonl", "-"], { input: lines.join("\n") })).out);
    assert.equal(found.length, packets.length);
    for (const [index, { name, upstream_verifies_after_wire: verifies }] of packets.entries()) {
      const { id, valid, code, form: signed } = found[index];
      assert.equal(id, name);
      if (name in REFUSED_BY_RULE) assert.deepEqual([valid, code], [false, REFUSED_BY_RULE[name]], name);
      else if (verifies) assert.deepEqual([valid, code, signed], [true, null, form], name);
      else assert.deepEqual([valid, code], [false, "invalid_signature"], name);
    }
  });

  test(`${release}: ${capabilities.length} capability tokens and ${attestations.length} attestations`, async () => {
    const tokens = capabilities.map(({ name, token }) => JSON.stringify({ id: name, kind: "capability_token", text: token }));
    const signer = identities[0].public_key_pem;
    const proofs = attestations.map(({ name, json, result_canonical: hex }) => {
      const result = Buffer.from(hex, "hex").toString();
      const time = JSON.parse(json).timestamp_ms;
      const text = `{"attestation": ${json}, "result": ${result}, "reason": null, "public_key_pem": ${JSON.stringify(signer)}, "now_ms": ${time}}`;
      return JSON.stringify({ id: name, kind: "attestation", text });
    });
    const { out } = await run(["check", "--jsonl", "-"], { input: [...tokens, ...proofs].join("\n") });
    // One attests a reason that the vectors do not hold: without it, or with another, it does not verify.
    const attestsReason = ({ json = "{}" }) => JSON.parse(json).reason_hash != null;
    const expected = [...capabilities, ...attestations].map((object) =>
      attestsReason(object) ? { id: object.name, valid: false, code: "reason_hash_mismatch", form: null } : { id: object.name, valid: true, code: null, form: null },
    );
    assert.deepEqual(answers(out), expected);
  });
}
