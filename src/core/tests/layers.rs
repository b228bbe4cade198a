//! The shape of the source: which module may know which, what the core never touches, and the one
//! place that makes an ACCEPT.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// From the ground up. A module imports only from floors below its own.
const FLOORS: [&[&str]; 15] = [
    &["limits", "time", "encoding"],
    &["work"],
    &["json"],
    &["crypto", "scan"],
    &["identity", "action"],
    &["grant", "statement"],
    &["packet", "capability", "attestation", "approval", "revocation"],
    &["registry", "chain", "replay", "review"],
    &["decision"],
    &["checks", "event"],
    &["inspect"],
    &["gate", "lines"],
    &["log"],
    &["sentinel"],
    &["lib"],
];

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Module (submodules belong to theirs), path, and the code: neither comments nor tests.
fn sources_of(root: &Path) -> Vec<(String, String, String)> {
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("a source file");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let code: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let relative = path.strip_prefix(root).expect("inside").with_extension("");
        let module = relative.components().next().expect("a name").as_os_str().to_str().expect("ASCII").to_owned();
        (module, relative.display().to_string(), code.join("\n"))
    };
    files(root).into_iter().map(read).collect()
}

fn sources() -> Vec<(String, String, String)> {
    let sources = sources_of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert!(sources.len() > 20, "the source is where it was");
    sources
}

/// The first step of each path behind `prefix`, of lists each item's.
fn steps(code: &str, prefix: &str) -> BTreeSet<String> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices(prefix) {
        // `$crate::`, and what is in the middle of a path.
        if code[..at].ends_with(|c: char| c == '$' || c == ':' || is_word(c)) {
            continue;
        }
        let mut depth = 0;
        let mut is_start = true;
        let mut name = String::new();
        for c in code[at + prefix.len()..].chars() {
            match c {
                _ if is_word(c) && is_start => name.push(c),
                '{' => depth += 1,
                '}' => depth -= 1,
                ' ' | '\n' if name.is_empty() => {}
                _ => is_start = false,
            }
            if depth <= 1 && matches!(c, ',' | '}') {
                is_start = true;
                found.extend(Some(core::mem::take(&mut name)).filter(|name| !name.is_empty()));
            }
            if depth == 0 && !is_word(c) {
                break;
            }
        }
        found.extend(Some(name).filter(|name| !name.is_empty()));
    }
    found
}

/// The modules that stand behind each `crate::` of the code.
fn imports(code: &str) -> BTreeSet<String> {
    steps(code, "crate::")
}

#[test]
fn no_module_knows_one_of_its_own_floor_or_above() {
    let floors: BTreeMap<&str, usize> =
        FLOORS.iter().enumerate().flat_map(|(floor, names)| names.iter().map(move |name| (*name, floor))).collect();
    let mut wrong = Vec::new();
    let mut arrows = 0;
    for (module, path, code) in sources() {
        let own = *floors.get(module.as_str()).unwrap_or_else(|| panic!("`{module}` stands on no floor; give it one"));
        for import in imports(&code).into_iter().filter(|import| *import != module) {
            arrows += 1;
            match floors.get(import.as_str()) {
                Some(floor) if *floor < own => {}
                _ => wrong.push(format!("{path} imports `{import}`")),
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that run up or sideways: {wrong:#?}");
    assert!(arrows > 50, "the imports were read: {arrows}");
}

#[test]
fn what_reads_imports_sees_every_spelling_of_them() {
    let code = "use crate::a;\nuse crate::{b, c::D, e};\nuse crate::f::{G, H};\nuse crate::{m::{N, O}, p};\nlet x = crate::i::J;\nfn k() -> $crate::l {}";
    assert_eq!(imports(code).into_iter().collect::<Vec<_>>(), ["a", "b", "c", "e", "f", "i", "m", "p"]);
}

#[test]
fn the_core_has_no_clock_no_randomness_and_no_io() {
    let forbidden = [
        "std::time",
        "SystemTime",
        "Instant",
        "rand::",
        "getrandom",
        "thread_rng",
        "OsRng",
        "std::fs",
        "std::net",
        "std::io",
        "std::env",
        "std::process",
        "std::thread",
        "println",
        "eprint",
        "print!",
        "dbg!",
        "unsafe ",
        "js_sys",
        "wasm_bindgen",
        "todo!",
        "unimplemented!",
    ];
    for (_, path, code) in sources() {
        for word in forbidden {
            assert!(!code.contains(word), "{path} mentions `{word}`");
        }
        if path == "lib" {
            assert!(code.contains("#![forbid(unsafe_code)]"));
        }
    }
}

#[test]
fn an_acceptance_is_made_at_exactly_one_place() {
    let mut calls = Vec::new();
    let mut makers = Vec::new();
    let mut literals = Vec::new();
    for (_, path, code) in sources() {
        calls.extend(std::iter::repeat_n(path.clone(), code.matches("Decision::accept(").count()));
        makers.extend(std::iter::repeat_n(path.clone(), code.matches("outcome: Ok(").count()));
        literals.extend(std::iter::repeat_n(path.clone(), code.matches("\"ACCEPT\"").count()));
        // Only the module of decisions can write its private fields, so no other can build one.
        assert!(path == "decision" || !code.contains("Decision {"), "{path}");
    }
    assert_eq!(calls, ["gate"]);
    assert_eq!(makers, ["decision"]);
    assert_eq!(literals, ["decision"]);

    let (_, _, gate) = sources().into_iter().find(|(_, path, _)| path == "gate").expect("the gate");
    // The one flow that ends in it is made once, after the nonce has been taken.
    assert_eq!(gate.matches("Flow::Accept(").count(), 2, "once made and once consumed");
    let replay = gate.find("fn replay(").expect("the last stage");
    let made = gate.rfind("Ok(Flow::Accept(").expect("the acceptance");
    let end = replay + gate[replay..].find("\n    }\n").expect("its end");
    assert!(replay < made && made < end, "the acceptance is the end of the last stage");
}

/// Of the files of one folder, which knows which. A file speaks for the folder of its own name; what the file above
/// passes on from one of them is that one's.
fn arrows(sources: &[(String, String)], above: &str) -> BTreeMap<String, BTreeSet<String>> {
    let under = if above.is_empty() { String::new() } else { format!("{above}/") };
    let inside =
        |path: &str| path.strip_prefix(&under).filter(|rest| *rest != "lib").map(|rest| rest.split('/').next().unwrap().to_owned());
    let names: BTreeSet<String> = sources.iter().filter_map(|(path, _)| inside(path)).collect();
    let parent = sources.iter().find(|(path, _)| path == if above.is_empty() { "lib" } else { above }).map_or("", |(_, code)| code);
    let passed_on = |name: &str| names.iter().find(|file| steps(parent, &format!("{file}::")).contains(name)).cloned();
    let mut arrows: BTreeMap<String, BTreeSet<String>> = names.iter().map(|name| (name.clone(), BTreeSet::new())).collect();
    for (path, code) in sources {
        let Some(file) = inside(path) else { continue };
        let own = format!("crate::{}", under.replace('/', "::"));
        let up = "super::".repeat(path[under.len()..].split('/').count());
        let known = steps(code, &own).into_iter().chain(if above.is_empty() { BTreeSet::new() } else { steps(code, &up) });
        let known = known.filter_map(|name| if names.contains(&name) { Some(name) } else { passed_on(&name) });
        arrows.entry(file.clone()).or_default().extend(known.filter(|name| *name != file));
    }
    arrows
}

/// What is left where no file that knows none of the others, or that none of them knows, is taken away any more.
fn cycles(mut arrows: BTreeMap<String, BTreeSet<String>>) -> BTreeMap<String, BTreeSet<String>> {
    loop {
        let is_end = |name: &String, to: &BTreeSet<String>| {
            !to.iter().any(|other| arrows.contains_key(other)) || !arrows.values().any(|to| to.contains(name))
        };
        let Some(end) = arrows.iter().find(|(name, to)| is_end(name, to)).map(|(name, _)| name.clone()) else { return arrows };
        arrows.remove(&end);
    }
}

#[test]
fn no_files_of_one_folder_know_each_other_in_a_circle() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for name in ["core", "wasm", "audit", "testkit"] {
        let sources: Vec<(String, String)> =
            sources_of(&source.join(name).join("src")).into_iter().map(|(_, path, code)| (path, code)).collect();
        let mut folders: BTreeSet<&str> = sources.iter().filter_map(|(path, _)| path.rsplit_once('/').map(|(folder, _)| folder)).collect();
        folders.insert("");
        for folder in folders {
            let found = cycles(arrows(&sources, folder));
            assert!(found.is_empty(), "src/{name}/src/{folder}: {found:#?}");
        }
    }
}

#[test]
fn a_circle_is_seen_in_every_spelling() {
    let circle = |one: &str, other: &str| {
        let files = [("a", "mod b;\nmod c;\npub use c::{C, D};"), ("a/b", one), ("a/c", "fn c() {}"), ("a/c/d", other)];
        let files: Vec<(String, String)> = files.map(|(path, code)| (path.to_owned(), code.to_owned())).into();
        !cycles(arrows(&files, "a")).is_empty()
    };
    for one in ["use super::c::X;", "use crate::a::c::X;", "use crate::a::{E, c::{X}};", "use super::{E, D};", "let x = super::C::new();"] {
        for other in ["use super::super::b::Y;", "use crate::a::b;", "let y = crate::a::b::Y;"] {
            assert!(circle(one, other), "{one} {other}");
        }
        assert!(!circle(one, "use super::super::E;"), "{one}");
    }
}
