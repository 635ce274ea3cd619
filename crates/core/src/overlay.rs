//! What a batch has written so far, over the rows that it began from.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::rows::{Change, Key, Row, RowError, Rows};

/// A row written by this batch.
#[derive(Debug)]
struct Slot {
    /// None: removed.
    row: Option<Row>,
    /// The rows beneath hold nothing under this key, so removing it again needs no write.
    born: bool,
}

/// The rows as the next command sees them.
pub(crate) struct Overlay<'a> {
    rows: &'a dyn Rows,
    slots: BTreeMap<Key, Slot>,
}

impl<'a> Overlay<'a> {
    pub(crate) fn new(rows: &'a dyn Rows) -> Self {
        Self {
            rows,
            slots: BTreeMap::new(),
        }
    }

    /// Writes a row, whether or not there was one.
    pub(crate) fn put(&mut self, key: Key, row: Row) {
        let born = self.slots.get(&key).is_some_and(|it| it.born);
        self.slots.insert(
            key,
            Slot {
                row: Some(row),
                born,
            },
        );
    }

    /// Writes a row under a key that the rows beneath do not hold. If this batch removes it
    /// again, nothing is written at all.
    pub(crate) fn put_new(&mut self, key: Key, row: Row) {
        let born = self.slots.get(&key).is_none_or(|it| it.born);
        self.slots.insert(
            key,
            Slot {
                row: Some(row),
                born,
            },
        );
    }

    pub(crate) fn delete(&mut self, key: Key) {
        if self.slots.get(&key).is_some_and(|it| it.born) {
            self.slots.remove(&key);
        } else {
            self.slots.insert(
                key,
                Slot {
                    row: None,
                    born: false,
                },
            );
        }
    }

    pub(crate) fn into_changes(self) -> Vec<Change> {
        let change = |(key, slot): (Key, Slot)| match slot.row {
            Some(row) => Change::Put(key, row),
            None => Change::Delete(key),
        };
        self.slots.into_iter().map(change).collect()
    }
}

impl Rows for Overlay<'_> {
    fn get(&self, key: &Key) -> Result<Option<Row>, RowError> {
        match self.slots.get(key) {
            Some(slot) => Ok(slot.row.clone()),
            None => self.rows.get(key),
        }
    }

    fn scan(&self, from: &Key, to: &Key, limit: usize) -> Result<Vec<(Key, Row)>, RowError> {
        let written: Vec<(&Key, &Slot)> = self.slots.range(from.clone()..to.clone()).collect();
        let removed = written
            .iter()
            .filter(|(_, slot)| slot.row.is_none())
            .count();
        // Each removed row may hide one beneath, so that many more are asked for.
        let beneath = self.rows.scan(from, to, limit + removed)?;
        Ok(merge(beneath, &written, limit))
    }
}

/// Merges two ordered lists; a written row hides the one beneath it.
fn merge(beneath: Vec<(Key, Row)>, written: &[(&Key, &Slot)], limit: usize) -> Vec<(Key, Row)> {
    let mut merged = Vec::new();
    let mut beneath = beneath.into_iter().peekable();
    let mut written = written.iter().peekable();
    while merged.len() < limit {
        let take_beneath = match (beneath.peek(), written.peek()) {
            (None, None) => break,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (Some((below, _)), Some((above, _))) => below < *above,
        };
        if take_beneath {
            merged.extend(beneath.next());
        } else if let Some((key, slot)) = written.next() {
            if beneath.peek().is_some_and(|(below, _)| below == *key) {
                beneath.next();
            }
            merged.extend(slot.row.clone().map(|row| ((*key).clone(), row)));
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::id::{EventId, QueueId};
    use crate::model::Class;
    use crate::time::Position;

    type Table = BTreeMap<Key, Row>;

    struct Beneath(Table);

    impl Rows for Beneath {
        fn get(&self, key: &Key) -> Result<Option<Row>, RowError> {
            Ok(self.0.get(key).cloned())
        }

        fn scan(&self, from: &Key, to: &Key, limit: usize) -> Result<Vec<(Key, Row)>, RowError> {
            let rows = self.0.range(from.clone()..to.clone()).take(limit);
            Ok(rows.map(|it| (it.0.clone(), it.1.clone())).collect())
        }
    }

    fn key(offset: u32) -> Key {
        Key::Fresh(QueueId(1), Class::Normal, Position { index: 1, offset })
    }

    fn row(value: u8) -> Row {
        Row::EventRef(EventId(value.into()))
    }

    /// Rows of a table of ten, and what is written over them.
    fn written() -> impl Strategy<Value = (Vec<u32>, Vec<(u32, Option<u8>)>)> {
        let change = (0..10u32, any::<Option<u8>>());
        (
            prop::collection::vec(0..10u32, 0..10),
            prop::collection::vec(change, 0..20),
        )
    }

    /// What is not there is not removed, and a row is new where there is none.
    fn write(overlay: &mut Overlay<'_>, model: &mut Table, at: u32, value: Option<u8>) {
        match (value, model.contains_key(&key(at))) {
            (None, false) => return,
            (None, true) => overlay.delete(key(at)),
            (Some(value), true) => overlay.put(key(at), row(value)),
            (Some(value), false) => overlay.put_new(key(at), row(value)),
        }
        match value {
            None => model.remove(&key(at)),
            Some(value) => model.insert(key(at), row(value)),
        };
    }

    proptest! {
        #[test]
        fn what_was_written_hides_what_is_beneath(
            (beneath, changes) in written(), from in 0..10u32, to in 0..11u32, limit in 0..12usize,
        ) {
            let beneath: Table = beneath.into_iter().map(|it| (key(it), row(255))).collect();
            let rows = Beneath(beneath.clone());
            let (mut overlay, mut model) = (Overlay::new(&rows), beneath.clone());
            for (at, value) in changes {
                write(&mut overlay, &mut model, at, value);
            }
            for at in 0..10 {
                prop_assert_eq!(overlay.get(&key(at)).expect("read"), model.get(&key(at)).cloned());
            }
            let to = to.max(from);
            let wanted = model.range(key(from)..key(to)).take(limit);
            let wanted: Vec<_> = wanted.map(|it| (it.0.clone(), it.1.clone())).collect();
            prop_assert_eq!(overlay.scan(&key(from), &key(to), limit).expect("read"), wanted);

            // Committed, the changes make the rows what the batch has seen.
            let mut after = beneath.clone();
            for change in overlay.into_changes() {
                match change {
                    Change::Put(key, row) => drop(after.insert(key, row)),
                    Change::Delete(key) => {
                        prop_assert!(after.remove(&key).is_some(), "nothing is under {key:?}");
                    }
                }
            }
            prop_assert_eq!(after, model);
        }
    }

    #[test]
    fn what_is_born_and_gone_within_a_batch_is_not_written() {
        let rows = Beneath(Table::new());
        let mut overlay = Overlay::new(&rows);
        overlay.put_new(key(1), row(1));
        overlay.put(key(1), row(2));
        overlay.delete(key(1));
        assert_eq!(overlay.into_changes(), []);
    }
}
