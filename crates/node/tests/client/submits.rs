//! Submits: once, whatever is lost on the way.

use std::time::Duration;

use ackord_client::v1::RefusalReason;
use ackord_client::{Error, Event, Taken, v1};
use futures::future::join_all;

use crate::node::{Node, eventually};
use crate::proxy::Proxy;

#[tokio::test]
async fn a_submit_whose_answer_was_lost_is_one_event() {
    let node = Node::start().await;
    let proxy = Proxy::to(node.address()).await;
    let client = node.client_at(proxy.address());
    client
        .submit(Event::new("first", ""))
        .await
        .expect("the way is open");

    proxy.lose_answers();
    let waiting = tokio::spawn(async move { client.submit(Event::new("second", "")).await });
    eventually("the event is in", async || node.events().await.len() == 2).await;
    proxy.cut();
    let receipt = waiting.await.expect("no panic").expect("it is sent again");

    let events = node.events().await;
    assert_eq!(events.len(), 2, "{events:#?}");
    assert_eq!(receipt.event_id, events[1].id);
    assert_eq!(
        receipt.taken,
        Taken::Accepted,
        "its own first try is no duplicate"
    );
    let accepted = events[1].accepted.expect("it was accepted somewhere");
    assert!(
        receipt.position.index > accepted.index,
        "the first try had counted"
    );
}

#[tokio::test]
async fn callers_share_one_stream_and_each_has_its_own_answer() {
    let node = Node::start().await;
    let client = node.client();
    let submits = (0..500).map(|number| {
        let event = Event::new("numbered", number.to_string()).dedup_key(format!("key-{number}"));
        client.submit(event)
    });
    let receipts = join_all(submits).await;
    for (number, receipt) in receipts.into_iter().enumerate() {
        let event_id = receipt.expect("accepted").event_id;
        let question = v1::GetBodyRequest {
            event_id,
            at_least: None,
        };
        let body = client.get_body(question).await.expect("it is there").body;
        assert_eq!(body, number.to_string());
    }
}

#[tokio::test]
async fn one_bad_event_of_a_batch_does_not_harm_the_others() {
    let node = Node::start().await;
    let client = node.client();
    let submits =
        ["good", "no tag!", "fine"].map(|tag| client.submit(Event::new("x", "").tag(tag)));
    let [good, bad, fine] = join_all(submits).await.try_into().expect("three answers");
    assert!(good.is_ok() && fine.is_ok());
    assert_eq!(
        bad.expect_err("no such tag").reason(),
        Some(RefusalReason::Invalid)
    );
}

#[tokio::test]
async fn a_key_is_taken_once_and_tells_other_content() {
    let node = Node::start().await;
    let client = node.client();
    let submit = |body: &'static str| client.submit(Event::new("x", body).dedup_key("k"));
    let first = submit("a").await.expect("new");
    let same = submit("a").await.expect("known");
    let other = submit("b").await.expect("known");
    assert_eq!(first.taken, Taken::Accepted);
    assert_eq!(
        (same.taken, &same.event_id),
        (Taken::Duplicate, &first.event_id)
    );
    assert_eq!(
        (other.taken, &other.event_id),
        (Taken::Conflict, &first.event_id)
    );
}

#[tokio::test]
async fn submits_wait_for_a_node_that_comes_back() {
    let mut node = Node::start().await;
    let client = node.client();
    client
        .submit(Event::new("before", ""))
        .await
        .expect("the node runs");
    node.stop().await;
    let waiting = tokio::spawn(async move { client.submit(Event::new("during", "")).await });
    node.start_again().await;
    waiting.await.expect("no panic").expect("it waited");
    assert_eq!(node.events().await.len(), 2);
}

#[tokio::test]
async fn a_token_that_may_not_submit_is_told_so() {
    let node = Node::start().await;
    let token = node.token(&[v1::Role::Observe]).await.secret;
    let refused = node.client_with(&token).submit(Event::new("x", "")).await;
    assert_eq!(
        refused.expect_err("not its role").reason(),
        Some(RefusalReason::NotAllowed)
    );
    let unknown = node
        .client_with("nonsense")
        .submit(Event::new("x", ""))
        .await;
    let reason = unknown.expect_err("nobody's token").reason();
    assert_eq!(reason, Some(RefusalReason::Unauthenticated));
}

#[tokio::test]
async fn a_node_that_is_not_there_is_a_failure_and_not_unknown() {
    let mut node = Node::start().await;
    let client = node.client();
    node.stop().await;
    let event = Event::new("x", "").deadline(Duration::from_millis(300));
    let error = client.submit(event).await.expect_err("nobody is there");
    assert!(matches!(error, Error::Failed(_)), "{error:?}");
}
