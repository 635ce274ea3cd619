//! Any bytes, read as commands, never make the machine panic or disagree with itself.

mod support;

use proptest::prelude::*;

proptest! {
    #[test]
    fn any_bytes_are_commands(bytes in proptest::collection::vec(any::<u8>(), 0..4000)) {
        support::choices::run(&bytes);
    }
}
