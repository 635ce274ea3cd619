//! A client that knows several nodes goes on at another one when its own fails. Here they are ways
//! to one node.

use std::time::Duration;

use ackord_chaos::port::Port;
use ackord_client::v1::EventState;
use ackord_client::{Error, Event, SessionOptions, v1};

use crate::node::{Node, eventually};
use crate::proxy::Proxy;

#[tokio::test]
async fn whoever_is_not_there_is_passed_over() {
    let node = Node::start().await;
    for _ in 0..4 {
        let (one, other) = (Port::local(), Port::local());
        let client = node.client_of(&[one.address, node.address(), other.address]);
        let event = Event::new("x", "");
        client.submit(event).await.expect("one of them is there");
        let question = v1::GetStatusRequest {};
        client.get_status(question).await.expect("one is there");
    }
    assert_eq!(node.events().await.len(), 4);
}

#[tokio::test]
async fn a_node_that_says_that_it_stops_takes_calls_until_that_is_noticed() {
    let mut node = Node::start().await;
    node.stop().await;
    node.notice = Duration::from_secs(3);
    node.start_again().await;
    let stopping = node.begin_to_stop();
    eventually("it says so", async || {
        let question = v1::GetStatusRequest {};
        let status = node.client().get_status(question).await;
        status.expect("it is there").draining
    })
    .await;
    let event = Event::new("x", "");
    let taken = node.client().submit(event).await;
    taken.expect("whoever calls only now is not turned away");
    stopping.await.expect("it ends");
}

#[tokio::test]
async fn a_session_keeps_its_delivery_when_its_node_goes() {
    let node = Node::start().await;
    let (one, two) = (
        Proxy::to(node.address()).await,
        Proxy::to(node.address()).await,
    );
    let client = node.client_of(&[one.address(), two.address()]);
    let options = SessionOptions::new("worker");
    let mut session = client.attach(options).await.expect("attached");
    let event = Event::new("x", "");
    let event_id = client.submit(event).await.expect("accepted").event_id;
    let delivery = session.next().await.expect("the session goes on");

    let (used, other) = if one.used() {
        (&one, &two)
    } else {
        (&two, &one)
    };
    assert!(!other.used(), "a client stays with one node");
    used.close();
    delivery.ack("done").await.expect("by the other way");

    let event = node.event(&event_id).await;
    assert_eq!((event.state(), event.deliveries), (EventState::Done, 1));
    eventually("the session is back", async || other.used()).await;
    let event = Event::new("y", "");
    let second = client.submit(event).await.expect("accepted").event_id;
    let next = session.next().await.expect("the session goes on");
    assert_eq!(next.event_id, second);
}

#[tokio::test]
async fn clients_with_the_same_list_spread() {
    let node = Node::start().await;
    let (one, two) = (
        Proxy::to(node.address()).await,
        Proxy::to(node.address()).await,
    );
    let mut clients = Vec::new();
    while !(one.used() && two.used()) {
        assert!(clients.len() < 100, "all begin at the same one");
        let client = node.client_of(&[one.address(), two.address()]);
        let question = v1::GetStatusRequest {};
        client.get_status(question).await.expect("the node runs");
        clients.push(client);
    }
}

#[tokio::test]
async fn a_silent_node_is_left_at_the_first_attach() {
    let node = Node::start().await;
    let silent = Proxy::to(node.address()).await;
    silent.lose_answers();
    // Time for two tries at the silent one, and not for the third.
    let deadline = Duration::from_secs(12);
    let mut clients = Vec::new();
    while !silent.used() {
        assert!(clients.len() < 100, "none begins at the silent one");
        let client = node.client_within(&[silent.address(), node.address()], deadline);
        let options = SessionOptions::new("worker");
        client.attach(options).await.expect("the other one answers");
        clients.push(client);
    }
}

#[tokio::test]
async fn a_snapshot_whose_answer_was_lost_is_not_taken_again() {
    let node = Node::start().await;
    let proxy = Proxy::to(node.address()).await;
    let operator = node.operator_at(proxy.address());
    let before = operator.get_status(v1::GetStatusRequest {}).await;
    let before = before.expect("the way is open");
    assert!(before.flushed_index < before.applied_index);

    proxy.lose_answers();
    let question = v1::TakeSnapshotRequest {};
    let waiting = tokio::spawn(async move { operator.take_snapshot(question).await });
    eventually("its rows are on disk", async || {
        let status = node.operator().get_status(v1::GetStatusRequest {}).await;
        status.expect("it is there").flushed_index >= before.applied_index
    })
    .await;
    proxy.cut();
    let end = waiting.await.expect("no panic");
    assert!(matches!(end, Err(Error::Unknown(_))), "{end:?}");
}
