/** `pkg/src` and the wasm to `pkg/dist`: one self-contained file an entry. */
import { build } from "esbuild";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pkg, step } from "./run.mjs";
import { exportsOf, glueFactory, inPlaceOf, takenFrom, virtualModules, withoutComments } from "./virtual.mjs";
import { bundleWithoutWasm } from "./without_wasm.mjs";

const dist = join(pkg, "dist");

// Where the wasm comes from differs by runtime; the face does not.
const ENTRIES = [
  { out: "index.js", loader: "inline", format: "esm" },
  { out: "index.cjs", loader: "inline", format: "cjs" },
  { out: "workerd.js", loader: "workerd", format: "esm" },
  { out: "edge-light.js", loader: "edge-light", format: "esm" },
  { out: "slim.js", loader: "slim", format: "esm", more: `export { init } from "./loader/slim.js";` },
  { out: "slim.cjs", loader: "slim", format: "cjs", more: `export { init } from "./loader/slim.js";` },
  // The command line takes the second module as a user does, and only where a command needs it.
  { out: "bin/trusthandoff.js", loader: "file", format: "esm", from: "bin/trusthandoff.js", plugins: [takenFrom("../sentinel.js", "audit/index.js")] },
];

/**
 * The entries around the second module. They hold no second copy of an error class, which `instanceof` would not know, but take
 * them from the main entry of their runtime; and they ask an identity, of whichever entry, by a method of its own.
 */
const AUDIT_ENTRIES = ["index.js", "index.cjs", "workerd.js", "edge-light.js"].map((main) => ({
  ...ENTRIES.find(({ out }) => out === main),
  out: main.startsWith("index.") ? main.replace("index", "sentinel") : `sentinel-${main}`,
  face: "./audit/index.js",
  plugins: [takenFrom(`./${main}`, "error_classes.js"), inPlaceOf("identity.js", join(pkg, "src/audit/signer.js"))],
}));

export async function bundle({ core, audit }) {
  step("bundling the package");
  rmSync(dist, { recursive: true, force: true });
  await Promise.all([bundleEntries(ENTRIES, core), bundleEntries(AUDIT_ENTRIES, audit), bundleWithoutWasm(dist)]);
  chmodSync(join(dist, "bin/trusthandoff.js"), 0o755);
  for (const { name, wasm } of [core, audit]) writeFileSync(join(dist, `${name}.wasm`), wasm);
  writeTypes();
  writeSubpath("stores/memory", ["MemoryCounterStore", "MemoryNonceStore"]);
  // Last: make takes the file of the core for the sign of a finished build.
  for (const { name, sha256 } of [audit, core]) writeFileSync(join(dist, `${name}.wasm.sha256`), `${sha256}  ${name}.wasm\n`);
}

async function bundleEntries(entries, module) {
  const factory = await glueFactory(module.glue);
  const known = new Set([...exportsOf(module.glue), "retire"]);
  for (const { metafile } of await Promise.all(entries.map((entry) => bundleEntry(entry, virtualModules(module, factory, entry.loader))))) {
    checkCalls(Object.keys(metafile.inputs), known, module.name);
  }
}

/** A call of what the wasm lacks would surface at run time only, and as a trap. */
function checkCalls(files, known, name) {
  for (const file of files.filter((each) => each.startsWith("src/"))) {
    for (const [, call] of readFileSync(join(pkg, file), "utf8").matchAll(/\bglue\.(\w+)/g)) {
      if (!known.has(call)) throw new Error(`pkg/${file} calls glue.${call}, which ${name}.wasm does not export`);
    }
  }
}

function bundleEntry({ out, format, from, face = "./index.js", more = "", plugins = [] }, virtual) {
  const entry = from
    ? { entryPoints: [join(pkg, from)] }
    : { stdin: { contents: `export * from "${face}";\n${more}`, resolveDir: join(pkg, "src") } };
  return build({
    ...entry,
    absWorkingDir: pkg,
    outfile: join(dist, out),
    bundle: true,
    format,
    target: "es2022",
    // For CommonJS the node platform adds the hint by which `import` sees the names of a required file.
    platform: from || format === "cjs" ? "node" : "neutral",
    plugins: [virtual, ...plugins, withoutComments],
    legalComments: "none",
    logLevel: "warning",
    metafile: true,
  });
}

/** The types are written by hand; CommonJS needs them once more under its own extension. */
function writeTypes() {
  for (const [name, source] of [
    ["index", join(pkg, "types/index.d.ts")],
    ["slim", join(pkg, "src/loader/slim.d.ts")],
    ["sentinel", join(pkg, "types/sentinel.d.ts")],
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
