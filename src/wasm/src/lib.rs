//! WebAssembly bindings of `trusthandoff`: conversion between JavaScript values and the core's
//! types, and nothing else. Every rule is the core's.
//!
//! What the caller did wrong is thrown as a plain object `{code, message, field}`; anything else
//! that is thrown is a trap, after which the instance must not be used any more.

// The names and their meaning for users are documented in the package's types.
// `pub` is what the binding generator exports.
#![allow(missing_docs, unreachable_pub, clippy::needless_pass_by_value)]

mod attestation;
mod authority;
mod capability;
mod convert;
mod error;
mod gate;
mod identity;
mod inspect;
mod packet;
mod registry;
mod report;
mod store;
