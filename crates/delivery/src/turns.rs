//! Streams that wait for their turn, each once. Turns go round: who has had one waits for all
//! others, however soon it comes again.

use std::collections::BTreeSet;
use std::ops::Bound;

use crate::hub::StreamId;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    waiting: BTreeSet<StreamId>,
    /// Whose turn it was last.
    last: Option<StreamId>,
}

impl Turns {
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(crate) fn insert(&mut self, id: StreamId) {
        self.waiting.insert(id);
    }

    pub(crate) fn remove(&mut self, id: &StreamId) {
        self.waiting.remove(id);
    }

    /// Those whose turn it is, at most so many.
    pub(crate) fn take(&mut self, limit: usize) -> Vec<StreamId> {
        let behind = self.last.map_or(Bound::Unbounded, Bound::Excluded);
        let round = self.waiting.range((behind, Bound::Unbounded));
        let some: Vec<StreamId> = round
            .chain(self.waiting.iter())
            .take(limit.min(self.waiting.len()))
            .copied()
            .collect();
        some.iter().for_each(|it| self.remove(it));
        self.last = some.last().copied().or(self.last);
        some
    }
}

#[cfg(test)]
mod tests {
    use ackord_core::id::SessionId;

    use super::*;

    fn id(session: u64) -> StreamId {
        StreamId {
            session: SessionId(session),
            stream: 1,
        }
    }

    fn turns(sessions: &[u64]) -> Turns {
        let mut turns = Turns::default();
        sessions.iter().for_each(|it| turns.insert(id(*it)));
        turns
    }

    #[test]
    fn who_comes_again_at_once_waits_for_the_others() {
        let mut turns = turns(&[1, 2, 3, 4]);
        assert_eq!(turns.take(2), [id(1), id(2)]);
        turns.insert(id(1));
        turns.insert(id(2));
        assert_eq!(turns.take(3), [id(3), id(4), id(1)]);
        turns.insert(id(1));
        assert_eq!(turns.take(9), [id(2), id(1)]);
        assert!(turns.is_empty());
    }

    #[test]
    fn who_is_gone_has_no_turn() {
        let mut turns = turns(&[1, 2, 3]);
        turns.remove(&id(2));
        assert_eq!(turns.take(1), [id(1)]);
        turns.remove(&id(3));
        assert_eq!(turns.take(9), []);
    }
}
