//! Laws, on thousands of generated inputs each.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod canonical;
mod encodings;
mod grants;
mod hosts;
mod narrowing;
mod proofs;
mod tampering;
mod totality;
mod values;

use trusthandoff_testkit as support;
