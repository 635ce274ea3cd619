//! Whatever is in the log, the machine neither panics nor breaks an invariant. The same function
//! is run by the fuzzer, see `fuzz/README.md`.

mod support;

use proptest::prelude::*;

proptest! {
    #[test]
    fn any_bytes_are_commands(bytes in proptest::collection::vec(any::<u8>(), 0..4000)) {
        support::choices::run(&bytes);
    }
}
