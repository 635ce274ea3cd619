//! Bad input: bytes that are no message at all.

use std::future::ready;

use ackord_proto::v1::{ListSessionsRequest, RefusalReason};
use bytes::Bytes;
use futures::stream;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Endpoint;
use tonic::{Code, Request, Status};

use crate::raw::Raw;
use crate::support::{Node, assert_refused, item};

/// The first answer to one message of a stream.
async fn send(url: String, secret: &str, path: &'static str, bytes: Bytes) -> Result<(), Status> {
    let channel = Endpoint::from_shared(url)
        .expect("an address")
        .connect()
        .await;
    let mut client = Grpc::new(channel.expect("a node that serves"));
    client.ready().await.expect("a node that serves");
    let mut request = Request::new(stream::once(ready(bytes)));
    let token = format!("Bearer {secret}").parse().expect("a header value");
    request.metadata_mut().insert("authorization", token);
    let responses = client
        .streaming(request, PathAndQuery::from_static(path), Raw)
        .await?;
    responses.into_inner().message().await.map(drop)
}

#[tokio::test]
async fn bytes_that_are_no_message_end_their_stream() {
    let node = Node::start().await;
    let team = node.make_team("t").await;
    let (mut member, secret) = node.member_with_secret(&team).await;
    for path in [
        "/ackord.v1.SessionService/Attach",
        "/ackord.v1.IngressService/SubmitStream",
    ] {
        let garbage = Bytes::from_static(&[0xff; 64]);
        let refused = send(node.url(), &secret, path, garbage).await;
        assert_refused(refused, Code::InvalidArgument, RefusalReason::Protocol);
    }
    let sessions = member
        .sessions
        .list_sessions(ListSessionsRequest::default())
        .await;
    assert_eq!(sessions.expect("a page").into_inner().sessions, []);
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_message_beyond_all_limits_is_not_read() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let large = ackord_proto::v1::SubmitItem {
        body: vec![0; 9 << 20].into(),
        ..item("a")
    };
    let refused = team.submit(vec![large]).await.expect_err("refused");
    assert_eq!(refused.code(), Code::OutOfRange);
    node.server.shutdown().await;
}
