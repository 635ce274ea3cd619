use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::action::RevokeCause;
use crate::answer::{Part, Rejection, Reply};
use crate::batch::{Batch, Outcome};
use crate::command::{Command, Fence};
use crate::emit::Emit;
use crate::fence;
use crate::history::StepKind;
use crate::ledger::{Completion, begun};
use crate::limits::EFFECTS_PER_EVENT;
use crate::model::{self, AckRecord, Event, Ledger};
use crate::planted::{Bug, is_planted};
use crate::text::Summary;

/// "The work of this delivery is done."
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ack {
    /// The delivery that is answered.
    pub fence: Fence,
    /// What was done.
    pub summary: Option<Summary>,
    /// Effects that are done: recorded with the ack, or it is refused.
    pub effects: Vec<Completion>,
    /// What goes out with it: all of it, or nothing and the ack is refused.
    pub emits: Vec<Emit>,
}

impl Ack {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        let mut event = batch.fenced(command, self.fence)?;
        if let Some(first) = event
            .ack_of(self.fence.delivery)
            .filter(|_| !is_planted(Bug::AckAgainRefused))
        {
            return Ok(Reply::Acked {
                at: first.at,
                position: first.position,
                again: true,
                emitted: first.emitted.clone(),
            });
        }
        if !is_planted(Bug::StaleAckCounts) {
            fence::check(&event, self.fence)?;
        }

        let ledger = self.complete(batch, &event)?;
        let plans = batch.plan_emits(command, &event, &self.emits)?;

        let holder = fence::holder(&event);
        let (at, position) = (batch.now(), batch.position());
        let session = holder.map(|it| batch.state.session(it).key.clone());
        batch.lift(&event)?;
        batch.heard_of_work(&event);
        let (emitted, published) = batch.emit(event.team, plans)?;
        event.record_ack(AckRecord {
            delivery: self.fence.delivery,
            session,
            at,
            position,
            summary: self.summary.clone(),
            emitted: emitted.clone(),
        });
        if let Some(ledger) = ledger {
            batch.put_ledger(&mut event, ledger);
        }
        let queue = event.queue;
        let step = StepKind::Acked {
            delivery: self.fence.delivery,
        };
        batch.end(event, model::Outcome::Done, step)?;
        if let Some(session) = holder {
            batch.heard_from(session);
            batch.revoke(session, self.fence, RevokeCause::Finished);
            batch.after_free(session)?;
        }
        batch.dispatch(queue)?;
        batch.dispatch_published(&published)?;
        Ok(Reply::Acked {
            at,
            position,
            again: false,
            emitted,
        })
    }

    /// The ledger once all effects of this ack are done; none: it names none.
    fn complete(&self, batch: &Batch<'_>, event: &Event) -> Outcome<Option<Ledger>> {
        if self.effects.is_empty() {
            return Ok(None);
        }
        if self.effects.len() > EFFECTS_PER_EVENT {
            return Err(Rejection::Limit("effects of an event").into());
        }
        let mut ledger = batch.ledger(event)?;
        for (index, completion) in self.effects.iter().enumerate() {
            let effect = begun(&mut ledger, &completion.key);
            let effect = effect.map_err(|why| Rejection::Part {
                part: Part::Effect,
                index,
                why: Box::new(why),
            })?;
            completion.record(effect, batch.now());
        }
        Ok(Some(ledger))
    }
}
