//! The cluster goes on without the node that led it.

use ackord_client::v1::{EventState, RefusalReason};
use ackord_client::{Client, Event, SessionOptions, v1};

use crate::{ALL, LONG, born, cluster_of};

async fn submit(client: &Client, body: &'static str) -> String {
    let event = Event::new("x", body)
        .tag("t")
        .dedup_key(body)
        .namespace("n");
    client.submit(event).await.expect("accepted").event_id
}

#[tokio::test]
async fn submits_and_sessions_outlive_the_leader() {
    let (_dir, mut fleet) = born().await;
    let token = fleet.make_team("team").await.expect("made");
    let leader = fleet.leader().await.expect("one leads");
    let others: Vec<_> = ALL.into_iter().filter(|it| *it != leader).collect();
    // One session at the leader, one at a follower, and a submitter at the other follower.
    let at_leader = fleet.client_of(&[leader, others[0]], &token, LONG);
    let at_follower = fleet.client_of(&others[..1], &token, LONG);
    let submitter = fleet.client_of(&others[1..], &token, LONG);
    let attach = async |client: &Client, key: &str| {
        let options = SessionOptions::new(key).tag("t");
        client.attach(options).await.expect("attached")
    };
    let mut first = attach(&at_leader, "one").await;
    let mut second = attach(&at_follower, "two").await;
    let a = submit(&submitter, "a").await;
    let b = submit(&submitter, "b").await;
    let held = [
        first.next().await.expect("an event"),
        second.next().await.expect("an event"),
    ];
    let mut ids: Vec<_> = held.iter().map(|it| it.event_id.clone()).collect();
    ids.sort();
    let mut expected = [a.clone(), b.clone()];
    expected.sort();
    assert_eq!(ids, expected);

    fleet.kill(leader);
    let c = submit(&submitter, "c").await;
    assert_eq!(
        submit(&submitter, "a").await,
        a,
        "a key names its event for ever"
    );
    for delivery in &held {
        delivery
            .ack("done")
            .await
            .expect("it is still this session's");
    }
    let third = tokio::select! {
        it = first.next() => it,
        it = second.next() => it,
    };
    let third = third.expect("an event");
    assert_eq!(third.event_id, c);
    third.ack("done").await.expect("it counts");

    fleet.start_all().expect("it runs");
    fleet.serving(&ALL).await.expect("they serve");
    cluster_of(&fleet).await;
    // The node that was away has it all.
    let back = fleet.client_of(&[leader], &token, LONG);
    for event_id in [a, b, c] {
        let question = v1::GetEventRequest {
            event_id,
            at_least: None,
        };
        let event = back.get_event(question).await.expect("readable").event;
        let event = event.expect("it is there");
        assert_eq!((event.state(), event.deliveries), (EventState::Done, 1));
    }
}

#[tokio::test]
async fn what_a_follower_was_told_it_can_read() {
    let (_dir, fleet) = born().await;
    let token = fleet.make_team("team").await.expect("made");
    for at in ALL {
        let client = fleet.client_of(&[at], &token, LONG);
        let body = ["p", "q", "r"][at];
        let event_id = submit(&client, body).await;
        let question = v1::GetBodyRequest {
            event_id,
            at_least: None,
        };
        let read = client.get_body(question).await.expect("it is there").body;
        assert_eq!(read, body);
    }
}

#[tokio::test]
async fn a_node_without_the_others_accepts_nothing() {
    let (_dir, mut fleet) = born().await;
    let token = fleet.make_team("team").await.expect("made");
    fleet.kill(0);
    fleet.kill(1);
    let client = fleet.client_of(&[2], &token, std::time::Duration::from_secs(8));
    let event = Event::new("x", "").tag("t").dedup_key("k").namespace("n");
    let error = client.submit(event).await.expect_err("no quorum has it");
    let reason = error.reason();
    assert!(
        reason.is_none_or(|it| it == RefusalReason::NoLeader),
        "{error:?}"
    );
    fleet.start_all().expect("they run");
    fleet.serving(&ALL).await.expect("they serve");
    let client = fleet.client(&token);
    let event = Event::new("x", "").tag("t").dedup_key("k").namespace("n");
    client.submit(event).await.expect("a quorum has it");
    let events = client.list_events(v1::ListEventsRequest::default()).await;
    assert_eq!(events.expect("readable").events.len(), 1);
}
