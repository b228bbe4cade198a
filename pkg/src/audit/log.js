import { Core } from "../core.js";
import { ArgumentTypeError, configInvalid } from "../errors.js";
import { freezeDeep, readOptions } from "../plain.js";
import { isObject, typeName } from "../text.js";
import { checkpointBytes, keysArgument } from "./checkpoint.js";
import { expectedOptions, held } from "./expected.js";
import { feed, feedOptions } from "./source.js";

const OPTIONS = ["keys", "checkpoint", "previous", "logId", "requireSealed", "minSize", "onProgress", "signal"];

/**
 * Reads a log against what it carries itself, the hash of the line before in every line and signed checkpoints, and against a
 * checkpoint that was kept elsewhere. One pass, constant memory.
 *
 * `whole` says that nothing was altered, added, removed or moved as far as that can be seen; `unsealed` lines stand behind the last
 * checkpoint, and whoever keeps the log could still write them anew. `previous`, the report of the log that this one goes on with, holds
 * its first line against that. What a log says of itself, with neither `keys` nor `checkpoint`,
 * its keeper can make up. With `keys` a log in which they seal nothing is not whole: anybody could have written it.
 */
export async function verifyLog(source, options) {
  const { keys, checkpoint, previous, ...others } = readOptions(options, OPTIONS, "verifyLog");
  const trusted = keysArgument(keys);
  const kept = checkpoint === undefined || checkpoint === null ? undefined : checkpointBytes(checkpoint);
  const before = endArgument(previous);
  const demands = expectedOptions(others);
  // An instance of its own: what one log does to it, no other is read with.
  const core = new Core();
  const reader = core.call((glue) => new glue.AuditLogReader(trusted, kept, before));
  const ask = (work) => core.call(() => work(reader));
  await feed(source, (piece) => ask((read) => read.push(piece)), feedOptions(others), () => ask((read) => read.count()));
  return freezeDeep(held(ask((read) => read.finish()), { keys: trusted, ...demands }));
}

/** How the log before ended, as its own report tells it. */
function endArgument(previous) {
  if (previous === undefined || previous === null) return undefined;
  if (!isObject(previous)) throw new ArgumentTypeError(`\`previous\` must be the report of the log before, not ${typeName(previous)}`, "previous");
  const { lines, root } = previous;
  if (!Number.isSafeInteger(lines) || lines < 0) throw configInvalid("`previous.lines` must be a number of lines", "previous");
  if (typeof root !== "string") throw configInvalid("`previous.root` must be a Merkle root in hexadecimal", "previous");
  return { __proto__: null, lines, root };
}
