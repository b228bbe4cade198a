/** W14 Copies cost hosts and people one question, answered to each of them; and no run rests on an answer that is older than itself. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { AgentIdentity, gate, NOW, planner, registry, stranger, trusthandoff, wire } from "./support.mjs";

const { approve } = trusthandoff;

const [ann, ben] = [31, 32].map((byte) => AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(byte)));
const turn = () => new Promise((resolve) => setImmediate(resolve));
const codes = async (runs) => (await Promise.all(runs)).map(({ code }) => code);
const record = (revoked = false) => ({ publicKeyPem: planner.publicKeyPem, revoked });
const forged = () => wire().replace("Summarize", "Publish");

/** A resolver that answers when it is told to, and what it was asked. */
function resolver() {
  const open = [];
  const resolveAgent = (id) => new Promise((resolve, reject) => open.push({ id, resolve, reject }));
  return { open, resolveAgent };
}

const agents = () => [ann, ben].reduce((known, { agentId, publicKeyPem }) => known.register(agentId, publicKeyPem, { now: NOW - 1000 }), registry());
const reviewing = (review = {}, more = {}) => gate({ registry: agents(), review: { reviewers: [ann.agentId, ben.agentId], ...review }, ...more });
const reviewed = (more = {}, options) => wire({ constraints: { requires_human_review: true }, ...more }, options);
const approval = (identity, request, decision = "APPROVED") => approve(identity, request, { decision, now: NOW }).text;

test("a look-up that takes more than half its time is not joined: it may be one that hangs", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { open, resolveAgent } = resolver();
  const one = gate({ registry: undefined, resolveAgent, storeTimeoutMs: 1000 });
  const hung = one.handle(forged());
  await turn();
  t.mock.timers.tick(499);
  const joined = one.handle(forged());
  await turn();
  assert.equal(open.length, 1);
  t.mock.timers.tick(2);
  const late = one.handle(wire());
  await turn();
  assert.equal(open.length, 2);
  for (let asked = open.splice(1); asked.length > 0; asked = open.splice(1)) {
    asked.forEach(({ resolve }) => resolve(record()));
    await turn();
  }
  assert.equal((await late).code, null);
  t.mock.timers.tick(1000);
  assert.deepEqual(await codes([hung, joined]), ["registry_unavailable", "registry_unavailable"]);
});

test("an agent id is looked up once at a time while nothing is proven, and who joined asks again before the nonce", async () => {
  const { open, resolveAgent } = resolver();
  const one = gate({ registry: undefined, resolveAgent });
  const flood = Array.from({ length: 50 }, () => one.handle(forged()));
  const genuine = one.handle(wire());
  await turn();
  assert.deepEqual(open.map(({ id }) => id), [planner.agentId]);
  open.shift().resolve(record());
  assert.ok((await codes(flood)).every((code) => code === "invalid_signature"));
  await turn();
  assert.equal(open.length, 1, "for the one that is proven");
  open.shift().resolve(record());
  assert.equal((await genuine).code, null);
  // What asked for itself has an answer of its own time already.
  const alone = one.handle(wire());
  await turn();
  open.shift().resolve(record());
  assert.equal((await alone).code, null);
  assert.equal(open.length, 0);
});

test("W7 what was revoked after a look-up began is seen by the run that joined it", async () => {
  const { open, resolveAgent } = resolver();
  const one = gate({ registry: undefined, resolveAgent });
  const first = one.handle(forged());
  await turn();
  const before = record();
  // Revoked now: the answer under way does not know, and the next one does.
  const joined = one.handle(wire());
  open.shift().resolve(before);
  await first;
  while (open.length === 0) await turn();
  open.shift().resolve(record(true));
  assert.equal((await joined).code, "agent_revoked");
});

test("a look-up that fails, or gives no answer in time, fails those who waited for it and nobody after them", async () => {
  const { open, resolveAgent } = resolver();
  const one = gate({ registry: undefined, resolveAgent, storeTimeoutMs: 60_000 });
  const failing = [one.handle(wire()), one.handle(wire())];
  await turn();
  assert.equal(open.length, 1);
  open.shift().reject(new Error("down"));
  assert.deepEqual(await codes(failing), ["registry_unavailable", "registry_unavailable"]);
  const next = one.handle(wire());
  await turn();
  open.shift().resolve(record());
  assert.equal((await next).code, null);

  const asked = [];
  const hanging = gate({ registry: undefined, storeTimeoutMs: 20, resolveAgent: (id) => (asked.push(id), asked.length === 1 ? new Promise(() => {}) : Promise.resolve(record())) });
  assert.deepEqual(await codes([hanging.handle(wire()), hanging.handle(wire())]), ["registry_unavailable", "registry_unavailable"]);
  assert.equal((await hanging.handle(wire())).code, null);
  assert.equal(asked.length, 2);
});

test("no two agent ids share a look-up, and a proven run shares none", async () => {
  const { open, resolveAgent } = resolver();
  const one = gate({ registry: undefined, resolveAgent, policy: async () => true });
  const runs = [one.handle(wire()), one.handle(wire({}, { identity: stranger }))];
  await turn();
  assert.deepEqual(open.map(({ id }) => id), [planner.agentId, stranger.agentId]);
  open[0].resolve(record());
  open[1].resolve(undefined);
  while (open.length < 3) await turn();
  const copy = one.handle(wire());
  await turn();
  assert.deepEqual(open.slice(2).map(({ id }) => id), [planner.agentId, planner.agentId], "the one asks again, the other for the first time");
  for (let at = 2; at < open.length || at < 5; at += 1, await turn()) open[at]?.resolve(record());
  assert.deepEqual(await codes([...runs, copy]), [null, "agent_unknown", null]);
});

test("people are asked once for all copies of a packet, whoever hands them over; each has the answer, and one passes", async () => {
  for (const answers of [(request) => approval(ann, request), (request) => approval(ann, request, "DENIED"), () => null]) {
    const asked = [];
    const one = reviewing();
    const text = reviewed();
    const onReview = () => (request) => new Promise((resolve) => asked.push(() => resolve(answers(request))));
    const copies = Array.from({ length: 200 }, () => one.handle(text, { onReview: onReview() }));
    await turn();
    assert.equal(asked.length, 1);
    asked[0]();
    const found = await codes(copies);
    const expected = { APPROVED: "replay_detected", DENIED: "human_review_denied", null: "human_review_required" }[JSON.parse(answers(text) ?? "{}").decision ?? "null"];
    assert.equal(found.filter((code) => code === null).length, expected === "replay_detected" ? 1 : 0);
    assert.ok(found.every((code) => code === null || code === expected));
    assert.equal(one.events().filter(({ event_type }) => event_type === "review_requested").length, 1);
    // What was answered is not kept: the next copy asks for itself.
    const again = one.handle(text, { onReview: onReview() });
    await turn();
    assert.equal(asked.length, 2);
    asked[1]();
    assert.equal((await again).code, expected);
  }
});

test("several rounds of people are one question each, and other packets are questions of their own", async () => {
  const asked = [];
  const one = reviewing({ threshold: 2 });
  const text = reviewed();
  const onReview = (request, { valid }) => new Promise((resolve) => asked.push([request.packetId, valid, () => resolve(approval(valid === 0 ? ann : ben, request))]));
  const copies = Array.from({ length: 20 }, () => one.handle(text, { onReview }));
  const other = one.handle(reviewed({ packet_id: "p-2" }), { onReview });
  await turn();
  assert.deepEqual(asked.map(([, valid]) => valid), [0, 0]);
  for (let at = 0; at < 4; at += 1, await turn()) asked[at]?.[2]();
  assert.deepEqual(asked.map(([, valid]) => valid), [0, 0, 1, 1]);
  assert.equal((await codes(copies)).filter((code) => code === null).length, 1);
  assert.equal((await other).code, null);
});

test("who comes late joins, and who lacks something else asks for itself", async () => {
  const asked = [];
  const one = reviewing({ threshold: 2 });
  const text = reviewed();
  const onReview = (request, { valid }) => new Promise((resolve) => asked.push({ valid, resolve, request }));
  const first = one.handle(text, { onReview });
  await turn();
  const late = one.handle(text, { onReview });
  const nearer = one.handle(text, { onReview, approvals: [approval(ann, text)] });
  await turn();
  assert.deepEqual(asked.map(({ valid }) => valid), [0, 1]);
  asked[1].resolve(approval(ben, text));
  assert.equal((await nearer).code, null);
  asked[0].resolve([approval(ann, text), approval(ben, text)]);
  assert.deepEqual(await codes([first, late]), ["replay_detected", "replay_detected"]);
});

test("the signal of people who are asked aborts when the last who waited has gone, and a question that was given up is asked anew", async () => {
  const signals = [];
  const one = reviewing({ timeoutMs: 40 });
  const text = reviewed();
  const onReview = (_, { signal }) => new Promise(() => signals.push(signal));
  const first = one.handle(text, { onReview });
  await new Promise((resolve) => setTimeout(resolve, 15));
  const second = one.handle(text, { onReview });
  assert.equal((await first).code, "approval_unavailable");
  assert.deepEqual(signals.map(({ aborted }) => aborted), [false], "one still waits");
  assert.equal((await second).code, "approval_unavailable");
  assert.deepEqual(signals.map(({ aborted }) => aborted), [true]);
  await one.handle(text, { onReview });
  assert.equal(signals.length, 2);
});

test("a failing question to people fails all who wait, and nobody after them", async () => {
  const one = reviewing();
  const text = reviewed();
  let fail;
  const copies = [1, 2, 3].map(() => one.handle(text, { onReview: () => new Promise((_, reject) => (fail = reject)) }));
  await turn();
  fail(new Error("the room is empty"));
  assert.ok((await codes(copies)).every((code) => code === "approval_unavailable"));
  assert.equal((await one.handle(text, { onReview: async (request) => approval(ann, request) })).code, null);
});

test("the host's own word for a digest is asked for once at a time", async () => {
  const asked = [];
  const one = reviewing({}, { approvals: (digest) => new Promise((resolve) => asked.push([digest, resolve])) });
  const text = reviewed();
  const copies = Array.from({ length: 50 }, () => one.handle(text));
  const another = one.handle(reviewed({ intent: "Another" }));
  await turn();
  assert.equal(asked.length, 2);
  for (const [, resolve] of asked) resolve(true);
  const found = await codes(copies);
  assert.deepEqual([found.filter((code) => code === null).length, found.filter((code) => code === "replay_detected").length], [1, 49]);
  assert.equal((await another).code, null);
});

test("copies that ask at once, where nobody waits, share nothing", () => {
  const one = reviewing();
  const text = reviewed();
  let asked = 0;
  const onReview = () => void (asked += 1);
  for (let times = 0; times < 3; times += 1) assert.equal(one.handleSync(text, { onReview }).code, "human_review_required");
  assert.equal(asked, 3);
});
