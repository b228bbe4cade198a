/** Inspection as JavaScript meets it: the parts of a text, where it is broken, and the bytes that are signed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspectObject, signedBytes } from "../../pkg/dist/sentinel.js";
import { AgentIdentity, createEnvelope, issueCapability, signPacket } from "../../pkg/dist/index.js";

const [planner, researcher] = [1, 2].map((seed) => AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(seed)));
const right = issueCapability(planner, { subject_agent: researcher.agentId, allowed_actions: ["read"] });
const packet = signPacket(researcher, {
  to_agent: "agent:w",
  intent: "é",
  permissions: { allowed_actions: ["read"] },
  capability_token: right.token,
});
const wire = createEnvelope(packet);

test("every signed object of a text is told of, deeply frozen, with what was asked of it", () => {
  const { parts, offset, respelled } = inspectObject(wire);
  assert.deepEqual([offset, respelled], [null, null]);
  assert.deepEqual(
    parts.map(({ at, kind, valid }) => [at, kind, valid]),
    [
      ["/packet", "packet", true],
      ["/packet/capability_token", "capability_token", true],
    ],
  );
  assert.deepEqual(
    parts[0].checks.map(({ check, code }) => [check, code]),
    [
      ["form", null],
      ["signature", null],
    ],
  );
  assert.ok(Object.isFrozen(parts) && Object.isFrozen(parts[1].checks[0]));
  assert.throws(() => {
    "use strict";
    parts[0].valid = false;
  }, TypeError);
});

test("where a text is broken is told by its byte or by its field", () => {
  assert.deepEqual([inspectObject("{,").offset, inspectObject("{}").offset, inspectObject("!").parts], [1, null, []]);
  const spaced = wire.replace('"intent": ', '"intent":  ');
  assert.deepEqual([inspectObject(spaced).valid, inspectObject(spaced).respelled], [true, spaced.indexOf('  "') + 1]);
  const signature = packet.signature;
  const flipped = wire.replace(signature, `${signature.slice(0, 9)}*${signature.slice(10)}`);
  const [{ checks }] = inspectObject(flipped).parts;
  assert.deepEqual([checks[1].code, checks[1].field, checks[1].offset], ["signature_encoding_invalid", "/packet/signature", 9]);
});

test("the signed bytes are those of the form that is proven, or of the one that is asked for", () => {
  const text = (options, of = wire) => new TextDecoder().decode(signedBytes(of, options));
  assert.ok(text().includes('"intent":"\\u00e9"') && text() === text({ at: "/packet" }) && text() === text({ form: "0.4.0" }));
  assert.ok(text({ form: "0.3.3" }).startsWith('{"packet_id"') && text({ form: "0.3.3" }).includes('"intent":"é"'));
  assert.ok(text({ at: "/packet/capability_token" }).startsWith('{"capability_id": '));
  assert.ok(text({ kind: "capability_token" }, right.token).startsWith('{"capability_id": '));
  for (const [of, options] of [
    [wire, { at: "/nowhere" }],
    ["{", {}],
    [wire.replace('"intent"', '"ent"'), {}],
    ["{}", { kind: "nonsense" }],
  ]) {
    assert.equal(signedBytes(of, options), null);
  }
  for (const options of [{ form: "0.2.0" }, { at: 7 }, { froms: "0.4.0" }])
    assert.throws(() => signedBytes(wire, options), { code: "config_invalid" });
});
