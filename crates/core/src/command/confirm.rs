use alloc::vec::Vec;

use crate::command::Fence;
use crate::id::{NodeId, SessionId};

/// "These offers were written to their sessions, and these sessions made calls." One of a node
/// and second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirm {
    /// The node that speaks.
    pub node: NodeId,
    /// What it wrote.
    pub written: Vec<Written>,
    /// Sessions that made a call: they are well.
    pub seen: Vec<SessionId>,
}

/// One offer that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// To whom.
    pub session: SessionId,
    /// What.
    pub fence: Fence,
}

/// "The model has seen this event."
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The delivery.
    pub fence: Fence,
}
