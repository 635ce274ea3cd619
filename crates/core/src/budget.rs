//! How many rows the present command has touched. Whoever works in a loop asks for room before
//! each step, and leaves to a tick what is left then.
//!
//! What is counted is written, or asked for by the logic alone. Reads ahead depend on what is
//! cached, and are left out: every node must stop at the same step.

use crate::batch::Batch;
use crate::id::{QueueId, SessionId};
use crate::limits::ROWS_PER_COMMAND;

/// More than any one step of a loop touches: to lose a session that holds two events which both
/// die, and whose ordering keys go on, is fifteen rows.
const STEP_ROWS: usize = 24;

/// A row that is touched twice may be counted twice.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    rows: usize,
    /// Counted last; a queue or session is changed several times in a row.
    queue: Option<QueueId>,
    session: Option<SessionId>,
}

impl Budget {
    pub(crate) fn count_row(&mut self) {
        self.rows += 1;
    }

    pub(crate) fn count_queue(&mut self, id: QueueId) {
        if self.queue.replace(id) != Some(id) {
            self.rows += 1;
        }
    }

    pub(crate) fn count_session(&mut self, id: SessionId) {
        if self.session.replace(id) != Some(id) {
            self.rows += 1;
        }
    }
}

impl Batch<'_> {
    /// Whether the command may take one more step.
    pub(crate) fn has_room(&self) -> bool {
        self.budget.rows + STEP_ROWS <= ROWS_PER_COMMAND
    }
}
