//! Build tool: reads a compiled `trusthandoff-wasm` and writes its JavaScript glue.
//!
//! A workspace member over the generator's library, so that `Cargo.lock` keeps it at the same version as
//! `wasm-bindgen` itself; the two must agree to the byte.

use std::{env, process::ExitCode};

use wasm_bindgen_cli_support::Bindgen;

/// Takes the path of the wasm file and the directory to write into.
fn main() -> ExitCode {
    let mut args = env::args_os().skip(1);
    let (Some(input), Some(out), None) = (args.next(), args.next(), args.next()) else {
        eprintln!("usage: trusthandoff-glue INPUT.wasm OUT_DIR");
        return ExitCode::from(2);
    };
    match generate(&input, &out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("trusthandoff-glue: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The `bundler` target: the only one whose glue is separate from how the wasm is found and loaded.
fn generate(input: &std::ffi::OsStr, out: &std::ffi::OsStr) -> Result<(), Box<dyn std::error::Error>> {
    Bindgen::new().input_path(input).out_name("core").bundler(true)?.typescript(false).generate(out)?;
    Ok(())
}
