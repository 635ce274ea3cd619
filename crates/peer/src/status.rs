//! Between gRPC's codes and what they say about a node.

use std::error::Error;

use ackord_machine::{IncomingError, LinkError};
use tonic::{Code, Status};

use crate::stranger::Stranger;

impl From<Stranger> for Status {
    fn from(stranger: Stranger) -> Self {
        Self::permission_denied(stranger.to_string())
    }
}

/// This node is no member yet, or no more.
pub(crate) fn absent() -> Status {
    Status::unavailable("this node takes no calls of members now")
}

/// The call is for an earlier process of this node, whose log may have ended elsewhere.
pub(crate) fn other_run() -> Status {
    Status::aborted("this node has started again since it said who it is")
}

pub(crate) fn refused(error: &IncomingError) -> Status {
    match error {
        IncomingError::Malformed(_) => Status::invalid_argument(error.to_string()),
        IncomingError::Snapshot(_) => Status::aborted(error.to_string()),
        IncomingError::Busy | IncomingError::Disk(_) => Status::unavailable(error.to_string()),
        IncomingError::Ended => absent(),
    }
}

/// Why there is no answer.
#[expect(clippy::needless_pass_by_value, reason = "what errors are mapped with")]
pub(crate) fn link_error(status: Status) -> LinkError {
    let message = message(&status);
    match status.code() {
        Code::Unavailable => LinkError::Unreachable(message),
        Code::PermissionDenied | Code::Unimplemented | Code::FailedPrecondition => {
            LinkError::Refused(message)
        }
        _ => LinkError::Broken(message),
    }
}

/// What went wrong, down to the cause: tonic's own words are "transport error".
fn message(status: &Status) -> String {
    let mut message = status.message().to_owned();
    let mut cause = status.source();
    while let Some(error) = cause {
        message = format!("{message}: {error}");
        cause = error.source();
    }
    message
}
