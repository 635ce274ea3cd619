//! openraft's messages on their way out.

use std::fmt;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use ackord_core::planted::{Bug, is_planted};
use ackord_proto::peer::TransferLeaderResponse as Heard;
use futures::{Stream, StreamExt, stream};
use openraft::OptionalSend;
use openraft::base::{BoxFuture, BoxStream};
use openraft::error::{NetworkError, RPCError, ReplicationClosed, StreamingError, Unreachable};
use openraft::network::{RPCOption, RaftNetworkFactory, RaftNetworkV2};
use openraft::raft::{
    AppendEntriesRequest, AppendEntriesResponse, SnapshotResponse, StreamAppendResult,
    TransferLeaderRequest, TransferLeaderResponse, VoteRequest, VoteResponse,
};
use tokio::time::timeout;

use super::flight::Flight;
use super::link::{Answers, Link, LinkError, Network};
use super::{sending, wire};
use crate::apply::{Snapshot, SnapshotData};
use crate::contact::Contact;
use crate::log::{LogGlance, size};
use crate::metrics::Metrics;
use crate::record::RecordError;
use crate::types::{LeaderId, TypeConfig, Vote};

/// How long a follower may take to answer entries before the stream to it counts as broken. Its
/// disk may be slow, and a new stream sends the same entries once more: so not too short.
const SILENCE_MAX: Duration = Duration::from_secs(3);

/// Makes a [`Peer`] for each use of another member.
#[derive(Debug)]
pub(crate) struct Peers {
    network: Arc<dyn Network>,
    log: LogGlance,
    contact: Arc<Contact>,
    metrics: Metrics,
}

impl Peers {
    pub(crate) fn new(
        network: Arc<dyn Network>,
        log: LogGlance,
        contact: Arc<Contact>,
        metrics: Metrics,
    ) -> Self {
        Self {
            network,
            log,
            contact,
            metrics,
        }
    }
}

impl RaftNetworkFactory<TypeConfig> for Peers {
    type Network = Peer;

    async fn new_client(&mut self, target: u64, address: &String) -> Peer {
        Peer {
            link: self.network.link(target, address),
            // A leader asks for its ways to the others when it is one, on its core's own task.
            reign: Reign::begun(self.log.clone()),
            contact: Arc::clone(&self.contact),
            metrics: self.metrics.clone(),
        }
    }
}

/// The way to one other member.
pub(crate) struct Peer {
    link: Arc<dyn Link>,
    reign: Reign,
    contact: Arc<Contact>,
    metrics: Metrics,
}

/// The time for which this node's vote is for whom it was at first.
#[derive(Clone)]
struct Reign {
    log: LogGlance,
    of: Option<LeaderId>,
}

impl Reign {
    fn begun(log: LogGlance) -> Self {
        let of = log.voted_for();
        Self { log, of }
    }

    fn lasts(&self) -> bool {
        self.log.voted_for() == self.of
    }
}

type AppendResults<'s> =
    BoxStream<'s, Result<StreamAppendResult<TypeConfig>, RPCError<TypeConfig>>>;

impl RaftNetworkV2<TypeConfig> for Peer {
    type SnapshotData = SnapshotData;

    async fn append_entries(
        &mut self,
        request: AppendEntriesRequest<TypeConfig>,
        option: RPCOption,
    ) -> Result<AppendEntriesResponse<TypeConfig>, RPCError<TypeConfig>> {
        let one = Box::pin(stream::iter([request]));
        let mut results = self.stream_append(one, option).await?;
        match results.next().await {
            Some(Ok(Ok(matching))) => Ok(AppendEntriesResponse::PartialSuccess(matching)),
            Some(Ok(Err(error))) => Ok(StreamAppendResult::Err(error).into()),
            Some(Err(error)) => Err(error),
            None => Err(broken("the stream ended without an answer")),
        }
    }

    fn stream_append<'s, S>(
        &'s mut self,
        requests: S,
        _: RPCOption,
    ) -> BoxFuture<'s, Result<AppendResults<'s>, RPCError<TypeConfig>>>
    where
        S: Stream<Item = AppendEntriesRequest<TypeConfig>> + OptionalSend + Unpin + 'static,
    {
        let flight = Arc::new(Flight::default());
        let requests = within(self.reign.clone(), requests);
        let requests = bounded(requests, self.reign.log.clone(), Arc::clone(&flight));
        let contact = Arc::clone(&self.contact);
        let requests = requests.map(move |it| wire::append_to_wire(&it, contact.age_ms()));
        let answers = self.link.append(requests.boxed());
        Box::pin(async move {
            let answers = answers.await.map_err(rpc)?;
            let results: AppendResults<'s> = Box::pin(watched(answers, flight));
            Ok(results)
        })
    }

    async fn vote(
        &mut self,
        request: VoteRequest<TypeConfig>,
        _: RPCOption,
    ) -> Result<VoteResponse<TypeConfig>, RPCError<TypeConfig>> {
        self.ask_for_vote(&request, false).await
    }

    async fn pre_vote(
        &mut self,
        request: VoteRequest<TypeConfig>,
        _: RPCOption,
    ) -> Result<VoteResponse<TypeConfig>, RPCError<TypeConfig>> {
        self.ask_for_vote(&request, true).await
    }

    async fn full_snapshot(
        &mut self,
        vote: Vote,
        snapshot: Snapshot,
        cancel: impl Future<Output = ReplicationClosed> + OptionalSend + 'static,
        _: RPCOption,
    ) -> Result<SnapshotResponse<TypeConfig>, StreamingError<TypeConfig>> {
        let SnapshotData::Own(rows) = snapshot.snapshot else {
            return Err(broken("a snapshot that was received is not passed on").into());
        };
        tokio::select! {
            biased;
            closed = cancel => Err(closed.into()),
            vote = sending::send(&*self.link, &vote, &rows, &self.metrics) => Ok(SnapshotResponse::new(vote?)),
        }
    }

    async fn transfer_leader(
        &mut self,
        request: TransferLeaderRequest<TypeConfig>,
        _: RPCOption,
    ) -> Result<TransferLeaderResponse<TypeConfig>, RPCError<TypeConfig>> {
        let request = wire::transfer_to_wire(&request);
        let heard = self.link.transfer_leader(request).await.map_err(rpc)?;
        let Heard {} = heard;
        Ok(Ok(()))
    }
}

impl Peer {
    async fn ask_for_vote(
        &self,
        request: &VoteRequest<TypeConfig>,
        pre_vote: bool,
    ) -> Result<VoteResponse<TypeConfig>, RPCError<TypeConfig>> {
        let asked = wire::vote_to_wire(request, pre_vote);
        let response = match self.link.vote(asked).await {
            Err(_) if is_planted(Bug::QuorumOffByOne) => {
                return Ok(VoteResponse::new(request.vote, request.last_log_id, true));
            }
            response => response.map_err(rpc)?,
        };
        wire::voted_from_wire(response).map_err(malformed)
    }
}

/// The requests of a leader, until this node votes for another one.
///
/// openraft ends them itself, but whoever sends them may ask for the next one late, after a
/// connection was made; and openraft looks at the end of the log before it looks who leads. Where the
/// next leader's entries end before what was sent last, a debug build panics ("reversed range"). They
/// are in the log only after the vote for that leader, so it is enough to look at the vote first.
fn within(
    reign: Reign,
    mut requests: impl Stream<Item = AppendEntriesRequest<TypeConfig>> + Send + Unpin + 'static,
) -> impl Stream<Item = AppendEntriesRequest<TypeConfig>> + Send + Unpin {
    stream::poll_fn(move |context| {
        if reign.lasts() {
            requests.poll_next_unpin(context)
        } else {
            Poll::Ready(None)
        }
    })
}

/// The requests, each when there is room for it; up to what the log lets go of.
///
/// The stream ends there as one that is broken. openraft takes that for the end of what it sends to this
/// member, purges, and sends it a snapshot.
fn bounded(
    requests: impl Stream<Item = AppendEntriesRequest<TypeConfig>> + Send + Unpin + 'static,
    log: LogGlance,
    flight: Arc<Flight>,
) -> impl Stream<Item = AppendEntriesRequest<TypeConfig>> + Send {
    stream::unfold(
        (requests, log, flight),
        |(mut requests, log, flight)| async move {
            flight.room().await;
            let Some(request) = requests.next().await else {
                flight.ended();
                return None;
            };
            let before = request.prev_log_id.map(|it| it.index);
            if !request.entries.is_empty() && log.is_let_go_after(before) {
                tracing::info!(?before, "a member is too far behind for the log");
                return None;
            }
            flight.sent(request.entries.iter().map(size).sum());
            Some((request, (requests, log, flight)))
        },
    )
}

/// The answers, until one is awaited for too long, or does not come.
///
/// openraft takes a stream that ends without an error, and without an answer to what told a commit,
/// for one that is to be gone on with: with what it was to send before, which may be done, failed or
/// purged since. From a purged log it sends entries that do not follow on what it says is before
/// them; a debug build panics ("immediately before the first entry").
fn watched(
    answers: Answers,
    flight: Arc<Flight>,
) -> impl Stream<Item = Result<StreamAppendResult<TypeConfig>, RPCError<TypeConfig>>> + Send {
    stream::unfold(Some((answers, flight)), |state| async move {
        let (mut answers, flight) = state?;
        let answer = next(&mut answers, &flight).await?;
        let go_on = matches!(answer, Ok(Ok(_))).then_some((answers, flight));
        Some((answer, go_on))
    })
}

async fn next(
    answers: &mut Answers,
    flight: &Flight,
) -> Option<Result<StreamAppendResult<TypeConfig>, RPCError<TypeConfig>>> {
    loop {
        // While no request is open the other side has nothing to say.
        let asked = flight.is_open();
        match timeout(SILENCE_MAX, answers.next()).await {
            Ok(None) if flight.is_over() => return None,
            Ok(None) => return Some(Err(broken("the stream ended before all was answered"))),
            Ok(Some(answer)) => {
                flight.answered();
                let answer = answer.map_err(rpc);
                return Some(answer.and_then(|it| wire::appended_from_wire(it).map_err(malformed)));
            }
            Err(_) if asked => return Some(Err(broken("no answer to entries"))),
            Err(_) => {}
        }
    }
}

pub(super) fn rpc(error: LinkError) -> RPCError<TypeConfig> {
    match error {
        LinkError::Unreachable(_) | LinkError::Refused(_) => Unreachable::new(&error).into(),
        LinkError::Broken(_) => NetworkError::new(&error).into(),
    }
}

pub(super) fn malformed(error: RecordError) -> RPCError<TypeConfig> {
    NetworkError::new(&error).into()
}

fn broken(why: impl fmt::Display) -> RPCError<TypeConfig> {
    NetworkError::from_string(why).into()
}

#[cfg(all(test, not(madsim)))]
mod tests {
    use openraft::entry::RaftEntry;
    use openraft::storage::RaftLogStorage;
    use openraft::vote::RaftLeaderId;

    use super::*;
    use crate::storage_suite;
    use crate::types::{Entry, LogId};

    fn vote(term: u64, node: u64, committed: bool) -> Vote {
        Vote {
            leader_id: LeaderId::new(term, node),
            committed,
        }
    }

    fn request() -> AppendEntriesRequest<TypeConfig> {
        AppendEntriesRequest {
            vote: vote(1, 1, true),
            prev_log_id: None,
            entries: Vec::new(),
            leader_commit: None,
        }
    }

    #[tokio::test]
    async fn a_stream_that_ends_is_broken_unless_all_is_sent_and_answered() {
        let end = async |flight: Flight| {
            let nothing = stream::empty().boxed();
            let mut answers = Box::pin(watched(nothing, Arc::new(flight)));
            answers.next().await
        };
        let over = Flight::default();
        over.ended();
        assert!(end(over).await.is_none());
        let unsent = Flight::default();
        assert!(matches!(end(unsent).await, Some(Err(_))));
        let unanswered = Flight::default();
        unanswered.sent(1);
        unanswered.ended();
        assert!(matches!(end(unanswered).await, Some(Err(_))));
    }

    #[tokio::test]
    async fn what_the_log_lets_go_of_is_not_sent_and_its_stream_is_broken() {
        let (log, _machine) = storage_suite::on_twin();
        let flight = Arc::new(Flight::default());
        let after = |index| {
            let leader = LeaderId::new(1, 1);
            AppendEntriesRequest {
                prev_log_id: Some(LogId::new(leader, index)),
                entries: vec![Entry::new_blank(LogId::new(leader, index + 1))],
                ..request()
            }
        };
        let all = stream::iter([after(4), request(), after(5), after(6)]);
        let sent = bounded(all, log.watch().glance(), Arc::clone(&flight));
        let mut sent = Box::pin(sent);
        assert!(sent.next().await.is_some());
        log.watch().let_go(6);
        let beat = sent.next().await.expect("it has no entries");
        assert!(beat.entries.is_empty());
        assert!(sent.next().await.is_none(), "entry 6 is to be purged");
        flight.answered();
        flight.answered();
        assert!(!flight.is_over(), "which is an error, once all is answered");
    }

    #[tokio::test]
    async fn a_leader_sends_nothing_once_the_vote_is_for_another() {
        let (mut log, _machine) = storage_suite::on_twin();
        let glance = log.watch().glance();
        log.save_vote(&vote(1, 1, false)).await.expect("saved");
        let mut requests = within(Reign::begun(glance), stream::repeat_with(request));
        assert!(requests.next().await.is_some());
        log.save_vote(&vote(1, 1, true)).await.expect("saved");
        assert!(requests.next().await.is_some(), "it was elected");
        log.save_vote(&vote(2, 3, false)).await.expect("saved");
        assert!(requests.next().await.is_none());
    }
}
