/** What an audit has to say: a finding is its type, the agents and packets that it names, and the lines that show it. */
import assert from "node:assert/strict";

export const finding = (type, agents, packets, lines) => ({ type, agents, packets, lines });

/** What is told of every refusal, and what it is besides. */
export const refused = (log, { from, to, id }, ...types) =>
  ["rejected_packet", ...types].map((type) => finding(type, [from, to], [id], [log.of("packet_rejected", id).at(-1)]));

/** Told of honest agents' work too: nothing is wrong with it. */
export const madeByAi = (log, id) => finding("ai_generated_payload", [], [id], log.of("ai_generated_payload", id));

/**
 * A line edited after the fact: the next one does not fit it, nor does any checkpoint that is signed behind it. `kept` is the number
 * of lines that a checkpoint elsewhere states.
 */
export function logBreaks(log, edited, kept) {
  const checkpoints = log.of("log_checkpoint");
  const from = (checkpoints.filter((line) => line < edited).at(-1) ?? 0) + 1;
  const mismatches = [...checkpoints.filter((line) => line > edited), kept].map((line) => finding("log_break", [], [], [from, line]));
  return [finding("log_break", [], [], [edited, edited + 1]), ...mismatches];
}

/** The same findings in any order are the same text. */
export function sorted(findings) {
  return findings.map(({ type, agents, packets, lines }) => JSON.stringify([type, [...agents], [...packets], [...lines]])).sort();
}

export async function mustRefuse(gate, wire, code, options) {
  assert.equal((await gate.handle(wire, options)).code, code);
}

export async function mustAccept(gate, wire) {
  assert.equal((await gate.handle(wire)).code, null);
}

export async function mustEnd(executor, { wire }, status, fn) {
  const outcome = await executor.execute(wire, fn);
  assert.equal(outcome.status, status, `${outcome.error?.code}`);
  return outcome;
}
