import { revoke as signRevocation } from "../revocation.js";
import { parse, UsageError } from "./arguments.js";
import { readObject } from "./input.js";
import { identityOf } from "./key.js";
import { brief, using } from "./output.js";

const SUBJECTS = ["agent", "packet", "capability", "target"];

const OPTIONS = {
  key: { type: "string" },
  agent: { type: "boolean" },
  packet: { type: "string" },
  capability: { type: "string" },
  target: { type: "string" },
  reason: { type: "string" },
  "agent-id": { type: "string" },
};

/** `revoke --key PEM (--agent | --packet FILE | --capability FILE | --target KEY) [--reason TEXT] [--agent-id ID]` */
export async function revoke(args, io, help) {
  const { values } = parse("revoke", args, OPTIONS, 0);
  if (values.help) return help("revoke");
  const given = SUBJECTS.filter((name) => values[name] !== undefined);
  if (given.length !== 1) throw new UsageError("revoke needs one of --agent, --packet, --capability and --target; see trusthandoff revoke --help");
  const identity = await identityOf(values, "revoke");
  try {
    const subject = await subjectOf(given[0], values, identity);
    const { text } = using(givenAs(given[0], values), () => signRevocation(identity, subject, { reason: values.reason }));
    await io.out.line(text);
    return 0;
  } finally {
    identity.dispose();
  }
}

/** What is revoked, as it was given. */
function givenAs(kind, values) {
  if (kind === "agent") return "--reason";
  return kind === "target" ? `--target \`${brief(values.target)}\`` : brief(values[kind]);
}

async function subjectOf(kind, values, { agentId }) {
  switch (kind) {
    case "agent":
      return { agentId };
    case "packet":
      return { packet: await readObject(values.packet) };
    case "capability":
      // Of bytes that are no text nothing is left that is a token.
      return { capability: new TextDecoder().decode(await readObject(values.capability)) };
    default:
      return { target: values.target };
  }
}
