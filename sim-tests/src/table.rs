//! Rows in a map: what a judge reads, and what the log is replayed into.

use std::collections::BTreeMap;

use ackord_core::id::{
    ApprovalId, CronId, EventId, JobId, NodeId, QueueId, SessionId, SourceId, TeamId, TokenId,
};
use ackord_core::model::{Class, DedupKey, DueKind, Event, Queue, Session, Watched};
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

    /// Keys under which the other one has something else, or nothing.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<Key> {
        let mut keys: Vec<&Key> = self.rows.keys().chain(other.rows.keys()).collect();
        keys.sort();
        keys.dedup();
        let differs = |it: &&&Key| self.rows.get(it) != other.rows.get(it);
        keys.iter()
            .filter(differs)
            .map(|it| (*it).clone())
            .collect()
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
fn tables() -> [(Key, Key); 24] {
    let (team, all_teams) = (TeamId(0), TeamId(u64::MAX));
    let (queue, all_queues) = (QueueId(0), QueueId(u64::MAX));
    let (event, position) = (EventId(0), Position::default());
    let (source, all_sources) = (SourceId(0), SourceId(u64::MAX));
    let (cron, approval) = (CronId(0), ApprovalId(0));
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
        (Key::Source(source), Key::Source(all_sources)),
        (Key::Holding(source), Key::Holding(all_sources)),
        (
            Key::Held(source, position),
            Key::Held(all_sources, position),
        ),
        (Key::Ledger(team, event), Key::Ledger(all_teams, event)),
        (Key::Cron(team, cron), Key::Cron(all_teams, cron)),
        (
            Key::CronInstruction(team, cron),
            Key::CronInstruction(all_teams, cron),
        ),
        (
            Key::Approval(team, approval),
            Key::Approval(all_teams, approval),
        ),
        (
            Key::Watch(Watched::Cron(cron)),
            Key::Watch(Watched::Source(all_sources)),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A new kind of row does not compile until it is here, and among the [`tables`].
    fn is_known(key: &Key) -> bool {
        match key {
            Key::Meta
            | Key::Node(_)
            | Key::Team(_)
            | Key::Token(_)
            | Key::Queue(_)
            | Key::Session(_)
            | Key::Job(_)
            | Key::Event(..)
            | Key::Content(..)
            | Key::Dedup(..)
            | Key::Lane(..)
            | Key::LaneWaiting(..)
            | Key::Fresh(..)
            | Key::Returned(..)
            | Key::Due(..)
            | Key::Dead(..)
            | Key::Finished(..)
            | Key::Source(_)
            | Key::Holding(_)
            | Key::Held(..)
            | Key::Cron(..)
            | Key::CronInstruction(..)
            | Key::Approval(..)
            | Key::Watch(..)
            | Key::Ledger(..) => true,
        }
    }

    #[test]
    fn every_table_is_read() {
        assert!(
            tables()
                .iter()
                .all(|(from, to)| is_known(from) && is_known(to))
        );
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
            (Key::Source(SourceId(7)), Row::Due),
            (Key::Held(SourceId(7), Position::default()), Row::Due),
            (Key::CronInstruction(TeamId(7), CronId(1)), Row::Due),
        ];
        let table: Table = rows.into_iter().collect();
        assert_eq!(Table::read(&table), Ok(table.clone()));
        assert!(tables().iter().all(|(from, to)| from < to));
        assert!(tables().is_sorted());
    }
}
