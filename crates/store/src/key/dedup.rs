//! `Dedup(team, key)`: a team's dedup keys. They are hashes: neighbours have nothing in common.

use ackord_core::id::TeamId;
use ackord_core::model::DedupKey;
use ackord_core::rows::Key;

use super::KeyError;
use super::part::Part;

pub(super) fn write(out: &mut Vec<u8>, team: &TeamId, key: &DedupKey) {
    team.write(out);
    key.write(out);
}

pub(super) fn read(input: &mut &[u8]) -> Result<Key, KeyError> {
    Ok(Key::Dedup(Part::read(input)?, Part::read(input)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::key::check::{dedup_key, number, sorts_and_reads_back};

    fn keys() -> impl Strategy<Value = Key> {
        (number().prop_map(TeamId), dedup_key()).prop_map(|(team, key)| Key::Dedup(team, key))
    }

    proptest! {
        #[test]
        fn keys_sort_and_read_back(a in keys(), b in keys()) {
            sorts_and_reads_back(&a, &b)?;
        }
    }
}
