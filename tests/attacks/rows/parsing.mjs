/** E. Parsing and canonical form: nothing unsigned under a signature, and one spelling for each signed content. */
import { fields, planner, researcher, row, rows, wire } from "../cast.mjs";
import { capability, chainOf, envelope, json, signed, spelt, token } from "../wire.mjs";

const genuine = wire();
const LIMIT = 1_048_576;

/** What is signed is the honest packet; `edit` changes what is sent. */
const sent = (edit, more = {}) => {
  const packed = structuredClone(signed(fields(more), planner));
  const whole = { packet: packed, chain: chainOf(packed) };
  edit(whole.packet, whole.chain, whole);
  return json(whole, { sorted: false });
};
const full = {
  constraints: { max_runtime_seconds: 60, data_boundary: "eu", requires_human_review: false },
  provenance: { origin_workflow: "w", delegation_depth: 1 },
  ai_provenance: { source: "model" },
};
const hop = { agent_id: planner.id, delegated_permissions: { allowed_actions: ["read"], max_tool_calls: 3 } };

/** One field in a second spelling, which a lenient parser reads as the signed value. */
const respelt = (field, text, signedText) => wire({ [field]: spelt(text, signedText) });
const permissions = (text) => wire({ permissions: { allowed_actions: ["read"], max_tool_calls: spelt(text, "1") } });
const once = wire({ permissions: { allowed_actions: ["read"], max_tool_calls: 1 } });

const time = (spelling) => respelt("issued_at", JSON.stringify(spelling), '"2026-03-08T12:00:00Z"');
const inContext = (text, signedText = text) => wire({ context: { k: spelt(text, signedText) } });
const arrays = (depth) => inContext(`${"[".repeat(depth)}${"]".repeat(depth)}`);
const digits = (count) => inContext("9".repeat(count));
const padded = (length) => `${genuine}${" ".repeat(length - genuine.length)}`;

/** A genuine token of so many characters: every third byte of its id makes it four longer. */
const tokenOf = (length) => {
  const sized = (bytes) => token(capability(planner, researcher, { capability_id: "x".repeat(bytes) }), planner);
  for (let bytes = Math.floor(((length - sized(0).length) * 3) / 4) - 3; ; bytes += 1) {
    const made = sized(bytes);
    if (made.length >= length) return made;
  }
};

const old = (drop) => {
  // What 0.2.5 to 0.3.2 sign: everything but what they do not know.
  const all = fields(full);
  const { risk_level, ttl_seconds, ai_provenance, ...known } = all;
  const bytes = Buffer.from(json(drop(known), { signed: true, sorted: false, ascii: false }));
  return envelope({ ...all, signature: planner.sign(bytes).toString("base64") });
};

const float033 = (wireText, signedText, nonce) => wire({ nonce, context: { k: spelt(wireText, signedText) } }, { form: "0.3.3" });

export default [
  ...rows(
    "E01",
    "an unknown key, which no signature covers, is refused",
    { "in the packet": sent((packet) => (packet.is_admin = true)) },
    "unknown_field",
    { step: { field: "/packet/is_admin" }, twin: { send: genuine } },
  ),
  ...[
    ["/packet/permissions/is_admin", (packet) => (packet.permissions.is_admin = true)],
    ["/packet/constraints/is_admin", (packet) => (packet.constraints.is_admin = true)],
    ["/packet/provenance/is_admin", (packet) => (packet.provenance.is_admin = true)],
    ["/chain/is_admin", (packet, chain) => (chain.is_admin = true)],
    ["/chain/hops/0/is_admin", (packet, chain) => (chain.hops = [{ ...hop, is_admin: true }])],
    ["/chain/hops/0/delegated_permissions/is_admin", (packet, chain) => (chain.hops = [{ ...hop, delegated_permissions: { is_admin: true } }])],
    ["/is_admin", (packet, chain, whole) => (whole.is_admin = true)],
    ["/route", (packet, chain, whole) => (whole.route = {})],
    ["/proof/signatures", (packet, chain, whole) => (whole.proof = { packets: [], capabilities: [], signatures: [] })],
  ].map(([field, edit]) =>
    row("E01", `an unknown key at ${field} is refused`, sent(edit, full), "unknown_field", {
      step: { field },
      twin: { send: sent((packet, chain) => (chain.hops = [hop]), full) },
    }),
  ),
  row("E01", "an unknown key in a capability is refused", token(capability(planner, researcher), planner, { is_admin: true }), "unknown_field", {
    step: { check: "capability_token" },
    twin: { send: token(capability(planner, researcher), planner), check: "capability_token" },
  }),
  ...rows(
    "E02",
    "a key that stands twice is refused, the honest value first or last",
    {
      "the honest one last": genuine.replace('"intent":', '"intent":"delete_all","intent":'),
      "the honest one first": genuine.replace('"task_type":', '"intent":"delete_all","task_type":'),
      "in another spelling": genuine.replace('"intent":', '"\\u0069ntent":"delete_all","intent":'),
      "with the same value": genuine.replace('"goal":null', '"goal":null,"goal":null'),
      "the packet": genuine.replace('{"packet":', '{"packet":{},"packet":'),
      "in the chain": genuine.replace('"agents":', '"agents":[],"agents":'),
      "in permissions": genuine.replace('"max_tool_calls":3', '"max_tool_calls":3,"max_tool_calls":999'),
      "deep in the context": inContext('[{"a":[{"b":1,"b":1}]}]', '[{"a":[{"b":1}]}]'),
    },
    "duplicate_key",
    { twin: { send: genuine } },
  ),
  ...rows(
    "E03",
    "an integer in the type of something else is refused",
    { '"1"': permissions('"1"'), 1.0: permissions("1.0"), true: permissions("true"), '" 1 "': permissions('" 1 "'), '"0_1"': permissions('"0_1"'), "1e0": permissions("1e0"), "[1]": permissions("[1]") },
    "type_mismatch",
    { step: { field: "/packet/permissions/max_tool_calls" }, twin: { send: once } },
  ),
  ...[
    ["task_id", "1", '"1"'],
    ["ttl_seconds", '"900"', "900"],
    ["ttl_seconds", "900.0", "900"],
    ["intent", "null", '"null"'],
    ["goal", "1", '"1"'],
    ["memory_refs", "null", "[]"],
    ["memory_refs", '"a"', '["a"]'],
    ["context", "null", "{}"],
    ["context", "[]", "{}"],
    ["ai_provenance", '"model"', '{"source":"model"}'],
    ["permissions", "null", '{"allowed_actions":[],"max_tool_calls":null}'],
    ["risk_level", "true", '"read"'],
    ["public_key", "null", JSON.stringify(planner.pem)],
    ["signature_algo", "1", '"Ed25519"'],
  ].map(([field, text, signedText]) =>
    row("E03", `${field} as ${text} is refused`, respelt(field, text, signedText), "type_mismatch", { step: { field: `/packet/${field}` }, twin: { send: genuine } }),
  ),
  ...["1", '"true"', "0", '"no"'].map((text) => {
    const constraints = (requires) => ({ constraints: { max_runtime_seconds: null, data_boundary: null, requires_human_review: requires } });
    return row("E03", `requires_human_review as ${text} is refused`, wire(constraints(spelt(text, "false"))), "type_mismatch", {
      step: { field: "/packet/constraints/requires_human_review" },
      twin: { send: wire(constraints(spelt("null", "null"))) },
    });
  }),
  row("E03", "an action that is no text is refused", wire({ permissions: { allowed_actions: [spelt("1", '"1"')], max_tool_calls: 3 } }), "type_mismatch", {
    step: { field: "/packet/permissions/allowed_actions/0" },
    twin: { send: wire({ permissions: { allowed_actions: ["1"], max_tool_calls: 3 } }) },
  }),
  row("E04", "a number beyond every double is no null", inContext("1e400", "null"), "number_not_finite", { twin: { send: inContext("null") } }),
  row("E04", "a negative number beyond every double is no null", inContext("-1e400", "null"), "number_not_finite", { twin: { send: inContext("-1.7976931348623157e+308") } }),
  ...rows("E04", "what is no number of JSON is refused", { NaN: inContext("NaN", "null"), Infinity: inContext("Infinity", "null"), "-Infinity": inContext("-Infinity", "null") }, "malformed_json", {
    twin: { send: inContext("null") },
  }),
  ...rows(
    "E05",
    "a time in a second spelling is refused, though the same moment was signed",
    {
      "a space": time("2026-03-08 12:00:00Z"),
      "an underscore": time("2026-03-08_12:00:00Z"),
      "a small t": time("2026-03-08t12:00:00Z"),
      "a small z": time("2026-03-08T12:00:00z"),
      "no seconds": time("2026-03-08T12:00Z"),
      "a seventh digit": time("2026-03-08T12:00:00.0000000Z"),
      "one digit": time("2026-03-08T12:00:00.0Z"),
      "three digits": time("2026-03-08T12:00:00.000Z"),
      "a comma": time("2026-03-08T12:00:00,000000Z"),
      "no colon in the offset": time("2026-03-08T12:00:00+0000"),
      "hours only": time("2026-03-08T12:00:00+00"),
      "a real minus sign": time("2026-03-08T12:00:00\u221200:00"),
      "seconds as text": time("1772971200"),
      "seconds as a number": respelt("issued_at", "1772971200", '"2026-03-08T12:00:00Z"'),
      milliseconds: respelt("issued_at", "1772971200000", '"2026-03-08T12:00:00Z"'),
      "seconds as a float": respelt("issued_at", "1772971200.0", '"2026-03-08T12:00:00Z"'),
      "hour 24": time("2026-03-07T24:00:00Z"),
      "a leap second": time("2026-03-08T11:59:60Z"),
      "30 February": time("2026-02-30T12:00:00Z"),
      "a leading space": time(" 2026-03-08T12:00:00Z"),
      "a date alone": time("2026-03-08"),
    },
    "datetime_noncanonical",
    { step: { field: "/packet/issued_at" }, twin: { send: time("2026-03-08T12:00:00+00:00") } },
  ),
  {
    id: "E05",
    title: "the spellings that the reference's own wire has are accepted",
    attack: ["Z", "+00:00", "-00:00", ".000000Z"].map((end, n) => ({
      send: wire({ nonce: `nonce-${n}`, issued_at: spelt(JSON.stringify(`2026-03-08T12:00:00${end}`), '"2026-03-08T12:00:00Z"') }),
      code: null,
    })),
  },
  {
    id: "E05",
    title: "an offset is signed as it stands, and the moment is what counts",
    attack: [
      { send: wire({ issued_at: "2026-03-08T17:30:00+05:30", expires_at: "2026-03-08T17:45:00+05:30" }), code: null },
      { send: wire({ nonce: "2", issued_at: spelt('"2026-03-08T17:30:00+05:30"', '"2026-03-08T12:00:00Z"') }), code: "invalid_signature" },
    ],
  },
  {
    id: "E06",
    title: "a default that is left out is the default",
    attack: [
      {
        send: sent((packet) => {
          for (const field of ["context", "memory_refs", "constraints", "goal", "task_type", "provenance", "capability_token", "ai_provenance"]) delete packet[field];
        }),
        code: null,
      },
      { send: sent((packet) => delete packet.expires_at, { nonce: "2" }), code: null },
    ],
  },
  ...[
    ["context", { context: { company: "Example" } }],
    ["memory_refs", { memory_refs: ["m"] }],
    ["constraints", full],
    ["goal", { goal: "g" }],
    ["ai_provenance", full],
  ].map(([field, more]) =>
    row("E06", `a ${field} that was signed cannot be left out`, sent((packet) => delete packet[field], more), "invalid_signature", { twin: { send: wire(more) } }),
  ),
  ...["packet_id", "task_id", "from_agent", "to_agent", "issued_at", "nonce", "intent", "permissions", "signature_algo", "public_key", "signature"].map((field) =>
    row("E06", `a packet without ${field} is refused`, sent((packet) => delete packet[field]), "missing_field", { step: { field: `/packet/${field}` }, twin: { send: genuine } }),
  ),
  ...["packet", "chain"].map((field) =>
    row("E06", `an envelope without its ${field} is refused`, sent((packet, chain, whole) => delete whole[field]), "missing_field", { step: { field: `/${field}` }, twin: { send: genuine } }),
  ),
  ...["packet_ids", "agents"].map((field) =>
    row("E06", `a chain without ${field} is refused`, sent((packet, chain) => delete chain[field]), "missing_field", { step: { field: `/chain/${field}` }, twin: { send: genuine } }),
  ),
  row("E07", "a text nested deeper than 128 levels is refused", arrays(126), "nesting_too_deep", { twin: { send: arrays(125) } }),
  row("E07", "a text nested 100 000 levels deep is refused, not overflowed", `${"[".repeat(100_000)}`, "nesting_too_deep", { twin: { send: arrays(125) } }),
  row("E08", "an integer of more than 308 digits is refused", digits(309), "number_too_large", { twin: { send: digits(308) } }),
  row("E08", "a negative integer of more than 308 digits is refused", inContext(`-${"9".repeat(309)}`), "number_too_large", { twin: { send: inContext(`-${"9".repeat(308)}`) } }),
  ...rows(
    "E09",
    "an unpaired surrogate is refused before it reaches an audit log",
    {
      "in a source": wire({ ai_provenance: { source: "\ud800" } }),
      "in an intent": wire({ intent: "x\udfff" }),
      "in a key": wire({ context: { "\ud83d": 1 } }),
      "the wrong way round": wire({ intent: "\ude00\ud83d" }),
      "before another character": wire({ intent: "\ud83d\\ud83d" }),
    },
    "invalid_unicode",
    { twin: { send: wire({ intent: "\ud83d\ude00" }) } },
  ),
  ...rows("E11", "a text that is no object is refused", { "[]": "[]", null: "null", '"packet"': '"packet"', 1: "1", true: "true" }, "type_mismatch", { step: { field: "" }, twin: { send: genuine } }),
  ...rows(
    "E11",
    "a text that is no JSON is refused",
    { empty: "", "white space": " \n", "two texts": `${genuine}${genuine}`, "a comment": `/**/${genuine}`, "a trailing comma": genuine.replace(/}}$/, "},}"), "single quotes": "{'packet':1}", "cut off": genuine.slice(0, -1), "a byte order mark": `\ufeff${genuine}` },
    "malformed_json",
    { twin: { send: genuine } },
  ),
  row("E11", "a text that is not UTF-8 is refused", [genuine, { hex: "ff" }], "invalid_utf8", { twin: { send: genuine } }),
  row("E11", "an overlong spelling in UTF-8 is refused", [genuine.slice(0, 2), { hex: "c1b0" }, genuine.slice(3)], "invalid_utf8", { twin: { send: genuine } }),
  row("E12", "an offset with seconds is refused", respelt("issued_at", '"2026-03-08T12:09:21+00:09:21"', '"2026-03-08T12:09:21+00:09"'), "datetime_noncanonical", {
    step: { field: "/packet/issued_at" },
    twin: { send: wire({ issued_at: "2026-03-08T12:09:00+00:09", expires_at: "2026-03-08T12:24:00+00:09" }) },
  }),
  row("E13", "a text of more than 1 MiB is refused by its size", padded(LIMIT + 1), "input_too_large", { twin: { send: padded(LIMIT) } }),
  row("E13", "20 MB are refused by their size, whatever they hold", `${genuine}${"[".repeat(20_000_000)}`, "input_too_large", { twin: { send: genuine } }),
  row("E13", "a capability token of more than 64 KiB is refused by its size", wire({ capability_token: "A".repeat(65_537) }), "input_too_large", {
    step: { field: "/packet/capability_token" },
    twin: { send: genuine },
  }),
  row("E13", "a capability token of more than 64 KiB is refused by its size alone", "A".repeat(65_537), "input_too_large", {
    step: { check: "capability_token" },
    twin: { send: token(capability(planner, researcher), planner), check: "capability_token" },
  }),
  row("E13", "a capability token has 64 KiB at most, and those it may have", tokenOf(65_538), "input_too_large", {
    step: { check: "capability_token" },
    twin: { send: tokenOf(65_536), check: "capability_token" },
  }),
  row("E14", "the integer -0, which signs as 0, is refused", inContext("-0", "0"), "number_noncanonical", { twin: { send: inContext("0") } }),
  row("E14", "the integer -0 is refused for a count", wire({ permissions: { allowed_actions: ["read"], max_tool_calls: spelt("-0", "0") } }), "number_noncanonical", { twin: { send: once } }),
  {
    id: "E14",
    title: "the float -0.0 is another number than 0.0, and signed as such",
    attack: [
      { send: inContext("-0.0", "0.0"), code: "invalid_signature" },
      { send: inContext("-0.0"), code: null },
    ],
  },
  {
    id: "E15",
    title: "both spellings of a float that release 0.3.3 signs are accepted, and no third",
    attack: [
      { send: float033("1e16", "1e16", "1"), code: null, form: "0.3.3" },
      { send: float033("1e16", "1e+16", "2"), code: null, form: "0.3.3" },
      { send: float033("1e-7", "1e-7", "3"), code: null, form: "0.3.3" },
      { send: float033("-1.5e300", "-1.5e300", "4"), code: null, form: "0.3.3" },
      { send: float033("[1.0,{\"a\":2e20}]", "[1.0,{\"a\":2e20}]", "5"), code: null, form: "0.3.3" },
      { send: float033("1e-7", "1e-07", "6"), code: "invalid_signature" },
      { send: float033("1e16", "10000000000000000.0", "7"), code: "invalid_signature" },
      { send: float033("1e16", "1e016", "8"), code: "invalid_signature" },
      { send: wire({ nonce: "9", context: { a: spelt("1e16"), b: spelt("1e16", "1e+16") } }, { form: "0.3.3" }), code: "invalid_signature" },
    ],
  },
  {
    id: "E16",
    title: "both signed forms are accepted, and the form is reported",
    attack: [
      { send: wire({ ...full, nonce: "1", context: { b: "é", a: 1 } }), code: null, form: "0.4.0" },
      { send: wire({ ...full, nonce: "2", context: { b: "é", a: 1 } }, { form: "0.3.3" }), code: null, form: "0.3.3" },
      { send: wire({ ...full, nonce: "3", context: { b: "é", a: 1 } }, { form: "0.3.3", style: { sorted: true } }), code: "invalid_signature" },
      { send: wire({ ...full, nonce: "4", context: { b: "é", a: 1 } }, { style: { sorted: true, spaced: true } }), code: null, form: "0.4.0" },
    ],
  },
  ...rows(
    "E16",
    "a form that leaves review, risk and TTL unsigned is refused",
    {
      "0.3.2, model order": old((known) => known),
      "0.3.2, without review": old((known) => ({ ...known, constraints: { max_runtime_seconds: 60, data_boundary: "eu" } })),
    },
    "invalid_signature",
    { twin: { send: wire(full) } },
  ),
  {
    id: "E17",
    title: "a key named __proto__ is data like any other, and signed",
    attack: [
      { send: inContext('{"__proto__":{"is_admin":true}}'), code: null },
      { send: inContext('{"__proto__":{"is_admin":true}}', "{}"), code: "invalid_signature" },
      { send: sent((packet) => Object.defineProperty(packet, "__proto__", { value: 1, enumerable: true })), code: "unknown_field", field: "/packet/__proto__" },
    ],
  },
  {
    id: "W01",
    title: "a text that went through another parser has lost what was signed",
    attack: [
      { send: JSON.stringify(JSON.parse(inContext("1.0"))), code: "invalid_signature" },
      { send: JSON.stringify(JSON.parse(inContext("12345678901234567890"))), code: "invalid_signature" },
      { send: JSON.stringify(JSON.parse(inContext("1e-7", "1e-07"))), code: null },
      { send: wire({ nonce: "2", context: { k: spelt("1.0") } }), code: null },
      { send: wire({ nonce: "3", context: { k: spelt("12345678901234567890") } }), code: null },
    ],
  },
  row("W03", "a lone surrogate raw in UTF-8 is refused", [genuine.slice(0, 12), { hex: "eda080" }, genuine.slice(12)], "invalid_utf8", { twin: { send: genuine } }),
];

