//! The way in.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use ackord_core::id::NodeId;
use ackord_machine::Machine;
use ackord_proto::peer::peer_service_server::PeerService;
use ackord_proto::peer::{
    AppendRequest, AppendResponse, ChangeRequest, ChangeResponse, ConfirmRequest, ConfirmResponse,
    ForwardRequest, ForwardResponse, HelloRequest, HelloResponse, InstallSnapshotRequest,
    InstallSnapshotResponse, InviteRequest, InviteResponse, JoinRequest, JoinResponse,
    PrepareRequest, PrepareResponse, TransferLeaderRequest, TransferLeaderResponse, VoteRequest,
    VoteResponse,
};
use futures::future::{BoxFuture, Shared, ready};
use futures::stream::{self, BoxStream, Stream, StreamExt};
use tonic::{Request, Response, Status, Streaming};

use crate::me::Me;
use crate::stranger::{self, Callers, Stranger};
use crate::{header, names, status};

/// Ends when everything is to end.
pub type Stop = Shared<BoxFuture<'static, ()>>;

/// The node, where it is asked for more than its machine knows.
pub trait Host: Send + Sync + 'static {
    /// Who this node is now, whether it belongs to a cluster or not.
    fn hello(&self) -> HelloResponse;

    /// Takes a node into this node's cluster, or says why not.
    fn join(&self, request: JoinRequest) -> BoxFuture<'static, JoinResponse>;

    /// Members of a cluster would take this node in, if its disk is empty.
    fn invite(&self, members: Vec<String>);

    /// Binds this node's disk to a cluster that is about to begin: durable when it is answered.
    /// Asked once more for the same, it answers the same.
    fn prepare(
        &self,
        request: PrepareRequest,
    ) -> BoxFuture<'static, Result<PrepareResponse, PrepareRefusal>>;
}

/// Why a disk is not bound to a cluster.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrepareRefusal {
    /// It is bound to another one, or to another number in this one, and stays so.
    #[error("this node's disk is bound already: {0}")]
    Bound(String),
    /// It would not be the cluster that this node's configuration tells of.
    #[error("this node is configured otherwise: {0}")]
    Disagrees(String),
    /// Its disk fails.
    #[error("this node's disk fails: {0}")]
    Failed(String),
    /// The request is not one.
    #[error("malformed: {0}")]
    Malformed(String),
}

/// Answers peers. Cheap to clone; all clones are the same one.
#[derive(Clone)]
pub struct Service {
    shared: Arc<Inner>,
    stop: Stop,
}

struct Inner {
    host: Box<dyn Host>,
    member: RwLock<Option<Member>>,
    callers: Mutex<Callers>,
}

/// What a node is once it belongs to a cluster.
#[derive(Clone)]
struct Member {
    me: Me,
    machine: Machine,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").finish_non_exhaustive()
    }
}

impl Service {
    /// A service of a node that belongs to no cluster yet. Its streams end with `stop`.
    pub fn new(host: impl Host, stop: Stop) -> Self {
        Self {
            shared: Arc::new(Inner {
                host: Box::new(host),
                member: RwLock::default(),
                callers: Mutex::default(),
            }),
            stop,
        }
    }

    /// From now on takes the calls of the other members of `me`'s group.
    pub fn open(&self, me: Me, machine: Machine) {
        let mut member = self
            .shared
            .member
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *member = Some(Member { me, machine });
    }

    pub(crate) fn stop(&self) -> Stop {
        self.stop.clone()
    }

    fn member(&self) -> Option<Member> {
        let member = self.shared.member.read();
        member.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The machine, for a caller that may call, with the caller's number.
    fn admit<T>(&self, request: &Request<T>) -> Result<(u64, Machine), Status> {
        let Member { me, machine } = self.member().ok_or_else(status::absent)?;
        let header = header::read(request.metadata());
        let from = header.as_ref().map_or(0, |it| it.from);
        let view = machine.view();
        let knows = |node| view.directory.node(node).cloned();
        let is_at = |address: &str| names::may_be_at(request, address);
        let checked = stranger::check(&me, knows, is_at, &mut self.callers(), header);
        match checked {
            Ok(caller) => Ok((caller, machine)),
            Err(stranger) => Err(self.refused(from, stranger)),
        }
    }

    /// Lets in a caller without a number if it may be who is reached at `address`.
    fn admit_nameless<T>(&self, request: &Request<T>, address: &str) -> Result<(), Status> {
        if names::may_be_at(request, address) {
            return Ok(());
        }
        Err(self.refused(0, Stranger::OtherName))
    }

    fn refused(&self, from: u64, stranger: Stranger) -> Status {
        if self.callers().is_news(from, stranger) {
            tracing::warn!(from, reason = %stranger, "a caller is refused");
        }
        stranger.into()
    }

    fn callers(&self) -> MutexGuard<'_, Callers> {
        let callers = self.shared.callers.lock();
        callers.unwrap_or_else(PoisonError::into_inner)
    }

    /// The messages of a caller, until one is missing or everything is to end.
    fn messages<T: Send + 'static>(
        &self,
        stream: Streaming<T>,
    ) -> impl Stream<Item = T> + Send + 'static {
        let whole = stream.scan((), |(), it| std::future::ready(it.ok()));
        whole.take_until(self.stop.clone())
    }
}

#[tonic::async_trait]
impl PeerService for Service {
    async fn hello(
        &self,
        request: Request<HelloRequest>,
    ) -> Result<Response<HelloResponse>, Status> {
        let mut hello = self.shared.host.hello();
        if let Some(Member { me, machine }) = self.member() {
            let header = header::read(request.metadata()).unwrap_or_default();
            let knows = header.cluster == me.cluster.to_be_bytes().as_slice();
            let from = if knows { header.from } else { 0 };
            let view = machine.view();
            if let Some(node) = view.directory.node(NodeId(from))
                && !names::may_be_at(&request, node.address.as_str())
            {
                return Err(self.refused(from, Stranger::OtherName));
            }
            machine.introduce(from, header.from_incarnation, &mut hello);
        }
        Ok(Response::new(hello))
    }

    async fn confirm(
        &self,
        request: Request<ConfirmRequest>,
    ) -> Result<Response<ConfirmResponse>, Status> {
        let (_, machine) = self.admit(&request)?;
        match machine.confirm_for_peer().await {
            Ok(index) => Ok(Response::new(ConfirmResponse { index })),
            Err(error) => Err(Status::unavailable(error.to_string())),
        }
    }

    async fn change(
        &self,
        request: Request<ChangeRequest>,
    ) -> Result<Response<ChangeResponse>, Status> {
        let (_, machine) = self.admit(&request)?;
        let changed = machine.changed_for_peer(request.into_inner()).await;
        changed
            .map(Response::new)
            .ok_or_else(|| Status::invalid_argument("malformed: no change"))
    }

    async fn join(&self, request: Request<JoinRequest>) -> Result<Response<JoinResponse>, Status> {
        self.admit_nameless(&request, &request.get_ref().address)?;
        Ok(Response::new(
            self.shared.host.join(request.into_inner()).await,
        ))
    }

    async fn invite(
        &self,
        request: Request<InviteRequest>,
    ) -> Result<Response<InviteResponse>, Status> {
        self.shared.host.invite(request.into_inner().members);
        Ok(Response::new(InviteResponse {}))
    }

    type AppendStream = BoxStream<'static, Result<AppendResponse, Status>>;

    async fn append(
        &self,
        request: Request<Streaming<AppendRequest>>,
    ) -> Result<Response<Self::AppendStream>, Status> {
        let (_, machine) = self.admit(&request)?;
        let run = machine.run();
        let requests = self.messages(request.into_inner());
        let (ours, other) = until_other_run(requests, run);
        let answers = machine.incoming().append(ours);
        let answers = answers.map(|it| it.map_err(|error| status::refused(&error)));
        let last =
            stream::once(other).filter_map(|other| ready(other.then(|| Err(status::other_run()))));
        let answers = answers.chain(last);
        Ok(Response::new(answers.boxed()))
    }

    async fn vote(&self, request: Request<VoteRequest>) -> Result<Response<VoteResponse>, Status> {
        let (_, machine) = self.admit(&request)?;
        let answer = machine.incoming().vote(request.into_inner()).await;
        answer
            .map(Response::new)
            .map_err(|error| status::refused(&error))
    }

    async fn transfer_leader(
        &self,
        request: Request<TransferLeaderRequest>,
    ) -> Result<Response<TransferLeaderResponse>, Status> {
        let (_, machine) = self.admit(&request)?;
        let incoming = machine.incoming();
        let heard = incoming.transfer_leader(request.into_inner()).await;
        heard
            .map(Response::new)
            .map_err(|error| status::refused(&error))
    }

    async fn install_snapshot(
        &self,
        request: Request<Streaming<InstallSnapshotRequest>>,
    ) -> Result<Response<InstallSnapshotResponse>, Status> {
        let (_, machine) = self.admit(&request)?;
        let parts = self.messages(request.into_inner());
        let installed = machine.incoming().install_snapshot(parts).await;
        installed
            .map(Response::new)
            .map_err(|error| status::refused(&error))
    }

    type ForwardStream = BoxStream<'static, Result<ForwardResponse, Status>>;

    async fn forward(
        &self,
        request: Request<Streaming<ForwardRequest>>,
    ) -> Result<Response<Self::ForwardStream>, Status> {
        let (caller, machine) = self.admit(&request)?;
        let requests = self.messages(request.into_inner()).boxed();
        let failures = machine.forwarded(caller, requests);
        Ok(Response::new(failures.map(Ok).boxed()))
    }

    async fn prepare(
        &self,
        request: Request<PrepareRequest>,
    ) -> Result<Response<PrepareResponse>, Status> {
        // It is the first member that begins a cluster.
        let first = request.get_ref().members.iter().min_by_key(|it| it.node);
        if let Some(first) = first {
            self.admit_nameless(&request, &first.address)?;
        }
        let bound = self.shared.host.prepare(request.into_inner()).await;
        bound.map(Response::new).map_err(|refusal| match refusal {
            PrepareRefusal::Bound(_) | PrepareRefusal::Disagrees(_) => {
                Status::failed_precondition(refusal.to_string())
            }
            PrepareRefusal::Failed(_) => Status::internal(refusal.to_string()),
            PrepareRefusal::Malformed(_) => Status::invalid_argument(refusal.to_string()),
        })
    }
}

/// The requests up to one that is for another process of this node, and whether there was one.
fn until_other_run(
    requests: impl Stream<Item = AppendRequest> + Send + 'static,
    run: u64,
) -> (
    impl Stream<Item = AppendRequest> + Send + 'static,
    impl Future<Output = bool> + Send,
) {
    let other = Arc::new(AtomicBool::new(false));
    let found = Arc::clone(&other);
    let ours = requests.take_while(move |it| {
        let is_ours = it.to_run == 0 || it.to_run == run;
        found.fetch_or(!is_ours, Ordering::Relaxed);
        ready(is_ours)
    });
    (ours, async move { other.load(Ordering::Relaxed) })
}
