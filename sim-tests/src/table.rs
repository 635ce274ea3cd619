//! Rows in a map: what a judge reads, and what the log is replayed into.

use std::collections::BTreeMap;

use ackord_core::id::{EventId, QueueId, SessionId};
use ackord_core::model::{Event, Queue, Session};
use ackord_core::rows::{Change, Key, Row, RowError, Rows};

/// All rows of a node.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    rows: BTreeMap<Key, Row>,
}

impl Table {
    /// Writes what a batch has changed.
    pub fn commit(&mut self, changes: Vec<Change>) {
        for change in changes {
            match change {
                Change::Put(key, row) => drop(self.rows.insert(key, row)),
                Change::Delete(key) => drop(self.rows.remove(&key)),
            }
        }
    }

    /// All rows, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Row)> {
        self.rows.iter()
    }

    /// All events.
    pub fn events(&self) -> impl Iterator<Item = &Event> {
        self.rows.values().filter_map(|row| match row {
            Row::Event(event) => Some(&**event),
            _ => None,
        })
    }

    /// The event of this id.
    #[must_use]
    pub fn event(&self, id: EventId) -> Option<&Event> {
        self.events().find(|it| it.id == id)
    }

    /// The queue of this id.
    #[must_use]
    pub fn queue(&self, id: QueueId) -> Option<&Queue> {
        match self.rows.get(&Key::Queue(id)) {
            Some(Row::Queue(queue)) => Some(queue),
            _ => None,
        }
    }

    /// The session of this id.
    #[must_use]
    pub fn session(&self, id: SessionId) -> Option<&Session> {
        match self.rows.get(&Key::Session(id)) {
            Some(Row::Session(session)) => Some(session),
            _ => None,
        }
    }
}

impl FromIterator<(Key, Row)> for Table {
    fn from_iter<T: IntoIterator<Item = (Key, Row)>>(rows: T) -> Self {
        Self {
            rows: rows.into_iter().collect(),
        }
    }
}

impl Rows for Table {
    fn get(&self, key: &Key) -> Result<Option<Row>, RowError> {
        Ok(self.rows.get(key).cloned())
    }

    fn scan(&self, from: &Key, to: &Key, limit: usize) -> Result<Vec<(Key, Row)>, RowError> {
        if from >= to {
            return Ok(Vec::new());
        }
        let range = self.rows.range(from.clone()..to.clone());
        Ok(range
            .take(limit)
            .map(|(key, row)| (key.clone(), row.clone()))
            .collect())
    }
}
