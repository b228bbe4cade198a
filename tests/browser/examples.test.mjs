/** The code under every panel runs, with the built package, and prints what its last line says. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { root } from "../runtimes/project.mjs";

const run = promisify(execFile);
const panels = join(root, "www/panels");
const project = mkdtempSync(join(tmpdir(), "trusthandoff-examples-"));
mkdirSync(join(project, "node_modules"));
symlinkSync(join(root, "pkg"), join(project, "node_modules/trusthandoff"));
after(() => rmSync(project, { recursive: true, force: true }));

for (const name of readdirSync(panels)) {
  test(`${name}: the lines run as they stand there`, async () => {
    const source = readFileSync(join(panels, name, "example.js"), "utf8").trim();
    const prints = source.match(/\n\/\/ prints: (.*)$/)?.[1];
    assert.ok(prints, "the last line says what is printed");
    const file = join(project, `${name}.mjs`);
    writeFileSync(file, source);
    const { stdout } = await run(process.execPath, [file], { cwd: project });
    assert.equal(stdout.trim().replaceAll("\n", ", "), prints);
    assert.ok(source.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("//")).length <= 16, "about ten lines");
  });
}
