use alloc::vec::Vec;

use crate::command::Fence;
use crate::text::Note;

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
