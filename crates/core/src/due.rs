//! The due index: what wakes an event that no session holds, sorted by time. A delay or backoff
//! that ends, a TTL that ends.

use alloc::vec::Vec;

use crate::batch::{Batch, broken};
use crate::id::{EventId, TeamId};
use crate::limits::WINDOW;
use crate::model::{DueKind, Event, EventState};
use crate::planted::{Bug, is_planted};
use crate::rows::{Key, Row, RowError, Rows};
use crate::time::Timestamp;

/// A key of the due index; ordered as its rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DueKey {
    pub(crate) at: Timestamp,
    pub(crate) team: TeamId,
    pub(crate) event: EventId,
    pub(crate) kind: DueKind,
}

impl DueKey {
    fn row(self) -> Key {
        Key::Due(self.at, self.team, self.event, self.kind)
    }
}

fn due_key((key, row): &(Key, Row)) -> Result<DueKey, RowError> {
    let (Key::Due(at, team, event, kind), Row::Due) = (key, row) else {
        return Err(broken(key));
    };
    let (at, team, event, kind) = (*at, *team, *event, *kind);
    Ok(DueKey {
        at,
        team,
        event,
        kind,
    })
}

/// The due rows that an event in this state has: the one rule, so that each way in and out of a
/// state puts and takes the same.
fn due_keys(event: &Event) -> impl Iterator<Item = DueKey> {
    let wake = match event.state {
        EventState::Delayed { until } | EventState::Backoff { until } => Some(until),
        EventState::Held { .. }
        | EventState::Ready
        | EventState::Waiting
        | EventState::Leased { .. }
        | EventState::Parked { .. }
        | EventState::Dead { .. }
        | EventState::Ended { .. } => None,
    };
    let expire = match event.state {
        EventState::Delayed { .. }
        | EventState::Held { .. }
        | EventState::Backoff { .. }
        | EventState::Ready
        | EventState::Waiting => event.expires,
        EventState::Leased { .. }
        | EventState::Parked { .. }
        | EventState::Dead { .. }
        | EventState::Ended { .. } => None,
    };
    let (team, event) = (event.team, event.id);
    let key = move |at: Option<Timestamp>, kind| {
        at.map(|at| DueKey {
            at,
            team,
            event,
            kind,
        })
    };
    key(wake, DueKind::Wake)
        .into_iter()
        .chain(key(expire, DueKind::Expire))
}

impl Batch<'_> {
    /// Puts the due rows of the state that the event has come to.
    pub(crate) fn put_due(&mut self, event: &Event) {
        for key in due_keys(event) {
            self.put_new(key.row(), Row::Due);
            let meta = &mut self.state.meta;
            self.state.due.insert(key, meta.due_len);
            meta.due_from = if meta.due_len == 0 {
                key.at
            } else {
                meta.due_from.min(key.at)
            };
            meta.due_len += 1;
        }
    }

    /// Takes the due rows of the state that the event is about to leave.
    pub(crate) fn remove_due(&mut self, event: &Event) {
        for key in due_keys(event) {
            if key.kind == DueKind::Expire && is_planted(Bug::DueRowLeft) {
                continue;
            }
            self.delete(key.row());
            self.state.due.remove(key);
            self.state.meta.due_len -= 1;
        }
    }

    /// The first row of the due index.
    pub(crate) fn first_due(&mut self) -> Result<Option<DueKey>, RowError> {
        if self.state.meta.due_len == 0 {
            return Ok(None);
        }
        if self.state.due.first().is_none() {
            let least = |at| Key::Due(at, TeamId(0), EventId(0), DueKind::Wake);
            let from = least(self.state.meta.due_from);
            let found = self
                .overlay
                .scan(&from, &least(Timestamp(u64::MAX)), WINDOW)?;
            self.state
                .due
                .fill(found.iter().map(due_key).collect::<Result<Vec<_>, _>>()?);
        }
        match self.state.due.first() {
            Some(key) => Ok(Some(key)),
            None => Err(broken(&Key::Meta)),
        }
    }

    /// Remembers where the due index begins, so that later reads skip what is gone.
    pub(crate) fn settle_due(&mut self) -> Result<(), RowError> {
        self.state.meta.due_from = self.first_due()?.map(|it| it.at).unwrap_or_default();
        Ok(())
    }
}
