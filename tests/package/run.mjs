/** What the packed tarball holds and how tools see it. Argument: the tarball. One line a check; fails if any does. */
import { join, resolve } from "node:path";
import { project, root } from "../runtimes/project.mjs";
import { finish } from "../runtimes/process.mjs";
import { contents } from "./contents.mjs";
import { exportsLint, typesLint } from "./lint.mjs";
import { shaken } from "./shaking.mjs";
import { typeChecks } from "./types.mjs";

const tarball = resolve(process.argv[2]);
const directory = await project("package", tarball);

const CHECKS = [
  ["third-party notices as the lock files have it", noticesAreCurrent],
  ["contents and manifest", () => contents(directory)],
  ["publint", () => exportsLint(directory)],
  ["are the types wrong", () => typesLint(tarball)],
  ["tsc over a user's code", () => typeChecks(directory)],
  ["tree shaking", () => shaken(directory)],
];

async function noticesAreCurrent() {
  await finish(process.execPath, [join(root, "pkg/build/notices.mjs"), "--check"]);
  return [];
}

let failures = 0;
for (const [name, check] of CHECKS) {
  let complaints;
  try {
    complaints = await check();
  } catch (error) {
    complaints = [error.message];
  }
  failures += complaints.length;
  console.log(`${complaints.length === 0 ? "ok  " : "FAIL"} ${name}`);
  for (const complaint of complaints) console.log(`     ${complaint}`);
}
process.exit(failures === 0 ? 0 : 1);
