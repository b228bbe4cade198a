import { shared } from "../core.js";
import { ArgumentTypeError, configInvalid } from "../errors.js";
import { freezeDeep, readOptions } from "../plain.js";
import { isBytes, ownBytes, receivedBytes, typeName, wellFormed } from "../text.js";

/**
 * What a checkpoint of a log states, once its signature is verified. With `keys` it must be signed with one of them; without,
 * nothing says whose word it is.
 */
export function readCheckpoint(received, options) {
  const { keys } = readOptions(options, ["keys"], "readCheckpoint");
  const trusted = keysArgument(keys);
  const bytes = checkpointBytes(received);
  const view = shared.call((glue) => glue.checkpointView(bytes, trusted));
  return freezeDeep({
    logId: view.log_id,
    size: Number(view.size),
    root: view.root,
    prev: view.prev,
    producer: view.producer_id,
    timestamp: view.timestamp,
    publicKeyPem: view.public_key,
  });
}

/** The text of a checkpoint as bytes. Kept as a line of a file, it may end in a newline. */
export function checkpointBytes(received) {
  return receivedBytes(received, "the checkpoint");
}

/** Public keys as the core takes them: PEM texts and private copies of raw bytes. */
export function keysArgument(keys) {
  if (keys === undefined) return [];
  const list = typeof keys === "string" || isBytes(keys) ? [keys] : keys;
  if (!Array.isArray(list)) throw configInvalid(`\`keys\` must be an array of public keys, not ${typeName(keys)}`, "keys");
  return Array.from(list, (key) => {
    if (typeof key === "string") return wellFormed(key, "a key", "keys");
    if (isBytes(key)) return ownBytes(key, "a key");
    throw new ArgumentTypeError(`a key must be PEM text or 32 bytes, not ${typeName(key)}`, "keys");
  });
}
