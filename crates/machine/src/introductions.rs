//! Asking a member who it is, before anything is sent to it: the [`Network`] that Raft is given.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use ackord_proto::peer::append_response::Result as Appended;
use ackord_proto::peer::{
    AppendRequest, HelloRequest, HelloResponse, InstallSnapshotRequest, InstallSnapshotResponse,
    TransferLeaderRequest, TransferLeaderResponse, VoteRequest, VoteResponse,
};
use ackord_proto::stored::LogId;
use ackord_raft::{Answers, Link, LinkError, Network};
use futures::future::{BoxFuture, FutureExt, ready};
use futures::stream::{self, BoxStream, StreamExt};
use tokio::time::timeout;

use crate::acquaintances::Acquaintances;
use crate::cluster_clock::Clocks;
use crate::forwards::Peers;

/// How long an answer may take.
const ANSWER_MAX: Duration = Duration::from_secs(1);

/// Asks members who they are, and remembers what they say. Cheap to clone; all clones share that.
#[derive(Debug, Clone)]
pub(crate) struct Introductions {
    pub(crate) peers: Arc<dyn Peers>,
    clocks: Clocks,
    pub(crate) known: Arc<Acquaintances>,
    /// The greatest format that this program knows.
    pub(crate) format: u32,
    /// The format of the cluster.
    needed: Arc<AtomicU32>,
}

impl Introductions {
    pub(crate) fn new(peers: Arc<dyn Peers>, clocks: Clocks, format: u32) -> Self {
        Self {
            peers,
            clocks,
            known: Arc::default(),
            format,
            needed: Arc::default(),
        }
    }

    /// From now on the cluster has this format: whose program does not know it is sent nothing.
    pub(crate) fn need_format(&self, format: u32) {
        self.needed.store(format, Ordering::Relaxed);
    }

    /// Asks a member who it is.
    ///
    /// # Errors
    /// It does not answer in time, or is not to be relied upon.
    pub(crate) async fn meet(&self, node: u64, address: &str) -> Result<HelloResponse, LinkError> {
        let before = self.known.before(node);
        let request = HelloRequest {};
        let asked = self.clocks.read();
        let hello = timeout(ANSWER_MAX, self.peers.hello(node, address, request)).await;
        let answered = self.clocks.read();
        let hello = hello.map_err(|_| LinkError::Unreachable("no answer in time".to_owned()))??;
        self.clocks
            .cluster()
            .sample(node, asked, answered, hello.wall_ms);
        let met = self.known.meet(node, before, &hello);
        met.map_err(|lost| LinkError::Refused(lost.to_string()))?;
        let (known, needed) = (hello.format, self.needed.load(Ordering::Relaxed));
        if known < needed {
            let why = format!("its program knows format {known}, the cluster has {needed}");
            return Err(LinkError::Refused(why));
        }
        Ok(hello)
    }
}

impl Network for Introductions {
    fn link(&self, node: u64, address: &str) -> Arc<dyn Link> {
        Arc::new(Introduced {
            introductions: self.clone(),
            link: self.peers.link(node, address),
            node,
            address: address.to_owned(),
            run: Arc::default(),
        })
    }
}

/// The way to a member that was asked who it is.
#[derive(Clone)]
struct Introduced {
    introductions: Introductions,
    link: Arc<dyn Link>,
    node: u64,
    address: String,
    /// The process of the member that has said who it is; zero: none has, or something has gone
    /// wrong since.
    run: Arc<AtomicU64>,
}

impl Introduced {
    /// Returns once the member has said who it is, and that it has what it has acknowledged to this
    /// node in `term`: which process has said so.
    fn meet(&self, term: u64) -> impl Future<Output = Result<u64, LinkError>> + Send + 'static {
        let run = Arc::clone(&self.run);
        let introductions = self.introductions.clone();
        let (node, address) = (self.node, self.address.clone());
        async move {
            let met = run.load(Ordering::Relaxed);
            if met != 0 {
                return Ok(met);
            }
            let acknowledged = introductions.known.acknowledged(node, term);
            let hello = introductions.meet(node, &address).await?;
            if !hello.serves {
                let why = "it takes no calls of members yet";
                return Err(LinkError::Unreachable(why.to_owned()));
            }
            if hello.log_end.map_or(0, |it| it + 1) < acknowledged {
                let why = "its log ends before what it has acknowledged to this leader";
                tracing::error!(node, "{why}: its disk is not as it was");
                return Err(LinkError::Refused(why.to_owned()));
            }
            run.store(hello.run, Ordering::Relaxed);
            Ok(hello.run)
        }
    }
}

/// How many entries there are up to this one.
fn count(last: Option<&LogId>) -> u64 {
    last.map_or(0, |it| it.index + 1)
}

impl Link for Introduced {
    fn append(
        &self,
        mut requests: BoxStream<'static, AppendRequest>,
    ) -> BoxFuture<'static, Result<Answers, LinkError>> {
        let (link, node) = (Arc::clone(&self.link), self.node);
        let known = Arc::clone(&self.introductions.known);
        let met = Arc::clone(&self.run);
        let this = self.clone();
        async move {
            let Some(first) = requests.next().await else {
                return Ok(stream::empty().boxed());
            };
            let term = first.vote.as_ref().map_or(0, |it| it.term);
            let run = this.meet(term).await?;
            let telling = Arc::clone(&known);
            let requests = stream::once(ready(first)).chain(requests);
            let requests = requests.map(move |it| {
                telling.tell_decided(node, term, count(it.committed.as_ref()));
                AppendRequest { to_run: run, ..it }
            });
            let answers = link.append(requests.boxed()).await;
            let answers = answers.inspect_err(|_| met.store(0, Ordering::Relaxed))?;
            let heard = answers.inspect(move |it| match it.as_ref().map(|it| &it.result) {
                Ok(Some(Appended::Done(done))) => {
                    known.acknowledge(node, term, count(done.matching.as_ref()));
                }
                Ok(_) => {}
                Err(_) => met.store(0, Ordering::Relaxed),
            });
            Ok(heard.boxed())
        }
        .boxed()
    }

    fn vote(&self, request: VoteRequest) -> BoxFuture<'static, Result<VoteResponse, LinkError>> {
        // What is known of it suffices: an election does not wait for more.
        match self.introductions.known.check(self.node) {
            Ok(()) => self.link.vote(request),
            Err(lost) => ready(Err(LinkError::Refused(lost.to_string()))).boxed(),
        }
    }

    fn transfer_leader(
        &self,
        request: TransferLeaderRequest,
    ) -> BoxFuture<'static, Result<TransferLeaderResponse, LinkError>> {
        self.link.transfer_leader(request)
    }

    fn install_snapshot(
        &self,
        parts: BoxStream<'static, InstallSnapshotRequest>,
    ) -> BoxFuture<'static, Result<InstallSnapshotResponse, LinkError>> {
        // Rows are sent because the log is not there: how it ends says nothing.
        let (met, link) = (self.meet(0), Arc::clone(&self.link));
        async move {
            met.await?;
            link.install_snapshot(parts).await
        }
        .boxed()
    }
}
