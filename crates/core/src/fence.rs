//! The fence: which answers to a delivery count.

use alloc::boxed::Box;

use crate::answer::Rejection;
use crate::auth::{Need, Over};
use crate::batch::{Batch, Outcome};
use crate::command::{Command, Fence};
use crate::history::StepKind;
use crate::id::SessionId;
use crate::model::{self, DeadCause, Event, EventState, Role};

/// Whether an answer to this delivery could count at all: it is the latest one, and nobody has
/// taken the event out since.
pub(crate) fn check(event: &Event, fence: Fence) -> Result<(), Rejection> {
    if fence.delivery == 0 || fence.delivery > event.delivery {
        return Err(Rejection::UnknownDelivery);
    }
    match event.state {
        EventState::Ended {
            outcome: model::Outcome::Cancelled | model::Outcome::Purged,
            ..
        }
        | EventState::Dead {
            cause: DeadCause::Rejected,
            ..
        } => Err(Rejection::Gone),
        _ if fence.delivery < event.delivery => Err(Rejection::Superseded(Fence {
            event: event.id,
            delivery: event.delivery,
        })),
        EventState::Ended { .. } => Err(Rejection::AlreadyAcked),
        _ if was_gone(event) => Err(Rejection::Gone),
        EventState::Delayed { .. }
        | EventState::Ready
        | EventState::Waiting
        | EventState::Leased { .. }
        | EventState::Parked { .. }
        | EventState::Backoff { .. }
        | EventState::Dead { .. } => Ok(()),
    }
}

/// Somebody took the event out, and it was replayed; nobody has been given it since.
fn was_gone(event: &Event) -> bool {
    let mut latest = event.history.steps.iter().rev().map(|it| &it.kind);
    let replayed = latest.next() == Some(&StepKind::Replayed);
    replayed
        && latest.next().is_some_and(|it| match it {
            StepKind::Cancelled { .. }
            | StepKind::Purged
            | StepKind::Dead {
                cause: DeadCause::Rejected,
                ..
            } => true,
            StepKind::Accepted
            | StepKind::Due
            | StepKind::Leased { .. }
            | StepKind::Returned { .. }
            | StepKind::Parked { .. }
            | StepKind::Dead { .. }
            | StepKind::Acked { .. }
            | StepKind::Replayed => false,
        })
}

/// The session that holds the event, in hand or parked.
pub(crate) fn holder(event: &Event) -> Option<SessionId> {
    match event.state {
        EventState::Leased { session } | EventState::Parked { session } => Some(session),
        EventState::Delayed { .. }
        | EventState::Ready
        | EventState::Waiting
        | EventState::Backoff { .. }
        | EventState::Dead { .. }
        | EventState::Ended { .. } => None,
    }
}

impl Batch<'_> {
    /// The event that a session speaks of, if the caller may speak for its queue. An event of
    /// another team is as unknown as one that never was.
    pub(crate) fn fenced(&self, command: &Command, fence: Fence) -> Outcome<Box<Event>> {
        self.event_for(command, fence.event, &[Role::Session])
    }

    /// An event that a command names, if the caller may concern himself with its queue.
    pub(crate) fn event_for(
        &self,
        command: &Command,
        id: crate::id::EventId,
        roles: &[Role],
    ) -> Outcome<Box<Event>> {
        let over = Over::SomeQueue;
        let team = self.allow(command, Need { roles, over })?;
        let event = self.event(team, id)?.ok_or(Rejection::NotFound)?;
        let over = Over::Queue(self.state.queue(event.queue).row.tag.as_ref());
        self.allow(command, Need { roles, over })?;
        Ok(event)
    }

    /// A call of this session: it is well again, and was seen now.
    pub(crate) fn heard_from(&mut self, id: SessionId) {
        let now = self.now();
        self.change_session(id, |it| {
            it.seen = now;
            it.health = model::Health::Well;
        });
    }
}
