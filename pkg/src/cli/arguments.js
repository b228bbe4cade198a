import { parseArgs } from "node:util";

/** Unusable arguments or input: one line on standard error, exit code 2. */
export class UsageError extends Error {}

/**
 * Strict parsing: an option that is not known, or is given twice, is an error and never ignored.
 * @param {string[]} args
 * @param {Record<string, { type: "string" | "boolean" }>} options beyond `--help` and `--json`, which every command has
 * @param {number} files how many positional arguments the command takes
 * @param {number} most how many it takes at most
 */
export function parse(command, args, options, files, most = files) {
  let parsed;
  try {
    parsed = parseArgs({
      args,
      options: { ...options, help: { type: "boolean" }, json: { type: "boolean" } },
      allowPositionals: true,
      strict: true,
      tokens: true,
    });
  } catch (error) {
    throw new UsageError(`${argumentError(error)}; see trusthandoff ${command} --help`);
  }
  const { values, positionals, tokens } = parsed;
  if (values.help) return { values, positionals };
  const given = tokens.filter((token) => token.kind === "option").map((token) => token.name);
  const twice = given.find((name, index) => given.indexOf(name) !== index);
  if (twice !== undefined) throw new UsageError(`--${twice} is given twice`);
  if (positionals.length < files) throw new UsageError(`${command} needs a FILE, or - for standard input; see trusthandoff ${command} --help`);
  if (positionals.length > most) throw new UsageError(`unexpected argument \`${positionals[most]}\`; see trusthandoff ${command} --help`);
  return { values, positionals };
}

export function required(values, name, command) {
  if (values[name] === undefined || values[name] === "") throw new UsageError(`${command} needs --${name}; see trusthandoff ${command} --help`);
  return values[name];
}

function argumentError(error) {
  const [first] = error.message.split("\n");
  // Node adds what it takes: "--now <value>".
  const option = /'([^' ]*)[^']*'/.exec(first)?.[1] ?? "";
  switch (error.code) {
    case "ERR_PARSE_ARGS_UNKNOWN_OPTION":
      return `unknown option \`${option}\``;
    case "ERR_PARSE_ARGS_INVALID_OPTION_VALUE":
      return /does not take an argument/.test(first) ? `\`${option}\` takes no value` : `\`${option}\` needs a value`;
    default:
      return first;
  }
}
