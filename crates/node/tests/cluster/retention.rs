//! What was kept long enough goes, and the disk has its space again.

use std::path::Path;
use std::time::{Duration, Instant};

use ackord_chaos::fleet::Fleet;
use ackord_client::{Client, Event, Nack, SessionOptions, Taken, v1};

use crate::{LONG, PROGRAM, until};

const HOUR_MS: u64 = 3_600_000;
const EVENTS: u64 = 96;
const BODY_BYTES: usize = 512 << 10;
/// Longer than a dedup key lives.
const EIGHT_DAYS_AHEAD: &str = "clock_ahead_s:691200";

/// A body that does not get smaller when it is compressed.
fn body(seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    (0..BODY_BYTES / 8).flat_map(|_| next()).collect()
}

fn event(seed: u64, body: Vec<u8>) -> Event {
    Event::new("x", body)
        .tag("t")
        .dedup_key(format!("k{seed}"))
        .namespace("n")
}

/// Bytes of a node's rows, as it says.
async fn rows_bytes(fleet: &Fleet) -> u64 {
    let status = fleet.standing(0).await.expect("it serves");
    status.disk_bytes.saturating_sub(status.log_bytes)
}

async fn flush(operator: &Client) {
    let asked = v1::TakeSnapshotRequest {};
    operator.take_snapshot(asked).await.expect("flushed");
}

/// Works through all events: one in four ends as a dead letter.
async fn work(client: &Client) {
    let options = SessionOptions::new("s").tag("t");
    let mut session = client.attach(options).await.expect("attached");
    for seed in 0..EVENTS {
        client.submit(event(seed, body(seed))).await.expect("in");
        let delivery = session.next().await.expect("an event");
        let done = match seed % 4 {
            0 => delivery.nack(Nack::reject("no")).await.map(drop),
            _ => delivery.ack("done").await.map(drop),
        };
        done.expect("it counts");
    }
}

/// Events that are there, and dead letters among them.
async fn kept(client: &Client) -> (usize, usize) {
    let events = client.list_events(v1::ListEventsRequest::default()).await;
    let dead = client.list_dead(v1::ListDeadRequest::default()).await;
    (
        events.expect("readable").events.len(),
        dead.expect("readable").events.len(),
    )
}

#[tokio::test]
async fn what_was_kept_long_enough_goes_and_its_space_comes_back() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut fleet = Fleet::new(Path::new(PROGRAM), dir.path(), 1).expect("written");
    fleet.start(0, "").expect("it runs");
    fleet.serving(&[0]).await.expect("it serves");
    let token = fleet.make_team("team").await.expect("made");
    let client = fleet.client_of(&[0], &token, LONG);
    let retention = v1::Retention {
        dedup_kept_ms: 7 * 24 * HOUR_MS,
        events_kept_ms: HOUR_MS,
        dead_kept_ms: HOUR_MS,
    };
    let set = v1::SetRetentionRequest {
        team: String::new(),
        retention: Some(retention),
    };
    client.set_retention(set).await.expect("set");
    work(&client).await;
    flush(&fleet.operator()).await;
    let before = rows_bytes(&fleet).await;
    assert!(before > EVENTS * (BODY_BYTES as u64), "{before}");
    assert_eq!(kept(&client).await, (96, 24));

    fleet.kill(0);
    fleet.start(0, EIGHT_DAYS_AHEAD).expect("it runs");
    fleet.serving(&[0]).await.expect("it serves");
    until(async || kept(&client).await == (0, 0)).await;
    let again = client.submit(event(0, body(0))).await.expect("in");
    assert_eq!(again.taken, Taken::Accepted, "its key is gone as well");

    // Space comes back as rows are flushed and merged, which work that goes on brings about.
    let mut seed = EVENTS;
    let mut after = rows_bytes(&fleet).await;
    let begun = Instant::now();
    while after >= before / 10 && begun.elapsed() < LONG {
        client.submit(event(seed, vec![1; 512])).await.expect("in");
        flush(&fleet.operator()).await;
        after = rows_bytes(&fleet).await;
        seed += 1;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(after < before / 10, "{before} bytes before, {after} after");
}
