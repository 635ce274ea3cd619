//! Bad input: bytes that are no message at all, or too large a one.

use std::future::ready;

use ackord_node::Secret;
use ackord_proto::v1::{Ack, AckRequest, Emit, ListSessionsRequest, RefusalReason};
use bytes::Bytes;
use futures::{Stream, stream};
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Endpoint;
use tonic::{Code, Request, Status};

use crate::raw::Raw;
use crate::support::{Node, assert_invalid, assert_refused, item};

const STREAMS: [&str; 2] = [
    "/ackord.v1.SessionService/Attach",
    "/ackord.v1.IngressService/SubmitStream",
];

/// The first answer to one message of a stream.
async fn send(url: String, secret: &str, path: &'static str, bytes: Bytes) -> Result<(), Status> {
    call(url, secret, path, stream::once(ready(bytes))).await
}

/// The first answer to these messages.
async fn call(
    url: String,
    secret: &str,
    path: &'static str,
    messages: impl Stream<Item = Bytes> + Send + 'static,
) -> Result<(), Status> {
    let channel = Endpoint::from_shared(url)
        .expect("an address")
        .connect()
        .await;
    let mut client = Grpc::new(channel.expect("a node that serves"));
    client.ready().await.expect("a node that serves");
    let mut request = Request::new(messages);
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
    for path in STREAMS {
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

#[tokio::test]
async fn a_message_beyond_all_limits_ends_its_stream_as_too_large() {
    let node = Node::start().await;
    let team = node.make_team("t").await;
    let (_, secret) = node.member_with_secret(&team).await;
    for path in STREAMS {
        let large = vec![0; 9 << 20].into();
        let refused = send(node.url(), &secret, path, large).await;
        assert_refused(refused, Code::InvalidArgument, RefusalReason::TooLarge);
    }
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_stranger_is_refused_before_he_has_sent_anything() {
    let node = Node::start().await;
    let unknown = Secret::draw();
    for path in [
        "/ackord.v1.IngressService/Submit",
        "/ackord.v1.SourceService/CreateSource",
        "/ackord.v1.ClusterService/GetStatus",
    ] {
        for secret in [unknown.expose(), "ackord_cut", "none of ours"] {
            let refused = call(node.url(), secret, path, stream::pending()).await;
            let reason = RefusalReason::Unauthenticated;
            assert_refused(refused, Code::Unauthenticated, reason);
        }
    }
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_message_with_far_too_many_parts_is_refused_before_it_is_understood() {
    let node = Node::start().await;
    let team = node.make_team("t").await;
    let (mut member, secret) = node.member_with_secret(&team).await;
    // What is missing of it comes to light only where it is understood.
    let ack = Ack {
        emits: vec![Emit::default(); 2_000],
        ..Ack::default()
    };
    let refused = member.sessions.ack(AckRequest { ack: Some(ack) }).await;
    assert_invalid(refused, "emits");

    // Events of two bytes each, as many as a message has room for.
    let empty = Bytes::from([10_u8, 0].repeat(4 << 20));
    let path = "/ackord.v1.IngressService/Submit";
    let refused = send(node.url(), &secret, path, empty).await;
    assert_invalid(refused, "items");
    node.server.shutdown().await;
}
