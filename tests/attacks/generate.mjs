/**
 * Writes tests/vectors/attacks.json: every attack that is data, with the genuine case beside it. Run it after a change of
 * the rows; a test fails where the file is not what this makes.
 */
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { registry, researcher } from "./cast.mjs";
import attenuation from "./rows/attenuation.mjs";
import capability from "./rows/capability.mjs";
import chain from "./rows/chain.mjs";
import execution from "./rows/execution.mjs";
import identity from "./rows/identity.mjs";
import parsing from "./rows/parsing.mjs";
import proof from "./rows/proof.mjs";
import replay from "./rows/replay.mjs";
import review from "./rows/review.mjs";
import time from "./rows/time.mjs";
import { NOW } from "./wire.mjs";

export const FILE = new URL("../vectors/attacks.json", import.meta.url);

const ABOUT = [
  "Attacks on a gate. Each case is a fresh gate and store to which the texts of `attack` are handed in turn; `code` is the refusal",
  "expected of each, null where it is accepted. `twin` differs in the fault alone and is accepted by a fresh gate. A text is a string, its",
  "place in `texts`, or a list of these, of { repeat, times } and of { hex }. `check` names a kind whose form and signature are looked at instead.",
  "A gate's `revoked` are the keys its host calls revoked, `approved` the review digests a person approved, `nonces` and `policy` what the",
  "host always answers; where they are absent, there is no such host, and nonces are taken in a store. `reviewers`, `threshold` and",
  "`ai_writes` say whose approvals count, `overlap` maps digests of capabilities to the tokens that succeed them, `boundary` lists the data",
  "boundaries that are kept to. A step's `approvals` are handed over beside its text. A step with `uses` is executed, each use being an",
  "action and the refusal expected of it, and its tool calls are counted, or `counters` is what is always answered. Made by tests/attacks/generate.mjs.",
].join(" ");

/** Long runs of one unit are written once: a text of 20 MB is a line. */
function pieces(text) {
  if (Array.isArray(text)) return text.flatMap((piece) => (typeof piece === "string" ? pieces(piece) : [piece]));
  const found = [];
  let done = 0;
  for (let at = 0; at < text.length; at += 1) {
    const run = runAt(text, at);
    if (run === undefined) continue;
    if (at > done) found.push(text.slice(done, at));
    found.push(run);
    done = at + run.repeat.length * run.times;
    at = done - 1;
  }
  if (done < text.length || found.length === 0) found.push(text.slice(done));
  return found;
}

/** The run of at least 64 equal units, of 1 to 14 characters each, that starts here. */
function runAt(text, at) {
  for (let length = 1; length <= 14; length += 1) {
    const unit = text.slice(at, at + length);
    let times = 1;
    while (text.startsWith(unit, at + times * length)) times += 1;
    if (times >= 64 && unit.length === length) return { repeat: unit, times };
  }
  return undefined;
}

/** Signed packets and tokens, of which several texts are made. */
const PARTS = /\{"packet_id":"[^]*?"signature":"[^"]*"\}|[\w-]{300,}/g;

/** Texts that several cases send, and parts of several texts, stand once in `texts`; their place there is named instead. */
class Texts {
  #uses = new Map();
  #places = null;

  count(text) {
    const uses = this.#uses.get(text) ?? 0;
    this.#uses.set(text, uses + 1);
    if (typeof text === "string" && uses === 0) for (const [part] of text.matchAll(PARTS)) if (part !== text) this.#uses.set(part, (this.#uses.get(part) ?? 0) + 1);
  }

  get shared() {
    this.#places ??= new Map([...this.#uses].filter(([, uses]) => uses > 1).map(([text], place) => [text, place]));
    return [...this.#places.keys()];
  }

  /** How a text stands in the file: `whole` where it is one of the shared ones itself. */
  write(text, whole = false) {
    const { length } = this.shared;
    const place = length === 0 || whole ? undefined : this.#places.get(text);
    if (place !== undefined) return place;
    const list = this.#split(text).flatMap((part) => (typeof part === "number" ? [part] : pieces(part)));
    return list.length === 1 && typeof list[0] === "string" ? list[0] : list;
  }

  #split(text) {
    if (typeof text !== "string") return [text];
    const found = [];
    let done = 0;
    for (const { 0: part, index } of text.matchAll(PARTS)) {
      const place = part === text ? undefined : this.#places.get(part);
      if (place === undefined) continue;
      if (index > done) found.push(text.slice(done, index));
      found.push(place);
      done = index + part.length;
    }
    return done < text.length || found.length === 0 ? [...found, text.slice(done)] : found;
  }
}

const settings = ({ registry: agents, ...gate } = {}) => (agents === undefined ? gate : { ...gate, registry: JSON.stringify(agents) });

const prepared = ({ id, title, gate, now, attack, twin }, write) => ({
  id,
  title,
  ...(gate && { gate: settings(gate) }),
  ...(now && { now }),
  attack: attack.map((step) => stepOf(step, write)),
  ...(twin && { twin: { ...stepOf(twin, write), ...(twin.gate && { gate: settings(twin.gate) }) } }),
});

const stepOf = ({ send, approvals, ...step }, write) => ({ ...step, ...(approvals && { approvals: approvals.map(write) }), send: write(send) });

export function vectors() {
  const texts = new Texts();
  const rows = [...replay, ...identity, ...chain, ...proof, ...time, ...review, ...parsing, ...capability, ...attenuation, ...execution];
  for (const { attack, twin } of rows) {
    for (const { send, approvals = [] } of [...attack, ...(twin ? [twin] : [])]) for (const text of [send, ...approvals]) texts.count(text);
  }
  const cases = rows.map((made) => prepared(made, (text) => texts.write(text)));
  const titles = new Set(cases.map(({ id, title }) => `${id} ${title}`));
  if (titles.size !== cases.length) throw new Error("two cases have one title");
  for (const { id, title, attack, twin } of cases) {
    if (twin === undefined && !attack.some(({ code }) => code === null)) throw new Error(`${id} ${title}: nothing shows that the genuine case passes`);
  }
  const head = { about: ABOUT, now: NOW, gate: { audience: [researcher.id], registry: JSON.stringify(registry()) } };
  const list = (name, items) => `  ${JSON.stringify(name)}: [\n${items.map((item) => `    ${JSON.stringify(item)}`).join(",\n")}\n  ]`;
  const shared = texts.shared.map((text) => texts.write(text, true));
  return `${JSON.stringify(head, null, 2).slice(0, -2)},\n${list("texts", shared)},\n${list("cases", cases)}\n}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const text = vectors();
  writeFileSync(FILE, text);
  console.log(`${JSON.parse(text).cases.length} cases, ${text.length} characters`);
}
