use alloc::boxed::Box;

use crate::action::RevokeCause;
use crate::answer::{Rejection, Reply};
use crate::batch::{Batch, Outcome};
use crate::command::{Command, Fence};
use crate::fence;
use crate::history::StepKind;
use crate::limits::DELIVERIES_MAX;
use crate::model::{Event, Mode};
use crate::planted::{Bug, is_planted};
use crate::text::{Note, Tag};
use crate::time::Position;

/// "This is for somebody else": the event goes to the end of another queue of its team, with its
/// note and its ledger, and no attempt spent. The delivery is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handoff {
    /// The delivery.
    pub fence: Fence,
    /// The other queue.
    pub tag: Tag,
    /// What the next session should know; none: the note stays.
    pub note: Option<Note>,
}

impl Handoff {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        let event = batch.fenced(command, self.fence)?;
        if let Some(position) = self.given_before(&event) {
            return Ok(Reply::HandedOff {
                position,
                again: true,
            });
        }
        fence::check(&event, self.fence)?;
        self.check(batch, &event)?;
        let position = self.carry_out(batch, event)?;
        Ok(Reply::HandedOff {
            position,
            again: false,
        })
    }

    /// The same handoff again answers what the first one did.
    fn given_before(&self, event: &Event) -> Option<Position> {
        let mut steps = event.history.steps.iter().rev();
        steps.find_map(|it| {
            if let StepKind::HandedOff {
                delivery,
                to,
                position,
            } = &it.kind
                && (*delivery, to) == (self.fence.delivery, &self.tag)
            {
                Some(*position)
            } else {
                None
            }
        })
    }

    fn check(&self, batch: &mut Batch<'_>, event: &Event) -> Result<(), Rejection> {
        if fence::holder(event).is_none() {
            return Err(Rejection::NotLeased);
        }
        if batch.state.queue(event.queue).row.tag.as_ref() == Some(&self.tag) {
            return Err(Rejection::Invalid(
                "tag: another one than the event's own; to let it be tried again, nack it",
            ));
        }
        let queue = batch.queue_named(event.team, Some(&self.tag));
        if queue.is_some_and(|it| it.mode == Mode::Draining) {
            return Err(Rejection::Draining);
        }
        batch.check_queues_of_sessions(event.team, [Some(&self.tag)].into_iter())?;
        // Two who hand an event to each other come to an end.
        if event.deliveries >= DELIVERIES_MAX {
            return Err(Rejection::Limit("deliveries of an event without an ack"));
        }
        Ok(())
    }

    fn carry_out(&self, batch: &mut Batch<'_>, mut event: Box<Event>) -> Outcome<Position> {
        let to = batch.ensure_queue(event.team, Some(&self.tag))?;
        let from = event.queue;
        let holder = fence::holder(&event).expect("it was checked");
        batch.lift(&event)?;
        batch.leave_line(&event)?;
        event.queue = to;
        event.note = self.note.clone().or(event.note.take());
        event.attempts = 0;
        if !is_planted(Bug::HandedOffAckCounts) {
            event.handed_off = self.fence.delivery;
        }
        event.handed_off_from = Some(from);
        batch.enter(&mut event)?;
        let position = event.position;
        let step = StepKind::HandedOff {
            delivery: self.fence.delivery,
            to: self.tag.clone(),
            position,
        };
        event.history.push(batch.now(), step);
        batch.put_event(event);

        batch.heard_from(holder);
        batch.revoke(holder, self.fence, RevokeCause::Finished);
        batch.after_free(holder)?;
        batch.dispatch(from)?;
        batch.dispatch(to)?;
        Ok(position)
    }
}
