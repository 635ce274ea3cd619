use crate::answer::Reply;
use crate::batch::{Batch, Outcome};
use crate::command::Command;
use crate::id::{QueueId, SessionId};
use crate::rows::RowError;

/// "Time passed": acts on what is due at the entry's stamp, a bounded amount. The next deadline
/// tells whether something is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tick;

/// Sessions, due rows or queues that one tick acts upon; each touches a few rows.
const ACTS_PER_TICK: usize = 32;

impl Tick {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        batch.allow_cluster(command)?;
        let mut done = batch.expire_sessions(ACTS_PER_TICK)?;
        done += batch.fire_all_due(ACTS_PER_TICK - done)?;
        done += batch.dispatch_due(ACTS_PER_TICK - done)?;
        done += batch.advance_job()?;
        done += batch.sweep()?;
        Ok(Reply::Ticked {
            done: u32::try_from(done).expect("a tick is bounded"),
        })
    }
}

impl Batch<'_> {
    fn expire_sessions(&mut self, most: usize) -> Result<usize, RowError> {
        let now = self.now();
        let due = |it: &&(crate::time::Timestamp, SessionId)| it.0 <= now;
        let mut done = 0;
        while done < most {
            let Some(id) = self.state.deadlines.first().filter(due).map(|it| it.1) else {
                break;
            };
            self.expire_session(id)?;
            done += 1;
        }
        Ok(done)
    }

    fn fire_all_due(&mut self, most: usize) -> Result<usize, RowError> {
        let mut done = 0;
        while done < most {
            let now = self.now();
            let Some(due) = self.first_due()?.filter(|it| it.at <= now) else {
                break;
            };
            self.fire_due(due)?;
            done += 1;
        }
        self.settle_due()?;
        Ok(done)
    }

    fn dispatch_due(&mut self, most: usize) -> Result<usize, RowError> {
        let queues: alloc::vec::Vec<QueueId> = self.due_wakes().take(most.min(4)).collect();
        let done = queues.len();
        queues.into_iter().try_for_each(|it| self.dispatch(it))?;
        Ok(done)
    }
}
