//! A node to test, clients of it, and short ways to say what is expected.

mod client;
mod node;
mod session;

pub(crate) use client::{Client, fence, item, only, submitted};
pub(crate) use node::{Node, config};
pub(crate) use session::{Session, hello};

use ackord_node::StartError;
use ackord_proto::refusal::from_details;
use ackord_proto::v1::{Refusal, RefusalReason};
use tonic::{Code, Status};

/// The refusal that a call ended with.
pub(crate) fn refusal<T>(result: Result<T, Status>) -> (Code, Refusal) {
    match result {
        Ok(_) => panic!("the call was not refused"),
        Err(status) => {
            let refusal = from_details(status.details());
            (
                status.code(),
                refusal.unwrap_or_else(|| panic!("no refusal in {status:?}")),
            )
        }
    }
}

/// Expects a call to be refused, with advice.
#[track_caller]
pub(crate) fn assert_refused<T>(result: Result<T, Status>, code: Code, reason: RefusalReason) {
    let (found, refusal) = refusal(result);
    assert_eq!((found, refusal.reason()), (code, reason), "{refusal:?}");
    assert!(
        !refusal.message.is_empty() && !refusal.what_to_do.is_empty(),
        "{refusal:?}"
    );
}

/// Expects a call to be refused because of a field.
#[track_caller]
pub(crate) fn assert_invalid<T>(result: Result<T, Status>, field: &str) {
    let (code, refusal) = refusal(result);
    assert_eq!(
        (code, refusal.reason()),
        (Code::InvalidArgument, RefusalReason::Invalid)
    );
    assert_eq!(refusal.field, field, "{refusal:?}");
}

/// Expects a node not to start.
pub(crate) async fn start_refused(config: ackord_node::Config) -> StartError {
    match ackord_node::server::start(config).await {
        Ok(_) => panic!("the node started"),
        Err(error) => error,
    }
}
