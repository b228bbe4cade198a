import { version } from "../../package.json";
import { TrustHandoffError } from "../errors.js";
import { inWords } from "../text.js";
import { approve } from "./approve.js";
import { UsageError } from "./arguments.js";
import { check } from "./check.js";
import { demo } from "./demo.js";
import { COMMANDS, OVERVIEW } from "./help.js";
import { inspect } from "./inspect.js";
import { keygen } from "./keygen.js";
import { log } from "./log.js";
import { brief, inBrief, isColoured, Output, OutputClosed, painter, printable } from "./output.js";
import { revoke } from "./revoke.js";
import { sentinel } from "./sentinel.js";
import { sign } from "./sign.js";
import { verify } from "./verify.js";

const RUN = { approve, check, demo, inspect, keygen, log, revoke, sentinel, sign, verify };

/**
 * The command line. Exit codes: 0 done and nothing refused, 1 something was refused or found, 2 unusable arguments or
 * input, with one line on standard error.
 *
 * @param {string[]} args without the program's own name
 * @returns {Promise<number>} the exit code
 */
export async function main(args, { stdout, stderr, env }) {
  const io = { out: new Output(stdout), stderr, paint: painter(stdout, env), colour: isColoured(stdout, env), width: stdout.columns, refused: false };
  // Nobody reads standard error any more: that must not become an exception of its own.
  stderr.on("error", () => {});
  try {
    const code = await dispatch(args, io);
    await io.out.flush();
    return code;
  } catch (error) {
    if (error instanceof OutputClosed) return io.refused ? 1 : 0;
    await io.out.flush().catch(() => {});
    await new Promise((written) => stderr.write(`trusthandoff: ${printable(explained(error))}\n`, written));
    return 2;
  }
}

async function dispatch([command, ...rest], io) {
  if (command === undefined) throw new UsageError("no command given; see trusthandoff --help");
  if (command === "--help" || command === "-h" || (command === "help" && rest.length === 0)) return text(io, OVERVIEW);
  if (command === "--version" || command === "-v") return text(io, version);
  const named = command === "help" ? rest[0] : command;
  if (!Object.hasOwn(RUN, named)) {
    throw new UsageError(named.startsWith("-") ? `unknown option \`${named}\`; see trusthandoff --help` : `unknown command \`${named}\`; see trusthandoff --help`);
  }
  if (command === "help") return text(io, COMMANDS[named]);
  return RUN[named](rest, io, (name) => text(io, COMMANDS[name]));
}

async function text(io, lines) {
  await io.out.line(lines);
  return 0;
}

function explained(error) {
  if (error instanceof UsageError) return error.message;
  if (error instanceof TrustHandoffError) return inBrief(error);
  return `internal error: ${brief(inWords(error).split("\n")[0])}`;
}
