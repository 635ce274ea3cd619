//! Crafts: what sessions do with a delivery besides answering it, and what goes out with their acks.

/// What a session makes use of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Craft {
    /// It does things outside, and keeps the ledger of them.
    Effects,
    /// It leaves notes for whoever goes on.
    Checkpoints,
    /// It writes to other tags, and answers who wrote to it.
    Messages,
    /// Events and messages go out with its acks.
    Emits,
    /// It hands events to other tags.
    Handoffs,
    /// It asks for what it may not do alone.
    Asks,
    /// Its acks make crons, change them, pause and resume them, fire and remove them.
    Crons,
}

impl Craft {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Effects,
        Self::Checkpoints,
        Self::Messages,
        Self::Emits,
        Self::Handoffs,
        Self::Asks,
        Self::Crons,
    ];
}
