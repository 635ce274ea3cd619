//! `Due(instant, team, event, kind)`: what wakes an event, of all teams, earliest first.

use ackord_core::id::{EventId, TeamId};
use ackord_core::model::DueKind;
use ackord_core::rows::Key;
use ackord_core::time::Timestamp;

use super::KeyError;
use super::part::Part;

pub(super) fn write(
    out: &mut Vec<u8>,
    at: &Timestamp,
    team: &TeamId,
    event: &EventId,
    kind: &DueKind,
) {
    at.write(out);
    team.write(out);
    event.write(out);
    kind.write(out);
}

pub(super) fn read(input: &mut &[u8]) -> Result<Key, KeyError> {
    Ok(Key::Due(
        Part::read(input)?,
        Part::read(input)?,
        Part::read(input)?,
        Part::read(input)?,
    ))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::key::check::{due_kind, event, number, sorts_and_reads_back};

    fn keys() -> impl Strategy<Value = Key> {
        (
            number().prop_map(Timestamp),
            number().prop_map(TeamId),
            event(),
            due_kind(),
        )
            .prop_map(|(at, team, event, kind)| Key::Due(at, team, event, kind))
    }

    proptest! {
        #[test]
        fn keys_sort_and_read_back(a in keys(), b in keys()) {
            sorts_and_reads_back(&a, &b)?;
        }
    }
}
