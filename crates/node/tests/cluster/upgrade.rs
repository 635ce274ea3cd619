//! Programs of two versions in one cluster, and the step from one format to the next.

use ackord_chaos::fleet::Fleet;
use ackord_client::v1::{RaiseFormatRequest, RefusalReason};
use ackord_client::{Client, Error, Event};

use crate::{ALL, LONG, refused, three, until};

/// Makes a program of the next version.
const NEXT: &str = "knows_format:2";

fn operator(fleet: &Fleet) -> Client {
    fleet.client_of(&ALL, fleet.operator_secret(), LONG)
}

async fn raise(fleet: &Fleet) -> Result<u32, Error> {
    let request = RaiseFormatRequest { format: 2 };
    Ok(operator(fleet).raise_format(request).await?.format)
}

async fn submit(fleet: &Fleet, token: &str, at: usize) {
    let client = fleet.client_of(&[at], token, LONG);
    let event = Event::new("x", "body").tag("t");
    client.submit(event).await.expect("accepted");
}

/// Starts a node again with another program.
async fn change_program(fleet: &mut Fleet, at: usize, faults: &str) {
    fleet.kill(at);
    fleet.start(at, faults).expect("it runs");
    fleet.serving(&ALL).await.expect("they serve");
}

#[tokio::test]
async fn a_format_is_raised_once_all_programs_know_it() {
    let (_dir, mut fleet) = three();
    fleet.start_all().expect("they run");
    fleet.serving(&ALL).await.expect("they serve");
    let token = fleet.make_team("team").await.expect("made");
    // Two of the next version, one of this: they work together.
    change_program(&mut fleet, 0, NEXT).await;
    change_program(&mut fleet, 1, NEXT).await;
    for at in ALL {
        submit(&fleet, &token, at).await;
    }
    let status = fleet.standing(0).await.expect("it serves");
    assert_eq!((status.format, status.known_format), (1, 2));
    until(async || {
        let error = raise(&fleet).await.expect_err("node 3 does not know it");
        error.reason() == Some(RefusalReason::TooOld) && error.to_string().contains("node_3")
    })
    .await;

    // A program that cannot be asked may be an old one.
    fleet.kill(2);
    until(async || {
        let refused = raise(&fleet).await.expect_err("node 3 may not know it");
        refused.reason() == Some(RefusalReason::NotHealthy)
    })
    .await;

    fleet.start(2, NEXT).expect("it runs");
    fleet.serving(&ALL).await.expect("they serve");
    until(async || raise(&fleet).await.is_ok_and(|it| it == 2)).await;
    for at in ALL {
        submit(&fleet, &token, at).await;
        let status = fleet.standing(at).await.expect("it serves");
        assert_eq!(status.format, 2);
    }

    // There is no way back.
    fleet.kill(2);
    let words = refused(&mut fleet, 2).await;
    assert!(
        words.contains("the cluster has format 2, this program knows 1"),
        "{words}"
    );
    assert!(
        words.contains("start it with a program that knows"),
        "{words}"
    );
    submit(&fleet, &token, 0).await;
    fleet.start(2, NEXT).expect("it runs");
    fleet.serving(&ALL).await.expect("they serve");
}

#[tokio::test]
async fn an_old_program_that_joins_later_is_refused() {
    let (_dir, mut fleet) = three();
    for at in ALL {
        fleet.start(at, NEXT).expect("it runs");
    }
    fleet.serving(&ALL).await.expect("they serve");
    until(async || raise(&fleet).await.is_ok_and(|it| it == 2)).await;
    let late = fleet.grow().expect("written");
    let words = refused(&mut fleet, late).await;
    assert!(
        words.contains("its program knows format 1, the cluster has 2"),
        "{words}"
    );
}
