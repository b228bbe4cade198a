/** Events: what is told of every decision and task, to whom, and that telling changes nothing (catalogue H01 to H03). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { trapNext } from "./trap.mjs";
import { Sentinel } from "../../pkg/dist/sentinel.js";
import { Changes } from "../../pkg/src/events/changes.js";
import { AgentRegistry, failureOf, gate, MemoryNonceStore, NOW, planner, registry, researcher, stranger, trusthandoff, wire } from "./support.mjs";

const { approve, EventBuffer, TrustHandoffExecutor } = trusthandoff;

const types = (events) => events.map(({ event_type }) => event_type);
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** A gate and what it told. */
function telling(more = {}) {
  const told = [];
  const one = gate({ events: (event) => void told.push(event), ...more });
  return { told, gate: one };
}

test("H01 an event is the gate's word, and says whether the sender was proven or only claimed", async () => {
  const { told, gate: one } = telling();
  const genuine = wire();
  for (const text of [genuine, genuine, wire().replace("Summarize", "Publish"), wire({}, { identity: stranger }), "{}", "x"]) await one.handle(text);
  assert.deepEqual(
    told.map(({ event_type, identity, reason }) => [event_type, identity, reason]),
    [
      ["packet_accepted", "proven", undefined],
      ["packet_rejected", "proven", "replay_detected"],
      ["packet_rejected", "claimed", "invalid_signature"],
      ["packet_rejected", "claimed", "agent_unknown"],
      ["packet_rejected", "claimed", "missing_field"],
      ["packet_rejected", "claimed", "malformed_json"],
    ],
  );
  for (const event of told) {
    assert.equal(event.producer_id, researcher.agentId);
    assert.equal(event.timestamp, "2026-03-08T12:00:00Z");
    assert.match(event.event_id, UUID);
    assert.equal(event.idempotency_key, `${event.event_type}:${event.event_id}`);
    assert.equal(event.correlation_id, event.packet_id);
    assert.deepEqual(JSON.parse(event.text), JSON.parse(JSON.stringify(event)));
    assert.ok(Object.isFrozen(event) && !Object.keys(event).includes("text") && !event.text.includes("\n"));
  }
  assert.equal(new Set(told.map(({ idempotency_key }) => idempotency_key)).size, told.length);
  assert.equal(told[0].packet_id, told[1].packet_id);
});

test("an acceptance names the packet by its digest, and no secret of it", async () => {
  const { told, gate: one } = telling();
  const decision = await one.handle(wire({ permissions: { allowed_actions: ["read"], max_tool_calls: 10n ** 20n } }));
  const [event] = told;
  assert.deepEqual([event.packet_digest, event.from_agent, event.fingerprint], [decision.packetDigest, planner.agentId, planner.fingerprint]);
  assert.equal(event.max_tool_calls, 10n ** 20n);
  assert.match(event.text, /"max_tool_calls":100000000000000000000\b/);
  assert.match(event.nonce_hash, /^[0-9a-f]{64}$/);
  assert.ok(!event.text.includes(decision.packet.nonce));
  await one.handle(wire({ ai_provenance: { source: "llm", model: "m-1" } }));
  assert.deepEqual(types(told.slice(1)), ["ai_generated_payload", "packet_accepted"]);
  assert.deepEqual([told[1].source, told[1].model], ["llm", "m-1"]);
});

test("an acceptance names the capability it rests on, and one after its revocation is found by a gate that did not learn of it", async () => {
  const owner = trusthandoff.AgentIdentity.generate();
  const issued = trusthandoff.issueCapability(owner, { subject_agent: planner.agentId, allowed_actions: ["read"], expires_at: "2026-03-08T13:00:00Z" }, { now: NOW });
  const trusted = new AgentRegistry().register(planner.agentId, planner.publicKeyPem).register(owner.agentId, owner.publicKeyPem, { roots: ["read"] });
  const { told, gate: one } = telling({ registry: trusted });
  const packet = { permissions: { allowed_actions: ["read"] } };
  assert.equal((await one.handle(wire({ ...packet, capability_token: issued.token }))).code, null);
  assert.equal((await one.handle(wire())).code, null);
  assert.deepEqual(told.map(({ capability_id }) => capability_id), [issued.capability_id, null]);

  // Revoked where that gate does not look, and told by a gate that does.
  const revocations = new trusthandoff.RevocationList({ registry: trusted });
  const learning = gate({ registry: trusted, revocations, events: (event) => void told.push(event) });
  revocations.add(trusthandoff.revoke(owner, { capability: issued.token }, { now: NOW }).text, { now: NOW });
  learning.handleSync("{}");
  const late = await one.handle(wire({ ...packet, capability_token: issued.token }), { now: NOW + 1000 });
  const found = new Sentinel().ingest(`${told.map(({ text }) => text).join("\n")}\n`).detectViolations();
  const uses = found.filter(({ type }) => type === "use_after_revocation");
  assert.deepEqual(uses.map(({ packets }) => packets), [[late.packetId]]);
  assert.match(uses[0].sentence, /although its capability had been revoked in line/);
});

test("H03 by default a gate keeps its latest thousand events, and no more", async () => {
  const one = gate();
  for (let times = 0; times < 1005; times += 1) one.handleSync(`${times}`);
  await one.handle(wire());
  const events = one.events();
  assert.equal(events.length, 1000);
  assert.equal(events.at(-1).event_type, "packet_accepted");
  assert.ok(events.slice(0, -1).every(({ reason }) => reason === "type_mismatch"));
  assert.equal(one.eventFailures, 0);
  // A refusal does not write a megabyte, however long what it refuses is.
  const long = gate();
  long.handleSync(wire().replace('"packet_id": "', `"packet_id": "${"x".repeat(500_000)}`));
  assert.ok(long.events()[0].text.length < 10_000);
});

test("events that nobody asked for yet are of their own moment, outlast a trap, and take no memory without end", async () => {
  let now = NOW;
  const one = gate({ clock: () => now });
  const accepted = await one.handle(wire({ ai_provenance: { source: "llm" } }));
  now += 60_000;
  await one.handle("{}");
  assert.deepEqual(one.events().map(({ event_type, timestamp }) => `${event_type} ${timestamp}`), [
    ...["ai_generated_payload 2026-03-08T12:00:00Z", "packet_accepted 2026-03-08T12:00:00Z", "packet_rejected 2026-03-08T12:01:00Z"],
  ]);
  assert.deepEqual(one.events(), one.events(), "asked again they are the same");
  await one.handle(wire());
  trapNext("reasoncodes");
  assert.throws(() => trusthandoff.reasonCodes(), { code: "internal_error" });
  assert.deepEqual(types(one.events()), ["ai_generated_payload", "packet_accepted", "packet_rejected", "packet_accepted"]);
  assert.equal(one.events()[1].packet_id, accepted.packetId);
  const many = gate({ clock: () => now });
  const text = wire({ context: { filler: "x".repeat(6000) } });
  for (let times = 0; times < 3000; times += 1) many.handleSync(text);
  assert.equal(many.events().length, 1000);
});

test("a buffer is a ring of its capacity, and what stands in it cannot be edited", async () => {
  const buffer = new EventBuffer({ capacity: 3 });
  const one = gate({ events: [buffer] });
  for (let times = 0; times < 5; times += 1) one.handleSync(`{"${times}":1}`);
  const held = buffer.events();
  assert.deepEqual([held.length, buffer.size], [3, 3]);
  assert.deepEqual(one.events(), held);
  assert.throws(() => (held[0].reason = "none"), TypeError);
  held.length = 0;
  assert.equal(buffer.size, 3);
  for (let times = 0; times < 2; times += 1) one.handleSync("[]");
  assert.deepEqual(buffer.events().map(({ reason }) => reason).slice(1), ["type_mismatch", "type_mismatch"]);
  buffer.clear();
  assert.deepEqual(buffer.events(), []);
  for (const capacity of [0, -1, 1.5, NaN, "3", 1e9]) assert.equal((await failureOf(() => new EventBuffer({ capacity }))).code, "config_invalid");
});

test("H03 a buffer is bounded in bytes whatever it is told, and counts what made room", () => {
  const maxBytes = 65_536;
  const buffer = new EventBuffer({ maxBytes });
  const one = gate({ events: buffer });
  const long = (n) => wire({ task_id: `${n}`.repeat(1000), intent: "i".repeat(5000), permissions: { allowed_actions: Array.from({ length: 40 }, (_, each) => `read:/${"d".repeat(90)}/${each}`) } });
  for (let times = 0; times < 30; times += 1) assert.equal(one.handleSync(long(times % 10)).code, null);
  const held = buffer.events();
  assert.ok(held.length > 1 && 2 * held.reduce((sum, { text }) => sum + text.length, 0) <= maxBytes);
  assert.deepEqual([held.length + buffer.dropped, held.at(-1).task_id], [30, "9".repeat(1000)]);
  assert.deepEqual([buffer.size, buffer.events()], [held.length, held], "reading changes nothing");
  // What somebody else emits counts as well, and what is no event does no harm.
  for (let times = 0; times < 1000; times += 1) buffer.emit({ ...held[0], text: "x".repeat(1000) });
  assert.ok(buffer.size < 20);
  for (const odd of [null, undefined, 5, {}, []]) buffer.emit(odd);
  assert.equal(buffer.size > 4, true);
  for (const bad of [0, 65_535, 1e6 + 0.5, "1e6", Infinity]) assert.throws(() => new EventBuffer({ maxBytes: bad }), { code: "config_invalid", field: "maxBytes" });
});

test("H03 an event is counted for what it took when it came, whatever its owner makes of it later", () => {
  const buffer = new EventBuffer({ maxBytes: 65_536 });
  for (let times = 0; times < 200; times += 1) {
    const event = { text: "x".repeat(1000) };
    buffer.emit(event);
    event.text = "";
  }
  assert.ok(buffer.size > 5 && buffer.size < 12, `${buffer.size}`);
});

test("H03 changes that no gate has told yet are bounded in number and in bytes, and the latest are kept", () => {
  for (const [length, least, most] of [[10, 10_000, 10_000], [1000, 3000, 4200]]) {
    const changes = new Changes();
    for (let n = 0; n < 12_000; n += 1) changes.add("revoked", n, { target: "x".repeat(length), reason: null });
    const kept = changes.since(0);
    assert.ok(kept.length >= least && kept.length <= most, `${kept.length}`);
    assert.deepEqual([kept.at(-1)[1], kept[0][1], changes.since(11_999).length, changes.since(12_000)], [11_999, 12_000 - kept.length, 1, []]);
  }
});

test("H03 what a gate keeps until somebody asks is the text it accepted, and says then what it would have said at once", async () => {
  const { told, gate: atOnce } = telling();
  const later = gate();
  const texts = [wire(), wire({ constraints: { requires_human_review: false }, permissions: { allowed_actions: ["read"], max_tool_calls: 10n ** 20n } }), wire({ risk_level: undefined, ttl_seconds: 60 }), wire({ ai_provenance: { source: "llm" } })];
  for (const text of texts) for (const each of [atOnce, later]) assert.equal((await each.handle(text)).code, null);
  const ofContent = ({ event_id, idempotency_key, text, ...rest }) => ({ ...rest, length: text.length - event_id.length - idempotency_key.length });
  assert.deepEqual(later.events().map(ofContent), told.map(ofContent));
});

test("every sink is told, whatever another one does, and what they do changes nothing", async () => {
  const told = [];
  const buffer = new EventBuffer();
  const bad = [
    () => {
      throw new Error("disk full");
    },
    async () => Promise.reject(new Error("disk full")),
    () => new Promise(() => {}),
    () => Object.defineProperty({}, "then", { get: () => assert.fail("a getter") }),
    (event) => void (event.event_type = "nothing"),
  ];
  class Sink {
    #lines = told;
    emit(event) {
      this.#lines.push(event);
    }
  }
  const one = gate({ events: [...bad, new Sink(), buffer], storeTimeoutMs: 30 });
  for (const handle of ["handle", "handleSync"]) assert.equal((await one[handle](wire())).decision, "ACCEPT");
  while (one.eventFailures < 2 * bad.length) await sleep(5);
  assert.deepEqual(types(told), ["packet_accepted", "packet_accepted"]);
  assert.deepEqual(buffer.events(), told);
  assert.equal(one.eventFailures, 2 * bad.length);
  for (const events of [null, {}, "log", 7, [null], [{}], ["x"]]) assert.equal((await failureOf(() => gate({ events }))).code, "config_invalid");
});

test("a sink that hangs keeps no process alive and no decision waiting", { timeout: 60_000 }, async () => {
  const one = gate({ events: () => new Promise(() => {}), storeTimeoutMs: 600_000 });
  assert.equal((await one.handle(wire())).decision, "ACCEPT");
});

test("a trap while events are made changes no decision", async () => {
  const { told, gate: one } = telling();
  for (const text of [wire(), "{}"]) {
    const sprung = trapNext("corerun_events");
    const decision = await one.handle(text);
    assert.ok(sprung());
    assert.equal(decision.decision, text === "{}" ? "REJECT" : "ACCEPT");
    const { event_type, packet_id } = told.at(-1);
    assert.deepEqual([event_type, packet_id], [text === "{}" ? "packet_rejected" : "packet_accepted", decision.packetId]);
  }
  assert.equal((await one.handle(wire())).decision, "ACCEPT");
});

test("people who are asked, and what they said", async () => {
  const needing = { constraints: { requires_human_review: true } };
  const agents = () => registry().register(stranger.agentId, stranger.publicKeyPem, { reviewer: true, now: NOW - 1000 });
  for (const decision of ["APPROVED", "DENIED"]) {
    const { told, gate: one } = telling({ registry: agents() });
    let before;
    const onReview = (request) => {
      before = types(told);
      return approve(stranger, request, { decision, now: NOW }).text;
    };
    const asked = await one.handle(wire(needing), { onReview });
    assert.deepEqual(before, ["review_requested"], "told before anybody answers");
    assert.deepEqual(types(told), ["review_requested", "review_decided", decision === "APPROVED" ? "packet_accepted" : "packet_rejected"]);
    const [requested, decided] = told;
    assert.deepEqual([decided.decision, decided.review_digest, decided.packet_id], [decision, requested.review_digest, asked.packetId]);
    assert.equal(decided.reason, decision === "APPROVED" ? null : "human_review_denied");
    const unasked = telling({ registry: agents() });
    const text = wire(needing);
    const approvals = [approve(stranger, text, { decision, now: NOW }).text];
    await unasked.gate.handle(text, { approvals });
    assert.deepEqual(types(unasked.told), types(told).slice(1));
  }
  const { told, gate: one } = telling({ registry: agents() });
  await one.handle(wire(needing));
  await one.handle(wire());
  assert.deepEqual(types(told), ["packet_rejected", "packet_accepted"]);
});

test("what a task does is told as it does it", async () => {
  const { told, gate: one } = telling();
  const executor = new TrustHandoffExecutor({ gate: one });
  const { decision } = await executor.execute(wire({ permissions: { allowed_actions: ["read"], max_tool_calls: 1 } }), async (task) => {
    await task.use("read", "a");
    await task.use("read", "b").catch(() => {});
    await task.use("delete").catch(() => {});
    await task.use(7).catch(() => {});
  });
  assert.deepEqual(
    told.map(({ event_type, action, reason }) => [event_type, action, reason]),
    [
      ["packet_accepted", undefined, undefined],
      ["task_started", undefined, undefined],
      ["tool_used", "read:a", undefined],
      ["budget_exhausted", "read:b", undefined],
      ["action_refused", "delete", "action_not_permitted"],
      ["action_refused", null, "argument_type"],
      ["task_finished", undefined, undefined],
    ],
  );
  assert.ok(told.every(({ packet_id, correlation_id }) => packet_id === decision.packetId && correlation_id === decision.packetId));
  assert.deepEqual([told[1].packet_digest, told[1].from_agent, told[1].to_agent], [decision.packetDigest, planner.agentId, researcher.agentId]);
  assert.deepEqual([told.at(-1).status, told.at(-1).outcome_hash], ["PARTIAL", null]);
});

test("rights that end are told, and whether somebody took them back", async (t) => {
  for (const [revoked, code] of [[true, "packet_revoked"], [false, "expired"]]) {
    let now = NOW;
    let gone = false;
    const { told, gate: one } = telling({ clock: () => now, revocations: () => gone });
    const decision = await one.handle(wire());
    const stale = [];
    const watcher = one.watch(decision, { onStale: (error) => stale.push(error.code) });
    t.after(() => watcher.stop());
    if (revoked) gone = true;
    else now = NOW + 900_000;
    assert.equal(await watcher.check(), false);
    const event = told.at(-1);
    assert.deepEqual([event.event_type, event.packet_id, event.capability_id, event.is_revocation_stale], ["capability_stale", decision.packetId, null, revoked]);
    assert.deepEqual([event.reason, stale], [watcher.code, [watcher.code]]);
    if (!revoked) assert.equal(event.reason, code);
  }
});

test("keys that change and what is revoked are told by each gate that goes by them, once, before its next decision", async () => {
  const agents = registry().register(stranger.agentId, stranger.publicKeyPem, { revoker: true, now: NOW - 1000 });
  const revocations = new trusthandoff.RevocationList({ registry: agents });
  const [first, second] = [telling({ registry: agents, revocations }), telling({ registry: agents, revocations })];
  const successor = trusthandoff.AgentIdentity.generate({ agentId: planner.agentId });
  agents.rotate(planner.agentId, successor.publicKeyPem, { now: NOW });
  const about = { agentId: planner.agentId };
  const statement = trusthandoff.revoke(stranger, about, { reason: "laptop lost", now: NOW }).text;
  for (let times = 0; times < 2; times += 1) revocations.add(statement, { now: NOW });
  agents.revoke(stranger.agentId, { now: NOW });
  for (const { told, gate: one } of [first, second]) {
    for (let times = 0; times < 2; times += 1) await one.handle("{}");
    assert.deepEqual(
      told.map(({ event_type, agent_id, fingerprint, target, reason }) => [event_type, agent_id ?? target, fingerprint ?? reason]),
      [
        ["key_rotated", planner.agentId, successor.fingerprint],
        ["revoked", `agent|${stranger.agentId}`, null],
        ["revoked", `agent|${planner.agentId}`, "laptop lost"],
        ["packet_rejected", undefined, "missing_field"],
        ["packet_rejected", undefined, "missing_field"],
      ],
    );
  }
  const later = gate({ registry: agents, revocations });
  assert.deepEqual(later.events(), [], "what was before a gate is not its to tell");
  agents.rotate(planner.agentId, planner.publicKeyPem, { now: NOW + 60_000 });
  assert.deepEqual(types(later.events()), ["key_rotated"]);
});

test("a store that everybody shares tells each gate its own", async () => {
  const nonces = new MemoryNonceStore();
  const buffers = [new EventBuffer(), new EventBuffer()];
  const agents = new AgentRegistry().register(planner.agentId, planner.publicKeyPem, { now: NOW - 1000 });
  const [first, second] = buffers.map((events) => gate({ nonces, events, registry: agents }));
  const text = wire();
  await Promise.all([first.handle(text), second.handle(text)]);
  assert.deepEqual(buffers.map((buffer) => types(buffer.events())), [["packet_accepted"], ["packet_rejected"]]);
});
