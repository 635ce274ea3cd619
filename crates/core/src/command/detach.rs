use crate::id::SessionId;

/// "This session lost its stream." Proposed by the node that held it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detach {
    /// The session.
    pub session: SessionId,
    /// The stream that is gone; another one since then is not.
    pub stream: u64,
    /// The session said that it ends: what it holds goes back at once, without a grace.
    pub bye: bool,
}
