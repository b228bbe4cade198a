/**
 * What senders try: each attack as it is played at real gates and executors, and exactly what an audit has to say of it.
 *
 * `play` resolves to what `expects` needs to name the evidence.
 */
import { trusthandoff } from "../support.mjs";
import { finding, madeByAi, mustAccept, mustEnd, mustRefuse, refused } from "./findings.mjs";

const { AgentIdentity } = trusthandoff;

export const FROM_OUTSIDE = [
  {
    name: "replay",
    async play(world) {
      const [sender, { identity, gate, executor }] = [world.agent(), world.worker()];
      const packed = world.packet(sender, identity);
      await mustEnd(executor, packed, "OK", () => ({}));
      world.pass(20);
      await mustRefuse(gate, packed.wire, "replay_detected");
      return packed;
    },
    expects: (log, packed) => {
      const { id, from, to } = packed;
      const lines = [...log.of("packet_accepted", id), ...log.of("packet_rejected", id)];
      return [...refused(log, packed), finding("replay_attempt", [from, to], [id], lines)];
    },
  },
  {
    name: "tampering",
    async play(world) {
      const [sender, { identity, gate }] = [world.agent(), world.worker()];
      const packed = world.packet(sender, identity);
      await mustRefuse(gate, packed.wire.replace("Summarize", "Publish"), "invalid_signature");
      return packed;
    },
    expects: (log, packed) => refused(log, packed, "tampered_packet"),
  },
  {
    name: "forged identity",
    async play(world) {
      const [victim, { identity, gate }] = [world.agent(), world.worker()];
      const mallory = AgentIdentity.generate({ agentId: victim.agentId });
      const packed = world.packet(mallory, identity);
      await mustRefuse(gate, packed.wire, "public_key_mismatch");
      return packed;
    },
    expects: (log, packed) => refused(log, packed, "forged_identity"),
  },
  {
    name: "stolen capability",
    async play(world) {
      const [victim, mallory, { identity, gate }] = [world.worker(), world.agent(), world.worker()];
      const packed = world.packet(mallory, identity, { capability_token: victim.right.token }, { capabilities: victim.right });
      await mustRefuse(gate, packed.wire, "capability_subject_mismatch");
      return packed;
    },
    expects: (log, packed) => refused(log, packed, "escalation_attempt"),
  },
  {
    name: "escalation beyond a capability",
    async play(world) {
      const [mallory, { identity, gate }] = [world.worker(), world.worker()];
      const rights = { permissions: { allowed_actions: ["write"], max_tool_calls: 1 }, capability_token: mallory.right.token };
      const packed = world.packet(mallory.identity, identity, rights, { capabilities: mallory.right });
      await mustRefuse(gate, packed.wire, "authority_escalation");
      return packed;
    },
    expects: (log, packed) => refused(log, packed, "escalation_attempt"),
  },
  {
    name: "escalation by a task",
    async play(world) {
      const [sender, { identity, executor }] = [world.agent(), world.worker()];
      const packed = world.packet(sender, identity);
      await mustEnd(executor, packed, "PARTIAL", (task) => task.use("delete").catch(() => ({})));
      return packed;
    },
    expects: (log, { id }) => [finding("escalation_attempt", [], [id], log.of("action_refused", id))],
  },
  {
    name: "use after revocation, refused",
    async play(world) {
      const [mallory, { identity, gate }] = [world.agent(), world.worker()];
      const packed = world.packet(mallory, identity);
      world.registry.revoke(mallory.agentId, { now: world.now });
      world.pass(20);
      await mustRefuse(gate, packed.wire, "agent_revoked");
      return packed;
    },
    expects: (log, packed) => refused(log, packed, "use_after_revocation"),
  },
  {
    name: "a burst in the name of one agent",
    async play(world) {
      const [mallory, { identity, gate }] = [world.stranger(), world.worker()];
      const packets = Array.from({ length: 30 }, () => world.packet(mallory, identity));
      for (const { wire } of packets) {
        world.pass(1);
        await mustRefuse(gate, wire, "agent_unknown");
      }
      return packets;
    },
    expects: (log, packets) => {
      const lines = packets.flatMap(({ id }) => log.of("packet_rejected", id));
      return [...packets.flatMap((packed) => refused(log, packed)), finding("burst", [packets[0].from], [], [lines[0], lines.at(-1)])];
    },
  },
  {
    name: "a capability that goes stale under a task, which tries to go on",
    async play(world) {
      const [mallory, { identity, executor }] = [world.agent(), world.worker()];
      const packed = world.packet(mallory, identity);
      await mustEnd(executor, packed, "PARTIAL", async (task) => {
        await task.use("read");
        world.registry.revoke(mallory.agentId, { now: world.now });
        world.pass(5);
        return task.use("read").catch(() => ({}));
      });
      return packed;
    },
    expects: (log, { id }) => [
      finding("stale_capability", [], [id], log.of("capability_stale", id)),
      finding("use_after_revocation", [], [id], log.of("action_refused", id)),
    ],
  },
  {
    name: "an ended capability in the overlap with its successor",
    async play(world) {
      const [sender, { identity, gate }] = [world.agent(), world.worker()];
      const expires_at = new Date(world.now + 60_000).toISOString().replace(".000", "");
      const [old, successor] = [world.right(sender, { expires_at }), world.right(sender)];
      world.overlap.register(old.token, successor.token, { now: world.now });
      world.pass(70);
      const packed = world.packet(sender, identity, { capability_token: old.token }, { capabilities: old });
      await mustAccept(gate, packed.wire);
      return packed;
    },
    expects: (log, { id }) => [finding("overlap_window_used", [], [id], log.of("token_overlap_used", id))],
  },
  {
    name: "a payload made by an AI",
    async play(world) {
      const [sender, { identity, gate }] = [world.agent(), world.worker()];
      const packed = world.packet(sender, identity, { ai_provenance: { source: "injected page", model: "m-2" } });
      await mustAccept(gate, packed.wire);
      return packed;
    },
    expects: (log, { id }) => [madeByAi(log, id)],
  },
];
