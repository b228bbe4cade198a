/** Proofs that a line is in a log, and that a log is the beginning of a longer one, without the log (RFC 9162 §2.1). */
import { Core, shared } from "../core.js";
import { ArgumentTypeError, configInvalid } from "../errors.js";
import { freezeDeep, ownMember, readOptions } from "../plain.js";
import { isObject, typeName } from "../text.js";
import { feed, feedOptions } from "./source.js";
import { lineBytes } from "./writer.js";

/** Proves that line `index`, from 0, is in the log as it was when it had `size` lines: by default as it is. */
export async function inclusionProof(source, index, options) {
  const { size: asked, ...others } = readOptions(options, ["size", "onProgress", "signal"], "inclusionProof");
  const at = count(index, "the index");
  const leaves = await leavesOf(source, others);
  const size = asked === undefined ? leaves.size : count(asked, "size");
  const path = leaves.ask((held) => held.inclusion(at, size));
  if (path === undefined) throw configInvalid(`the log has ${leaves.size} lines: none is number ${at} of ${size}`, "index");
  return freezeDeep({ index: at, size, root: leaves.ask((held) => held.root(size)), path });
}

/**
 * Whether `line` is in the log that `seal` speaks of: `{ size, root }` of a checkpoint that is trusted, as `readCheckpoint` gives it.
 * What the proof itself says of size and root counts for nothing.
 */
export function verifyInclusion(line, proof, seal) {
  const bytes = lineBytes(line);
  const [{ index, path }, { size, root }] = [proofMembers(proof), sealMembers(seal, "the seal")];
  return shared.call((glue) => glue.isIncluded(bytes, index, size, root, path));
}

/** Proves that the log as it was with `oldSize` lines is the beginning of what it was with `size` lines: by default of what it is. */
export async function consistencyProof(source, oldSize, options) {
  const { size: asked, ...others } = readOptions(options, ["size", "onProgress", "signal"], "consistencyProof");
  const before = count(oldSize, "the old size");
  const leaves = await leavesOf(source, others);
  const size = asked === undefined ? leaves.size : count(asked, "size");
  const path = leaves.ask((held) => held.consistency(before, size));
  if (path === undefined) throw configInvalid(`the log has ${leaves.size} lines: ${before} are not the beginning of ${size}`, "oldSize");
  return freezeDeep({ oldSize: before, oldRoot: leaves.ask((held) => held.root(before)), size, root: leaves.ask((held) => held.root(size)), path });
}

/** Whether the log of the trusted checkpoint `older` is the beginning of that of `newer`: nothing before it was changed since. */
export function verifyConsistency(proof, older, newer) {
  const { path } = proofMembers(proof);
  const [one, other] = [sealMembers(older, "the older seal"), sealMembers(newer, "the newer seal")];
  return shared.call((glue) => glue.isExtended(one.size, one.root, other.size, other.root, path));
}

async function leavesOf(source, options) {
  const core = new Core();
  const held = core.call((glue) => new glue.AuditLeaves());
  const ask = (work) => core.call(() => work(held));
  const size = () => ask(() => held.size());
  await feed(source, (piece) => ask(() => held.push(piece)), feedOptions(options), size);
  return { ask, size: size() };
}

/** Each member once, and texts only: what else stands there must not run inside the core. */
function proofMembers(proof) {
  if (!isObject(proof)) throw new ArgumentTypeError(`the proof must be an object, not ${typeName(proof)}`);
  const [index = 0, path] = [ownMember(proof, "index"), ownMember(proof, "path")];
  if (!Array.isArray(path)) throw new ArgumentTypeError(`\`path\` of the proof must be an array, not ${typeName(path)}`, "path");
  return { index: count(index, "`index` of the proof"), path: Array.from(path, (step) => hash(step, "`path` of the proof")) };
}

function sealMembers(seal, what) {
  if (!isObject(seal)) throw new ArgumentTypeError(`${what} must be { size, root } of a checkpoint that is trusted, not ${typeName(seal)}`);
  const [size, root] = [ownMember(seal, "size"), ownMember(seal, "root")];
  return { size: count(size, `\`size\` of ${what}`), root: hash(root, `\`root\` of ${what}`) };
}

function count(value, what) {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new ArgumentTypeError(`${what} must be a whole number from 0, not ${typeof value === "number" ? value : typeName(value)}`);
}

function hash(value, what) {
  if (typeof value === "string" && /^[0-9a-f]{64}$/.test(value)) return value;
  throw new ArgumentTypeError(`${what} must be 64 lower-case hexadecimal digits`);
}
