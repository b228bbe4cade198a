/** Rust to `target/package/`: the optimised `core.wasm` and the text of its JavaScript glue. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { pkg, root, run, step } from "./run.mjs";

const TRIPLE = "wasm32-unknown-unknown";
// What rustc emits for this target by default, which every runtime of the last years executes; nothing newer.
const FEATURES = [
  ...["--enable-bulk-memory", "--enable-bulk-memory-opt", "--enable-multivalue", "--enable-mutable-globals"],
  ...["--enable-nontrapping-float-to-int", "--enable-reference-types", "--enable-sign-ext"],
];
const out = join(root, "target/package");

/** Builds what changed and returns `{ wasm, sha256, glue }`: bytes, hex digest, source text. */
export function buildWasm() {
  const raw = compile();
  const [wasm, glue] = optimised(raw);
  const sha256 = createHash("sha256").update(wasm).digest("hex");
  return { wasm, sha256, glue };
}

function compile() {
  step("compiling the core to wasm (cargo; some minutes the first time)");
  const cargoHome = process.env.CARGO_HOME ?? join(homedir(), ".cargo");
  // The module holds source paths in its panic messages; remapped, it is the same wherever it was built.
  const flags = [
    `--remap-path-prefix=${join(cargoHome, "registry/src")}=crates`,
    `--remap-path-prefix=${root}=trusthandoff`,
  ];
  run("cargo", [
    ...["build", "--quiet", "--release", "--package", "trusthandoff-wasm", "--target", TRIPLE],
    // Stripped later, by wasm-opt: the generator reads the target features from a section that strip removes.
    ...["--config", "profile.release.strip=false"],
    ...["--config", `target.${TRIPLE}.rustflags=${JSON.stringify(flags)}`],
  ]);
  return join(root, "target", TRIPLE, "release/trusthandoff_wasm.wasm");
}

/** Glue and optimisation take seconds: done only when the compiled module is another one than last time. */
function optimised(raw) {
  const stamp = join(out, "stamp");
  const files = [join(out, "core.wasm"), join(out, "core_bg.js")];
  const key = createHash("sha256").update(readFileSync(raw)).update(readFileSync(new URL(import.meta.url))).digest("hex");
  if (!files.every(existsSync) || !existsSync(stamp) || readFileSync(stamp, "utf8") !== key) {
    mkdirSync(out, { recursive: true });
    writeFileSync(stamp, "");
    generateGlue(raw);
    optimise();
    writeFileSync(stamp, key);
  }
  return [readFileSync(files[0]), readFileSync(files[1], "utf8")];
}

function generateGlue(raw) {
  step("generating the JavaScript glue");
  run("cargo", [
    ...["run", "--quiet", "--package", "trusthandoff-glue"],
    // A tool that runs for a second is not worth minutes of optimising it.
    ...["--profile", "glue", "--config", 'profile.glue.inherits="dev"', "--config", "profile.glue.debug=false"],
    ...["--config", "profile.glue.package.'*'.opt-level=0"],
    ...["--", raw, out],
  ]);
}

function optimise() {
  step("optimising the wasm");
  run(process.execPath, [
    join(pkg, "node_modules/binaryen/bin/wasm-opt"),
    ...["-O3", "--strip-debug", "--strip-producers", "--strip-target-features", ...FEATURES],
    ...[join(out, "core_bg.wasm"), "-o", join(out, "core.wasm")],
  ]);
}
