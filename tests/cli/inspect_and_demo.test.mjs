import assert from "node:assert/strict";
import { test } from "node:test";
import { AgentIdentity, AgentRegistry, createEnvelope, MemoryNonceStore, signPacket, TrustHandoffMiddleware } from "../../pkg/dist/index.js";
import { answers, run } from "./support.mjs";

const planner = AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(1));
const wire = (more) => createEnvelope(signPacket(planner, { to_agent: "agent:r", intent: "Summarize", permissions: { allowed_actions: ["read"] }, ...more }));

test("demo: the genuine handoff and what is handed on of it accepted, every attack refused with its code, in columns", async () => {
  const { code, out, err } = await run(["demo"]);
  assert.deepEqual([code, err], [0, ""]);
  assert.doesNotMatch(out, /\u001b/);
  const rows = out.trimEnd().split("\n").slice(2);
  const expected = [
    ["genuine", "ACCEPT", "-"],
    ["second hop", "ACCEPT", "-"],
    ["tampered", "REJECT", "invalid_signature"],
    ["replayed", "REJECT", "replay_detected"],
    ["expired", "REJECT", "expired"],
    ["wrong audience", "REJECT", "wrong_audience"],
    ["forged key", "REJECT", "public_key_mismatch"],
    ["escalated", "REJECT", "authority_escalation"],
    ["stolen token", "REJECT", "capability_subject_mismatch"],
    ["over budget", "REJECT", "tool_calls_exhausted"],
    ["unreviewed", "REJECT", "human_review_required"],
  ];
  assert.equal(rows.length, expected.length);
  for (const [index, [name, decision, why]] of expected.entries()) {
    assert.equal(rows[index].indexOf(name), 0);
    assert.equal(rows[index].indexOf(decision), 16);
    assert.equal(rows[index].slice(24).split(" ")[0], why);
    assert.match(rows[index], /protected|signed by/);
  }
  const json = await run(["demo", "--json"]);
  assert.deepEqual(answers(json.out).map((row) => [row.case, row.decision, row.code ?? "-"]), expected);
});

test("inspect shows every field, every check, and what is proven and what only claimed", async () => {
  const { code, out, err } = await run(["inspect", "-"], { input: wire({ context: { company: "Example Corp" } }) });
  assert.deepEqual([code, err], [0, ""]);
  for (const part of ["envelope", "packet_id", "from_agent", planner.agentId, "Example Corp", "allowed_actions", "public_key", "chain", "Checks", "pass", "Proven", "Only claimed"]) {
    assert.ok(out.includes(part), part);
  }
});

test("inspect of a forgery says that nothing is proven, and exits 1", async () => {
  const { code, out } = await run(["inspect", "-"], { input: wire().replace("Summarize", "Publish") });
  assert.equal(code, 1);
  assert.match(out, /invalid_signature/);
  assert.match(out, /Proven\n\s+nothing/);
});

test("inspect --json is one JSON object for machines, also for what cannot be read", async () => {
  const good = await run(["inspect", "-", "--json"], { input: wire() });
  const report = JSON.parse(good.out);
  assert.deepEqual([good.code, report.kind, report.valid, report.code, report.form], [0, "envelope", true, null, "0.4.0"]);
  assert.equal(report.fields.packet.from_agent, planner.agentId);
  assert.ok(report.checks.length > 1 && report.proven.length > 0 && report.claimed.length > 0);
  for (const input of ["", "nonsense", "[]", "{}", "\u0000", "{".repeat(10_000)]) {
    const bad = await run(["inspect", "-", "--json"], { input });
    assert.equal(bad.code, 1, input.slice(0, 10));
    assert.equal(JSON.parse(bad.out).valid, false);
  }
});

test("inspect shows numbers as they are spelt, and every leaf with its path", async () => {
  const text = '{"packet": {"a": [1.0, -0.5e+1, [], {}], "b": {"c d": 123456789012345678901234567890, "e": {"f": true}}, "g": [[1], {"h": "x:,[]{}\\""}]}}';
  const { out } = await run(["inspect", "-"], { input: text });
  const rows = out.split("\n").filter((row) => row.startsWith("  packet")).map((row) => row.trim().split(/  +/));
  assert.deepEqual(rows, [
    ["packet.a[0]", "1.0"],
    ["packet.a[1]", "-0.5e+1"],
    ["packet.a[2]", "[]"],
    ["packet.a[3]", "{}"],
    ["packet.b.c d", "123456789012345678901234567890"],
    ["packet.b.e.f", "true"],
    ["packet.g[0][0]", "1"],
    ["packet.g[1].h", '"x:,[]{}\\""'],
  ]);
  const json = await run(["inspect", "-", "--json"], { input: text });
  assert.ok(json.out.includes(text) && JSON.parse(json.out).valid === false);
});

test("inspect lets no object write to the terminal: control characters are spelt out", async () => {
  const evil = "\u001b[2J\u202eevil\u0007\u2028";
  const { out } = await run(["inspect", "-"], { input: wire({ intent: evil, context: { [evil]: evil } }) });
  assert.doesNotMatch(out, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2028\u2029]/);
  assert.match(out, /\\u001b\[2J\\u202eevil/);
});

test("inspect shows the lineage as a tree, and exits 1 where one hop of it proves nothing", async () => {
  const researcher = AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(2));
  const registry = new AgentRegistry();
  for (const { agentId, publicKeyPem } of [planner, researcher]) registry.register(agentId, publicKeyPem);
  const gate = new TrustHandoffMiddleware({ audience: researcher.agentId, registry, nonces: new MemoryNonceStore() });
  const permissions = { allowed_actions: ["read", "fetch"] };
  const parent = gate.handleSync(wire({ to_agent: researcher.agentId, permissions }));
  const child = signPacket(researcher, { to_agent: "agent:w", intent: "Write", permissions: { allowed_actions: ["read:/docs/*"] } }, { parent });
  const envelope = createEnvelope(child, { parent });
  const good = await run(["inspect", "-"], { input: envelope });
  assert.equal(good.code, 0);
  assert.match(good.out, new RegExp(`${planner.agentId.replaceAll("+", "\\+")} → .*proven\\n.*may read, fetch.*\\n.*└ .*→ agent:w.*proven\\n.*may read:/docs/\\*`));
  const forged = await run(["inspect", "-"], { input: envelope.replace('["read", "fetch"]', '["read", "write"]') });
  assert.equal(forged.code, 1);
  assert.match(forged.out, /FAIL {2}lineage/);
  // A capability that is not the packet's own proves nothing for it, and one that cannot be read is not passed over.
  for (const tokens of [["!!!"], ["e30"]]) {
    const tree = JSON.parse(envelope);
    tree.proof.capabilities = tokens;
    const { code, out } = await run(["inspect", "-", "--json"], { input: JSON.stringify(tree) });
    assert.equal(code, 1);
    assert.ok(JSON.parse(out).lineage.some((hop) => hop.code !== null));
  }
});
