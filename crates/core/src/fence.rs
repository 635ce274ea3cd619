//! The fence: which answers to a delivery count.

use alloc::boxed::Box;

use crate::answer::Rejection;
use crate::auth::{Need, Over};
use crate::batch::{Batch, Outcome, Stop};
use crate::command::{Command, Fence};
use crate::history::StepKind;
use crate::id::{QueueId, SessionId};
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
        _ if event.handed_off == fence.delivery || was_gone(event) => Err(Rejection::Gone),
        EventState::Delayed { .. }
        | EventState::Held { .. }
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
            | StepKind::Replayed
            | StepKind::Held
            | StepKind::Released
            | StepKind::Rerouted
            | StepKind::HandedOff { .. }
            | StepKind::Forced { .. }
            | StepKind::Approval { .. } => false,
        })
}

/// The session that holds the event, in hand or parked.
pub(crate) fn holder(event: &Event) -> Option<SessionId> {
    match event.state {
        EventState::Leased { session } | EventState::Parked { session } => Some(session),
        EventState::Delayed { .. }
        | EventState::Held { .. }
        | EventState::Ready
        | EventState::Waiting
        | EventState::Backoff { .. }
        | EventState::Dead { .. }
        | EventState::Ended { .. } => None,
    }
}

impl Batch<'_> {
    /// The event that a session speaks of, if the caller may speak for the queue in which it was
    /// delivered: after a handoff, its old deliveries are still those of the old queue, and whoever
    /// may speak for the new one is told that they are over. An event of another team is as unknown
    /// as one that never was.
    pub(crate) fn fenced(&self, command: &Command, fence: Fence) -> Outcome<Box<Event>> {
        let roles = &[Role::Session];
        let before = |it: &Event| match it.handed_off_from {
            Some(from) if fence.delivery <= it.handed_off => from,
            Some(_) | None => it.queue,
        };
        match self.event_over(command, fence.event, roles, before) {
            Err(Stop::No(Rejection::NotAllowed)) => self.event_for(command, fence.event, roles),
            found => found,
        }
    }

    /// An event that a command names, if the caller may concern himself with its queue.
    pub(crate) fn event_for(
        &self,
        command: &Command,
        id: crate::id::EventId,
        roles: &[Role],
    ) -> Outcome<Box<Event>> {
        self.event_over(command, id, roles, |it| it.queue)
    }

    fn event_over(
        &self,
        command: &Command,
        id: crate::id::EventId,
        roles: &[Role],
        queue: impl FnOnce(&Event) -> QueueId,
    ) -> Outcome<Box<Event>> {
        let over = Over::SomeQueue;
        let team = self.allow(command, Need { roles, over })?;
        let event = self.event(team, id)?.ok_or(Rejection::NotFound)?;
        let over = Over::Queue(self.state.queue(queue(&event)).row.tag.as_ref());
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
