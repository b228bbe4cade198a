import { approve as signApproval, reviewRequest } from "../approval.js";
import { parse, UsageError } from "./arguments.js";
import { nameOf, readObject } from "./input.js";
import { identityOf } from "./key.js";
import { brief, using } from "./output.js";

const OPTIONS = {
  key: { type: "string" },
  deny: { type: "boolean" },
  note: { type: "string" },
  ttl: { type: "string" },
  "agent-id": { type: "string" },
};

/** `approve FILE --key PEM [--deny] [--note TEXT] [--ttl SECONDS] [--agent-id ID]` */
export async function approve(args, io, help) {
  const { values, positionals } = parse("approve", args, OPTIONS, 1);
  if (values.help) return help("approve");
  const ttlSeconds = values.ttl === undefined ? undefined : seconds(values.ttl);
  const identity = await identityOf(values, "approve");
  try {
    const received = await readObject(positionals[0]);
    const { reviewDigest } = using(nameOf(positionals[0]), () => reviewRequest(received));
    const options = { decision: values.deny ? "DENIED" : "APPROVED", note: values.note, ttlSeconds };
    await io.out.line(using("--note or --ttl", () => signApproval(identity, { reviewDigest }, options)).text);
    return 0;
  } finally {
    identity.dispose();
  }
}

function seconds(text) {
  const number = /^[1-9][0-9]{0,8}$/.test(text) ? Number(text) : 0;
  if (number === 0) throw new UsageError(`--ttl must be a whole number of seconds above zero, not \`${brief(text)}\``);
  return number;
}
