use crate::id::EventId;
use crate::text::Reason;

/// Takes an event out before its work is done; a session that has it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancel {
    /// Which.
    pub event: EventId,
    /// Why.
    pub reason: Option<Reason>,
}
