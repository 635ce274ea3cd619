//! Why a command was not carried out: refused for good, or nobody knows. What the machine itself
//! says no to is not here; that is an answer.

use std::time::Duration;

use ackord_raft::{Leader, ProposeFailure};

/// A command without an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProposeError {
    /// Too much is waiting. The command is not in the log.
    #[error("overloaded: try again in {} ms", retry_after.as_millis())]
    Overloaded {
        /// Try again after this long.
        retry_after: Duration,
    },
    /// Another node leads, or none. The command is not in the log.
    #[error("another node leads")]
    NotLeader {
        /// Who leads, if that is known.
        leader: Option<Leader>,
    },
    /// The command is larger than an entry may be. It is not in the log.
    #[error("the command has {bytes} bytes, more than the {max} of an entry")]
    TooLarge {
        /// Its size, at most.
        bytes: usize,
        /// The bound.
        max: usize,
    },
    /// It may be in the log, or come into it: asking again needs the same key.
    #[error("nobody knows whether it was committed")]
    Unknown,
    /// The node is stopping. The command is not in the log.
    #[error("the node is shutting down")]
    ShuttingDown,
}

impl From<ProposeFailure> for ProposeError {
    fn from(failure: ProposeFailure) -> Self {
        match failure {
            ProposeFailure::NotLeader { leader } => Self::NotLeader { leader },
            ProposeFailure::Unknown => Self::Unknown,
        }
    }
}
