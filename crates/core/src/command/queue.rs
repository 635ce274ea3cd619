use crate::model::{Mode, QueueSettings};
use crate::text::Tag;

/// Replaces a queue's settings; makes the queue if there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetQueue {
    /// The queue; none: the untagged one.
    pub tag: Option<Tag>,
    /// All of them.
    pub settings: QueueSettings,
    /// The revision that the change was made from; none: whatever it is.
    pub revision: Option<u64>,
}

/// Activates, pauses or drains a queue; makes the queue if there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetMode {
    /// The queue; none: the untagged one.
    pub tag: Option<Tag>,
    /// What it shall do.
    pub mode: Mode,
}
