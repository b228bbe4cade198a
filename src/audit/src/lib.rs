//! WebAssembly bindings of what auditors need: event logs and Sentinel. A module of its own, so that a gate carries nothing
//! of it. They convert between JavaScript values and the core's types, and decide nothing.
//!
//! What the caller did wrong is thrown as a plain object `{code, message, field}`; anything else that is thrown is a trap,
//! after which the instance must not be used any more.

// The names and their meaning for users are documented in the package's types.
// `pub` is what the binding generator exports.
#![allow(missing_docs, unreachable_pub, clippy::needless_pass_by_value)]

mod checkpoint;
// The same conversions as in the other module, from one source; not all are of use here.
#[allow(dead_code)]
#[path = "../../wasm/src/convert.rs"]
mod convert;
#[allow(dead_code)]
#[path = "../../wasm/src/error.rs"]
mod error;
mod inspect;
mod lines;
mod log;
mod moment;
mod proof;
#[path = "../../wasm/src/report.rs"]
mod report;
mod sentinel;
mod writer;
