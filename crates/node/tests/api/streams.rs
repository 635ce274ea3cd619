//! Submitting on a stream, and the services for tools.

use std::collections::BTreeSet;

use ackord_proto::v1::{RefusalReason, RevokeTokenRequest, Role, SubmitStreamRequest};
use futures::StreamExt;
use futures::channel::mpsc::unbounded;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::support::{Node, assert_invalid, assert_refused, item, submitted};

#[tokio::test]
async fn every_request_of_a_stream_is_answered() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let requests = (0..500).map(|seq| SubmitStreamRequest {
        seq,
        items: vec![item("a"); 3],
    });
    let responses = team
        .ingress
        .submit_stream(futures::stream::iter(requests))
        .await;
    let responses = responses.expect("the stream opens").into_inner();
    let responses: Vec<_> = responses.collect().await;
    let mut answered = BTreeSet::new();
    let mut events = BTreeSet::new();
    for response in responses {
        let response = response.expect("an answer");
        answered.insert(response.seq);
        events.extend(response.results.iter().map(|it| submitted(it).event_id));
    }
    assert_eq!(answered, (0..500).collect());
    assert_eq!(events.len(), 1500);
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_request_without_events_ends_its_stream() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let request = SubmitStreamRequest {
        seq: 1,
        items: vec![],
    };
    let requests = futures::stream::iter([request]).chain(futures::stream::pending());
    let responses = team
        .ingress
        .submit_stream(requests)
        .await
        .expect("the stream opens");
    assert_invalid(responses.into_inner().message().await, "items");
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_request_with_too_many_events_ends_its_stream() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let request = |seq, items| SubmitStreamRequest {
        seq,
        items: vec![item("a"); items],
    };
    let requests = [request(1, 1024), request(2, 1025)];
    let requests = futures::stream::iter(requests).chain(futures::stream::pending());
    let responses = team
        .ingress
        .submit_stream(requests)
        .await
        .expect("the stream opens");
    let mut responses = responses.into_inner();
    let first = responses.message().await.expect("answered");
    let first = first.expect("an answer");
    assert_eq!((first.seq, first.results.len()), (1, 1024));
    assert_invalid(responses.message().await, "items");
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_stream_ends_with_its_token() {
    let node = Node::start().await;
    let team = node.make_team("t").await;
    let mut member = node.member(&team, &[Role::Submit], &[]).await;
    let (requests, outgoing) = unbounded();
    let responses = member
        .ingress
        .submit_stream(outgoing)
        .await
        .expect("the stream opens");
    let mut responses = responses.into_inner();
    let request = SubmitStreamRequest {
        seq: 1,
        items: vec![item("a")],
    };
    requests.unbounded_send(request.clone()).expect("open");
    responses
        .message()
        .await
        .expect("answered")
        .expect("an answer");

    let revoke = RevokeTokenRequest {
        token_id: member.token_id.clone(),
    };
    node.operator()
        .await
        .tokens
        .revoke_token(revoke)
        .await
        .expect("revoked");
    requests.unbounded_send(request).expect("open");
    let end = responses.message().await;
    assert_refused(end, Code::PermissionDenied, RefusalReason::NotAllowed);
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_stream_that_waits_ends_when_the_node_does() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let (_requests, outgoing) = unbounded::<SubmitStreamRequest>();
    let responses = team
        .ingress
        .submit_stream(outgoing)
        .await
        .expect("the stream opens");
    node.server.shutdown().await;
    assert_eq!(
        responses.into_inner().message().await.expect("a good end"),
        None
    );
}

#[tokio::test]
async fn health_is_told_without_a_token() {
    let node = Node::start().await;
    let endpoint = tonic::transport::Endpoint::from_shared(node.url()).expect("an address");
    let channel = endpoint.connect().await.expect("a node that serves");
    let mut health = HealthClient::new(channel);
    let response = health
        .check(HealthCheckRequest::default())
        .await
        .expect("an answer");
    assert_eq!(response.into_inner().status(), ServingStatus::Serving);
    node.server.shutdown().await;
}
