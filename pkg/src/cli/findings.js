/**
 * The checks behind a verdict of `check`, in the order in which they are made, for people who inspect an object.
 *
 * Reading is one step of several rules, of which the first that is broken is reported. So of a refused object only the
 * rules of earlier steps are known to have passed; nothing is said of those that stand beside the broken one.
 */
const READING = [
  ["size", "not longer than is read", "input_too_large"],
  ["encoding", "valid UTF-8", "invalid_utf8"],
];
const JSON_RULE = [
  "json",
  "strict JSON: no key twice, no lone surrogate, no number that changes when it is read",
  "malformed_json duplicate_key nesting_too_deep number_too_large number_not_finite number_noncanonical invalid_unicode",
];
const KEY_RULE = ["public_key", "canonical encoding, not a weak key", "public_key_encoding_invalid weak_public_key"];
const ALGORITHM_RULE = ["algorithm", "Ed25519", "unsupported_algorithm"];
const FIELDS_RULE = [
  "fields",
  "every field known, present and of its type",
  "missing_field unknown_field type_mismatch field_invalid unsupported_risk_level datetime_noncanonical datetime_naive datetime_out_of_range agent_id_invalid",
];
const ENCODED_RULE = ["signature_encoding", "canonical base64 of 64 bytes", "signature_encoding_invalid"];
const SIGNATURE_RULE = ["signature", "made with that key over exactly these fields", "invalid_signature"];

/** Kind → steps, each a list of rules. */
const PACKET = [
  ...READING.map((rule) => [rule]),
  [JSON_RULE],
  [FIELDS_RULE, ALGORITHM_RULE, KEY_RULE, ENCODED_RULE, ["ttl", "the expiry follows from risk and TTL", "ttl_invalid ttl_policy_mismatch"]],
  [SIGNATURE_RULE],
];
const TOKEN = [
  ...READING.map((rule) => [rule]),
  [["token", "the one canonical text of its capability", "token_noncanonical"], JSON_RULE, FIELDS_RULE, ALGORITHM_RULE, KEY_RULE, ENCODED_RULE],
  [SIGNATURE_RULE],
];
const ATTESTATION = [
  ...READING.map((rule) => [rule]),
  [JSON_RULE],
  [FIELDS_RULE, KEY_RULE, ENCODED_RULE],
  [
    ["result", "the attested one", "result_invalid outcome_hash_mismatch"],
    ["reason", "the attested one, or none", "reason_hash_mismatch"],
    ["freshness", "made about the time that is given", "expired issued_in_future"],
    ["fingerprint", "that of the key", "public_key_mismatch"],
    SIGNATURE_RULE,
  ],
];

const UNKNOWN = [...READING.map((rule) => [rule]), [JSON_RULE], [["kind", "one of the signed objects", "unknown_kind"]]];

const STEPS = { packet: PACKET, envelope: PACKET, capability_token: TOKEN, attestation: ATTESTATION };

/** `[{ check, outcome, detail }]` of what `checkObject` found. */
export function checksOf({ kind, valid, code, reason }) {
  const steps = STEPS[kind] ?? UNKNOWN;
  const passed = (rules) => rules.map(([check, detail]) => ({ check, outcome: "pass", detail }));
  if (valid) return steps.flatMap(passed);
  const broken = steps.findIndex((rules) => rules.some(([, , codes]) => codes.split(" ").includes(code)));
  if (broken === -1) return [{ check: code, outcome: "fail", detail: reason }];
  const [check] = steps[broken].find(([, , codes]) => codes.split(" ").includes(code));
  return [...steps.slice(0, broken).flatMap(passed), { check, outcome: "fail", detail: reason }];
}
