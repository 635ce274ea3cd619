use alloc::boxed::Box;

use crate::action::RevokeCause;
use crate::answer::Reply;
use crate::batch::{Batch, Outcome};
use crate::command::{Command, Fence};
use crate::fence;
use crate::history::StepKind;
use crate::model::{self, AckRecord};
use crate::text::Summary;

/// "The work of this delivery is done."
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ack {
    /// The delivery that is answered.
    pub fence: Fence,
    /// What was done.
    pub summary: Option<Summary>,
}

impl Ack {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        let mut event = batch.fenced(command, self.fence)?;
        if let Some(first) = event
            .ack
            .as_deref()
            .filter(|it| it.delivery == self.fence.delivery)
        {
            return Ok(Reply::Acked {
                at: first.at,
                position: first.position,
                again: true,
            });
        }
        fence::check(&event, self.fence)?;

        let holder = fence::holder(&event);
        let (at, position) = (batch.now(), batch.position());
        let session = holder.map(|it| batch.state.session(it).key.clone());
        batch.lift(&event)?;
        event.ack = Some(Box::new(AckRecord {
            delivery: self.fence.delivery,
            session,
            at,
            position,
            summary: self.summary.clone(),
        }));
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
        Ok(Reply::Acked {
            at,
            position,
            again: false,
        })
    }
}
