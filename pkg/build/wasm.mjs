/** Rust to `target/package/`: the optimised wasm modules and the text of the JavaScript glue of each. */
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { pkg, root, run, step } from "./run.mjs";

const TRIPLE = "wasm32-unknown-unknown";
// What rustc emits for this target by default, which every runtime of the last years executes.
const FEATURES = [
  ...["--enable-bulk-memory", "--enable-bulk-memory-opt", "--enable-multivalue", "--enable-mutable-globals"],
  ...["--enable-nontrapping-float-to-int", "--enable-reference-types", "--enable-sign-ext"],
];

// Hashing is a small part of a verification, and its loops unrolled would be a fiftieth of the module.
const SMALL_HASHES = '--cfg=sha2_backend_soft="compact"';

/**
 * What only auditors need is a module of its own, and faster: it reads gigabytes and hashes each line twice. It uses vector
 * instructions, which came to runtimes by 2021 and to the last browser in 2023.
 */
const CORE = { name: "core", crate: "trusthandoff-wasm", out: join(root, "target/package"), profile: [], rustflags: [SMALL_HASHES], features: FEATURES, inlining: [] };
const AUDIT = {
  name: "audit",
  crate: "trusthandoff-audit",
  out: join(root, "target/package/audit"),
  profile: ["trusthandoff", "trusthandoff-audit"].flatMap((crate) => ["--config", `profile.release.package.${crate}.opt-level="s"`]),
  rustflags: ["-Ctarget-feature=+simd128"],
  features: [...FEATURES, "--enable-simd"],
  // What every line passes through and what is rarely needed stay apart, as they are in the source: an engine is slow until it
  // has optimised a function, and over one of thirty kilobytes it sits for as long as fifty megabytes of log take.
  inlining: ["--one-caller-inline-max-function-size=20"],
};

/** Builds what changed and returns of each module `{ name, wasm, sha256, glue }`: bytes, hex digest, source text. */
export function buildWasm() {
  run("cargo", ["fetch", "--quiet", "--locked", "--target", TRIPLE]);
  return { core: built(CORE), audit: built(AUDIT) };
}

function built(module) {
  const raw = compile(module);
  const [wasm, glue] = optimised(raw, module);
  const sha256 = createHash("sha256").update(wasm).digest("hex");
  return { name: module.name, wasm, sha256, glue };
}

/**
 * With the standard library built for size, and without the texts of panics, which nobody can read in a wasm: a tenth less
 * to download. Stable compilers take the flags for it only when they are told so; where that fails, the library as it is
 * installed does.
 */
function compile(module) {
  step(`compiling ${module.name}.wasm (cargo; some minutes the first time)`);
  if (!compiledForSize(module)) {
    step("not built for size, which needs rust-src: with the standard library as installed the module is a tenth larger");
    run("cargo", cargoBuild(module, pathRemaps()));
  }
  return join(root, "target", TRIPLE, "release", `${module.crate.replace("-", "_")}.wasm`);
}

function compiledForSize(module) {
  const env = { ...process.env, RUSTC_BOOTSTRAP: "1" };
  const std = "-Zbuild-std=std,panic_abort";
  // A step up from the rest: every string passes through both, and it costs next to nothing.
  const inner = ["alloc", "core"].flatMap((crate) => ["--config", `profile.release.package.${crate}.opt-level="s"`]);
  // Silent: what is wrong with our own sources, the build that follows a failure tells.
  const works = (...args) => spawnSync("cargo", args, { cwd: root, env, stdio: "ignore" }).status === 0;
  return (
    existsSync(join(sysroot(), "lib/rustlib/src/rust/library/std")) &&
    works("fetch", "--quiet", "--locked", std, "--target", TRIPLE) &&
    works(...cargoBuild(module, [...pathRemaps(), "-Cpanic=immediate-abort", "-Zunstable-options"]), ...inner, std, "-Zbuild-std-features=optimize_for_size")
  );
}

function cargoBuild({ crate, profile, rustflags }, general) {
  return [
    ...["build", "--quiet", "--release", "--locked", "--package", crate, "--target", TRIPLE, ...profile],
    // Stripped later, by wasm-opt: the generator reads the target features from a section that strip removes.
    ...["--config", "profile.release.strip=false"],
    ...["--config", `target.${TRIPLE}.rustflags=${JSON.stringify([...general, ...rustflags])}`],
  ];
}

/** The module may hold source paths. Remapped, it is the same wherever it was built. */
function pathRemaps() {
  const crates = join(process.env.CARGO_HOME ?? join(homedir(), ".cargo"), "registry/src");
  const [, commit] = /^commit-hash: (.*)$/m.exec(rustc("-vV"));
  return [
    ...readdirSync(crates).map((registry) => [join(crates, registry), "crates"]),
    // Where the library's sources are installed, rustc prefers them to the name it has for them otherwise.
    [join(sysroot(), "lib/rustlib/src/rust"), `/rustc/${commit}`],
    [root, "trusthandoff"],
  ].map(([from, to]) => `--remap-path-prefix=${from}=${to}`);
}

function sysroot() {
  return rustc("--print", "sysroot").trim();
}

function rustc(...args) {
  return execFileSync("rustc", args, { encoding: "utf8", cwd: root });
}

/** Glue and optimisation take seconds: done only when the compiled module is another one than last time. */
function optimised(raw, { name, out, features, inlining }) {
  const stamp = join(out, "stamp");
  const files = [join(out, `${name}.wasm`), join(out, "core_bg.js")];
  const key = createHash("sha256").update(readFileSync(raw)).update(readFileSync(new URL(import.meta.url))).digest("hex");
  if (!files.every(existsSync) || !existsSync(stamp) || readFileSync(stamp, "utf8") !== key) {
    mkdirSync(out, { recursive: true });
    writeFileSync(stamp, "");
    generateGlue(raw, out);
    optimise(join(out, "core_bg.wasm"), files[0], features, inlining);
    writeFileSync(stamp, key);
  }
  return [readFileSync(files[0]), readFileSync(files[1], "utf8")];
}

function generateGlue(raw, out) {
  step("generating the JavaScript glue");
  run("cargo", [
    ...["run", "--quiet", "--locked", "--package", "trusthandoff-glue"],
    // A tool that runs for a second is not worth minutes of optimising it.
    ...["--profile", "glue", "--config", 'profile.glue.inherits="dev"', "--config", "profile.glue.debug=false"],
    ...["--config", "profile.glue.package.'*'.opt-level=0"],
    ...["--", raw, out],
  ]);
}

function optimise(from, to, features, inlining) {
  step("optimising the wasm");
  run(process.execPath, [
    join(pkg, "node_modules/binaryen/bin/wasm-opt"),
    // Rust puts the stack where memory begins and lets it grow down: nothing else is ever in the first kilobyte.
    // Functions called from several places are inlined by rustc where that pays.
    ...["--low-memory-unused", "-O3", "--converge", "--flexible-inline-max-function-size=0", ...inlining, "--strip-debug", "--strip-producers", "--strip-target-features", ...features],
    ...[from, "-o", to],
  ]);
}
