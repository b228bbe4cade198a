import { parse } from "./arguments.js";
import { MAX_LINE_BYTES } from "../generated/vocabulary.js";
import { lines, readObject } from "./input.js";
import { printableJson, Progress } from "./output.js";

/** `check [--jsonl] FILE` */
export async function check(args, io, help) {
  const { values, positionals } = parse("check", args, { jsonl: { type: "boolean" } }, 1);
  if (values.help) return help("check");
  const audit = await import("../audit/index.js");
  return values.jsonl ? checkLines(positionals[0], io, audit) : checkFile(positionals[0], io, audit);
}

async function checkFile(path, io, audit) {
  const bytes = await readObject(path);
  const { line, refused } = bytes.length > MAX_LINE_BYTES ? refusal("input_too_large") : checked(bytes, audit);
  await io.out.line(line);
  return refused ? 1 : 0;
}

function checked(bytes, { inspectObject }) {
  const { valid, code, form } = inspectObject(bytes);
  return { line: answer(valid, code, form), refused: !valid };
}

async function checkLines(path, io, audit) {
  const progress = new Progress(io.stderr);
  let done = 0;
  let refusals = 0;
  for await (const { bytes, read } of lines(path)) {
    const { line, refused } = bytes === null ? refusal("input_too_large") : checkedLine(bytes, audit);
    done += 1;
    if (refused) {
      refusals += 1;
      io.refused = true;
    }
    await io.out.line(line);
    progress.count(done, refusals, read);
  }
  progress.clear();
  return io.refused ? 1 : 0;
}

/** A trap costs its own line and no other. */
function checkedLine(bytes, { answerCheckLine }) {
  try {
    const { line, refused } = answerCheckLine(bytes);
    return { line: printableJson(line), refused };
  } catch (error) {
    return refusal(error.code);
  }
}

function refusal(code) {
  return { line: answer(false, code, null), refused: true };
}

function answer(valid, code, form) {
  return `{"id": null, "valid": ${valid}, "code": ${JSON.stringify(code)}, "form": ${JSON.stringify(form)}}`;
}
