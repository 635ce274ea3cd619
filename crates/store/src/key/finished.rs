//! `Finished(team, position)`: a team's finished events, oldest first.

use ackord_core::id::TeamId;
use ackord_core::rows::Key;
use ackord_core::time::Position;

use super::KeyError;
use super::part::Part;

pub(super) fn write(out: &mut Vec<u8>, team: &TeamId, position: &Position) {
    team.write(out);
    position.write(out);
}

pub(super) fn read(input: &mut &[u8]) -> Result<Key, KeyError> {
    Ok(Key::Finished(Part::read(input)?, Part::read(input)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::key::check::{number, position, sorts_and_reads_back};

    fn keys() -> impl Strategy<Value = Key> {
        (number().prop_map(TeamId), position())
            .prop_map(|(team, position)| Key::Finished(team, position))
    }

    proptest! {
        #[test]
        fn keys_sort_and_read_back(a in keys(), b in keys()) {
            sorts_and_reads_back(&a, &b)?;
        }
    }
}
