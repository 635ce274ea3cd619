use crate::id::NodeId;
use crate::text::{SessionKey, Tag};

/// "This session has a stream, here."
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attach {
    /// What stays the same when the session comes back.
    pub key: SessionKey,
    /// The same one as before: a reconnection. Another one: a takeover.
    pub nonce: u64,
    /// The queue that it takes from; none: the untagged one.
    pub tag: Option<Tag>,
    /// The node that holds the stream.
    pub node: NodeId,
}
