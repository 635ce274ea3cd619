//! The way in.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use ackord_machine::Machine;
use ackord_proto::peer::peer_service_server::PeerService;
use ackord_proto::peer::{
    AppendRequest, AppendResponse, ForwardRequest, ForwardResponse, HelloRequest, HelloResponse,
    InstallSnapshotRequest, InstallSnapshotResponse, PrepareRequest, PrepareResponse,
    TransferLeaderRequest, TransferLeaderResponse, VoteRequest, VoteResponse,
};
use futures::future::{BoxFuture, Shared};
use futures::stream::{BoxStream, Stream, StreamExt};
use tonic::{Request, Response, Status, Streaming};

use crate::me::Me;
use crate::stranger::{self, Callers};
use crate::{header, status};

/// Ends when everything is to end.
pub type Stop = Shared<BoxFuture<'static, ()>>;

/// The node, where it is asked for more than its machine knows.
pub trait Host: Send + Sync + 'static {
    /// Who this node is now, whether it belongs to a cluster or not.
    fn hello(&self) -> HelloResponse;

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

    /// The machine, for a caller that may call, with the caller's number.
    fn admit<T>(&self, request: &Request<T>) -> Result<(u64, Machine), Status> {
        let member = self
            .shared
            .member
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let Member { me, machine } = member.ok_or_else(status::absent)?;
        let header = header::read(request.metadata());
        let mut callers = self
            .shared
            .callers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let from = header.as_ref().map_or(0, |it| it.from);
        stranger::check(&me, &mut callers, header)
            .map(|caller| (caller, machine))
            .map_err(|stranger| {
                if callers.is_news(from, stranger) {
                    tracing::warn!(from, reason = %stranger, "a caller is refused");
                }
                stranger.into()
            })
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
    async fn hello(&self, _: Request<HelloRequest>) -> Result<Response<HelloResponse>, Status> {
        Ok(Response::new(self.shared.host.hello()))
    }

    type AppendStream = BoxStream<'static, Result<AppendResponse, Status>>;

    async fn append(
        &self,
        request: Request<Streaming<AppendRequest>>,
    ) -> Result<Response<Self::AppendStream>, Status> {
        let (_, machine) = self.admit(&request)?;
        let requests = self.messages(request.into_inner());
        let answers = machine.incoming().append(requests);
        let answers = answers.map(|it| it.map_err(|error| status::refused(&error)));
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
