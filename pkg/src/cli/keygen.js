import { chmod, open, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { AgentIdentity } from "../identity.js";
import { makeDirectory } from "../sinks/file/directory.js";
import { parse, UsageError } from "./arguments.js";
import { whyNot } from "./input.js";
import { printableJson } from "./output.js";

/** `keygen [--out DIR]` */
export async function keygen(args, io, help) {
  const { values } = parse("keygen", args, { out: { type: "string" } }, 0);
  if (values.help) return help("keygen");
  const directory = values.out ?? ".";
  const keyFile = join(directory, "agent.key.pem");
  const publicFile = join(directory, "agent.pub.pem");
  await mustBeDirectory(directory);
  for (const file of [keyFile, publicFile]) await mustNotExist(file);

  const identity = AgentIdentity.generate();
  await writeNew(keyFile, identity.privateKeyPem(), 0o600);
  try {
    await writeNew(publicFile, identity.publicKeyPem, 0o644);
  } catch (error) {
    // A private key without its public half would block the next try.
    await unlink(keyFile);
    throw error;
  }
  const { agentId, fingerprint } = identity;
  identity.dispose();
  await io.out.line(values.json ? printableJson(JSON.stringify({ agent_id: agentId, fingerprint, private_key_file: keyFile, public_key_file: publicFile })) : agentId);
  return 0;
}

async function mustBeDirectory(directory) {
  try {
    await makeDirectory(directory, 0o700);
  } catch (error) {
    const why = { EEXIST: "a file is in its place", ENOENT: "none can be made there" };
    throw new UsageError(`cannot make the directory ${directory}: ${why[error.code] ?? whyNot(error)}`);
  }
}

async function mustNotExist(file) {
  const found = await stat(file).catch(() => null);
  if (found !== null) throw new UsageError(`${file} exists and is never overwritten; choose another directory with --out`);
}

/** Exclusive creation: also a file, or a link planted, since the look above is not written through. */
async function writeNew(file, text, mode) {
  try {
    const handle = await open(file, "wx", mode);
    try {
      await handle.writeFile(text);
    } finally {
      await handle.close();
    }
    await chmod(file, mode);
  } catch (error) {
    throw new UsageError(error.code === "EEXIST" ? `${file} exists and is never overwritten; choose another directory with --out` : `cannot write ${file}: ${whyNot(error)}`);
  }
}
