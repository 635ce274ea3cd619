//! A cluster is born once, whoever starts first and whatever is cut off on the way.

use std::io::ErrorKind;
use std::net::TcpStream;

use crate::{ALL, born, cluster_of, listening, logged, three};

#[tokio::test]
async fn a_cluster_is_born_once_whoever_starts_first() {
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
        let (_dir, mut fleet) = three();
        for at in order {
            fleet.start(at, "").expect("it runs");
            listening(fleet.peer_address(at)).await;
        }
        fleet.serving(&ALL).await.expect("they serve");
        cluster_of(&fleet).await;
    }
}

#[tokio::test]
async fn a_birth_that_was_cut_off_goes_on() {
    let steps = [
        (0, "birth_bound"),
        (0, "birth_prepared:1"),
        (0, "birth_prepared:2"),
        (0, "birth_founded"),
        (0, "birth_committed"),
        (2, "birth_bound"),
    ];
    for (doomed, step) in steps {
        let (_dir, mut fleet) = three();
        for at in ALL {
            let faults = if at == doomed { step } else { "" };
            fleet.start(at, faults).expect("it runs");
        }
        let end = fleet.end(doomed).await.expect("it dies at its step");
        assert_eq!(end.code(), None, "{step}: {}", fleet.log_tail(doomed));
        fleet.start(doomed, "").expect("it runs");
        fleet
            .serving(&ALL)
            .await
            .unwrap_or_else(|it| panic!("{step}: {it}"));
        cluster_of(&fleet).await;
    }
}

#[tokio::test]
async fn nothing_begins_while_one_is_missing() {
    let (_dir, mut fleet) = three();
    fleet.start(0, "").expect("it runs");
    fleet.start(1, "").expect("it runs");
    logged(&fleet, 0, "waiting for node_3").await;
    listening(fleet.peer_address(1)).await;
    let called = TcpStream::connect(fleet.address(0));
    let turned_away = called.expect_err("a cluster of three is not one of two");
    assert_eq!(turned_away.kind(), ErrorKind::ConnectionRefused);
    fleet.start(2, "").expect("it runs");
    fleet.serving(&ALL).await.expect("they serve");
    cluster_of(&fleet).await;
}

#[tokio::test]
async fn a_restart_of_all_goes_on_with_what_was_there() {
    let (_dir, mut fleet) = born().await;
    let before = cluster_of(&fleet).await;
    let token = fleet.make_team("t").await.expect("made");
    for at in ALL {
        fleet.kill(at);
    }
    fleet.start_all().expect("they run");
    fleet.serving(&ALL).await.expect("they serve");
    assert_eq!(cluster_of(&fleet).await, before);
    let question = ackord_client::v1::ListEventsRequest::default();
    let events = fleet.client(&token).list_events(question).await;
    assert!(events.expect("the token is known").events.is_empty());
}
