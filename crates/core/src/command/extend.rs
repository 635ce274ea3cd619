use alloc::vec::Vec;

use crate::answer::{Rejection, Reply};
use crate::batch::{Batch, Outcome, Stop};
use crate::command::{Command, Fence};
use crate::fence;
use crate::limits::DELIVERIES_PER_COMMAND;
use crate::model::Phase;
use crate::planted::{Bug, is_planted};
use crate::text::Note;
use crate::time::Timestamp;

/// "The work of these deliveries goes on." Many sessions' in one command; each is judged alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extend {
    /// The deliveries.
    pub items: Vec<Extension>,
}

/// One delivery that goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// The delivery.
    pub fence: Fence,
    /// Replaces the checkpoint note.
    pub note: Option<Note>,
}

impl Extend {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        if self.items.len() > DELIVERIES_PER_COMMAND {
            return Err(Rejection::Limit("items of one extend").into());
        }
        let mut answers = Vec::with_capacity(self.items.len());
        for item in &self.items {
            answers.push(match item.apply(batch, command) {
                Ok(until) => Ok(until),
                Err(Stop::No(rejection)) => Err(rejection),
                Err(broken) => return Err(broken),
            });
        }
        Ok(Reply::Extended(answers))
    }
}

impl Extension {
    fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Timestamp> {
        let mut event = batch.fenced(command, self.fence)?;
        fence::check(&event, self.fence)?;
        let id = fence::holder(&event).ok_or(Rejection::NotLeased)?;
        let session = batch.state.session(id);
        let held = session.lease.filter(|it| it.event == event.id);
        // A session that waits for an approval has its lease up to the cap long before: that goes on.
        let now = batch.now();
        let capped = held.is_some_and(|it| {
            let whole = it.until >= it.cap && now.after(it.length) >= it.cap;
            it.phase == Phase::Claimed && whole
        });
        if capped && !is_planted(Bug::CapIgnored) {
            return Err(Rejection::LeaseCap.into());
        }

        if self.note.is_some() {
            event.note = self.note.clone();
            batch.put_event(event);
        }
        batch.heard_from(id);
        Ok(batch.claim(id, held))
    }
}
