/**
 * `make notices`: THIRD-PARTY-NOTICES.txt, the licences of what is compiled into the modules or bundled into the playground, with the
 * texts of the packages themselves. `--check` writes nothing and fails where the file is another one.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fail, root, step } from "./run.mjs";

const FILE = join(root, "THIRD-PARTY-NOTICES.txt");
const MODULES = ["trusthandoff-wasm", "trusthandoff-audit"];
/** npm packages of which something reaches a reader's browser. The site's build refuses others. */
export const BUNDLED = ["uplot"];

/** Licences that ask for no more than their text, the preferred first; and the file that holds it where a package offers several. */
const ALLOWED = {
  MIT: /^LICENSE[-_.]MIT/i,
  "BSD-3-Clause": /^LICENSE[-_.]BSD/i,
  "BSL-1.0": /^LICENSE[-_.]BOOST/i,
  "Apache-2.0": /^LICENSE[-_.]APACHE/i,
  "Unicode-3.0": /^LICENSE[-_.]UNICODE/i,
};

const HEAD = `Third-party notices of trusthandoff

The WebAssembly modules of the package hold code of the Rust crates below and of Rust's standard library; the playground also
holds the npm packages at the end. Where a package offers a choice of licences, the one named here was chosen.
`;

/** The library comes with the compiler, without licence files of its own. */
const STANDARD_LIBRARY = `Rust's standard library (core, alloc, std and what they are built from: compiler_builtins, libm, dlmalloc,
hashbrown, cfg-if), MIT
https://github.com/rust-lang/rust

Copyright (c) The Rust Project Contributors
Copyright (c) 2014 Alex Crichton (dlmalloc, cfg-if)
Copyright (c) 2016 Amanieu d'Antras (hashbrown)
Copyright (c) 2018 Jorge Aparicio; Copyright (c) 2005-2020 Rich Felker, et al. (libm, after musl)

${readFileSync(join(root, "LICENSE"), "utf8").replace(/^[^]*?(?=Permission is)/, "")}`;

function notices() {
  const entries = [...crates().map(({ name, version, license, manifest_path: manifest }) => notice(name, version, license, dirname(manifest))), STANDARD_LIBRARY];
  const packages = BUNDLED.map((name) => {
    const folder = join(root, "www/node_modules", name);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return notice(name, version, license, folder);
  });
  return [HEAD, ...entries, ...packages].map((text) => `${text.trim()}\n`).join(`\n${"=".repeat(80)}\n\n`);
}

/** What is linked into the modules: normal dependencies on their target, without macros, which run in the compiler only. */
function crates() {
  const options = ["metadata", "--format-version", "1", "--locked", "--filter-platform", "wasm32-unknown-unknown"];
  const { packages, resolve } = JSON.parse(execFileSync("cargo", options, { cwd: root, encoding: "utf8", maxBuffer: 1 << 28 }));
  const byId = new Map(packages.map((each) => [each.id, each]));
  const nodes = new Map(resolve.nodes.map((node) => [node.id, node]));
  const found = new Set();
  const visit = (id) => {
    if (found.has(id) || byId.get(id).targets.some(({ kind }) => kind.includes("proc-macro"))) return;
    found.add(id);
    for (const { pkg, dep_kinds: kinds } of nodes.get(id).deps) if (kinds.some(({ kind }) => kind === null)) visit(pkg);
  };
  for (const { id, name } of packages) if (MODULES.includes(name)) visit(id);
  const linked = [...found].map((id) => byId.get(id)).filter(({ source }) => source !== null);
  return linked.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.version < b.version ? -1 : 1));
}

function notice(name, version, license, folder) {
  const chosen = choose(name, license);
  const files = readdirSync(folder).sort();
  const texts = chosen.map((id) => {
    const file = files.find((each) => ALLOWED[id].test(each)) ?? files.find((each) => /^(licen[cs]e|copying)(\.\w+)?$/i.test(each));
    if (file === undefined) throw new Error(`${name} ${version} holds no text of its licence ${id}`);
    return plain(join(folder, file));
  });
  if (files.includes("NOTICE")) texts.push(plain(join(folder, "NOTICE")));
  return [`${name} ${version}, ${chosen.join(" and ")}`, ...texts].join("\n\n");
}

function plain(path) {
  return readFileSync(path, "utf8").replaceAll("\r\n", "\n").replaceAll(/[ \t]+$/gm, "").trim();
}

/** The licences that are used of those in an SPDX expression: one of each choice in it. */
export function choose(name, license) {
  return (license ?? "").split(/ AND (?![^(]*\))/).map((part) => {
    const offered = part.replaceAll(/[()]/g, "").split(/ OR |\//);
    const chosen = Object.keys(ALLOWED).find((allowed) => offered.includes(allowed));
    if (chosen === undefined) throw new Error(`the licence of ${name}, \`${license}\`, is not one of ${Object.keys(ALLOWED).join(", ")}`);
    return chosen;
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const wanted = notices();
    if (!process.argv.includes("--check")) {
      writeFileSync(FILE, wanted);
      step("THIRD-PARTY-NOTICES.txt is written");
    } else if (!existsSync(FILE) || readFileSync(FILE, "utf8") !== wanted) fail("THIRD-PARTY-NOTICES.txt is not what the lock files say: run `make notices`");
  } catch (error) {
    fail(error.message);
  }
}
