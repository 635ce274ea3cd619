//! Any bytes as commands: no panic, no broken invariant, and machines that must not differ do not.
//! The same entry as the test `any_bytes`.
#![no_main]

/// What the tests of the core share, without the parts that draw their own steps.
#[path = "../../tests/support"]
#[allow(dead_code, reason = "each user takes its part")]
mod support {
    pub(crate) mod choices;
    pub(crate) mod machine;
    pub(crate) mod rows;
    pub(crate) mod twins;
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| support::choices::run(bytes));
