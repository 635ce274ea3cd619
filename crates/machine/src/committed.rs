//! What a command that is in the log brings back.

use ackord_core::answer::Answer;
use ackord_core::time::{Position, Timestamp};

/// A command that was carried out or refused by the machine: either is committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// What the machine says.
    pub answer: Answer,
    /// The entry, and the command's place in it: what a later read may ask to be at.
    pub position: Position,
    /// Log time of the entry.
    pub at: Timestamp,
}
