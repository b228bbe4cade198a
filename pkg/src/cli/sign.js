import { AgentIdentity } from "../identity.js";
import { createEnvelope, signPacketText } from "../packet.js";
import { parse, required, UsageError } from "./arguments.js";
import { readAll, readText } from "./input.js";
import { brief } from "./output.js";

const FORMS = ["0.4.0", "0.3.3"];
const MAX_KEY_BYTES = 64 * 1024;

/** `sign FILE --key PEM [--form 0.4.0|0.3.3] [--packet]` */
export async function sign(args, io, help) {
  const { values, positionals } = parse("sign", args, { key: { type: "string" }, form: { type: "string" }, packet: { type: "boolean" } }, 1);
  if (values.help) return help("sign");
  const keyFile = required(values, "key", "sign");
  const form = values.form ?? "0.4.0";
  if (!FORMS.includes(form)) throw new UsageError(`--form must be 0.4.0 or 0.3.3, not \`${form}\``);
  if (keyFile === "-") throw new UsageError("--key must be a file: a private key is not read from standard input");
  const identity = await identityFrom(keyFile);
  const fields = await readAll(positionals[0]);
  const packet = signPacketText(identity, fields, { form, nowMs: Date.now() });
  identity.dispose();
  await io.out.line(values.packet ? packet.text : createEnvelope(packet));
  return 0;
}

async function identityFrom(file) {
  const pem = await readText(file, MAX_KEY_BYTES);
  try {
    return AgentIdentity.fromPrivateKeyPem(pem);
  } catch (error) {
    throw new UsageError(`cannot use the key in ${file}: ${brief(error.message)} (${error.code})`);
  }
}
