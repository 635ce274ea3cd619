//! Bad input: streams of sessions.

use ackord_proto::v1::attach_request::Message as Asked;
use ackord_proto::v1::{Ack, Bye, ListSessionsRequest, RefusalReason, SessionLink};
use tonic::Code;

use crate::support::{Client, Node, Session, assert_invalid, assert_refused, fence, hello, item};

async fn refused_first(client: &Client, first: Option<Asked>) {
    let (_requests, refused) = Session::open(client, first).await;
    assert_refused(refused, Code::InvalidArgument, RefusalReason::Protocol);
}

#[tokio::test]
async fn a_stream_that_does_not_begin_with_a_hello_is_refused() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    refused_first(&team, Some(Asked::Bye(Bye {}))).await;
    refused_first(&team, Some(Asked::Ack(Ack::default()))).await;
    refused_first(&team, None).await;
    let sessions = team
        .sessions
        .list_sessions(ListSessionsRequest::default())
        .await;
    assert_eq!(sessions.expect("a page").into_inner().sessions, []);
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_stream_that_says_nothing_is_refused() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let silent = futures::stream::pending::<ackord_proto::v1::AttachRequest>();
    let refused = team.sessions.attach(silent).await;
    assert_refused(refused, Code::InvalidArgument, RefusalReason::Protocol);
    node.server.shutdown().await;
}

#[tokio::test]
async fn an_invalid_hello_is_refused() {
    let node = Node::start().await;
    let team = node.team("t").await;
    for (hello, field) in [
        (hello("", 1, "a"), "hello.key"),
        (hello("with space", 1, "a"), "hello.key"),
        (hello("s", 1, "with space"), "hello.tag"),
    ] {
        let (_requests, refused) = Session::open(&team, Some(hello)).await;
        assert_invalid(refused, field);
    }
    node.server.shutdown().await;
}

/// Expects a session to lose its stream for this message, and nothing else.
async fn ends_its_stream(message: Option<Asked>) {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let mut session = Session::attach(&team, "s", 1, "a").await;
    session.send(message);
    let refused = session.try_next().await;
    assert_refused(refused, Code::InvalidArgument, RefusalReason::Protocol);

    let gone = ListSessionsRequest {
        link: SessionLink::Detached.into(),
        ..Default::default()
    };
    loop {
        let page = team
            .sessions
            .list_sessions(gone.clone())
            .await
            .expect("a page");
        if page.into_inner().sessions.len() == 1 {
            break;
        }
    }
    let mut again = Session::attach(&team, "s", 1, "a").await;
    team.submit_one(item("a")).await;
    again.deliver().await;
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_second_hello_ends_its_stream() {
    ends_its_stream(Some(hello("s", 1, "a"))).await;
}

#[tokio::test]
async fn a_message_without_content_ends_its_stream() {
    ends_its_stream(None).await;
}

#[tokio::test]
async fn a_key_bound_to_another_tag_is_refused_while_it_holds_an_event() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let mut session = Session::attach(&team, "s", 1, "a").await;
    team.submit_one(item("a")).await;
    let delivery = session.deliver().await.fence;

    let (_requests, refused) = Session::open(&team, Some(hello("s", 1, "b"))).await;
    assert_refused(refused, Code::FailedPrecondition, RefusalReason::KeyBusy);
    session.ack(delivery).await.expect("the session goes on");
    Session::attach(&team, "s", 1, "b").await;
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_process_that_was_taken_over_is_refused() {
    let node = Node::start().await;
    let team = node.team("t").await;
    Session::attach(&team, "s", 1, "a").await;
    Session::attach(&team, "s", 2, "a").await;
    let (_requests, refused) = Session::open(&team, Some(hello("s", 1, "a"))).await;
    assert_refused(refused, Code::FailedPrecondition, RefusalReason::TakenOver);
    Session::attach(&team, "s", 2, "a").await;
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_refused_answer_leaves_the_stream_as_it_is() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let mut session = Session::attach(&team, "s", 1, "a").await;
    let id = team.submit_one(item("a")).await;
    let delivery = session.deliver().await.fence;
    let refusal = session.ack(Some(fence(&id, 7))).await.expect_err("refused");
    assert_eq!(refusal.reason(), RefusalReason::UnknownDelivery);
    session.ack(delivery).await.expect("the ack counts");
    node.server.shutdown().await;
}
