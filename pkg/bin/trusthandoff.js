#!/usr/bin/env node
import { main } from "../src/cli/main.js";
import { brief } from "../src/cli/output.js";
import { inWords } from "../src/text.js";

// A last resort, so that nobody is ever shown a stack trace.
process.on("uncaughtException", (error) => {
  process.stderr.write(`trusthandoff: internal error: ${brief(inWords(error).split("\n")[0])}\n`);
  process.exit(2);
});

// `exit`, because standard input may still be open when the reader of our output has left. All output is flushed by then.
process.exit(await main(process.argv.slice(2), process));
