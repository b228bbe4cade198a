/** Capabilities: issued, narrowed by their holders, read again; what the gate makes of a chain is tested with the gate. */
import assert from "node:assert/strict";
import crypto from "node:crypto";
import { test } from "node:test";
import { AgentIdentity, AgentRegistry, createEnvelope, failureOf, gate, NOW, planner, researcher, signPacket, stranger, trusthandoff } from "./support.mjs";

const { DelegationCapability, issueCapability, issueCapabilityAsync } = trusthandoff;

const writer = AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(4));
const grant = (more = {}) => ({ subject_agent: researcher.agentId, allowed_actions: ["read", "fetch:https://api.example.com/**"], max_tool_calls: 5, ...more });
const issue = (more, options = { now: NOW }) => issueCapability(planner, grant(more), options);
const narrower = (more = {}) => ({ subject_agent: writer.agentId, allowed_actions: ["read:/docs/*"], ...more });

/** An identity whose key answers as a KMS does. */
function remote(identity, { later = false } = {}) {
  const key = crypto.createPrivateKey(identity.privateKeyPem());
  const sign = (bytes) => new Uint8Array(crypto.sign(null, bytes, key));
  return AgentIdentity.fromSigner({ publicKey: identity.publicKey, sign: later ? async (bytes) => sign(bytes) : sign }, { agentId: identity.agentId });
}

/** A token with its JSON changed. */
function altered(token, change) {
  const content = JSON.parse(Buffer.from(token, "base64url").toString());
  change(content);
  return Buffer.from(JSON.stringify(content)).toString("base64url");
}

test("a capability lists the fields of the wire, frozen at every depth, with token, digest and chain beside them", () => {
  const root = issue({ constraints: { data_boundary: "eu", max_runtime_seconds: 60 } });
  assert.ok(root instanceof DelegationCapability);
  assert.deepEqual(Object.keys(root), [
    ...["capability_id", "issuer_agent", "subject_agent", "delegated_permissions", "constraints", "issued_at", "expires_at"],
    ...["parent_capability_id", "signature_algo", "public_key"],
  ]);
  assert.equal(root.issuer_agent, planner.agentId);
  assert.equal(root.public_key, planner.publicKeyPem);
  assert.deepEqual([root.issued_at, root.expires_at], ["2026-03-08T12:00:00Z", "2026-03-08T13:00:00Z"]);
  assert.deepEqual([root.chain.length, root.chain[0], root.parent_capability_id], [1, root.token, null]);
  assert.match(root.digest, /^[0-9a-f]{64}$/);
  for (const change of [
    () => (root.subject_agent = stranger.agentId),
    () => root.delegated_permissions.allowed_actions.push("delete"),
    () => (root.constraints.data_boundary = null),
    () => root.chain.push("x"),
    () => (root.token = "x"),
    () => delete root.expires_at,
  ]) {
    assert.throws(change, TypeError);
  }
  assert.notEqual(issue().capability_id, issue().capability_id);
});

test("a holder narrows without the issuer, and the chain goes from the root to the leaf", () => {
  const root = issue({ constraints: { data_boundary: "eu" } });
  const child = root.attenuate(researcher, narrower({ max_tool_calls: 2 }), { now: NOW });
  const leaf = child.attenuate(writer, { subject_agent: stranger.agentId, allowed_actions: ["read:/docs/a"] }, { now: NOW });
  assert.deepEqual(leaf.chain, [root.token, child.token, leaf.token]);
  assert.equal(child.parent_capability_id, root.capability_id);
  assert.equal(leaf.delegated_permissions.max_tool_calls, 2, "what is left open is as in the parent");
  assert.equal(leaf.constraints.data_boundary, "eu");
  assert.equal(leaf.expires_at, root.expires_at);
});

test("C02 F06 F07 F08 nothing is wider than its parent, on any axis", () => {
  const root = issue({ max_tool_calls: 2, constraints: { max_runtime_seconds: 60, data_boundary: "eu", requires_human_review: true } });
  for (const [more, code] of [
    [{ allowed_actions: ["delete"] }, "authority_escalation"],
    [{ allowed_actions: ["fetch"] }, "authority_escalation"],
    [{ allowed_actions: ["fetch:https://api.example.org/x"] }, "authority_escalation"],
    [{ max_tool_calls: 3 }, "authority_escalation"],
    [{ max_tool_calls: null }, "authority_escalation"],
    [{ expires_at: "2026-03-08T13:00:01Z" }, "authority_escalation"],
    [{ issued_at: "2026-03-08T11:59:59Z" }, "authority_escalation"],
    [{ constraints: null }, "constraint_relaxed"],
    [{ constraints: { max_runtime_seconds: 61, data_boundary: "eu", requires_human_review: true } }, "constraint_relaxed"],
    [{ constraints: { max_runtime_seconds: 60, data_boundary: "us", requires_human_review: true } }, "constraint_relaxed"],
    [{ constraints: { max_runtime_seconds: 60, data_boundary: "eu", requires_human_review: false } }, "constraint_relaxed"],
  ]) {
    assert.throws(() => root.attenuate(researcher, narrower(more), { now: NOW }), (error) => error.code === code && error.name === "CapabilityError", JSON.stringify(more));
  }
  assert.throws(() => root.attenuate(stranger, narrower(), { now: NOW }), { code: "capability_chain_invalid" }, "only the subject narrows");
});

test("signers elsewhere make the same tokens, at once or later", async () => {
  const fields = grant({ capability_id: "cap-1" });
  const { token } = issueCapability(planner, fields, { now: NOW });
  const pair = await AgentIdentity.fromCryptoKey(await planner.toCryptoKey());
  assert.equal(issueCapability(remote(planner), fields, { now: NOW }).token, token);
  for (const identity of [planner, remote(planner), remote(planner, { later: true }), pair]) {
    assert.equal((await issueCapabilityAsync(identity, fields, { now: NOW })).token, token);
  }
  const root = DelegationCapability.decode(token);
  const child = root.attenuate(researcher, narrower({ capability_id: "cap-2" }), { now: NOW });
  assert.equal(root.attenuate(remote(researcher), narrower({ capability_id: "cap-2" }), { now: NOW }).token, child.token);
  assert.deepEqual((await root.attenuateAsync(remote(researcher, { later: true }), narrower({ capability_id: "cap-2" }), { now: NOW })).chain, child.chain);
  for (const identity of [pair, remote(planner, { later: true })]) {
    assert.throws(() => issueCapability(identity, fields), (error) => error.code === "signer_async" && error.message.includes("issueCapabilityAsync"));
  }
  assert.throws(() => root.attenuate(remote(researcher, { later: true }), narrower(), { now: NOW }), (error) => error.code === "signer_async" && error.message.includes("attenuateAsync"));
});

test("F09 a signer that signs with another key makes no capability", async () => {
  const key = crypto.createPrivateKey(stranger.privateKeyPem());
  const thief = AgentIdentity.fromSigner({ publicKey: planner.publicKey, sign: (bytes) => new Uint8Array(crypto.sign(null, bytes, key)) });
  const wrong = AgentIdentity.fromSigner({ publicKey: planner.publicKey, sign: () => new Uint8Array(63) });
  const failing = AgentIdentity.fromSigner({
    publicKey: planner.publicKey,
    sign() {
      throw new Error("the KMS is down");
    },
  });
  assert.throws(() => issueCapability(thief, grant()), { code: "invalid_signature" });
  assert.throws(() => issueCapability(wrong, grant()), { code: "signature_encoding_invalid" });
  assert.throws(() => issueCapability(failing, grant()), { code: "signer_failed" });
  assert.equal((await failureOf(() => issueCapabilityAsync(thief, grant())))?.code, "invalid_signature");
});

test("a token is read again as what it was, with its parents or alone", () => {
  const root = issue();
  const child = root.attenuate(researcher, narrower(), { now: NOW });
  const read = DelegationCapability.decode(child.token, { parents: [root.token] });
  assert.deepEqual({ ...read }, { ...child });
  assert.deepEqual([read.token, read.digest, read.chain], [child.token, child.digest, child.chain]);
  assert.deepEqual(DelegationCapability.decode(child.token).chain, [child.token]);
  // It narrows what it was read from.
  assert.throws(() => DelegationCapability.decode(child.token).attenuate(writer, { subject_agent: "agent:x", allowed_actions: ["read"] }, { now: NOW }), {
    code: "authority_escalation",
  });
});

test("F05 F11 F16 what is no token, no chain, or was changed is refused by its own code", () => {
  const root = issue();
  const child = root.attenuate(researcher, narrower(), { now: NOW });
  const grandchild = child.attenuate(writer, { subject_agent: stranger.agentId, allowed_actions: [] }, { now: NOW });
  const other = issue();
  for (const [token, parents, code] of [
    ["", [], "capability_invalid"],
    ["!", [], "token_noncanonical"],
    [`${root.token}=`, [], "token_noncanonical"],
    [`${root.token} `, [], "token_noncanonical"],
    [altered(root.token, (content) => (content.delegated_permissions.max_tool_calls = 6)), [], "capability_signature_invalid"],
    [altered(root.token, (content) => (content.extra = 1)), [], "capability_invalid"],
    ["A".repeat(70_000), [], "input_too_large"],
    [child.token, [child.token], "capability_chain_invalid"],
    [child.token, [other.token], "capability_chain_invalid"],
    [root.token, [child.token], "capability_chain_invalid"],
    [grandchild.token, [child.token], "parent_missing"],
    [child.token, [altered(root.token, (content) => (content.subject_agent = writer.agentId))], "capability_signature_invalid"],
    [child.token, [""], "capability_invalid"],
  ]) {
    assert.throws(() => DelegationCapability.decode(token, { parents }), { code }, `${code} ${token.slice(0, 20)}`);
  }
});

test("a field that nobody grants is refused by its JSON pointer", () => {
  for (const [more, code, field] of [
    [{ subject_agent: undefined }, "missing_field", "/subject_agent"],
    [{ subject_agent: "agent:ü" }, "field_invalid", "/subject_agent"],
    [{ allowed_actions: "read" }, "type_mismatch", "/allowed_actions"],
    [{ allowed_actions: ["fetch:https://u@x/"] }, "action_invalid", "/allowed_actions/0"],
    [{ max_tool_calls: 1.5 }, "type_mismatch", "/max_tool_calls"],
    [{ ttl_seconds: 0 }, "field_invalid", "/expires_at"],
    [{ issued_at: "yesterday" }, "datetime_noncanonical", "/issued_at"],
    [{ is_admin: true }, "unknown_field", "/is_admin"],
    [{ constraints: { region: "eu" } }, "unknown_field", "/constraints/region"],
    [{ constraints: new Map() }, "type_mismatch", "/constraints"],
  ]) {
    assert.throws(() => issue(more), { code, field }, JSON.stringify(more));
  }
});

test("D05 a TTL and an expiry that contradict each other are refused, and agree where both are stated", () => {
  const root = issue();
  const make = { "issued": (more) => issue(more), "narrowed": (more) => root.attenuate(researcher, narrower(more), { now: NOW }) };
  for (const [how, of] of Object.entries(make)) {
    assert.equal(of({ ttl_seconds: 60, expires_at: "2026-03-08T12:01:00Z" }).expires_at, "2026-03-08T12:01:00Z", how);
    assert.equal(of({ ttl_seconds: 60n, expires_at: "2026-03-08T13:01:00+01:00" }).expires_at, "2026-03-08T13:01:00+01:00", how);
    for (const expires_at of ["2026-03-08T12:30:00Z", "2026-03-08T12:01:00.000001Z", new Date(NOW + 59_999)]) {
      assert.throws(() => of({ ttl_seconds: 60, expires_at }), (error) => error.code === "ttl_policy_mismatch" && error.field === "/expires_at", how);
    }
  }
});

test("E20 no capability is made whose token nobody would read, and the longest that is made is read", () => {
  const padded = (length) => ({ constraints: { data_boundary: "x".repeat(length) } });
  const sizeOf = (length) => Buffer.from(issue(padded(length)).token, "base64url").length;
  const most = 49_152 - sizeOf(0);
  const longest = issue(padded(most));
  assert.equal(longest.token.length, 65_536);
  assert.equal(DelegationCapability.decode(longest.token).digest, longest.digest);
  for (const make of [
    () => issue(padded(most + 1)),
    () => issue({ allowed_actions: Array.from({ length: 256 }, (_, n) => `read:/${"x".repeat(200)}${n}`) }),
    () => longest.attenuate(researcher, { ...narrower(), allowed_actions: ["read:/docs/*", `read:/${"x".repeat(200)}`] }, { now: NOW }),
  ]) assert.throws(make, (error) => error.code === "input_too_large" && /65536/.test(error.message));
});

test("F07 what a child leaves open of its constraints is as in its parent, one by one", () => {
  const all = { max_runtime_seconds: 10, data_boundary: "eu", requires_human_review: true };
  const root = issue({ constraints: all });
  const of = (parent, constraints) => ({ ...parent.attenuate(researcher, narrower({ constraints }), { now: NOW }).constraints });
  for (const [constraints, more] of [
    [undefined, {}],
    [{}, {}],
    [{ data_boundary: "eu" }, {}],
    [{ max_runtime_seconds: 5 }, { max_runtime_seconds: 5 }],
    [{ max_runtime_seconds: undefined, requires_human_review: true }, {}],
  ]) {
    assert.deepEqual(of(root, constraints), { ...all, ...more }, JSON.stringify(constraints));
  }
  for (const name of Object.keys(all)) assert.throws(() => of(root, { [name]: null }), { code: "constraint_relaxed" }, `${name}: null asks for none`);
  assert.deepEqual(of(issue({ constraints: { data_boundary: "eu" } }), { max_runtime_seconds: 5 }), { ...all, max_runtime_seconds: 5, requires_human_review: false });
  assert.deepEqual(of(issue(), { max_runtime_seconds: 5 }), { max_runtime_seconds: 5, data_boundary: null, requires_human_review: false });
});

test("D05 a capability lives no longer than the receiver allows, ninety days unless it says otherwise", async () => {
  const day = 86_400;
  const code = async (capability, more) => (await at(researcher, more).handle(createEnvelope(task(planner, researcher, capability)))).code;
  for (const [ttl_seconds, more, expected] of [
    [90 * day, {}, null],
    [90 * day + 1, {}, "lifetime_exceeded"],
    [5 * 365 * day, {}, "lifetime_exceeded"],
    [5 * 365 * day, { maxCapabilitySeconds: 5 * 365 * day }, null],
    [3601, { maxCapabilitySeconds: 3600 }, "lifetime_exceeded"],
    [3600, { maxCapabilitySeconds: 3600 }, null],
  ]) {
    assert.equal(await code(issue({ ttl_seconds }), more), expected, `${ttl_seconds}`);
  }
  const root = issue({ ttl_seconds: 100 * day });
  const child = root.attenuate(researcher, narrower({ max_tool_calls: 2, ttl_seconds: 60 }), { now: NOW });
  const decision = await at(writer).handle(createEnvelope(task(researcher, writer, child), { capabilities: child }));
  assert.deepEqual([decision.code, decision.field], ["lifetime_exceeded", "/packet/capability_token"], "of every link, and of the root first");
  assert.throws(() => issue({ ttl_seconds: 3651 * day }), { code: "field_invalid", field: "/expires_at" });
  for (const maxCapabilitySeconds of [0, -1, 1.5, NaN, 3651 * day, 2 ** 32 + 1, "60", 60n, null]) {
    assert.throws(() => at(researcher, { maxCapabilitySeconds }), { code: "config_invalid", field: "maxCapabilitySeconds" }, String(maxCapabilitySeconds));
  }
});

test("a capability is signed from a Date and any RFC 3339 text, and says them as the wire does", () => {
  for (const [moment, written] of [
    [new Date(NOW + 600_000), "2026-03-08T12:10:00Z"],
    [new Date(NOW + 600_005).toISOString(), "2026-03-08T12:10:00.005000Z"],
    ["2026-03-08t12:10:00.5z", "2026-03-08T12:10:00.500000Z"],
    ["2026-03-08 14:10:00+02:00", "2026-03-08T14:10:00+02:00"],
  ]) {
    assert.equal(issue({ expires_at: moment }).expires_at, written);
    assert.equal(issue({ issued_at: moment }).issued_at, written);
    assert.equal(issue().attenuate(researcher, narrower({ expires_at: moment }), { now: new Date(NOW) }).expires_at, written);
    assert.equal(issue({}, { now: moment }).issued_at, new Date(Date.parse(written)).toISOString().replace(".000Z", "Z").replace(/(\.\d{3})Z/, "$1000Z"));
  }
  for (const wrong of [NOW, new Date(NaN), "2026-03-08T12:10:00", "2026-03-08", "", {}, []]) {
    assert.throws(() => issue({ expires_at: wrong }), (error) => /^(datetime_\w+|clock_invalid|type_mismatch)$/.test(error.code), String(wrong));
  }
});

test("bad input is one clear line with a code, and no capability", async () => {
  const root = issue();
  const bare = Object.create(DelegationCapability.prototype);
  for (const [call, code] of [
    [() => new DelegationCapability(), "config_invalid"],
    [() => new DelegationCapability({}, {}, []), "config_invalid"],
    [() => issueCapability(null, grant()), "argument_type"],
    [() => issueCapability({ agentId: planner.agentId }, grant()), "argument_type"],
    ...[undefined, null, "read", 7, [], new Uint8Array(1)].map((fields) => [() => issueCapability(planner, fields), "type_mismatch"]),
    [() => issueCapability(planner, grant(), { nwo: NOW }), "config_invalid"],
    [() => issueCapability(planner, grant(), { now: NaN }), "clock_invalid"],
    [() => issueCapability(planner, grant(), "now"), "config_invalid"],
    [() => DelegationCapability.decode(root), "argument_type"],
    [() => DelegationCapability.decode(undefined), "argument_type"],
    [() => DelegationCapability.decode("\ud800"), "invalid_unicode"],
    [() => DelegationCapability.decode(root.token, { parents: root.token }), "config_invalid"],
    [() => DelegationCapability.decode(root.token, { parents: [1] }), "argument_type"],
    [() => DelegationCapability.decode(root.token, { parent: [] }), "config_invalid"],
    [() => bare.attenuate(researcher, narrower()), "argument_type"],
    [() => bare.attenuateAsync(researcher, narrower()), "argument_type"],
    [() => root.attenuate(researcher, narrower(), { parents: [] }), "config_invalid"],
  ]) {
    const error = await failureOf(call);
    assert.equal(error?.code, code, String(call));
    assert.doesNotMatch(error.message, /\n/);
  }
  const disposed = AgentIdentity.generate();
  disposed.dispose();
  assert.throws(() => issueCapability(disposed, grant()), { code: "identity_disposed" });
});

test("W8 every field is read once, so a getter cannot grant what it did not show", () => {
  let reads = 0;
  const trick = {
    ...grant(),
    get allowed_actions() {
      reads += 1;
      return reads === 1 ? ["read"] : ["delete"];
    },
  };
  assert.deepEqual(issueCapability(planner, trick).delegated_permissions.allowed_actions, ["read"]);
  assert.equal(reads, 1);
});

test("W2 what other code left on Object.prototype grants nothing and hides nothing", () => {
  const pollution = { max_tool_calls: 99, constraints: { data_boundary: "x" }, parents: ["x"], token: "x", chain: ["x"], digest: "x", parent_capability_id: "x", ttl_seconds: 9, now: 0, writable: false, get: () => "x" };
  const fields = { subject_agent: researcher.agentId, allowed_actions: ["read"], capability_id: "cap-1" };
  const made = () => {
    const root = issueCapability(planner, fields, { now: NOW });
    return [root.token, root.digest, root.attenuate(researcher, { ...narrower({ allowed_actions: ["read"] }), capability_id: "cap-2" }, { now: NOW }).chain, Object.keys(root)];
  };
  const expected = made();
  for (const names of [...Object.keys(pollution).map((name) => [name]), Object.keys(pollution).filter((name) => name !== "get")]) {
    for (const name of names) Object.defineProperty(Object.prototype, name, { __proto__: null, value: pollution[name], configurable: true, enumerable: true, writable: true });
    try {
      assert.deepEqual(made(), expected, names.join());
    } finally {
      for (const name of names) delete Object.prototype[name];
    }
  }
});

const trusting = () =>
  new AgentRegistry()
    .register(planner.agentId, planner.publicKeyPem, { roots: ["read", "fetch"], now: NOW - 1000 })
    .register(researcher.agentId, researcher.publicKeyPem, { now: NOW - 1000 })
    .register(writer.agentId, writer.publicKeyPem, { now: NOW - 1000 });

const task = (from, to, capability, more = {}) =>
  signPacket(
    from,
    { to_agent: to.agentId, intent: "Read the minutes", permissions: { allowed_actions: ["read:/docs/a"], max_tool_calls: 1 }, capability_token: capability.token, ...more },
    { now: NOW },
  );

const at = (receiver, more) => gate({ audience: receiver.agentId, registry: trusting(), ...more });

test("a narrowed capability is admitted with what it narrows, and only with that", async () => {
  const root = issue();
  const child = root.attenuate(researcher, narrower({ max_tool_calls: 2 }), { now: NOW });
  const packet = task(researcher, writer, child);
  const decision = await at(writer).handle(createEnvelope(packet, { capabilities: child }));
  assert.equal(decision.code, null);
  assert.deepEqual([decision.capability.token, decision.capability.chain], [child.token, child.chain]);
  assert.equal((await at(writer).handle(createEnvelope(packet, { capabilities: [root.token] }))).code, null, "the packet's own may be left out");
  assert.equal((await at(writer).handle(createEnvelope(packet, { capabilities: DelegationCapability.decode(child.token, { parents: [root.token] }) }))).code, null);
  for (const options of [undefined, {}, { capabilities: [] }, { capabilities: [issue().token] }, { capabilities: DelegationCapability.decode(child.token) }]) {
    assert.throws(() => createEnvelope(packet, options), { code: "parent_missing" });
  }
});

test("C01 a task that was accepted is handed on with the proof of every hop, to a strict receiver", async () => {
  const root = issue();
  const first = await at(researcher).handle(createEnvelope(task(planner, researcher, root)));
  const child = root.attenuate(researcher, narrower({ max_tool_calls: 2 }), { now: NOW });
  const text = createEnvelope(task(researcher, writer, child), { parent: first });
  const second = await at(writer, { strict: true }).handle(text);
  assert.equal(second.code, null);
  assert.deepEqual(second.ancestors.map((packet) => packet.packet_id), [first.packet.packet_id]);
  assert.deepEqual(second.capability.chain, child.chain, "the parent brought what the child narrows");
  assert.deepEqual(JSON.parse(text).chain.agents, [planner.agentId, researcher.agentId]);

  const third = child.attenuate(writer, { subject_agent: stranger.agentId, allowed_actions: ["read:/docs/a"], max_tool_calls: 1 }, { now: NOW });
  const last = createEnvelope(task(writer, stranger, third), { parent: second });
  const decision = await at(stranger, { strict: true }).handle(last);
  assert.deepEqual([decision.code, decision.ancestors.length, decision.capability.chain.length], [null, 2, 3]);
});

test("C02 what does not follow from its parent is not put into an envelope", async () => {
  const root = issue();
  const first = await at(researcher).handle(createEnvelope(task(planner, researcher, root)));
  const child = root.attenuate(researcher, narrower({ max_tool_calls: 2 }), { now: NOW });
  for (const [packet, code] of [
    [task(writer, stranger, child), "chain_mismatch"],
    [task(researcher, writer, child, { permissions: { allowed_actions: ["read:/docs/b"], max_tool_calls: 1 } }), "authority_escalation"],
    [task(researcher, writer, child, { permissions: { allowed_actions: ["read:/docs/a"], max_tool_calls: 2 } }), "authority_escalation"],
    [task(researcher, writer, child, { expires_at: "2026-03-08T12:20:00Z", ttl_seconds: 1200 }), "authority_escalation"],
  ]) {
    assert.throws(() => createEnvelope(packet, { parent: first }), { code }, code);
  }
});

test("only an accepted decision is a parent, and only tokens are capabilities", async () => {
  const packet = task(planner, researcher, issue());
  const refused = await at(writer).handle(createEnvelope(packet));
  assert.equal(refused.code, "wrong_audience");
  const accepted = await at(researcher).handle(createEnvelope(packet));
  for (const parent of [null, refused, { ...accepted }, Object.create(accepted), createEnvelope(packet), packet, true]) {
    assert.throws(() => createEnvelope(packet, { parent }), { code: "config_invalid", field: "parent" });
  }
  for (const capabilities of [null, "x", {}, [1], [null], { chain: ["x"] }, Object.create(issue())]) {
    assert.throws(() => createEnvelope(packet, { capabilities }), { code: "argument_type" });
  }
  assert.throws(() => createEnvelope(packet, { capability: [] }), { code: "config_invalid", field: "capability" });
});
