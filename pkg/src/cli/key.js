import { AgentIdentity } from "../identity.js";
import { required, UsageError } from "./arguments.js";
import { readText } from "./input.js";
import { brief, using } from "./output.js";

const MAX_KEY_BYTES = 64 * 1024;

/** The identity of `--key`, under the id of `--agent-id` where an older key gave it. */
export async function identityOf(values, command) {
  const file = required(values, "key", command);
  if (file === "-") throw new UsageError("--key must be a file: a private key is not read from standard input");
  const agentId = values["agent-id"];
  const pem = await readText(file, MAX_KEY_BYTES);
  const identity = identityFrom(pem, file);
  if (agentId === undefined) return identity;
  identity.dispose();
  try {
    return AgentIdentity.fromPrivateKeyPem(pem, { agentId });
  } catch {
    throw new UsageError(`--agent-id must be printable ASCII without spaces, not \`${brief(agentId)}\``);
  }
}

function identityFrom(pem, file) {
  return using(`the key in ${file}`, () => AgentIdentity.fromPrivateKeyPem(pem));
}
