/** B. Identity, keys, signatures; H11. */
import { fields, mallory, planner, registry, researcher, root, row, rows, wire, writer } from "../cast.mjs";
import { agentId, at, capability, chainOf, envelope, json, packet, pemOf, pemOfDer, revocationKeys, signed, token } from "../wire.mjs";

const genuine = wire();
const body = planner.pem.split("\n")[1];
const SELF_CERTIFYING = { self_certifying: true };

/** A packet under another text of a key, whose hash its sender is. */
const underPem = (pem) => wire({ public_key: pem, from_agent: agentId(pem) });

/** Small order: the neutral element, the point of order 2, one of order 4; and second spellings of such points. */
const hex = (text) => Buffer.from(text, "hex");
const IDENTITY = hex(`01${"00".repeat(31)}`);
const WEAK = {
  "the neutral element": IDENTITY,
  "order 2": hex(`ec${"ff".repeat(30)}7f`),
  "order 4": hex("00".repeat(32)),
  "order 8": hex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
};
const NONCANONICAL = {
  "the neutral element, sign set": hex(`01${"00".repeat(30)}80`),
  "the neutral element, order added": hex(`ee${"ff".repeat(30)}7f`),
  "no point of the curve": hex(`02${"00".repeat(31)}`),
};
/** R = A, S = 0: fits any message under the neutral element. */
const UNIVERSAL = Buffer.concat([IDENTITY, Buffer.alloc(32)]).toString("base64");
const weakly = (raw) => {
  const pem = pemOf(raw);
  const packed = { ...fields({ public_key: pem, from_agent: agentId(pem) }), signature: UNIVERSAL };
  return envelope(packed);
};

const signature = signed(fields(), planner).signature;
const withSignature = (text) => envelope({ ...fields(), signature: text });
/** The last character before the padding holds four spare bits; one of them set. */
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const spareBit = `${signature.slice(0, 85)}${ALPHABET[ALPHABET.indexOf(signature[85]) + 1]}==`;

const der = (...parts) => Buffer.concat(parts.map((part) => (typeof part === "string" ? hex(part) : part)));
const X25519 = pemOfDer(der("302a300506032b656e032100", planner.raw));
/** RSA of 512 bits; the modulus is any odd number. */
const RSA = pemOfDer(der("305c300d06092a864886f70d0101010500034b003048024100", `b3${"5a".repeat(62)}01`, "0203010001"));
const LONG_SPKI = pemOfDer(der("302b300506032b6570032200", planner.raw, "00"));

const capabilityUnder = (pem) => token(capability(root, researcher, { public_key: pem }), root);
const byRoot = (more) => envelope(signed(packet(root, researcher, more), root));

export default [
  ...rows("B01", "a stranger's key under a victim's name is refused", { "a known agent's key": wire({ public_key: mallory.pem }, { signer: mallory }) }, "public_key_mismatch", {
    twin: { send: genuine },
  }),
  row("B01", "an agent that nobody registered is refused, whatever it signs", wire({ from_agent: researcher.id, public_key: researcher.pem, to_agent: researcher.id }, { signer: researcher }), "agent_unknown", {
    twin: { send: wire() },
  }),
  row("B02", "an id that is not the hash of its key is refused where ids certify themselves", wire({ from_agent: mallory.id }), "agent_id_mismatch", {
    gate: SELF_CERTIFYING,
    twin: { send: genuine },
  }),
  row("B02", "an id that its registry binds to another key than its hash is accepted, so that keys can rotate", wire({ public_key: writer.pem }, { signer: writer }), "public_key_mismatch", {
    twin: { send: wire({ public_key: writer.pem }, { signer: writer }), gate: { registry: registry({ [planner.id]: writer.pem }) } },
  }),
  row("B02", "a key is refused outside the window in which it speaks for its agent", genuine, "public_key_mismatch", {
    gate: { registry: registry({ [planner.id]: { keys: [{ public_key_pem: planner.pem, not_before: null, not_after: at(0) }] } }) },
    twin: { send: genuine, gate: { registry: registry({ [planner.id]: { keys: [{ public_key_pem: planner.pem, not_before: at(0), not_after: at(1) }] } }) } },
  }),
  row("B03", "a packet for another receiver is refused", genuine, "wrong_audience", {
    gate: { audience: [writer.id] },
    step: { field: "/packet/to_agent" },
    twin: { send: genuine, gate: { audience: [writer.id, researcher.id] } },
  }),
  ...rows(
    "B04",
    "another algorithm than exactly Ed25519 is refused, though the signature fits",
    Object.fromEntries(["none", "HS256", "ed25519", "EdDSA", "", "Ed25519 "].map((name) => [JSON.stringify(name), wire({ signature_algo: name })])),
    "unsupported_algorithm",
    { twin: { send: genuine } },
  ),
  row("B04", "a capability of another algorithm is refused", token(capability(root, researcher, { signature_algo: "none" }), root), "unsupported_algorithm", {
    step: { check: "capability_token" },
    twin: { send: token(capability(root, researcher), root), check: "capability_token" },
  }),
  ...rows("B06", "a key under which one signature fits every message is refused", Object.fromEntries(Object.entries(WEAK).map(([name, raw]) => [name, weakly(raw)])), "weak_public_key", {
    gate: SELF_CERTIFYING,
    twin: { send: genuine },
  }),
  ...rows("B06", "a key in a second spelling is refused", Object.fromEntries(Object.entries(NONCANONICAL).map(([name, raw]) => [name, weakly(raw)])), "public_key_encoding_invalid", {
    gate: SELF_CERTIFYING,
    twin: { send: genuine },
  }),
  ...rows(
    "B07",
    "a signature in a second spelling is refused",
    {
      "a final newline": withSignature(`${signature}\n`),
      "a leading space": withSignature(` ${signature}`),
      "a newline within": withSignature(`${signature.slice(0, 40)}\n${signature.slice(40)}`),
      "junk within": withSignature(`${signature.slice(0, 40)}!${signature.slice(40)}`),
      "text after the padding": withSignature(`${signature}QUJD`),
      "no padding": withSignature(signature.slice(0, 86)),
      "more padding": withSignature(`${signature}=`),
      "a spare bit set": withSignature(spareBit),
      "the URL-safe alphabet": withSignature(Buffer.from(signature, "base64").toString("base64url")),
      "URL-safe and padded": withSignature(signature.replaceAll("+", "-").replaceAll("/", "_")),
      "65 bytes": withSignature(Buffer.concat([Buffer.from(signature, "base64"), Buffer.of(0)]).toString("base64")),
      "63 bytes": withSignature(Buffer.from(signature, "base64").subarray(0, 63).toString("base64")),
      hexadecimal: withSignature(Buffer.from(signature, "base64").toString("hex")),
      empty: withSignature(""),
    },
    "signature_encoding_invalid",
    { twin: { send: genuine } },
  ),
  ...rows(
    "B08",
    "a public key in a second spelling is refused, though it is the same key and the signature fits",
    Object.fromEntries(
      Object.entries({
        CRLF: planner.pem.replaceAll("\n", "\r\n"),
        "no final newline": planner.pem.trimEnd(),
        "two final newlines": `${planner.pem}\n`,
        "a leading space": ` ${planner.pem}`,
        "leading text": `key:\n${planner.pem}`,
        "trailing text": `${planner.pem}key\n`,
        "a header": planner.pem.replace(body, `Proc-Type: 4\n\n${body}`),
        "two blocks": `${planner.pem}${planner.pem}`,
        "wrapped in two lines": planner.pem.replace(body, `${body.slice(0, 32)}\n${body.slice(32)}`),
        "a space within": planner.pem.replace(body, `${body.slice(0, 32)} ${body.slice(32)}`),
        "a spare bit set": planner.pem.replace(body, body.replace(/(.)=$/, (_, last) => `${ALPHABET[ALPHABET.indexOf(last) + 1]}=`)),
      }).map(([name, pem]) => [name, underPem(pem)]),
    ),
    "public_key_encoding_invalid",
    { gate: SELF_CERTIFYING, twin: { send: underPem(planner.pem) } },
  ),
  ...rows(
    "B09",
    "whatever stands for a key, the verifier answers",
    Object.fromEntries(
      Object.entries({
        "no PEM": "key",
        empty: "",
        RSA,
        X25519,
        "33 bytes": LONG_SPKI,
        "bad base64": planner.pem.replace(body, "!".repeat(60)),
        "a private key": planner.pem.replaceAll("PUBLIC", "PRIVATE"),
        "NUL bytes": "\0".repeat(113),
      }).map(([name, pem]) => [name, underPem(pem)]),
    ),
    "public_key_encoding_invalid",
    { gate: SELF_CERTIFYING, twin: { send: genuine } },
  ),
  row("B10", "a revoked agent is refused", genuine, "agent_revoked", {
    gate: { registry: registry({ [planner.id]: { keys: [{ public_key_pem: planner.pem }], revoked_at: at(0) } }) },
    twin: { send: genuine, gate: { registry: registry({ [planner.id]: { keys: [{ public_key_pem: planner.pem }], revoked_at: at(1) } }) } },
  }),
  ...rows("B10", "an agent that the host revoked is refused", { "by name": genuine }, "agent_revoked", {
    gate: { revoked: [revocationKeys.agent(planner)] },
    twin: { send: genuine, gate: { revoked: [revocationKeys.agent(mallory), revocationKeys.key(mallory)] } },
  }),
  row("B10", "a key that the host revoked is refused", genuine, "agent_revoked", { gate: { revoked: [revocationKeys.key(planner)] }, twin: { send: genuine, gate: { revoked: [] } } }),
  row("B10", "a packet that the host revoked is refused", genuine, "packet_revoked", {
    gate: { revoked: [revocationKeys.packet(planner, "pk-1")] },
    twin: { send: genuine, gate: { revoked: [revocationKeys.packet(planner, "pk-2"), revocationKeys.packet(mallory, "pk-1")] } },
  }),
  row("B10", "a packet that the host revoked by its content is refused", genuine, "packet_revoked", {
    gate: { revoked: [revocationKeys.packetDigest(fields())] },
    twin: { send: genuine, gate: { revoked: [revocationKeys.packetDigest(fields({ intent: "another" }))] } },
  }),
  ...[
    ["packet_id", "", "x".repeat(257), "x".repeat(256)],
    ["intent", "", "x".repeat(65_537), "\u0000\n\u007f".repeat(21_845)],
    ["from_agent", "", "x".repeat(257), "x".repeat(256)],
    ["to_agent", "", "x".repeat(257), "x".repeat(256)],
  ].flatMap(([field, ...bad]) => {
    const good = bad.pop();
    const gate = { registry: registry({ [good]: planner.pem }), audience: [researcher.id, field === "to_agent" ? good : researcher.id] };
    return rows("B11", `a senseless ${field} is refused`, { empty: wire({ [field]: bad[0] }), "too long": wire({ [field]: bad[1] }) }, "field_invalid", {
      step: { field: `/packet/${field}` },
      gate: field.endsWith("_agent") ? gate : undefined,
      twin: { send: wire({ [field]: good }) },
    });
  }),
  row("B11", "a packet of more than 256 actions, each to be compared with each, is refused", wire({ permissions: { allowed_actions: Array.from({ length: 257 }, () => "read"), max_tool_calls: 3 } }), "field_invalid", {
    step: { field: "/packet/permissions/allowed_actions" },
    twin: { send: wire({ permissions: { allowed_actions: Array.from({ length: 256 }, () => "read"), max_tool_calls: 3 } }) },
  }),
  ...["from_agent", "to_agent"].flatMap((field) => {
    const id = field === "from_agent" ? planner.id : researcher.id;
    const twins = { "a Cyrillic twin": id.replace("a", "\u0430"), "a decomposed letter": `${id}e\u0301`, "a space": `${id} `, "a control character": `${id}\u0000`, DEL: `${id}\u007f`, "zero width": `${id}\u200b` };
    const variants = Object.fromEntries(Object.entries(twins).map(([name, twin]) => [name, wire({ [field]: twin })]));
    return rows("B12", `a ${field} that only looks like another is refused`, variants, "field_invalid", { step: { field: `/packet/${field}` }, twin: { send: genuine } });
  }),
  row("B16", "a signed capability is no packet", json({ ...capability(planner, researcher), signature: planner.sign(Buffer.from("x")).toString("base64") }), "missing_field", {
    step: { check: "packet" },
    twin: { send: json(signed(fields(), planner)), check: "packet" },
  }),
  row("B16", "a signed packet is no capability", Buffer.from(json(signed(fields(), planner))).toString("base64url"), "missing_field", {
    step: { check: "capability_token" },
    twin: { send: token(capability(root, researcher), root), check: "capability_token" },
  }),
  row("B17", "a capability under a key of 33 bytes is refused and raises nothing", capabilityUnder(LONG_SPKI), "public_key_encoding_invalid", {
    step: { check: "capability_token" },
    twin: { send: capabilityUnder(root.pem), check: "capability_token" },
  }),
  row("B17", "a packet with a capability under a key of 33 bytes is refused and raises nothing", byRoot({ capability_token: capabilityUnder(LONG_SPKI) }), "capability_invalid", {
    step: { field: "/packet/capability_token" },
    twin: { send: byRoot({ capability_token: capabilityUnder(root.pem) }) },
  }),
  row("H11", "an unsigned packet is refused", json({ packet: fields(), chain: chainOf(fields()) }), "missing_field", { step: { field: "/packet/signature" }, twin: { send: genuine } }),
  row("H11", "a packet whose signature is null is refused", withSignature(null), "type_mismatch", { step: { field: "/packet/signature" }, twin: { send: genuine } }),
];
