//! Rows in a map: what a judge reads, and what the log is replayed into.

use std::collections::BTreeMap;

use ackord_core::id::{EventId, JobId, NodeId, QueueId, SessionId, TeamId, TokenId};
use ackord_core::model::{Class, DedupKey, DueKind, Event, Queue, Session};
use ackord_core::rows::{Change, Key, Row, RowError, Rows};
use ackord_core::text::OrderingKey;
use ackord_core::time::{Position, Timestamp};

/// All rows of a node.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    rows: BTreeMap<Key, Row>,
}

impl Table {
    /// Reads all rows there are.
    ///
    /// # Errors
    /// A row cannot be read.
    pub fn read(rows: &dyn Rows) -> Result<Self, RowError> {
        let meta = rows.get(&Key::Meta)?.map(|row| (Key::Meta, row));
        let mut table: Self = meta.into_iter().collect();
        for (from, to) in tables() {
            table.rows.extend(rows.scan(&from, &to, usize::MAX)?);
        }
        Ok(table)
    }

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

/// Each table of more than one row: its least key, and one behind all that are in use.
fn tables() -> [(Key, Key); 16] {
    let (team, all_teams) = (TeamId(0), TeamId(u64::MAX));
    let (queue, all_queues) = (QueueId(0), QueueId(u64::MAX));
    let (event, position) = (EventId(0), Position::default());
    let least = || OrderingKey::new(" ").expect("a space is allowed");
    let due = |at| Key::Due(Timestamp(at), team, event, DueKind::Wake);
    let run = |key: fn(QueueId, Class, Position) -> Key| {
        let class = Class::Interrupt;
        (
            key(queue, class, position),
            key(all_queues, class, position),
        )
    };
    [
        (Key::Node(NodeId(0)), Key::Node(NodeId(u64::MAX))),
        (Key::Team(team), Key::Team(all_teams)),
        (Key::Token(TokenId(0)), Key::Token(TokenId(u64::MAX))),
        (Key::Queue(queue), Key::Queue(all_queues)),
        (
            Key::Session(SessionId(0)),
            Key::Session(SessionId(u64::MAX)),
        ),
        (Key::Job(JobId(0)), Key::Job(JobId(u64::MAX))),
        (Key::Event(team, event), Key::Event(all_teams, event)),
        (Key::Content(team, event), Key::Content(all_teams, event)),
        (
            Key::Dedup(team, DedupKey(0)),
            Key::Dedup(all_teams, DedupKey(0)),
        ),
        (Key::Lane(queue, least()), Key::Lane(all_queues, least())),
        (
            Key::LaneWaiting(queue, least(), position),
            Key::LaneWaiting(all_queues, least(), position),
        ),
        run(Key::Fresh),
        run(Key::Returned),
        (due(0), due(u64::MAX)),
        (Key::Dead(team, position), Key::Dead(all_teams, position)),
        (
            Key::Finished(team, position),
            Key::Finished(all_teams, position),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_read() {
        let rows = [
            (Key::Meta, Row::Due),
            (
                Key::Fresh(QueueId(7), Class::Normal, Position::default()),
                Row::Due,
            ),
            (
                Key::Lane(QueueId(7), OrderingKey::new("ä").expect("valid")),
                Row::Due,
            ),
            (
                Key::Due(Timestamp(7), TeamId(1), EventId(1), DueKind::Expire),
                Row::Due,
            ),
            (Key::Dedup(TeamId(7), DedupKey(u128::MAX)), Row::Due),
        ];
        let table: Table = rows.into_iter().collect();
        assert_eq!(Table::read(&table), Ok(table.clone()));
        assert!(tables().iter().all(|(from, to)| from < to));
        assert!(tables().is_sorted());
    }
}
