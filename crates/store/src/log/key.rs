//! Keys of the log: group, kind, index, big-endian, so that a group's entries lie together in the
//! order of their indexes.

use std::ops::Range;

use crate::group::Group;

const FIXED: u8 = 0;
const ENTRY: u8 = 1;
const LEN: usize = 4 + 1 + 8;

/// Records of which a group has one each. The numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fixed {
    Vote = 1,
    Purged = 2,
    Installing = 3,
}

pub(super) fn fixed(group: Group, which: Fixed) -> Vec<u8> {
    key(group, FIXED, which as u64)
}

pub(super) fn entry(group: Group, index: u64) -> Vec<u8> {
    key(group, ENTRY, index)
}

/// All entries that a group can have. The last index of all is left out; no log comes that far.
pub(super) fn entries(group: Group) -> Range<Vec<u8>> {
    entry(group, 0)..entry(group, u64::MAX)
}

/// The index in the key of an entry; none if it is not such a key.
pub(super) fn index_of(key: &[u8]) -> Option<u64> {
    let (head, index) = key.split_last_chunk::<8>()?;
    (head.len() == LEN - 8 && head[4] == ENTRY).then(|| u64::from_be_bytes(*index))
}

fn key(group: Group, kind: u8, number: u64) -> Vec<u8> {
    let mut key = Vec::with_capacity(LEN);
    key.extend_from_slice(&group.0.to_be_bytes());
    key.push(kind);
    key.extend_from_slice(&number.to_be_bytes());
    key
}

#[cfg(test)]
mod tests {
    use super::{Fixed, entry, fixed, index_of};
    use crate::group::Group;

    #[test]
    fn the_bytes_of_a_key_stay_as_they_are() {
        let group = Group(0x0102);
        assert_eq!(
            entry(group, 0x0304),
            [0, 0, 1, 2, 1, 0, 0, 0, 0, 0, 0, 3, 4]
        );
        assert_eq!(
            fixed(group, Fixed::Vote),
            [0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 1]
        );
        assert_eq!(
            fixed(group, Fixed::Purged),
            [0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 2]
        );
        assert_eq!(
            fixed(group, Fixed::Installing),
            [0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 3]
        );
    }

    #[test]
    fn only_an_entry_has_an_index() {
        assert_eq!(index_of(&entry(Group(7), 9)), Some(9));
        assert_eq!(index_of(&fixed(Group(7), Fixed::Vote)), None);
        assert_eq!(index_of(&entry(Group(7), 9)[1..]), None);
        assert_eq!(index_of(&[]), None);
    }
}
