//! Calls of a node that is no member yet, and calls to one.

use ackord_machine::LinkError;
use ackord_proto::peer::peer_service_client::PeerServiceClient;
use ackord_proto::peer::{
    HelloRequest, HelloResponse, InviteRequest, JoinRequest, JoinResponse, PeerHeader,
    PrepareRequest, PrepareResponse,
};
use ackord_tls::Mutual;
use tokio::time::timeout;
use tonic::transport::Channel;
use tonic::{Request, Response, Status};

use crate::limits::ANSWER_MAX;
use crate::{channel, header, status};

/// Asks who listens at `address`, which is `host:port`: under TLS, or in plain text.
///
/// # Errors
/// Nobody answers within five seconds.
pub async fn hello(
    address: &str,
    tls: Option<&Mutual>,
    request: HelloRequest,
) -> Result<HelloResponse, LinkError> {
    let mut client = client(address, tls)?;
    answer(client.hello(nameless(request))).await
}

/// Asks whoever listens at `address` to bind its disk to a cluster that is about to begin.
///
/// # Errors
/// Nobody answers within five seconds, or it refuses: its disk is bound to another cluster, or to
/// another number in this one. A node that did not answer may have done it all the same.
pub async fn prepare(
    address: &str,
    tls: Option<&Mutual>,
    request: PrepareRequest,
) -> Result<PrepareResponse, LinkError> {
    let mut client = client(address, tls)?;
    answer(client.prepare(nameless(request))).await
}

/// Asks whoever listens at `address` to take this node into its cluster.
///
/// # Errors
/// Nobody answers within five seconds, or it is no member. The node may be taken in all the same:
/// it asks again.
pub async fn join(
    address: &str,
    tls: Option<&Mutual>,
    request: JoinRequest,
) -> Result<JoinResponse, LinkError> {
    let mut client = client(address, tls)?;
    answer(client.join(nameless(request))).await
}

/// Asks who listens at `address`, and tells a node whose disk is empty whom it may ask to join.
///
/// # Errors
/// Nobody answers within five seconds.
pub async fn invite(
    address: &str,
    tls: Option<&Mutual>,
    request: InviteRequest,
) -> Result<HelloResponse, LinkError> {
    let found = hello(address, tls, HelloRequest::default()).await?;
    if found.cluster.is_empty() {
        let mut client = client(address, tls)?;
        answer(client.invite(nameless(request))).await?;
    }
    Ok(found)
}

fn client(address: &str, tls: Option<&Mutual>) -> Result<PeerServiceClient<Channel>, LinkError> {
    Ok(PeerServiceClient::new(channel::open(address, tls)?))
}

fn nameless<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    header::write(&PeerHeader::default(), request.metadata_mut());
    request
}

async fn answer<T>(
    call: impl Future<Output = Result<Response<T>, Status>>,
) -> Result<T, LinkError> {
    match timeout(ANSWER_MAX, call).await {
        Ok(answer) => answer.map(Response::into_inner).map_err(status::link_error),
        Err(_) => Err(LinkError::Unreachable("no answer in time".to_owned())),
    }
}
