use crate::action::RevokeCause;
use crate::answer::{Rejection, Reply};
use crate::batch::{Batch, Outcome};
use crate::command::{Command, Fence};
use crate::fence;
use crate::history::{ReturnCause, StepKind};
use crate::limits;
use crate::model::{DeadCause, Event, EventState};
use crate::place::Return;
use crate::text::{Note, Reason};
use crate::time::Millis;

/// "The work of this delivery is not done."
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nack {
    /// The delivery that is answered.
    pub fence: Fence,
    /// Nobody should try again: the event becomes a dead letter at once.
    pub reject: bool,
    /// Wait at least this long before the next try, instead of the usual backoff.
    pub delay: Option<Millis>,
    /// Why.
    pub reason: Option<Reason>,
    /// What the next session should know.
    pub note: Option<Note>,
}

impl Nack {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        let mut event = batch.fenced(command, self.fence)?;
        if let Some(reply) = given_before(&event, self.fence) {
            return Ok(reply);
        }
        fence::check(&event, self.fence)?;
        let session = fence::holder(&event).ok_or(Rejection::NotLeased)?;
        if self.delay.is_some_and(|it| it > limits::NACK_DELAY_MAX) {
            return Err(Rejection::Invalid("delay: at most 24 hours").into());
        }

        batch.lift(&event)?;
        event.note = self.note.clone().or(event.note.take());
        let (team, id, queue) = (event.team, event.id, event.queue);
        if self.reject {
            batch.kill(event, DeadCause::Rejected, self.reason.clone())?;
        } else {
            let reason = self.reason.clone();
            let how = Return {
                cause: ReturnCause::Nack,
                reason,
                spend: true,
                delay: self.delay,
            };
            batch.give_back(event, how)?;
        }
        batch.heard_from(session);
        batch.revoke(session, self.fence, RevokeCause::Finished);
        batch.after_free(session)?;
        batch.dispatch(queue)?;
        Ok(reply(&*batch.event_of(team, id)?))
    }
}

/// The same nack again answers what the first one did.
fn given_before(event: &Event, fence: Fence) -> Option<Reply> {
    let returned = |it: &StepKind| {
        if let StepKind::Returned {
            delivery, cause, ..
        } = it
        {
            Some((*delivery, *cause))
        } else {
            None
        }
    };
    let mut steps = event.history.steps.iter().rev();
    let last = steps.find_map(|it| returned(&it.kind));
    let rejected = matches!(
        event.state,
        EventState::Dead {
            cause: DeadCause::Rejected,
            ..
        }
    );
    let given = rejected || last == Some((fence.delivery, ReturnCause::Nack));
    (given && event.delivery == fence.delivery).then(|| reply(event))
}

fn reply(event: &Event) -> Reply {
    match event.state {
        EventState::Dead { cause, .. } => Reply::Dead(cause),
        EventState::Backoff { until } => Reply::Retrying { until },
        EventState::Delayed { .. }
        | EventState::Held { .. }
        | EventState::Ready
        | EventState::Waiting
        | EventState::Leased { .. }
        | EventState::Parked { .. }
        | EventState::Ended { .. } => Reply::Ok,
    }
}
