/** A. Replay: what may take a nonce, and for how long it stays taken. */
import { mallory, planner, researcher, row, rows, wire, writer } from "../cast.mjs";
import { at, envelope, packet, revocationKeys, signed } from "../wire.mjs";

const genuine = wire();
const by = (sender, more = {}) => {
  const packed = signed(packet(sender, researcher, more), sender);
  return envelope(packed);
};

const long = { risk_level: null, ttl_seconds: null, expires_at: at(86_400) };

export default [
  {
    id: "A01",
    title: "a forged packet cannot burn the nonce of the genuine one",
    attack: [
      { send: genuine.replace("Summarize", "Publish"), code: "invalid_signature" },
      { send: wire({}, { signer: mallory }), code: "invalid_signature" },
      { send: genuine, code: null },
      { send: genuine, code: "replay_detected" },
    ],
  },
  {
    id: "A01",
    title: "nothing that is refused, for whatever reason, takes the nonce",
    gate: { revoked: [revocationKeys.packet(planner, "pk-revoked")], approved: [] },
    attack: [
      { send: wire({ to_agent: writer.id }), code: "wrong_audience" },
      { send: wire({ issued_at: at(-900), expires_at: at(0) }), code: "expired" },
      { send: wire({ issued_at: at(31), expires_at: at(931) }), code: "issued_in_future" },
      { send: wire({ ttl_seconds: 901, expires_at: at(901) }), code: "ttl_policy_mismatch" },
      { send: wire({ provenance: { origin_workflow: null, delegation_depth: 9 } }), code: "depth_exceeded" },
      { send: wire({}, { chain: { packet_ids: [], agents: [], hops: [] } }), code: "chain_mismatch" },
      { send: wire({ ai_provenance: { source: "" } }), code: "invalid_ai_provenance" },
      { send: wire({ capability_token: "x" }), code: "token_noncanonical" },
      { send: wire({ constraints: { max_runtime_seconds: null, data_boundary: null, requires_human_review: true } }), code: "human_review_required" },
      { send: wire({ packet_id: "pk-revoked" }), code: "packet_revoked" },
      { send: genuine, code: null },
    ],
  },
  {
    id: "A02",
    title: "an impostor known to the registry cannot burn a victim's nonce",
    attack: [
      { send: wire({ public_key: mallory.pem }, { signer: mallory }), code: "public_key_mismatch" },
      { send: wire({ from_agent: "agent:stranger" }), code: "agent_unknown" },
      { send: genuine, code: null },
    ],
  },
  {
    id: "A03",
    title: "a nonce that another sender has taken is free for this one, and each replays for itself",
    attack: [
      { send: by(mallory), code: null },
      { send: genuine, code: null },
      { send: by(mallory), code: "replay_detected" },
      { send: genuine, code: "replay_detected" },
      { send: by(planner, { packet_id: "pk-2" }), code: "replay_detected" },
    ],
  },
  {
    id: "A06",
    title: "a packet that lives longer than ten minutes stays taken as long as it lives",
    attack: [
      { send: genuine, code: null },
      { send: genuine, now: at(601), code: "replay_detected" },
      { send: genuine, now: at(899.999), code: "replay_detected" },
      { send: genuine, now: at(900), code: "expired" },
    ],
  },
  {
    id: "A06",
    title: "a packet admitted in its grace stays taken until the grace is over",
    gate: { grace_seconds: 60 },
    attack: [
      { send: genuine, now: at(890), code: null },
      { send: genuine, now: at(930), code: "replay_detected" },
      { send: genuine, now: at(959.999), code: "replay_detected" },
      { send: genuine, now: at(960), code: "expired" },
    ],
  },
  {
    id: "A06",
    title: "a packet of a day stays taken for the day",
    attack: [
      { send: wire(long), code: null },
      { send: wire(long), now: at(86_399), code: "replay_detected" },
    ],
  },
  ...rows(
    "A09",
    "a nonce without bounds is refused",
    { "257 bytes": wire({ nonce: "n".repeat(257) }), "257 bytes in 129 characters": wire({ nonce: `n${"é".repeat(128)}` }), empty: wire({ nonce: "" }) },
    "field_invalid",
    { step: { field: "/packet/nonce" }, twin: { send: wire({ nonce: "é".repeat(128) }) } },
  ),
  row("A12", "a store that answers false has seen the nonce", genuine, "replay_detected", { gate: { nonces: false }, twin: { send: genuine, gate: { nonces: true } } }),
  row("A12", "a store that is full admits nobody", genuine, "replay_store_full", { gate: { nonces: "full" }, twin: { send: genuine, gate: {} } }),
];
