use alloc::boxed::Box;

use crate::answer::{Rejection, Reply};
use crate::batch::{Batch, DONE, Outcome};
use crate::command::Command;
use crate::history::StepKind;
use crate::id::EventId;
use crate::model::{self, DeadCause, Event, EventState, Role};
use crate::rows::RowError;
use crate::time::Position;

/// Sends a dead or ended event round again: the same id, a new place, no attempts spent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// Which.
    pub event: EventId,
}

/// Removes one event from the dead letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purge {
    /// Which.
    pub event: EventId,
}

/// Why a replay does not take what no route has matched.
pub(crate) const UNROUTED: &str =
    "event_id: no route of its source matched it: route it again, with RerouteEvents";

impl Replay {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        let event = batch.event_for(command, self.event, &[Role::Manage])?;
        match event.state {
            EventState::Dead {
                cause: DeadCause::Unmatched,
                ..
            } => return Err(Rejection::Invalid(UNROUTED).into()),
            EventState::Dead { .. } | EventState::Ended { .. } => {}
            EventState::Delayed { .. }
            | EventState::Held { .. }
            | EventState::Ready
            | EventState::Waiting
            | EventState::Leased { .. }
            | EventState::Parked { .. }
            | EventState::Backoff { .. } => return Err(Rejection::WrongState.into()),
        }
        Ok(Reply::Replayed(batch.replay(event)?))
    }
}

impl Purge {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        let event = batch.event_for(command, self.event, &[Role::Manage])?;
        match event.state {
            EventState::Dead { .. } => batch.purge(event)?,
            EventState::Ended {
                outcome: model::Outcome::Purged,
                ..
            } => {}
            EventState::Ended { .. }
            | EventState::Delayed { .. }
            | EventState::Held { .. }
            | EventState::Ready
            | EventState::Waiting
            | EventState::Leased { .. }
            | EventState::Parked { .. }
            | EventState::Backoff { .. } => return Err(Rejection::WrongState.into()),
        }
        DONE
    }
}

impl Batch<'_> {
    /// Sends a dead or ended event round again. Its TTL does not hold any more: somebody wants it
    /// now. Its delivery number goes on, so that with the first delivery of the new round no old
    /// answer counts any more.
    pub(crate) fn replay(&mut self, mut event: Box<Event>) -> Result<Position, RowError> {
        self.lift(&event)?;
        event.attempts = 0;
        event.deliveries = 0;
        event.expires = None;
        event.history.push(self.now(), StepKind::Replayed);
        self.enter(&mut event)?;
        let (queue, position) = (event.queue, event.position);
        self.put_event(event);
        self.dispatch(queue)?;
        Ok(position)
    }

    pub(crate) fn purge(&mut self, event: Box<Event>) -> Result<(), RowError> {
        self.lift(&event)?;
        self.end(event, model::Outcome::Purged, StepKind::Purged)
    }
}
