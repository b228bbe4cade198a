/**
 * What hosts and agents try that are trusted: gates that were tampered with, events kept back, events made up. Each attack as it is
 * played with real gates, executors and the log, and exactly what an audit has to say of it.
 *
 * `play` resolves to what `expects` needs to name the evidence.
 */
import assert from "node:assert/strict";
import { trusthandoff } from "../support.mjs";
import { finding, mustAccept, mustEnd, mustRefuse, refused } from "./findings.mjs";

const { AgentIdentity, AgentRegistry, createAttestation, MemoryNonceStore, revoke } = trusthandoff;

export const FROM_INSIDE = [
  {
    name: "replay at a second gate that shares no nonce store",
    async play(world) {
      const [sender, { identity, gate }] = [world.agent(), world.worker()];
      const packed = world.packet(sender, identity);
      await mustAccept(gate, packed.wire);
      world.pass(20);
      await mustAccept(world.station(identity, { gate: { nonces: new MemoryNonceStore() } }).gate, packed.wire);
      return packed;
    },
    expects: (log, { id, from, to }) => [finding("replay_attempt", [from, to], [id], log.of("packet_accepted", id))],
  },
  {
    name: "use after revocation, at a gate that does not learn of it",
    async play(world) {
      const [mallory, witness] = [world.agent(), world.worker()];
      const registry = new AgentRegistry().register(mallory.agentId, mallory.publicKeyPem, { now: world.now - 1000 });
      const { identity, gate } = world.worker({ gate: { registry } });
      world.registry.revoke(mallory.agentId, { now: world.now });
      await mustAccept(witness.gate, world.packet(world.agent(), witness.identity).wire);
      world.pass(20);
      const packed = world.packet(mallory, identity);
      await mustAccept(gate, packed.wire);
      return packed;
    },
    expects: (log, { id, from, to }) => {
      const revoked = log.of("revoked", `agent|${from}`)[0];
      return [finding("use_after_revocation", [from, to], [id], [revoked, ...log.of("packet_accepted", id)])];
    },
  },
  {
    name: "use of a revoked packet by a task that does not learn of it",
    async play(world) {
      const [sender, witness] = [world.agent(), world.worker()];
      const { identity, executor } = world.worker({ gate: { revocations: () => false } });
      const packed = world.packet(sender, identity);
      await mustEnd(executor, packed, "OK", async (task) => {
        packed.target = world.revocations.add(revoke(sender, { packet: packed.wire }, { now: world.now }).text, { now: world.now });
        await mustAccept(witness.gate, world.packet(world.agent(), witness.identity).wire);
        world.pass(20);
        await task.use("read");
        return {};
      });
      return packed;
    },
    expects: (log, { id, target }) => {
      const lines = [...log.of("packet_accepted", id), log.of("revoked", target)[0], ...log.of("tool_used", id)];
      return [finding("use_after_revocation", [], [id], lines)];
    },
  },
  {
    name: "execution without acceptance",
    async play(world) {
      // The host keeps the acceptance out of the log.
      const hides = world.censored((event) => (event.event_type === "packet_accepted" ? null : event));
      const [sender, { identity, executor }] = [world.agent(), world.worker({ gate: { events: hides } })];
      const packed = world.packet(sender, identity);
      await mustEnd(executor, packed, "OK", async (task) => {
        await task.use("read");
        return {};
      });
      return packed;
    },
    expects: (log, { id, from, to }) => [finding("execution_without_acceptance", [from, to], [id], log.of("task_started", id))],
  },
  {
    name: "a task of a packet that no gate ever saw",
    async play(world) {
      const [sender, { identity }] = [world.agent(), world.worker()];
      const packed = world.packet(sender, identity);
      await world.forge("tool_used", identity, { packet_id: packed.id, action: "read" });
      return packed;
    },
    expects: (log, { id }) => [finding("execution_without_acceptance", [], [id], log.of("tool_used", id))],
  },
  {
    name: "acceptance never attested, for the signer is gone",
    async play(world) {
      const identity = world.agent();
      const mute = AgentIdentity.fromSigner({ publicKey: identity.publicKey, sign: () => Promise.reject(new Error("gone")) });
      const { executor } = world.station(identity, { executor: { identity: mute } });
      const packed = world.packet(world.agent(), identity);
      assert.equal((await mustEnd(executor, packed, "OK", () => ({}))).unattested, "signer_failed");
      return packed;
    },
    expects: (log, { id }) => [finding("acceptance_unattested", [], [id], [...log.of("packet_accepted", id), ...log.of("unattested", id)])],
  },
  {
    name: "acceptance never attested, for the host swallows it",
    async play(world) {
      let swallows = false;
      const hides = world.censored((event) => (swallows && event.event_type === "attested" ? null : event));
      const [sender, { identity, executor }] = [world.agent(), world.worker({ gate: { events: hides } })];
      await mustEnd(executor, world.packet(sender, identity), "OK", () => ({}));
      swallows = true;
      const packed = world.packet(sender, identity);
      await mustEnd(executor, packed, "OK", () => ({}));
      return packed;
    },
    expects: (log, { id, from, to }) => [
      finding("acceptance_unattested", [from, to], [id], [...log.of("packet_accepted", id), ...log.of("task_started", id)]),
    ],
  },
  {
    name: "a result that differs from its attestation",
    async play(world) {
      const hides = world.censored((event) => (event.event_type === "attested" ? null : event));
      const [sender, { identity, executor }] = [world.agent(), world.worker({ gate: { events: hides } })];
      const packed = world.packet(sender, identity);
      await mustEnd(executor, packed, "OK", () => ({ found: 3 }));
      const another = { packetId: packed.id, status: "OK", result: { found: 4 }, now: world.now };
      const { outcome_hash, signed_by, digest } = createAttestation(identity, another);
      await world.forge("attested", identity, { packet_id: packed.id, status: "OK", outcome_hash, attestation_digest: digest, signed_by });
      return packed;
    },
    expects: (log, { id, to }) => {
      const lines = ["packet_accepted", "task_finished", "attested"].flatMap((type) => log.of(type, id));
      return [finding("result_mismatch", [to], [id], lines)];
    },
  },
  {
    name: "review bypassed, for the host says yes in the name of people",
    async play(world) {
      const hides = world.censored((event) => (event.event_type === "review_decided" ? null : event));
      const [sender, { identity, gate }] = [world.agent(), world.worker({ gate: { approvals: () => true, events: hides } })];
      const packed = world.reviewed(sender, identity);
      await mustAccept(gate, packed.wire);
      return packed;
    },
    expects: (log, { id, from, to }) => [finding("review_bypassed", [from, to], [id], log.of("packet_accepted", id))],
  },
  {
    name: "review bypassed after people had said no",
    async play(world) {
      const hides = world.censored((event) => (event.event_type === "review_decided" ? null : event));
      const [sender, { identity, gate }] = [world.agent(), world.worker()];
      const packed = world.reviewed(sender, identity);
      await mustRefuse(gate, packed.wire, "human_review_denied", { approvals: [world.word(packed.wire, "DENIED")] });
      await mustAccept(world.station(identity, { gate: { approvals: () => true, events: hides } }).gate, packed.wire);
      return packed;
    },
    expects: (log, packed) => [
      ...refused(log, packed),
      finding("review_bypassed", [packed.from, packed.to], [packed.id], log.of("packet_accepted", packed.id)),
    ],
  },
  {
    name: "budget overrun",
    async play(world) {
      // Its counter says yes to everything.
      const [sender, { identity, executor }] = [world.agent(), world.worker({ executor: { counters: () => true } })];
      const packed = world.packet(sender, identity, { permissions: { allowed_actions: ["read"], max_tool_calls: 2 } });
      await mustEnd(executor, packed, "OK", async (task) => {
        for (let use = 0; use < 5; use += 1) await task.use("read");
        return {};
      });
      return packed;
    },
    expects: (log, { id }) => [finding("budget_overrun", [], [id], [...log.of("packet_accepted", id), log.of("tool_used", id)[2]])],
  },
  {
    name: "a clock set back, so that an expired packet is taken",
    async play(world) {
      const [sender, { identity, gate }] = [world.agent(), world.worker()];
      const packed = world.packet(sender, identity);
      const then = world.now + 5000;
      world.pass(1800);
      await mustAccept(gate, world.packet(sender, identity).wire);
      // A gate keeps the latest time it saw, so its process is started again.
      await mustAccept(world.station(identity, { gate: { clock: () => then } }).gate, packed.wire);
      return packed;
    },
    expects: (log, { id, to }) => {
      const [line] = log.of("packet_accepted", id);
      return [finding("clock_anomaly", [to], [], [log.by(to).filter((before) => before < line).at(-1), line])];
    },
  },
];
