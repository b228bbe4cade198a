//! The shape of the source: which module may know which, what the core never touches, and the one
//! place that makes an ACCEPT.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// From the ground up. A module imports only from floors below its own.
const FLOORS: [&[&str]; 14] = [
    &["limits", "time", "encoding"],
    &["json"],
    &["crypto", "scan"],
    &["identity", "action"],
    &["grant", "statement"],
    &["packet", "capability", "attestation", "approval", "revocation"],
    &["registry", "chain", "replay"],
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
fn sources() -> Vec<(String, String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let sources: Vec<_> = files(&root)
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("a source file");
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            let code: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            let relative = path.strip_prefix(&root).expect("inside").with_extension("");
            let module = relative.components().next().expect("a name").as_os_str().to_str().expect("ASCII").to_owned();
            (module, relative.display().to_string(), code.join("\n"))
        })
        .collect();
    assert!(sources.len() > 20, "the source is where it was");
    sources
}

/// The modules that stand behind each `crate::` of the code.
fn imports(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with('$') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        let names: Vec<&str> = match rest.strip_prefix('{') {
            Some(list) => list
                .split('}')
                .next()
                .unwrap_or_default()
                .split(',')
                .map(|item| item.trim().split(':').next().unwrap_or_default())
                .collect(),
            None => vec![rest],
        };
        for name in names {
            let end = name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
            found.insert(name[..end].to_owned());
        }
    }
    found
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
    let code = "use crate::a;\nuse crate::{b, c::D, e};\nuse crate::f::{G, H};\nlet x = crate::i::J;\nfn k() -> $crate::l {}";
    assert_eq!(imports(code).into_iter().collect::<Vec<_>>(), ["a", "b", "c", "e", "f", "i"]);
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
