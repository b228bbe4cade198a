import { createEnvelope, signPacketText } from "../packet.js";
import { parse, UsageError } from "./arguments.js";
import { nameOf, readAll } from "./input.js";
import { identityOf } from "./key.js";
import { using } from "./output.js";

const FORMS = ["0.4.0", "0.3.3"];

/** `sign FILE --key PEM [--form 0.4.0|0.3.3] [--packet]` */
export async function sign(args, io, help) {
  const { values, positionals } = parse("sign", args, { key: { type: "string" }, form: { type: "string" }, packet: { type: "boolean" } }, 1);
  if (values.help) return help("sign");
  const form = values.form ?? "0.4.0";
  if (!FORMS.includes(form)) throw new UsageError(`--form must be 0.4.0 or 0.3.3, not \`${form}\``);
  const identity = await identityOf(values, "sign");
  const fields = await readAll(positionals[0]);
  const packet = using(nameOf(positionals[0]), () => signPacketText(identity, fields, { form, nowMs: Date.now() }));
  identity.dispose();
  await io.out.line(values.packet ? packet.text : createEnvelope(packet));
  return 0;
}
