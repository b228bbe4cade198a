import { Core } from "../core.js";
import { freezeDeep, readOptions } from "../plain.js";
import { checkpointBytes, keysArgument } from "./checkpoint.js";
import { feed, feedOptions } from "./source.js";

/**
 * Reads a log against what it carries itself, the hash of the line before in every line and signed checkpoints, and against a
 * checkpoint that was kept elsewhere. One pass, constant memory.
 *
 * `whole` says that nothing was altered, added, removed or moved as far as that can be seen; `unsealed` lines stand behind the last
 * checkpoint, and whoever keeps the log could still write them anew. What a log says of itself, with neither `keys` nor `checkpoint`,
 * its keeper can make up.
 */
export async function verifyLog(source, options) {
  const { keys, checkpoint, ...others } = readOptions(options, ["keys", "checkpoint", "onProgress", "signal"], "verifyLog");
  const trusted = keysArgument(keys);
  const kept = checkpoint === undefined || checkpoint === null ? undefined : checkpointBytes(checkpoint);
  // An instance of its own: what one log does to it, no other is read with.
  const core = new Core();
  const reader = core.call((glue) => new glue.AuditLogReader(trusted, kept));
  const ask = (work) => core.call(() => work(reader));
  await feed(source, (piece) => ask((held) => held.push(piece)), feedOptions(others), () => ask((held) => held.count()));
  return freezeDeep(ask((held) => held.finish()));
}
