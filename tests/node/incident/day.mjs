/** The day of the incident, played at real gates and executors, and what it leaves. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { FROM_INSIDE } from "./attacks_from_inside.mjs";
import { FROM_OUTSIDE } from "./attacks_from_outside.mjs";
import { madeByAi } from "./findings.mjs";
import { Honest } from "./honest.mjs";
import { Lines, World } from "./world.mjs";

const WAVE = 16;
const ATTACKS = [...FROM_OUTSIDE, ...FROM_INSIDE];

/** The whole day: attacks at even distances, and honest work before, between and behind. */
export async function incident(path, handoffs) {
  const world = await World.begin(path);
  const honest = new Honest(world);
  const played = [];
  for (const [index, { name, play }] of ATTACKS.entries()) {
    while (honest.total < (handoffs * (index + 1)) / (ATTACKS.length + 1)) await honest.wave(WAVE);
    if (index % 4 === 0) await honest.rotation();
    await honest.retirement();
    await honest.wave(WAVE);
    world.pass(1);
    played.push(await play(world).catch((error) => assert.fail(`${name}: ${error.stack}`)));
  }
  while (honest.total < handoffs) await honest.wave(WAVE);
  await world.log.close();
  return { world, honest, played };
}

/** The log that it left, and what an audit of it must find. */
export function evidence(path, { honest, played }) {
  const text = readFileSync(path, "utf8");
  const log = new Lines(text);
  const expected = [...ATTACKS.flatMap(({ expects }, index) => expects(log, played[index])), ...honest.ai.map((id) => madeByAi(log, id))];
  return { text, log, expected };
}
