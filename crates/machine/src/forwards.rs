//! What the machine asks of whoever carries commands to the node that leads.

use std::fmt;

use ackord_proto::peer;
use ackord_raft::{Alone, LinkError, Network};
use futures::future::{self, BoxFuture, FutureExt};
use futures::stream::BoxStream;

use crate::asks::Asks;

/// What the leader says of commands that were forwarded to it: those that have no answer, in no
/// order. What is committed it does not speak of, for this node applies it as well.
pub type Failures = BoxStream<'static, Result<peer::ForwardResponse, LinkError>>;

/// Ways to the node that leads.
pub trait Forwards: fmt::Debug + Send + Sync + 'static {
    /// Opens a stream of commands to `node`, which listens at `address`. Answers once that node
    /// has taken the stream: nothing is taken from `requests` before. The failures end after the
    /// last of the requests has its answer or was committed, or with the first error.
    fn forward(
        &self,
        node: u64,
        address: &str,
        requests: BoxStream<'static, peer::ForwardRequest>,
    ) -> BoxFuture<'static, Result<Failures, LinkError>>;
}

/// The other members of the group, as the machine reaches them.
pub trait Peers: Network + Forwards + Asks {}

impl<T: Network + Forwards + Asks> Peers for T {}

impl Forwards for Alone {
    fn forward(
        &self,
        _: u64,
        _: &str,
        _: BoxStream<'static, peer::ForwardRequest>,
    ) -> BoxFuture<'static, Result<Failures, LinkError>> {
        let error = LinkError::Unreachable("this node has no peers".to_owned());
        future::ready(Err(error)).boxed()
    }
}
