//! What the tests of the machine share: rows in memory, and a machine on top of them.
#![allow(dead_code, reason = "each test takes its part")]

pub(crate) mod choices;
pub(crate) mod closed_loop;
pub(crate) mod faults;
pub(crate) mod machine;
pub(crate) mod rows;
pub(crate) mod script;
pub(crate) mod twins;
