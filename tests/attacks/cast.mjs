/** Who plays: fixed seeds, so that every byte of the vectors is the same wherever they are made. */
import { agent, chainOf, envelope, packet, signed } from "./wire.mjs";

export const planner = agent(1);
export const researcher = agent(2);
export const mallory = agent(3);
export const writer = agent(4);
export const root = agent(5);
/** People who review. */
export const ana = agent(6);
export const bo = agent(7);

/** What the receiver, `researcher`, knows. */
export const registry = (more = {}) => ({
  [planner.id]: planner.pem,
  [mallory.id]: mallory.pem,
  [writer.id]: writer.pem,
  [root.id]: { keys: [{ public_key_pem: root.pem, not_before: null, not_after: null }], roots: ["read", "summarize"] },
  [ana.id]: { keys: [{ public_key_pem: ana.pem }], reviewer: true },
  [bo.id]: { keys: [{ public_key_pem: bo.pem }], reviewer: true },
  ...more,
});

/** The planner's packet to the researcher. */
export const fields = (more = {}) => packet(planner, researcher, more);

/** The envelope text of the planner's packet. */
export const wire = (more = {}, { signer = planner, form, chain, style } = {}) => {
  const packed = signed(fields(more), signer, form);
  return envelope(packed, chain === undefined ? chainOf(packed) : chain, style);
};

/** An attack of one step, and the genuine case that differs from it in nothing but the fault. */
export const row = (id, title, attack, code, more = {}) => ({ id, title, attack: [{ send: attack, code, ...more.step }], ...without(more, "step") });

/** Several spellings of one fault: a case each. */
export const rows = (id, title, variants, code, more = {}) =>
  Object.entries(variants).map(([variant, attack]) => row(id, `${title}: ${variant}`, attack, code, more));

function without(object, key) {
  const { [key]: _, ...rest } = object;
  return rest;
}
