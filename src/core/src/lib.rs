//! wip
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]
pub mod crypto;
pub mod encoding;
pub mod grant;
pub mod identity;
pub mod json;
pub mod limits;
pub mod packet;
pub mod time;
