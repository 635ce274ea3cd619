//! Any bytes as what comes in: no panic, nothing taken without its secret, and what is kept routes the
//! same again. The same entry as the test `any_request`.
#![no_main]

#[path = "../../tests/support/mod.rs"]
mod support;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| support::run(bytes));
