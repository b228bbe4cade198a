//! `cargo xtask vocabulary` writes the tables that other languages and the specification hold of the core's codes,
//! events and limits. With `--check` it writes nothing and fails where what is written differs.

mod vocabulary;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask vocabulary [--check]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["vocabulary"] => write(&repository()),
        ["vocabulary", "--check"] => check(&repository()),
        _ => Err(USAGE.to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn write(root: &Path) -> Result<(), String> {
    for (path, text) in vocabulary::stale(root)? {
        std::fs::write(root.join(path), text).map_err(|error| format!("{path} cannot be written: {error}"))?;
        println!("{path}");
    }
    Ok(())
}

fn check(root: &Path) -> Result<(), String> {
    let stale: Vec<&str> = vocabulary::stale(root)?.into_iter().map(|(path, _)| path).collect();
    if stale.is_empty() { Ok(()) } else { Err(format!("{} differ from the core: run `cargo xtask vocabulary`", stale.join(", "))) }
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_other_languages_know_is_what_the_core_says() {
        assert_eq!(super::check(&super::repository()), Ok(()));
    }
}
