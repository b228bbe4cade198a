//! What the tests share is the testkit's.

#![allow(unused_imports)]

pub(crate) use trusthandoff_testkit::spec::documented_checks;
pub(crate) use trusthandoff_testkit::{
    RESEARCHER, REVIEWED, at, code, drive, envelope, gate_with_every_host, issuer, name, packet, planner, right,
};
