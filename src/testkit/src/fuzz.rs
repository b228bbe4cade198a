//! The laws that fuzzing tries to break, as functions of bytes. Each returns for every input and panics only where its law
//! is broken, so that the fuzz targets (`fuzz/`) and the replay of their corpora in `cargo test` run the same code.

pub mod action;
mod edit;
pub mod gate;
pub mod parser;

/// A law on bytes.
pub type Law = fn(&[u8]);

/// Each target by its name, which is that of its corpus too.
pub const TARGETS: [(&str, Law); 3] = [("action", action::law), ("gate", gate::law), ("parser", parser::law)];
