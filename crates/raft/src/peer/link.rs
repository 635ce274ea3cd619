//! What this crate asks of whoever carries its messages.

use std::fmt;
use std::sync::Arc;

use ackord_proto::peer;
use futures::future::{self, BoxFuture, FutureExt};
use futures::stream::BoxStream;

/// Ways to the other members of a group.
pub trait Network: fmt::Debug + Send + Sync + 'static {
    /// The way to `node`, which listens at `address`. Does not connect; asked for once for each
    /// use, so connections are to be shared.
    fn link(&self, node: u64, address: &str) -> Arc<dyn Link>;
}

/// The way to one other member. Calls run side by side. Each gives up by itself when the other side
/// cannot be reached, but waits for an answer as long as that takes: whoever asks has the patience.
pub trait Link: Send + Sync + 'static {
    /// The leader's entries: one answer for each request, in order. Ends after the last request
    /// has been answered, or with the first error.
    fn append(
        &self,
        requests: BoxStream<'static, peer::AppendRequest>,
    ) -> BoxFuture<'static, Result<Answers, LinkError>>;

    /// Asks for a vote.
    fn vote(
        &self,
        request: peer::VoteRequest,
    ) -> BoxFuture<'static, Result<peer::VoteResponse, LinkError>>;

    /// Hands over.
    fn transfer_leader(
        &self,
        request: peer::TransferLeaderRequest,
    ) -> BoxFuture<'static, Result<peer::TransferLeaderResponse, LinkError>>;

    /// Sends a snapshot, and waits until it is installed. Parts that end without their end were
    /// cut off, and install nothing.
    fn install_snapshot(
        &self,
        parts: BoxStream<'static, peer::InstallSnapshotRequest>,
    ) -> BoxFuture<'static, Result<peer::InstallSnapshotResponse, LinkError>>;
}

/// The answers to appended entries.
pub type Answers = BoxStream<'static, Result<peer::AppendResponse, LinkError>>;

/// Why a member has no answer. Whether it heard the question is open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// It cannot be reached now.
    #[error("cannot be reached: {0}")]
    Unreachable(String),
    /// It takes no messages from here: it is of another cluster, say, or does not exist yet.
    #[error("refuses: {0}")]
    Refused(String),
    /// The connection broke, or the message did.
    #[error("broke off: {0}")]
    Broken(String),
}

/// The network of a group of one: it reaches nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Alone;

impl Network for Alone {
    fn link(&self, _: u64, _: &str) -> Arc<dyn Link> {
        Arc::new(Self)
    }
}

fn nobody<T: Send + 'static>() -> BoxFuture<'static, Result<T, LinkError>> {
    let error = LinkError::Unreachable("this node has no peers".to_owned());
    future::ready(Err(error)).boxed()
}

impl Link for Alone {
    fn append(
        &self,
        _: BoxStream<'static, peer::AppendRequest>,
    ) -> BoxFuture<'static, Result<Answers, LinkError>> {
        nobody()
    }

    fn vote(
        &self,
        _: peer::VoteRequest,
    ) -> BoxFuture<'static, Result<peer::VoteResponse, LinkError>> {
        nobody()
    }

    fn transfer_leader(
        &self,
        _: peer::TransferLeaderRequest,
    ) -> BoxFuture<'static, Result<peer::TransferLeaderResponse, LinkError>> {
        nobody()
    }

    fn install_snapshot(
        &self,
        _: BoxStream<'static, peer::InstallSnapshotRequest>,
    ) -> BoxFuture<'static, Result<peer::InstallSnapshotResponse, LinkError>> {
        nobody()
    }
}
