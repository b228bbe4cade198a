/** Rust to `target/package/`: the optimised `core.wasm` and the text of its JavaScript glue. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
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
  run("cargo", ["fetch", "--quiet", "--locked", "--target", TRIPLE]);
  run("cargo", [
    ...["build", "--quiet", "--release", "--locked", "--package", "trusthandoff-wasm", "--target", TRIPLE],
    // Stripped later, by wasm-opt: the generator reads the target features from a section that strip removes.
    ...["--config", "profile.release.strip=false"],
    ...["--config", `target.${TRIPLE}.rustflags=${JSON.stringify(pathRemaps())}`],
  ]);
  return join(root, "target", TRIPLE, "release/trusthandoff_wasm.wasm");
}

/** The module holds source paths in its panic messages. Remapped, it is the same wherever it was built. */
function pathRemaps() {
  const crates = join(process.env.CARGO_HOME ?? join(homedir(), ".cargo"), "registry/src");
  const rustc = (...args) => execFileSync("rustc", args, { encoding: "utf8", cwd: root });
  const [, commit] = /^commit-hash: (.*)$/m.exec(rustc("-vV"));
  return [
    ...readdirSync(crates).map((registry) => [join(crates, registry), "crates"]),
    // Where the library's sources are installed, rustc prefers them to the name it has for them otherwise.
    [join(rustc("--print", "sysroot").trim(), "lib/rustlib/src/rust"), `/rustc/${commit}`],
    [root, "trusthandoff"],
  ].map(([from, to]) => `--remap-path-prefix=${from}=${to}`);
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
    ...["run", "--quiet", "--locked", "--package", "trusthandoff-glue"],
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
