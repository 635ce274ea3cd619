use crate::answer::Reply;
use crate::batch::{Batch, Outcome};
use crate::command::Command;
use crate::rows::RowError;

/// "Time passed": acts on what is due at the entry's stamp, a bounded amount. The next deadline
/// tells whether something is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tick;

impl Tick {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        batch.allow_cluster(command)?;
        // In this order: whoever waits for an approval until now hears that nobody answered.
        let mut done = batch.expire_approvals()?;
        done += batch.expire_sessions()?;
        done += batch.fire_all_due()?;
        done += batch.tell_of_silences()?;
        done += batch.release_held()?;
        done += batch.dispatch_all_due()?;
        done += batch.advance_job()?;
        done += batch.sweep()?;
        Ok(Reply::Ticked {
            done: u32::try_from(done).expect("a tick is bounded"),
        })
    }
}

impl Batch<'_> {
    fn expire_sessions(&mut self) -> Result<usize, RowError> {
        let mut done = 0;
        while self.has_room()
            && let Some((at, id)) = self.state.deadlines.first().copied()
            && at <= self.now()
        {
            self.expire_session(id)?;
            done += 1;
        }
        Ok(done)
    }

    fn fire_all_due(&mut self) -> Result<usize, RowError> {
        let mut done = 0;
        while self.has_room()
            && let Some(due) = self.first_due()?
            && due.at <= self.now()
        {
            self.fire_due(due)?;
            done += 1;
        }
        self.settle_due()?;
        Ok(done)
    }

    fn dispatch_all_due(&mut self) -> Result<usize, RowError> {
        let mut done = 0;
        while self.has_room()
            && let Some(queue) = self.first_due_wake()
        {
            self.dispatch(queue)?;
            done += 1;
        }
        Ok(done)
    }
}
