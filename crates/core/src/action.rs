//! Actions: what the machine asks of the rooms. Hints, all of them: any may be lost, and
//! [`crate::State::outstanding`] tells a node again what it should be doing.

use crate::command::Fence;
use crate::id::{NodeId, SessionId, TokenId};

/// Why a stream is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CloseCause {
    /// Another process took the session over. The client must not come back by itself.
    Superseded,
    /// The token was revoked or has ended.
    Revoked,
    /// The cluster does not count it as open any more. A node that is not heard may hear this.
    Forgotten,
}

/// Why a delivery is taken back from a session that has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RevokeCause {
    /// An interrupt goes first; the event comes back to the session.
    Preempted,
    /// Somebody cancelled the event.
    Cancelled,
    /// Time ran out: offer, claim or lease.
    Expired,
    /// The delivery was answered: its work is done, or given back. The stream that answered it
    /// itself need not be told.
    Finished,
}

/// One thing to do for a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Write an event to a session.
    Deliver {
        /// The node that holds the stream.
        node: NodeId,
        /// The session.
        session: SessionId,
        /// The stream.
        stream: u64,
        /// What to write.
        fence: Fence,
    },
    /// Tell a session that a delivery is no longer its own.
    Revoke {
        /// The node that holds the stream.
        node: NodeId,
        /// The session.
        session: SessionId,
        /// The stream.
        stream: u64,
        /// Which delivery.
        fence: Fence,
        /// Why.
        cause: RevokeCause,
    },
    /// Close a stream.
    Close {
        /// The node that holds it.
        node: NodeId,
        /// The session.
        session: SessionId,
        /// The stream.
        stream: u64,
        /// Why.
        cause: CloseCause,
    },
    /// A token ended: whoever keeps a copy of the tokens drops this one.
    TokenEnded(TokenId),
}
