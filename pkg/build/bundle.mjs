/** `pkg/src` and the wasm to `pkg/dist`: one self-contained file an entry. */
import { build } from "esbuild";
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pkg, step } from "./run.mjs";
import { exportsOf, glueFactory, virtualModules } from "./virtual.mjs";

const dist = join(pkg, "dist");

// Where the wasm comes from differs by runtime; the face does not.
const ENTRIES = [
  { out: "index.js", loader: "inline", format: "esm" },
  { out: "index.cjs", loader: "inline", format: "cjs" },
  { out: "workerd.js", loader: "workerd", format: "esm" },
  { out: "edge-light.js", loader: "edge-light", format: "esm" },
  { out: "slim.js", loader: "slim", format: "esm", more: `export { init } from "./loader/slim.js";` },
  { out: "slim.cjs", loader: "slim", format: "cjs", more: `export { init } from "./loader/slim.js";` },
  { out: "bin/trusthandoff.js", loader: "file", format: "esm", from: "bin/trusthandoff.js" },
];

export async function bundle(core) {
  step("bundling the package");
  checkCalls(exportsOf(core.glue));
  rmSync(dist, { recursive: true, force: true });
  const factory = await glueFactory(core.glue);
  await Promise.all(ENTRIES.map((entry) => bundleEntry(entry, virtualModules(core, factory, entry.loader))));
  chmodSync(join(dist, "bin/trusthandoff.js"), 0o755);
  writeFileSync(join(dist, "core.wasm"), core.wasm);
  writeTypes();
  writeSubpath("stores/memory", ["MemoryCounterStore", "MemoryNonceStore"]);
  // Last: make takes this file for the sign of a finished build.
  writeFileSync(join(dist, "core.wasm.sha256"), `${core.sha256}  core.wasm\n`);
}

/** A call of what the wasm lacks would surface at run time only, and as a trap. */
function checkCalls(offered) {
  const known = new Set([...offered, "retire"]);
  const files = readdirSync(join(pkg, "src"), { recursive: true }).filter((file) => file.endsWith(".js"));
  for (const file of files) {
    for (const [, name] of readFileSync(join(pkg, "src", file), "utf8").matchAll(/\bglue\.(\w+)/g)) {
      if (!known.has(name)) throw new Error(`pkg/src/${file} calls glue.${name}, which src/wasm does not export`);
    }
  }
}

function bundleEntry({ out, format, from, more = "" }, plugin) {
  const entry = from
    ? { entryPoints: [join(pkg, from)] }
    : { stdin: { contents: `export * from "./index.js";\n${more}`, resolveDir: join(pkg, "src") } };
  return build({
    ...entry,
    absWorkingDir: pkg,
    outfile: join(dist, out),
    bundle: true,
    format,
    target: "es2022",
    // For CommonJS the node platform adds the hint by which `import` sees the names of a required file.
    platform: from || format === "cjs" ? "node" : "neutral",
    plugins: [plugin],
    legalComments: "none",
    logLevel: "warning",
  });
}

/** The types are written by hand; CommonJS needs them once more under its own extension. */
function writeTypes() {
  for (const [name, source] of [
    ["index", join(pkg, "types/index.d.ts")],
    ["slim", join(pkg, "src/loader/slim.d.ts")],
  ]) {
    const text = readFileSync(source, "utf8");
    writeFileSync(join(dist, `${name}.d.ts`), text);
    writeFileSync(join(dist, `${name}.d.cts`), text.replaceAll(/(from "\.\/[^"]+)\.js"/g, '$1.cjs"'));
  }
}

/**
 * A subpath that repeats names of the main entry. It imports them from the package by name: whatever entry the runtime
 * chose is the one it gets, with no second copy of the wasm or of any class.
 */
function writeSubpath(path, names) {
  const list = names.join(", ");
  const text = `export { ${list} } from "trusthandoff";\n`;
  const files = {
    js: text,
    "d.ts": text,
    "d.cts": text,
    cjs: `"use strict";\nconst { ${list} } = require("trusthandoff");\n${names.map((name) => `exports.${name} = ${name};\n`).join("")}`,
  };
  for (const [extension, contents] of Object.entries(files)) {
    const file = join(dist, `${path}.${extension}`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, contents);
  }
}
