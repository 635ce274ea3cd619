//! `Approval(team, approval)`: what a team's sessions asked to be allowed, by number.

use ackord_core::id::{ApprovalId, TeamId};
use ackord_core::rows::Key;

use super::KeyError;
use super::part::Part;

pub(super) fn write(out: &mut Vec<u8>, team: &TeamId, approval: &ApprovalId) {
    team.write(out);
    approval.write(out);
}

pub(super) fn read(input: &mut &[u8]) -> Result<Key, KeyError> {
    Ok(Key::Approval(Part::read(input)?, Part::read(input)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::key::check::{number, sorts_and_reads_back};

    fn keys() -> impl Strategy<Value = Key> {
        (number().prop_map(TeamId), number().prop_map(ApprovalId))
            .prop_map(|(team, approval)| Key::Approval(team, approval))
    }

    proptest! {
        #[test]
        fn keys_sort_and_read_back(a in keys(), b in keys()) {
            sorts_and_reads_back(&a, &b)?;
        }
    }
}
