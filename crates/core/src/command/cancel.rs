use alloc::boxed::Box;

use crate::action::RevokeCause;
use crate::answer::{Rejection, Reply};
use crate::auth::{Need, Over};
use crate::batch::{Batch, DONE, Outcome};
use crate::command::{Actor, Command, Fence};
use crate::fence;
use crate::history::StepKind;
use crate::id::EventId;
use crate::model::{self, EventState, Origin, Role};
use crate::rows::RowError;
use crate::text::Reason;

/// Takes an event out before its work is done; a session that has it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancel {
    /// Which.
    pub event: EventId,
    /// Why.
    pub reason: Option<Reason>,
}

impl Cancel {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        let event = batch.event_for(command, self.event, &[Role::Manage, Role::Submit])?;
        let manages = Need {
            roles: &[Role::Manage],
            over: Over::SomeQueue,
        };
        let own = match (command.by, &event.origin) {
            (Actor::Token(by), Origin::Token(submitted)) => by == *submitted,
            (Actor::Token(by), Origin::Session(sender)) => by == sender.token,
            (Actor::Cluster | Actor::Token(_) | Actor::Source(_), _) => false,
        };
        if !own {
            batch.allow(command, manages)?;
        }
        match event.state {
            EventState::Ended {
                outcome: model::Outcome::Cancelled,
                ..
            } => return DONE,
            EventState::Ended {
                outcome: model::Outcome::Done,
                ..
            } => {
                return Err(Rejection::AlreadyAcked.into());
            }
            EventState::Ended {
                outcome: model::Outcome::Purged,
                ..
            }
            | EventState::Dead { .. } => return Err(Rejection::WrongState.into()),
            EventState::Delayed { .. }
            | EventState::Held { .. }
            | EventState::Ready
            | EventState::Waiting
            | EventState::Leased { .. }
            | EventState::Parked { .. }
            | EventState::Backoff { .. } => {}
        }
        batch.cancel(event, self.reason.clone())?;
        DONE
    }
}

impl Batch<'_> {
    /// Takes an event out for good; a session that has it is told.
    pub(crate) fn cancel(
        &mut self,
        event: Box<model::Event>,
        reason: Option<Reason>,
    ) -> Result<(), RowError> {
        let queue = event.queue;
        self.take_out(event, reason)?;
        self.dispatch(queue)
    }

    /// The same; whoever asks dispatches the queue.
    pub(crate) fn take_out(
        &mut self,
        event: Box<model::Event>,
        reason: Option<Reason>,
    ) -> Result<(), RowError> {
        let holder = fence::holder(&event);
        let fence = Fence {
            event: event.id,
            delivery: event.delivery,
        };
        self.lift(&event)?;
        self.end(
            event,
            model::Outcome::Cancelled,
            StepKind::Cancelled { reason },
        )?;
        if let Some(session) = holder {
            self.revoke(session, fence, RevokeCause::Cancelled);
            self.after_free(session)?;
        }
        Ok(())
    }
}
