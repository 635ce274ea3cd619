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
