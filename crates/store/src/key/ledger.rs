//! `Ledger(team, event)`: what a team's events have done outside, by id.

use ackord_core::id::{EventId, TeamId};
use ackord_core::rows::Key;

use super::KeyError;
use super::part::Part;

pub(super) fn write(out: &mut Vec<u8>, team: &TeamId, event: &EventId) {
    team.write(out);
    event.write(out);
}

pub(super) fn read(input: &mut &[u8]) -> Result<Key, KeyError> {
    Ok(Key::Ledger(Part::read(input)?, Part::read(input)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::key::check::{event, number, sorts_and_reads_back};

    fn keys() -> impl Strategy<Value = Key> {
        (number().prop_map(TeamId), event()).prop_map(|(team, event)| Key::Ledger(team, event))
    }

    proptest! {
        #[test]
        fn keys_sort_and_read_back(a in keys(), b in keys()) {
            sorts_and_reads_back(&a, &b)?;
        }
    }
}
