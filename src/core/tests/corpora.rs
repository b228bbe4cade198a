//! What fuzzing has found worth keeping, run against the same laws without a fuzzer.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use trusthandoff_testkit::fuzz::{TARGETS, gate};

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

#[test]
fn every_input_of_the_corpora_keeps_the_law_of_its_target() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    let names: Vec<String> = files(&root).iter().map(|path| path.file_name().unwrap().display().to_string()).collect();
    assert_eq!(names, TARGETS.map(|(name, _)| name), "a target, its corpus and its law have one name");
    for (name, law) in TARGETS {
        let inputs = files(&root.join(name));
        assert!(inputs.len() > 50, "{name}: {} inputs", inputs.len());
        for path in inputs {
            let bytes = std::fs::read(&path).expect("an input");
            assert!(catch_unwind(|| law(&bytes)).is_ok(), "{}", path.display());
        }
    }
}

#[test]
fn every_attack_vector_as_it_stands_keeps_the_law_of_the_gate_at_its_time_and_when_it_is_over() {
    for scene in 0..1024 {
        for seconds in [0, 1_000, i16::MAX] {
            let outcome = catch_unwind(|| gate::law(&gate::untouched(scene, seconds)));
            assert!(outcome.is_ok(), "scene {scene}, {seconds} s later");
        }
    }
}
