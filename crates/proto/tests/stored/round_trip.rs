//! What was written comes back as it was.

use ackord_proto::{entry, row};
use proptest::prelude::*;

use crate::arbitrary;

proptest! {
    #[test]
    fn an_entry_comes_back_as_it_was(entry in arbitrary::entry()) {
        prop_assert_eq!(entry::decode(entry::encode(&entry)), Ok(entry));
    }

    #[test]
    fn joined_commands_are_the_encoded_entry(entry in arbitrary::entry()) {
        let parts: Vec<_> = entry.commands.iter().map(entry::encode_command).collect();
        let joined = entry::join(entry.format, entry.at, &parts);
        prop_assert_eq!(joined, entry::encode(&entry));
    }

    #[test]
    fn a_row_comes_back_as_it_was((key, row) in arbitrary::keyed_row()) {
        prop_assert_eq!(row::decode(&key, &row::encode(&row)), Ok(row));
    }
}
