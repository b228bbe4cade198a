#!/usr/bin/env node
import { main } from "../src/cli/main.js";

// A last resort, so that nobody is ever shown a stack trace.
process.on("uncaughtException", (error) => {
  process.stderr.write(`trusthandoff: internal error: ${String(error?.message ?? error).split("\n")[0]}\n`);
  process.exit(2);
});

// `exit`, because standard input may still be open when the reader of our output has left. All output is flushed by then.
process.exit(await main(process.argv.slice(2), process));
