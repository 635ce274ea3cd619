use crate::id::EventId;

/// Sends a dead or ended event round again: the same id, a new place, no attempts spent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// Which.
    pub event: EventId,
}

/// Removes one event from the dead letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purge {
    /// Which.
    pub event: EventId,
}
