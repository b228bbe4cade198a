/** `approve` and `revoke`: what they print counts at a gate, and what they cannot use is one line. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { AgentIdentity, AgentRegistry, issueCapability, MemoryNonceStore, RevocationList, TrustHandoffMiddleware } from "../../pkg/dist/index.js";
import { directory, run } from "./support.mjs";

/** A planner's envelope that requires review, and a reviewer. */
async function scene(t) {
  const cwd = directory(t);
  const [planner, ana] = [(await run(["keygen", "--out", "planner"], { cwd })).out.trim(), (await run(["keygen", "--out", "ana"], { cwd })).out.trim()];
  const fields = '{"to_agent": "agent:deployer", "intent": "Deploy", "constraints": {"requires_human_review": true}, "context": {"float": 1.0}}';
  const envelope = (await run(["sign", "-", "--key", "planner/agent.key.pem"], { cwd, input: fields })).out;
  writeFileSync(join(cwd, "envelope.json"), envelope);
  const pem = (name) => readFileSync(join(cwd, `${name}/agent.pub.pem`), "utf8");
  const registry = (id = ana) => new AgentRegistry().register(planner, pem("planner")).register(id, pem("ana"), { reviewer: true });
  const gate = (more) => new TrustHandoffMiddleware({ audience: "agent:deployer", registry: registry(), nonces: new MemoryNonceStore({ capacity: 10 }), ...more });
  return { cwd, planner, ana, envelope, registry, gate };
}

const KEY = ["--key", "ana/agent.key.pem"];

async function assertUnusable(args, options, about) {
  const { code, out, err } = await run(args, options);
  assert.deepEqual([code, out], [2, ""], `${args.join(" ")}: ${err}`);
  assert.match(err, /^trusthandoff: [^\n]+\n$/, args.join(" "));
  assert.doesNotMatch(err, /internal error|node:/);
  assert.match(err, about, args.join(" "));
}

test("what approve prints is the approval that a gate counts", async (t) => {
  const { cwd, ana, envelope, gate } = await scene(t);
  const { code, out, err } = await run(["approve", "envelope.json", ...KEY, "--note", "after the freeze", "--ttl", "600"], { cwd });
  assert.deepEqual([code, err], [0, ""]);
  const approval = JSON.parse(out);
  assert.deepEqual([approval.decision, approval.reviewer, approval.note], ["APPROVED", ana, "after the freeze"]);
  assert.equal(Date.parse(approval.expires_at) - Date.parse(approval.issued_at.slice(0, 19) + "Z") >= 600_000, true);
  const review = { reviewers: [ana] };
  assert.equal((await gate({ review }).handle(envelope.trim(), { approvals: [out.trim()] })).decision, "ACCEPT");
  assert.equal((await gate({ review }).handle(envelope.trim())).code, "human_review_required");

  const packet = JSON.stringify(JSON.parse(envelope).packet);
  const piped = await run(["approve", "-", ...KEY], { cwd, input: envelope });
  assert.equal(JSON.parse(piped.out).review_digest, approval.review_digest);
  // JSON.parse has lost the float of the packet, so it is another packet, whose signature does not fit.
  await assertUnusable(["approve", "-", ...KEY], { cwd, input: packet }, /invalid_signature/);
});

test("approve --deny signs a denial, under the reviewer's id", async (t) => {
  const { cwd, envelope, gate, registry } = await scene(t);
  const { code, out } = await run(["approve", "envelope.json", ...KEY, "--deny", "--agent-id", "human:ana"], { cwd });
  assert.equal(code, 0);
  assert.deepEqual([JSON.parse(out).decision, JSON.parse(out).reviewer], ["DENIED", "human:ana"]);
  const verifier = gate({ registry: registry("human:ana"), review: { reviewers: ["human:ana"] } });
  assert.equal((await verifier.handle(envelope.trim(), { approvals: [out.trim()] })).code, "human_review_denied");
});

test("what revoke prints is the revocation that a list takes", async (t) => {
  const { cwd, planner, envelope, registry, gate } = await scene(t);
  const key = ["--key", "planner/agent.key.pem"];
  const identity = AgentIdentity.fromPrivateKeyPem(readFileSync(join(cwd, "planner/agent.key.pem"), "utf8"));
  writeFileSync(join(cwd, "token"), `${issueCapability(identity, { subject_agent: "agent:x", allowed_actions: ["read"] }).token}\n`);
  for (const [args, target] of [
    [["--agent"], `agent|${planner}`],
    [["--packet", "envelope.json", "--reason", "sent by mistake"], /^packet\|/],
    [["--capability", "token"], /^capability\|/],
    [["--target", `key|${identity.fingerprint}`], `key|${identity.fingerprint}`],
  ]) {
    const { code, out, err } = await run(["revoke", ...key, ...args], { cwd });
    assert.deepEqual([code, err], [0, ""], args.join(" "));
    const found = new RevocationList({ registry: registry() }).add(out.trim());
    assert.equal(JSON.parse(out).target, found);
    if (typeof target === "string") assert.equal(found, target);
    else assert.match(found, target);
  }
  const { out } = await run(["revoke", ...key, "--packet", "-", "--reason", "sent by mistake"], { cwd, input: envelope });
  assert.equal(JSON.parse(out).reason, "sent by mistake");
  const revocations = new RevocationList({ registry: registry() });
  revocations.add(out.trim());
  assert.equal((await gate({ revocations, approvals: () => true }).handle(envelope.trim())).code, "packet_revoked");
});

test("revoke --agent-id revokes the agent under its older id", async (t) => {
  const { cwd, registry } = await scene(t);
  const { out } = await run(["revoke", ...KEY, "--agent", "--agent-id", "human:ana"], { cwd });
  assert.equal(new RevocationList({ registry: registry("human:ana") }).add(out.trim()), "agent|human:ana");
});

test("approve and revoke say in one line what they cannot use", async (t) => {
  const { cwd } = await scene(t);
  writeFileSync(join(cwd, "latin"), Buffer.from([0xff]));
  writeFileSync(join(cwd, "empty"), "");
  for (const [args, about] of [
    [["approve", ...KEY], /needs a FILE/],
    [["approve", "a", "b", ...KEY], /unexpected argument `b`/],
    [["approve", "envelope.json"], /needs --key/],
    [["approve", "envelope.json", "--key", "-"], /--key must be a file/],
    [["approve", "envelope.json", "--key", "ana/agent.pub.pem"], /cannot use the key/],
    [["approve", "none.json", ...KEY], /no such file/],
    [["approve", "empty", ...KEY], /malformed_json/],
    [["approve", "latin", ...KEY], /invalid_utf8/],
    [["approve", "envelope.json", ...KEY, "--ttl", "0"], /--ttl must be a whole number/],
    [["approve", "envelope.json", ...KEY, "--ttl", "1e3"], /--ttl must be a whole number/],
    [["approve", "envelope.json", ...KEY, "--ttl", "999999999"], /field_invalid at \/expires_at/],
    [["approve", "envelope.json", ...KEY, "--agent-id", "ana maria"], /--agent-id must be printable ASCII/],
    [["approve", "envelope.json", ...KEY, "--agent-id", ""], /--agent-id must be printable ASCII/],
    [["approve", "envelope.json", ...KEY, "--note", "x".repeat(5000)], /field_invalid at \/note/],
    [["approve", "envelope.json", ...KEY, "--approve"], /unknown option/],
    [["revoke", ...KEY], /needs one of/],
    [["revoke", "--agent"], /needs --key/],
    [["revoke", ...KEY, "--agent", "--target", "key|x"], /needs one of/],
    [["revoke", ...KEY, "--agent", "x"], /unexpected argument/],
    [["revoke", ...KEY, "--target", "key|x"], /field_invalid at \/target/],
    [["revoke", ...KEY, "--target", ""], /field_invalid at \/target/],
    [["revoke", ...KEY, "--packet", "none.json"], /no such file/],
    [["revoke", ...KEY, "--packet", "empty"], /malformed_json/],
    [["revoke", ...KEY, "--capability", "latin"], /token_noncanonical/],
    [["revoke", ...KEY, "--capability", "envelope.json"], /token_noncanonical/],
    [["revoke", ...KEY, "--agent", "--agent", "--reason", "x"], /twice/],
    [["revoke", ...KEY, "--agent", "--reason"], /needs a value/],
  ]) {
    await assertUnusable(args, { cwd }, about);
  }
});
