//! What the tests and the fuzz targets of the protocol share.
//!
//! - [`cast`]: identities that are the same in every run, the registry that knows them, a clock that stands;
//!   packets, capabilities and approvals in their names.
//! - [`driver`]: a gate run to its end over the answers of a host.
//! - [`fault`]: one answer of that host replaced.
//! - [`vectors`]: the attack vectors of the repository, and the receiver they are handed to.
//! - [`spec`]: the tables of the specification.
//! - [`fuzz`]: the laws that fuzzing tries to break, as functions of bytes.

pub mod cast;
pub mod driver;
pub mod fault;
pub mod fuzz;
pub mod spec;
pub mod vectors;

pub use cast::{RESEARCHER, REVIEWED, at, envelope, gate_with_every_host, issuer, packet, planner};
pub use driver::{End, code, drive, name, right, run};
