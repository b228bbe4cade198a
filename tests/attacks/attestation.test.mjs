/** Attestations under attack (catalogue G): what a signer writes, what a reader can learn, and what an executor must not skip. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import * as trusthandoff from "../../pkg/dist/index.js";
import { fields, planner } from "./cast.mjs";
import { knownAgents, NOW_MS, receiver } from "./receiver.mjs";
import { chainOf, envelope, signed } from "./wire.mjs";

const { AgentIdentity, createAttestation, MemoryNonceStore, TrustHandoffExecutor, verifyArchived, verifyAttestation } = trusthandoff;

const researcher = AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(2));
const known = () => knownAgents({ [researcher.agentId]: researcher.publicKeyPem });
const attested = (more = {}) =>
  createAttestation(researcher, { packetId: "pk-1", status: "OK", result: { pages: 3 }, now: NOW_MS, ...more });

/** What two verifiers say: one that takes an attestation when it arrives, and one that looks at it years later. */
function codes(text, result = { pages: 3 }) {
  const expected = { result, packetId: "pk-1", statuses: ["OK"], agentId: researcher.agentId, registry: known() };
  const nonces = new MemoryNonceStore({ capacity: 10 });
  return [verifyAttestation(text, { ...expected, nonces, now: NOW_MS }).code, verifyArchived(text, expected).code];
}

test("G11 a number in the words of another type, over which the signature would hold, is none", () => {
  const { text, nonce } = attested();
  assert.deepEqual(codes(text), [null, null]);
  for (const [name, value] of [["nonce", nonce], ["timestamp_ms", NOW_MS]]) {
    const spelt = (spelling) => text.replace(`"${name}":${value}`, `"${name}":${spelling}`);
    for (const spelling of [`"${value}"`, `${value}.0`, `${value}e0`, `[${value}]`, "true", "null", "{}", `"0x1"`]) {
      assert.deepEqual(codes(spelt(spelling)), ["type_mismatch", "type_mismatch"], `${name} ${spelling}`);
    }
    for (const spelling of [`0${value}`, `+${value}`, `${value}n`, "0x1"]) {
      assert.deepEqual(codes(spelt(spelling)), ["malformed_json", "malformed_json"], `${name} ${spelling}`);
    }
    assert.deepEqual(codes(spelt(`-${value}`)), ["field_invalid", "field_invalid"], name);
  }
});

test("G12 an id with half a character is refused, and crashes nobody", () => {
  const { text } = attested();
  for (const half of ["\\ud800", "\\udfff", "pk-\\ud83d", "\\ude00\\ud83d"]) {
    assert.deepEqual(codes(text.replace('"pk-1"', `"${half}"`)), ["invalid_unicode", "invalid_unicode"], half);
  }
  for (const field of ["status", "signed_by", "signature", "outcome_hash"]) {
    const cut = text.replace(new RegExp(`"${field}":"[^"]*"`), `"${field}":"\\ud800"`);
    assert.deepEqual(codes(cut), ["invalid_unicode", "invalid_unicode"], field);
  }
  assert.throws(() => attested({ packetId: "pk-\ud800" }), { code: "invalid_unicode" });
});

test("G13 a result that is guessed is known from its hash; with a random member in it nobody can tell two apart", () => {
  const hashOf = (result) => createHash("sha256").update(JSON.stringify(result)).digest("hex");
  const guessed = ({ outcome_hash }, guesses) => guesses.find((guess) => hashOf(guess) === outcome_hash);
  const answers = [{ approved: true }, { approved: false }];
  // Whoever sees the attestation alone tries all there is.
  for (const answer of answers) assert.deepEqual(guessed(attested({ result: answer }), answers), answer);
  const salted = () => ({ approved: true, salt: randomBytes(16).toString("hex") });
  const [one, other] = [salted(), salted()];
  const made = [one, other].map((result) => attested({ result }));
  assert.notEqual(made[0].outcome_hash, made[1].outcome_hash);
  for (const attestation of made) assert.equal(guessed(attestation, answers), undefined);
  // To whom the result is given, with its salt, the attestation proves it; no other answer fits.
  assert.deepEqual(codes(made[0].text, one), [null, null]);
  assert.deepEqual(codes(made[0].text, { ...one, approved: false }), ["outcome_hash_mismatch", "outcome_hash_mismatch"]);
  assert.deepEqual(codes(made[0].text, other), ["outcome_hash_mismatch", "outcome_hash_mismatch"]);
});

test("G14 whoever verifies hashes no more than whoever signs: 256 KiB, by value and by text", () => {
  const most = 256 * 1024 - '{"x":""}'.length;
  const fits = { x: "x".repeat(most) };
  const { text } = attested({ result: fits });
  assert.deepEqual(codes(text, fits), [null, null]);
  assert.deepEqual(codes(text, JSON.stringify(fits)), [null, null]);
  const wide = { x: "\u00e9".repeat(Math.ceil((most + 1) / 2)) };
  for (const large of [{ x: "x".repeat(most + 1) }, { x: "x".repeat(900_000) }, wide]) {
    assert.throws(() => attested({ result: large }), { code: "result_invalid" });
    assert.deepEqual(codes(text, large), ["result_invalid", "result_invalid"]);
    assert.deepEqual(codes(text, JSON.stringify(large)), ["result_invalid", "result_invalid"]);
  }
  // Of what is larger than any text that is taken in, the end is not even read.
  for (const code of codes(text, `{"x":"${"x".repeat(2 ** 26)}"}`)) assert.equal(code, "input_too_large");
});

test("G15 accepted, then run, then attested: nothing is attested as done that no gate accepted", async () => {
  const events = [];
  const gate = receiver({ registry: known(), events: ({ event_type }) => void events.push(event_type) });
  const executor = new TrustHandoffExecutor({ gate, identity: researcher });
  const wire = (more) => envelope(signed(fields(more), planner), chainOf(fields(more)));
  const run = async (text, fn) => {
    events.length = 0;
    const { status, receipt, unattested } = await executor.execute(text, fn);
    return { status, unattested, told: [...events], says: receipt === null ? null : JSON.parse(receipt.attestation).status };
  };
  const done = { status: "OK", unattested: null, told: ["packet_accepted", "task_started", "task_finished", "attested"], says: "OK" };
  assert.deepEqual(await run(wire(), () => ({ pages: 3 })), done);
  // The same packet again, and one that is expired: nothing runs, and what is attested is the refusal.
  for (const text of [wire(), wire({ issued_at: "2026-03-08T11:00:00Z", expires_at: "2026-03-08T11:15:00Z", nonce: "n-2" })]) {
    const refused = await run(text, () => assert.fail("it ran"));
    assert.deepEqual(refused, { status: "REJECTED", unattested: null, told: ["packet_rejected", "attested"], says: "REJECTED" });
  }
  // A result that cannot be attested is found after its effects: the task has ended, and it is told that nobody can prove how.
  const float = await run(wire({ nonce: "n-3" }), () => ({ price: 1.5 }));
  const told = ["packet_accepted", "task_started", "task_finished", "unattested"];
  assert.deepEqual(float, { status: "OK", unattested: "result_invalid", told, says: null });
});
