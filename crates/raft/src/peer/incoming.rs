//! What the other members say, on its way in to openraft.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use ackord_core::planted::{Bug, is_planted};
use ackord_proto::peer::{self, append_response};
use futures::stream::BoxStream;
use futures::{Stream, StreamExt};

use super::ahead::read_ahead;
use super::wire;
use crate::contact::Arrivals;
use crate::handle::RaftHandle;
use crate::record::RecordError;
use crate::types::Raft;

/// Why a message from another member has no answer. Nothing came of it.
#[derive(Debug, thiserror::Error)]
pub enum IncomingError {
    /// The message is not one that a member sends.
    #[error("malformed: {0}")]
    Malformed(String),
    /// Another snapshot is on its way in.
    #[error("another snapshot is on its way in")]
    Busy,
    /// A snapshot did not come whole and sound. Another try may succeed.
    #[error("{0}")]
    Snapshot(String),
    /// The disk takes no snapshot.
    #[error("the disk takes no snapshot: {0}")]
    Disk(String),
    /// This group has ended.
    #[error("the group has ended")]
    Ended,
}

impl From<RecordError> for IncomingError {
    fn from(error: RecordError) -> Self {
        Self::Malformed(error.to_string())
    }
}

/// Takes messages of other members. Whoever calls has made sure who they are.
#[derive(Debug, Clone)]
pub struct Incoming(RaftHandle);

impl RaftHandle {
    /// The way in for the other members.
    pub fn incoming(&self) -> Incoming {
        Incoming(self.clone())
    }
}

impl Incoming {
    /// Takes a leader's entries. Answers each request in order; ends with the first error, or once
    /// an answer says that the leader must begin anew.
    pub fn append(
        &self,
        requests: impl Stream<Item = peer::AppendRequest> + Send + 'static,
    ) -> BoxStream<'static, Result<peer::AppendResponse, IncomingError>> {
        let fault = Arc::new(Mutex::new(None));
        let found = Arc::clone(&fault);
        let arrivals = Arc::new(Arrivals::default());
        let requests = read_ahead(requests, Arc::clone(&arrivals));
        let requests = requests.scan((), move |(), it| {
            let request = wire::append_from_wire(it).map_err(|error| {
                *found.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            });
            std::future::ready(request.ok())
        });
        let answers = self.raft().stream_append(requests);
        let contact = Arc::clone(&self.0.inner.contact);
        let answers = answers.map(move |it| {
            let result = it.map_err(|_| IncomingError::Ended)?;
            let answer = wire::appended_to_wire(result);
            let later = matches!(answer.result, Some(append_response::Result::Higher(_)));
            if let Some((at, committed)) = arrivals.answered().filter(|_| !later) {
                contact.heard(at, committed);
            }
            Ok(answer)
        });
        let last = futures::stream::once(async move {
            let fault = fault.lock().unwrap_or_else(PoisonError::into_inner).take();
            fault.map(|it| Err(it.into()))
        });
        answers.chain(last.filter_map(std::future::ready)).boxed()
    }

    /// Votes, or says how it would.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn vote(
        &self,
        request: peer::VoteRequest,
    ) -> Result<peer::VoteResponse, IncomingError> {
        let pre_vote = request.pre_vote;
        let request = wire::vote_from_wire(request)?;
        let asked = request.vote;
        let answer = if pre_vote {
            self.raft().pre_vote(request).await
        } else {
            self.raft().vote(request).await
        };
        let mut answer = answer.map_err(|_| IncomingError::Ended)?;
        if is_planted(Bug::VotesForAll) {
            (answer.vote, answer.vote_granted) = (asked, true);
        }
        Ok(wire::voted_to_wire(&answer))
    }

    /// Hears that a leader hands over, maybe to this node.
    ///
    /// # Errors
    /// It was not heard.
    pub async fn transfer_leader(
        &self,
        request: peer::TransferLeaderRequest,
    ) -> Result<peer::TransferLeaderResponse, IncomingError> {
        let request = wire::transfer_from_wire(request)?;
        let stands = self.0.inner.stands.load(Ordering::Relaxed);
        if !stands && request.to_node_id() == self.raft().node_id() {
            tracing::info!("leadership is not taken over: this node does not lead now");
            return Ok(peer::TransferLeaderResponse {});
        }
        let heard = self.raft().handle_transfer_leader(request).await;
        if let Err(refused) = heard.map_err(|_| IncomingError::Ended)? {
            tracing::info!(%refused, "leadership is not taken over");
        }
        Ok(peer::TransferLeaderResponse {})
    }

    pub(super) fn handle(&self) -> &RaftHandle {
        &self.0
    }

    pub(super) fn raft(&self) -> &Raft {
        &self.0.inner.raft
    }
}
