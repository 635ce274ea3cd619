//! Planted bugs of the applier; see `ackord_core::planted`.

use std::sync::Arc;
use std::time::SystemTime;

use ackord_core::command::Entry;
use ackord_core::id::{EventId, TeamId};
use ackord_core::model::{DedupKey, EventState};
use ackord_core::planted::{Bug, is_planted};
use ackord_core::rows::{Change, Key, Row, Rows};
use ackord_core::time::Timestamp;
use ackord_store::RowStore;

/// What a bug remembers of a process.
pub(super) struct Planted {
    node: u64,
    /// Entries that it has applied.
    applied: u64,
}

impl Planted {
    pub(super) fn new(node: u64) -> Self {
        Self { node, applied: 0 }
    }

    /// The entry that this node takes for the one in the log.
    pub(super) fn entry(&mut self, entry: Arc<Entry>) -> Arc<Entry> {
        self.applied += 1;
        let mut entry = entry;
        if is_planted(Bug::LocalClock) {
            Arc::make_mut(&mut entry).at = clock();
        }
        if is_planted(Bug::OwnOrder) && self.node.is_multiple_of(2) {
            Arc::make_mut(&mut entry).commands.reverse();
        }
        // A first process replays nothing: the cluster is born with its first entries.
        if is_planted(Bug::RestartSkipsEntry) && self.applied == 1 && !is_birth(&entry) {
            Arc::make_mut(&mut entry).commands.clear();
        }
        entry
    }
}

fn is_birth(entry: &Entry) -> bool {
    use ackord_core::command::Op;
    let first = entry.commands.first();
    first.is_some_and(|it| matches!(it.op, Op::Birth(_)))
}

fn clock() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let millis = since_epoch.map_or(0, |it| it.as_millis());
    Timestamp(u64::try_from(millis).unwrap_or(u64::MAX))
}

/// What a snapshot was made without.
pub(super) fn spoil(rows: &RowStore) {
    let changes: Vec<Change> = if is_planted(Bug::SnapshotWithoutDedup) {
        let key = |team| Key::Dedup(TeamId(team), DedupKey(0));
        let found = rows.scan(&key(0), &key(u64::MAX), usize::MAX);
        let found = found.expect("a simulated disk is not broken").into_iter();
        found.map(|it| Change::Delete(it.0)).collect()
    } else if is_planted(Bug::SnapshotWithoutDeliveries) {
        let key = |team| Key::Event(TeamId(team), EventId(0));
        let found = rows.scan(&key(0), &key(u64::MAX), usize::MAX);
        let found = found.expect("a simulated disk is not broken").into_iter();
        found
            .filter_map(|it| without_deliveries(it.0, it.1))
            .collect()
    } else {
        return;
    };
    let applied = rows.applied().expect("a simulated disk is not broken");
    let applied = applied.expect("rows say how far they are");
    let written = rows.commit(&changes, applied);
    written.expect("a simulated disk is not broken");
}

/// An event that nobody holds, as if it had never been delivered.
fn without_deliveries(key: Key, row: Row) -> Option<Change> {
    let Row::Event(mut event) = row else {
        return None;
    };
    let held = matches!(
        event.state,
        EventState::Leased { .. } | EventState::Parked { .. }
    );
    event.delivery = 0;
    (!held).then(|| Change::Put(key, Row::Event(event)))
}
