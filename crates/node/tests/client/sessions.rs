//! Sessions: they come back, they give way, and each ack counts once.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use ackord_client::v1::{EventState, LeasePhase, RefusalReason};
use ackord_client::{Ack, Client, Delivery, Ended, Event, Loss, Nack, Session, SessionOptions, v1};
use tokio::sync::{Notify, mpsc};
use tokio::time::{sleep, timeout};

use crate::node::{Node, eventually};
use crate::proxy::Proxy;

async fn attach(client: &Client, key: &str) -> Session {
    client
        .attach(SessionOptions::new(key))
        .await
        .expect("attached")
}

async fn submit(node: &Node, event_type: &str) -> String {
    node.client()
        .submit(Event::new(event_type, "body"))
        .await
        .expect("accepted")
        .event_id
}

async fn next(session: &mut Session) -> Delivery {
    session.next().await.expect("the session goes on")
}

#[tokio::test]
async fn a_session_gets_its_delivery_back_after_a_restart() {
    let mut node = Node::start().await;
    let mut session = attach(&node.client(), "worker").await;
    let event_id = submit(&node, "x").await;
    let delivery = next(&mut session).await;
    assert_eq!((&delivery.event_id, delivery.number), (&event_id, 1));

    node.stop().await;
    node.start_again().await;
    delivery
        .ack("done")
        .await
        .expect("the session has come back with its delivery");

    let event = node.event(&event_id).await;
    assert_eq!((event.state(), event.deliveries), (EventState::Done, 1));
    let second = submit(&node, "y").await;
    assert_eq!(next(&mut session).await.event_id, second);
}

#[tokio::test]
async fn a_session_says_that_it_is_cut_off_and_when_it_is_not_any_more() {
    let mut node = Node::start().await;
    let session = attach(&node.client(), "worker").await;
    assert_eq!(session.trouble(), None);
    node.stop().await;
    eventually("it says so", async || session.trouble().is_some()).await;
    node.start_again().await;
    eventually("it is back", async || session.trouble().is_none()).await;
}

#[tokio::test]
async fn an_ack_whose_answer_was_lost_counts_once() {
    let node = Node::start().await;
    let proxy = Proxy::to(node.address()).await;
    let mut session = attach(&node.client_at(proxy.address()), "worker").await;
    let event_id = submit(&node, "x").await;
    let delivery = next(&mut session).await;

    proxy.lose_answers();
    let waiting = tokio::spawn(async move { delivery.ack("done").await });
    eventually("the ack counts", async || {
        node.event(&event_id).await.state() == EventState::Done
    })
    .await;
    proxy.cut();
    let acked = waiting.await.expect("no panic").expect("it is sent again");

    assert!(acked.again, "the first one had counted");
    let event = node.event(&event_id).await;
    assert_eq!((event.state(), event.deliveries), (EventState::Done, 1));
}

#[tokio::test]
async fn a_session_that_was_taken_over_ends() {
    let node = Node::start().await;
    let mut first = attach(&node.client(), "worker").await;
    let event_id = submit(&node, "x").await;
    let old = next(&mut first).await;
    let mut second = attach(&node.client(), "worker").await;
    let new = next(&mut second).await;
    assert_eq!((&new.event_id, new.number), (&event_id, 2));
    assert!(matches!(first.next().await, Err(Ended::Superseded)));

    assert_eq!(old.lost().await, Loss::SessionEnded);
    let late = old.ack("late").await.expect_err("the fence has moved on");
    assert_eq!(late.reason(), Some(RefusalReason::Superseded));
    new.ack("done").await.expect("it is the latest");
}

#[tokio::test]
async fn a_session_that_was_taken_over_while_it_was_cut_off_does_not_come_back() {
    let node = Node::start().await;
    let proxy = Proxy::to(node.address()).await;
    let mut first = attach(&node.client_at(proxy.address()), "worker").await;
    proxy.close();
    eventually("it is cut off", async || first.trouble().is_some()).await;
    let mut second = attach(&node.client(), "worker").await;
    proxy.open();
    assert!(matches!(first.next().await, Err(Ended::Superseded)));

    let event_id = submit(&node, "x").await;
    let delivery = next(&mut second).await;
    assert_eq!((&delivery.event_id, delivery.number), (&event_id, 1));
    delivery.ack("done").await.expect("the session is its own");
}

#[tokio::test]
async fn a_session_whose_token_is_revoked_ends() {
    let node = Node::start().await;
    let token = node.token(&[v1::Role::Session]).await;
    let mut session = attach(&node.client_with(&token.secret), "worker").await;
    let question = v1::RevokeTokenRequest {
        token_id: token.token_id,
    };
    node.client().revoke_token(question).await.expect("revoked");
    assert!(matches!(session.next().await, Err(Ended::Revoked)));
}

#[tokio::test]
async fn a_key_that_holds_an_event_of_another_tag_is_refused() {
    let node = Node::start().await;
    let mut session = attach(&node.client(), "worker").await;
    submit(&node, "x").await;
    let _held = next(&mut session).await;
    let refused = node
        .client()
        .attach(SessionOptions::new("worker").tag("other"))
        .await;
    assert_eq!(
        refused.expect_err("busy").reason(),
        Some(RefusalReason::KeyBusy)
    );
}

#[tokio::test]
async fn a_delivery_that_is_dropped_is_tried_again() {
    let node = Node::start().await;
    let mut session = attach(&node.client(), "worker").await;
    let event_id = submit(&node, "x").await;
    drop(next(&mut session).await);
    let again = next(&mut session).await;
    assert_eq!(
        (&again.event_id, again.number, again.attempts),
        (&event_id, 2, 1)
    );
    again.nack(Nack::reject("enough")).await.expect("it counts");
    assert_eq!(node.event(&event_id).await.state(), EventState::Dead);
}

#[tokio::test]
async fn a_good_bye_gives_back_at_once_and_spends_nothing() {
    let node = Node::start().await;
    let mut session = attach(&node.client(), "one").await;
    let event_id = submit(&node, "x").await;
    let held = next(&mut session).await;
    session.bye().await;
    assert_eq!(held.lost().await, Loss::SessionEnded);
    drop(held);
    let mut other = attach(&node.client(), "two").await;
    let delivery = next(&mut other).await;
    assert_eq!((&delivery.event_id, delivery.attempts), (&event_id, 0));
}

#[tokio::test]
async fn a_session_that_is_dropped_before_its_delivery_is_answered_keeps_nothing_after_it() {
    let node = Node::start().await;
    let mut session = attach(&node.client(), "one").await;
    let first = submit(&node, "x").await;
    let held = next(&mut session).await;
    drop(session);
    let second = submit(&node, "y").await;
    let acked = held.ack("done").await.expect("it is held");
    assert!(!acked.again, "it was answered before the good-bye");
    assert_eq!(node.event(&first).await.state(), EventState::Done);

    let mut other = attach(&node.client(), "two").await;
    // Less than any grace.
    let given = timeout(Duration::from_secs(10), next(&mut other)).await;
    let given = given.expect("it was given back at once");
    assert_eq!((&given.event_id, given.attempts), (&second, 0));
    drop(held);
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_refused_and_another_one_counts() {
    let node = Node::start().await;
    let mut session = attach(&node.client(), "worker").await;
    let event_id = submit(&node, "x").await;
    let delivery = next(&mut session).await;
    let huge = v1::SubmitItem {
        event_type: "y".to_owned(),
        body: vec![0_u8; 5 << 20].into(),
        ..v1::SubmitItem::default()
    };
    for ack in [Ack::new("x".repeat(5 << 20)), Ack::new("").submit(huge)] {
        let refused = delivery.ack_with(ack).await.expect_err("nobody reads it");
        assert_eq!(refused.reason(), Some(RefusalReason::TooLarge));
        assert_eq!(delivery.loss(), None);
    }
    delivery.ack("done").await.expect("it is held");
    assert_eq!(node.event(&event_id).await.state(), EventState::Done);
    let later = submit(&node, "y").await;
    assert_eq!(next(&mut session).await.event_id, later);
}

#[tokio::test]
async fn an_answer_that_outlives_its_session_goes_on_as_long_as_any() {
    let mut node = Node::start().await;
    let deadline = Duration::from_secs(3);
    let client = node.client_within(&[node.address()], deadline);
    let mut session = attach(&client, "worker").await;
    let event_id = submit(&node, "x").await;
    let held = next(&mut session).await;
    session.bye().await;

    node.stop().await;
    let waiting = tokio::spawn(async move { held.ack("done").await });
    // Whatever else this client is asked ends by then.
    sleep(deadline + Duration::from_secs(1)).await;
    node.start_again().await;
    waiting.await.expect("no panic").expect("it waited");
    assert_eq!(node.event(&event_id).await.state(), EventState::Done);
    // The last test to end: its process must not end while the node's disk is being closed.
    node.stop().await;
}

#[tokio::test]
async fn a_session_that_leaves_is_not_in_the_way_of_the_one_that_goes_on() {
    let node = Node::start().await;
    let proxy = Proxy::to(node.address()).await;
    let options = SessionOptions::new("worker");
    let client = node.client_at(proxy.address());
    let mut first = client.attach(options.clone()).await.expect("attached");
    let event_id = submit(&node, "x").await;
    let held = next(&mut first).await;
    // It tries to come back until it is told not to.
    proxy.close();
    first.leave().await;
    assert_eq!(held.lost().await, Loss::SessionEnded);
    proxy.open();

    let mut second = client.attach(options).await.expect("attached");
    let same = next(&mut second).await;
    assert_eq!((&same.event_id, same.number), (&event_id, 1));
    same.ack("done").await.expect("it is held");
    let later = submit(&node, "y").await;
    assert_eq!(next(&mut second).await.event_id, later);
}

#[tokio::test]
async fn a_session_attaches_again_with_what_it_holds() {
    let node = Node::start().await;
    let mut session = attach(&node.client(), "worker").await;
    submit(&node, "x").await;
    let held = next(&mut session).await;
    session.reattach();
    let client = node.client();
    eventually("it has another stream", async || {
        let asked = client.list_sessions(v1::ListSessionsRequest::default());
        let sessions = asked.await.expect("readable").sessions;
        sessions.iter().any(|it| it.stream > 1)
    })
    .await;
    held.ack("done").await.expect("it is held");
    let later = submit(&node, "y").await;
    assert_eq!(next(&mut session).await.event_id, later);
}

#[tokio::test]
async fn a_session_that_looks_too_late_is_given_its_event_again() {
    let node = Node::start().await;
    let client = node.client();
    let_claims_be_quick(&client).await;
    let mut session = attach(&client, "worker").await;
    let event_id = submit(&node, "x").await;
    counts_as_deaf(&client).await;
    let delivery = next(&mut session).await;
    assert_eq!((&delivery.event_id, delivery.number), (&event_id, 2));
    delivery.ack("done").await.expect("it is held");
}

/// A queue on which a session counts as deaf after a second.
async fn let_claims_be_quick(client: &Client) {
    let settings = v1::QueueSettings {
        claim_limit_ms: 1_000,
        ..v1::QueueSettings::default()
    };
    let request = v1::SetQueueRequest {
        tag: String::new(),
        settings: Some(settings),
        revision: None,
    };
    client.set_queue(request).await.expect("set");
}

async fn counts_as_deaf(client: &Client) {
    eventually("it counts as deaf", async || {
        let asked = client.list_sessions(v1::ListSessionsRequest::default());
        let sessions = asked.await.expect("readable").sessions;
        let deaf = |it: &v1::Session| it.health() == v1::SessionHealth::Deaf;
        sessions.iter().any(deaf)
    })
    .await;
}

#[tokio::test]
async fn a_session_that_drops_what_ran_out_is_given_it_again() {
    let node = Node::start().await;
    let client = node.client();
    let_claims_be_quick(&client).await;
    let mut session = attach(&client, "worker").await;
    let event_id = submit(&node, "x").await;
    let held = next(&mut session).await;
    assert_eq!(held.lost().await, Loss::Expired);
    counts_as_deaf(&client).await;
    drop(held);
    let again = next(&mut session).await;
    assert_eq!((&again.event_id, again.number), (&event_id, 2));
    again.ack("done").await.expect("it is held");
}

#[tokio::test]
async fn what_is_dropped_goes_back_though_nobody_hears_so_at_first() {
    let node = Node::start().await;
    let proxy = Proxy::to(node.address()).await;
    let mut session = attach(&node.client_at(proxy.address()), "worker").await;
    let event_id = submit(&node, "x").await;
    let held = next(&mut session).await;
    // What it says is lost, and the stream with it.
    proxy.close();
    drop(held);
    proxy.open();
    let again = next(&mut session).await;
    assert_eq!(
        (&again.event_id, again.number, again.attempts),
        (&event_id, 2, 1)
    );
    again.ack("done").await.expect("it is held");
}

#[tokio::test]
async fn a_handler_is_claimed_for_and_answered_for() {
    let node = Node::start().await;
    let event_id = submit(&node, "x").await;
    let mut session = attach(&node.client(), "worker").await;
    let release = Arc::new(Notify::new());
    let handler = release.clone();
    let work = tokio::spawn(async move {
        session
            .run(move |_| {
                let release = handler.clone();
                async move {
                    release.notified().await;
                    Ok("handled".to_owned())
                }
            })
            .await
    });
    let client = node.client();
    eventually("the delivery is claimed", async || {
        let sessions = client
            .list_sessions(v1::ListSessionsRequest::default())
            .await;
        let sessions = sessions.expect("readable").sessions;
        let lease = sessions.first().and_then(|it| it.lease.clone());
        lease.is_some_and(|it| it.phase() == LeasePhase::Claimed)
    })
    .await;
    release.notify_one();
    eventually("the event is done", async || {
        node.event(&event_id).await.state() == EventState::Done
    })
    .await;
    let summary = node.event(&event_id).await.ack.expect("it is done").summary;
    assert_eq!(summary, "handled");
    work.abort();
}

#[tokio::test]
async fn a_handler_stops_when_its_event_is_cancelled() {
    let node = Node::start().await;
    let mut session = attach(&node.client(), "worker").await;
    let (started, mut starts) = mpsc::unbounded_channel();
    let work = tokio::spawn(async move {
        session
            .run(move |delivery: Delivery| {
                started
                    .send(delivery.event_type.clone())
                    .expect("the test goes on");
                pending()
            })
            .await
    });
    let first = submit(&node, "first").await;
    assert_eq!(starts.recv().await.as_deref(), Some("first"));
    let question = v1::CancelRequest {
        event_id: first.clone(),
        reason: String::new(),
    };
    node.client().cancel(question).await.expect("cancelled");
    submit(&node, "second").await;
    assert_eq!(starts.recv().await.as_deref(), Some("second"));
    assert_eq!(node.event(&first).await.state(), EventState::Cancelled);
    work.abort();
}

#[tokio::test]
async fn an_interrupt_goes_first_and_what_it_pushed_aside_resumes() {
    let node = Node::start().await;
    let mut session = attach(&node.client(), "worker").await;
    let event_id = submit(&node, "x").await;
    let pushed = next(&mut session).await;
    pushed
        .extend(Some("half done".to_owned()))
        .await
        .expect("it is held");
    let urgent = Event::new("urgent", "").class(v1::Class::Interrupt);
    node.client().submit(urgent).await.expect("accepted");
    assert_eq!(pushed.lost().await, Loss::Preempted);
    let interrupt = next(&mut session).await;
    assert_eq!(interrupt.event_type, "urgent");
    interrupt.ack("").await.expect("it is held");
    let resumed = next(&mut session).await;
    assert_eq!((&resumed.event_id, resumed.number), (&event_id, 2));
    assert_eq!(resumed.note.as_deref(), Some("half done"));
    resumed.ack("").await.expect("it is held");
}
