//! The ways out.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use ackord_machine::{Answers, Asks, Failures, Forwards, Link, LinkError, Network};
use ackord_proto::peer::peer_service_client::PeerServiceClient;
use ackord_proto::peer::{
    AppendRequest, ChangeRequest, ChangeResponse, ConfirmRequest, ConfirmResponse, ForwardRequest,
    HelloRequest, HelloResponse, InstallSnapshotRequest, InstallSnapshotResponse, InviteRequest,
    PeerHeader, TransferLeaderRequest, TransferLeaderResponse, VoteRequest, VoteResponse,
};
use ackord_tls::Mutual;
use futures::future::{BoxFuture, FutureExt};
use futures::stream::{self, BoxStream, Stream, StreamExt};
use tokio::sync::oneshot;
use tonic::transport::Channel;
use tonic::{Request, Response};

use crate::limits::MESSAGE_MAX;
use crate::me::Me;
use crate::{channel, header, status, strangers};

/// Ways to the other members. Connections are shared by all uses of one, and are made when they are
/// needed. Cheap to clone; all clones are the same ones.
#[derive(Clone)]
pub struct Links {
    me: Me,
    tls: Option<Mutual>,
    channels: Arc<Mutex<BTreeMap<Road, Channel>>>,
}

/// A connection's use. What is large has one of its own, where nothing small waits behind it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Road {
    address: String,
    load: Load,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Load {
    /// Entries, signs of life, votes.
    Raft,
    /// Commands for the leader.
    Forward,
    /// Snapshots.
    Snapshot,
}

impl Links {
    /// The ways of `me`: under TLS, or in plain text.
    #[must_use]
    pub fn new(me: Me, tls: Option<Mutual>) -> Self {
        Self {
            me,
            tls,
            channels: Arc::default(),
        }
    }

    fn way(&self, node: u64, address: &str) -> Way {
        Way {
            links: self.clone(),
            header: header::of(&self.me, node),
            address: address.to_owned(),
        }
    }

    fn channel(&self, address: &str, load: Load) -> Result<Channel, LinkError> {
        let road = Road {
            address: address.to_owned(),
            load,
        };
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(channel) = channels.get(&road) {
            return Ok(channel.clone());
        }
        let channel = channel::open(address, self.tls.as_ref())?;
        channels.insert(road, channel.clone());
        Ok(channel)
    }
}

impl fmt::Debug for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Links").field("me", &self.me).finish()
    }
}

impl Network for Links {
    fn link(&self, node: u64, address: &str) -> Arc<dyn Link> {
        Arc::new(self.way(node, address))
    }
}

impl Forwards for Links {
    fn forward(
        &self,
        node: u64,
        address: &str,
        requests: BoxStream<'static, ForwardRequest>,
    ) -> BoxFuture<'static, Result<Failures, LinkError>> {
        let way = self.way(node, address);
        let client = way.client(Load::Forward);
        let (taken, requests) = once_taken(requests);
        let requests = way.stream(requests);
        async move {
            let failures = client?.forward(requests).await;
            let failures = failures.map_err(status::link_error)?.into_inner();
            // A stream that is given up at once needs no requests.
            let _ = taken.send(());
            Ok(failures.map(|it| it.map_err(status::link_error)).boxed())
        }
        .boxed()
    }
}

impl Asks for Links {
    fn hello(
        &self,
        node: u64,
        address: &str,
        request: HelloRequest,
    ) -> BoxFuture<'static, Result<HelloResponse, LinkError>> {
        let way = self.way(node, address);
        let (client, request) = (way.client(Load::Raft), way.request(request));
        let cluster = self.me.cluster.to_be_bytes();
        async move {
            let found = client?.hello(request).await.map_err(status::link_error)?;
            let found = found.into_inner();
            if found.cluster != cluster.as_slice() || found.node != node {
                let why = "another node listens there, or one whose disk is empty";
                return Err(LinkError::Refused(why.to_owned()));
            }
            Ok(found)
        }
        .boxed()
    }

    fn confirm(
        &self,
        node: u64,
        address: &str,
        request: ConfirmRequest,
    ) -> BoxFuture<'static, Result<ConfirmResponse, LinkError>> {
        let way = self.way(node, address);
        let (client, request) = (way.client(Load::Raft), way.request(request));
        async move {
            let answer = client?.confirm(request).await;
            answer.map(Response::into_inner).map_err(status::link_error)
        }
        .boxed()
    }

    fn change(
        &self,
        node: u64,
        address: &str,
        request: ChangeRequest,
    ) -> BoxFuture<'static, Result<ChangeResponse, LinkError>> {
        let way = self.way(node, address);
        let (client, request) = (way.client(Load::Raft), way.request(request));
        async move {
            let answer = client?.change(request).await;
            answer.map(Response::into_inner).map_err(status::link_error)
        }
        .boxed()
    }

    fn invite(
        &self,
        address: &str,
        request: InviteRequest,
    ) -> BoxFuture<'static, Result<HelloResponse, LinkError>> {
        let (address, tls) = (address.to_owned(), self.tls.clone());
        async move { strangers::invite(&address, tls.as_ref(), request).await }.boxed()
    }
}

/// The requests, none of which is taken before the word is given, or at all if it is not.
fn once_taken(
    requests: BoxStream<'static, ForwardRequest>,
) -> (oneshot::Sender<()>, BoxStream<'static, ForwardRequest>) {
    let (word, given) = oneshot::channel();
    let held = async move {
        match given.await {
            Ok(()) => requests,
            Err(_) => stream::empty().boxed(),
        }
    };
    (word, held.flatten_stream().boxed())
}

/// The way to one node.
struct Way {
    links: Links,
    header: PeerHeader,
    address: String,
}

type Client = PeerServiceClient<Channel>;

impl Way {
    fn client(&self, load: Load) -> Result<Client, LinkError> {
        let channel = self.links.channel(&self.address, load)?;
        Ok(PeerServiceClient::new(channel)
            .max_decoding_message_size(MESSAGE_MAX)
            .max_encoding_message_size(MESSAGE_MAX))
    }

    fn stream<T: 'static>(&self, messages: BoxStream<'static, T>) -> Request<Messages<T>> {
        self.request(Messages(messages))
    }

    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        header::write(&self.header, request.metadata_mut());
        request
    }
}

/// A stream whose type has a name: without one the compiler cannot tell that a call is `Send`.
struct Messages<T>(BoxStream<'static, T>);

impl<T> Stream for Messages<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        self.0.as_mut().poll_next(context)
    }
}

impl Link for Way {
    fn append(
        &self,
        requests: BoxStream<'static, AppendRequest>,
    ) -> BoxFuture<'static, Result<Answers, LinkError>> {
        let client = self.client(Load::Raft);
        let requests = self.stream(requests);
        async move {
            let answers = client?.append(requests).await.map_err(status::link_error)?;
            let answers = answers.into_inner();
            Ok(answers.map(|it| it.map_err(status::link_error)).boxed())
        }
        .boxed()
    }

    fn vote(&self, request: VoteRequest) -> BoxFuture<'static, Result<VoteResponse, LinkError>> {
        let client = self.client(Load::Raft);
        let request = self.request(request);
        async move {
            let answer = client?.vote(request).await;
            answer.map(Response::into_inner).map_err(status::link_error)
        }
        .boxed()
    }

    fn transfer_leader(
        &self,
        request: TransferLeaderRequest,
    ) -> BoxFuture<'static, Result<TransferLeaderResponse, LinkError>> {
        let client = self.client(Load::Raft);
        let request = self.request(request);
        async move {
            let answer = client?.transfer_leader(request).await;
            answer.map(Response::into_inner).map_err(status::link_error)
        }
        .boxed()
    }

    fn install_snapshot(
        &self,
        parts: BoxStream<'static, InstallSnapshotRequest>,
    ) -> BoxFuture<'static, Result<InstallSnapshotResponse, LinkError>> {
        let client = self.client(Load::Snapshot);
        let parts = self.stream(parts);
        async move {
            let answer = client?.install_snapshot(parts).await;
            answer.map(Response::into_inner).map_err(status::link_error)
        }
        .boxed()
    }
}
