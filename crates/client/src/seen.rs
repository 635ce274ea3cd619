//! The log's greatest place that a client was told of: its reads ask for at least that, so that
//! they see its own writes on whichever node.

use std::sync::{Mutex, PoisonError};

use ackord_proto::v1::Position;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Seen(Mutex<Option<Position>>);

impl Seen {
    /// An answer has told this place.
    pub(crate) fn note(&self, told: Option<Position>) {
        let Some(told) = told else { return };
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_further = |it: &Position| it.group != told.group || place(it) < place(&told);
        if seen.as_ref().is_none_or(is_further) {
            *seen = Some(told);
        }
    }

    /// What a read must have seen, unless it says so itself.
    pub(crate) fn at_least(&self) -> Option<Position> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Places of a later epoch are later, whatever their index.
const fn place(it: &Position) -> (u64, u64) {
    (it.epoch, it.index)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(epoch: u64, index: u64) -> Option<Position> {
        Some(Position {
            epoch,
            group: 0,
            index,
        })
    }

    #[test]
    fn the_greatest_place_is_kept() {
        let seen = Seen::default();
        assert_eq!(seen.at_least(), None);
        for (told, kept) in [
            (at(0, 7), at(0, 7)),
            (at(0, 5), at(0, 7)),
            (None, at(0, 7)),
            (at(1, 2), at(1, 2)),
            (at(0, 9), at(1, 2)),
        ] {
            seen.note(told);
            assert_eq!(seen.at_least(), kept);
        }
    }
}
