//! Nodes that are asked to stop, under load: nobody is left waiting for them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ackord_chaos::fleet::Fleet;
use ackord_chaos::load::{Round, Sessions};
use ackord_chaos::{Sink, http, judge, kill};
use ackord_client::{Client, Event, SessionOptions, Taken, v1};

use crate::{ALL, LONG, PROGRAM, born, calm, three};

/// What the nodes have promised holds, and no answer was lost: a submit that comes twice is one.
async fn judge(client: &Client, sink: &Sink) {
    kill::drain(sink).await;
    let mut violations = kill::judge_histories(client, sink).await;
    violations.extend(judge::judge(&sink.heard()));
    assert_eq!(violations, []);
    let heard = sink.heard();
    let answers = heard.submits.values().flatten();
    let repeated = answers.filter(|it| it.taken == Taken::Duplicate);
    assert_eq!(repeated.count(), 0, "answers were lost");
}

/// Waits until more was accepted than so far.
async fn more_accepted(sink: &Sink) {
    let (before, _) = sink.progress();
    while sink.progress().0 <= before {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_leader_hands_over_before_it_stops_and_its_sessions_go_on_elsewhere() {
    let (_dir, mut fleet) = calm().await;
    let token = fleet.make_team("team").await.expect("made");
    let leader = fleet.leader().await.expect("one leads");
    let others: Vec<_> = ALL.into_iter().filter(|it| *it != leader).collect();
    let term = fleet.standing(leader).await.expect("it serves").term;

    // A session at the leader has an event in hand.
    let at_leader = fleet.client_of(&[leader, others[0]], &token, LONG);
    let options = SessionOptions::new("holder").tag("held");
    let mut session = at_leader.attach(options).await.expect("attached");
    let event = Event::new("x", "held").tag("held");
    at_leader.submit(event).await.expect("accepted");
    let held = session.next().await.expect("an event");

    let sink = Arc::new(Sink::default());
    let client = fleet.client(&token);
    let _sessions = Sessions::start(&client, &sink);
    let round = Round::begin(&client, &sink, 0);
    more_accepted(&sink).await;
    fleet.terminate(leader);
    let ended = fleet.end(leader).await.expect("it ends");
    assert!(ended.success(), "{ended}\n{}", fleet.log_tail(leader));
    more_accepted(&sink).await;

    let log = fleet.log_text(leader);
    assert!(log.contains("leadership was handed over"), "{log}");
    // Nobody had to miss it: one election, which the next leader won.
    let status = fleet.standing(others[0]).await.expect("it serves");
    assert_eq!(status.term, term + 1);
    held.ack("done").await.expect("it is still this session's");
    let question = v1::GetEventRequest {
        event_id: held.event_id.clone(),
        at_least: None,
    };
    let event = client.get_event(question).await.expect("readable").event;
    assert_eq!(event.expect("it is there").deliveries, 1);

    round.end().await;
    judge(&client, &sink).await;
}

#[tokio::test]
async fn a_cluster_is_restarted_node_by_node_under_load() {
    let (_dir, mut fleet) = calm().await;
    let token = fleet.make_team("team").await.expect("made");
    let sink = Arc::new(Sink::default());
    let clients: Vec<_> = ALL.iter().map(|_| fleet.client(&token)).collect();
    let _sessions = Sessions::start_with(&clients, &sink);
    let round = Round::begin(&clients[0], &sink, 0);
    for at in ALL {
        more_accepted(&sink).await;
        fleet.terminate(at);
        let ended = fleet.end(at).await.expect("it ends");
        assert!(ended.success(), "{ended}\n{}", fleet.log_tail(at));
        fleet.start(at, "").expect("it runs");
        fleet.serving(&ALL).await.expect("they serve");
    }
    more_accepted(&sink).await;
    round.end().await;
    judge(&clients[0], &sink).await;
}

#[tokio::test]
async fn a_node_alone_stops_under_load_and_goes_on_after_its_start() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut fleet = Fleet::new(Path::new(PROGRAM), dir.path(), 1).expect("written");
    fleet.start_all().expect("it runs");
    fleet.serving(&[0]).await.expect("it serves");
    let token = fleet.make_team("team").await.expect("made");
    let sink = Arc::new(Sink::default());
    let client = fleet.client(&token);
    let _sessions = Sessions::start(&client, &sink);
    let round = Round::begin(&client, &sink, 0);
    more_accepted(&sink).await;
    fleet.terminate(0);
    let ended = fleet.end(0).await.expect("it ends");
    assert!(ended.success(), "{ended}\n{}", fleet.log_tail(0));
    fleet.start(0, "").expect("it runs");
    fleet.serving(&[0]).await.expect("it serves");
    more_accepted(&sink).await;
    round.end().await;
    judge(&client, &sink).await;
}

#[tokio::test]
async fn a_leader_to_whom_nobody_is_left_stops_too() {
    let (_dir, mut fleet) = born().await;
    let token = fleet.make_team("team").await.expect("made");
    let leader = fleet.leader().await.expect("one leads");
    let client = fleet.client_of(&[leader], &token, LONG);
    let options = SessionOptions::new("one").tag("t");
    let _session = client.attach(options).await.expect("attached");
    for other in ALL.into_iter().filter(|it| *it != leader) {
        fleet.kill(other);
    }
    fleet.terminate(leader);
    let ended = fleet.end(leader).await.expect("it ends");
    assert!(ended.success(), "{ended}\n{}", fleet.log_tail(leader));
    fleet.start_all().expect("they run");
    fleet.serving(&ALL).await.expect("they serve");
}

#[tokio::test]
async fn a_node_that_still_waits_for_the_others_stops_at_once() {
    let (_dir, mut fleet) = three();
    fleet.start(0, "").expect("it runs");
    let why = "no started: it waits until the other";
    crate::not_ready(&fleet, 0, why).await;
    let (code, _) = http::get(fleet.operations(0), "/livez").expect("answers");
    assert_eq!(code, 200);
    fleet.terminate(0);
    let ended = fleet.end(0).await.expect("it ends");
    assert!(ended.success(), "{ended}\n{}", fleet.log_tail(0));
}
