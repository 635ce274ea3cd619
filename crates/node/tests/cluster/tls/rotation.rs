//! Certificates, and the CA itself, are replaced while a session is attached and events come in.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ackord_chaos::http;
use ackord_client::{Client, Event, SessionOptions};
use ackord_tls::mint::Authority;

use super::Secured;
use crate::{ALL, LONG, cluster_of};

/// Waits until each node has logged this so many times.
async fn all_logged(it: &Secured, text: &str, times: usize) {
    let begun = Instant::now();
    for at in ALL {
        while it.fleet.log_text(at).matches(text).count() < times {
            assert!(
                begun.elapsed() < LONG,
                "never: {text}\n{}",
                it.fleet.log_tail(at)
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Submits until it is told to stop. Returns how many events were accepted.
async fn submit(client: Client, stop: Arc<AtomicBool>) -> usize {
    let mut accepted = 0;
    while !stop.load(Ordering::Relaxed) {
        let event = Event::new("x", accepted.to_string()).tag("t");
        client.submit(event).await.expect("accepted");
        accepted += 1;
        // All of it is worked through at the end.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    accepted
}

/// Acknowledges so many events, one after the other.
async fn work(session: &mut ackord_client::Session, events: usize) {
    for _ in 0..events {
        let delivery = session.next().await.expect("an event");
        delivery.ack("done").await.expect("it counts");
    }
}

/// A figure of a page.
fn figure(page: &str, name: &str, port: &str) -> Option<u64> {
    let series = format!("ackord_tls_{name}{{port=\"{port}\"}} ");
    let mut lines = page.lines();
    lines.find_map(|it| it.strip_prefix(&series)?.parse().ok())
}

const NEW: &str = "new certificates are in use";
/// The API's and the peers'.
const BOTH: usize = 2;

#[tokio::test(flavor = "multi_thread")]
async fn certificates_and_their_ca_change_while_events_come_in() {
    let mut it = Secured::born().await;
    let token = it.fleet.make_team("team").await.expect("made");
    let client = it.fleet.client(&token);
    let mut session = client
        .attach(SessionOptions::new("one").tag("t"))
        .await
        .expect("attached");
    let stop = Arc::new(AtomicBool::new(false));
    let submits = tokio::spawn(submit(it.fleet.client(&token), Arc::clone(&stop)));
    work(&mut session, 1).await;

    // Both CAs are trusted, then certificates are of the new one.
    let new = Authority::make().expect("made");
    let both = format!("{}{}", it.ca.minted().cert, new.minted().cert);
    it.write("ca.crt", &both);
    all_logged(&it, NEW, 1).await;
    for at in ALL {
        it.certify(at, &new);
    }
    all_logged(&it, NEW, 1 + BOTH).await;
    work(&mut session, 1).await;

    // Connections of before have lived on; those that are made now are by the new certificates.
    let leader = it.fleet.leader().await.expect("one leads");
    it.fleet.kill(leader);
    it.fleet.start(leader, "").expect("it runs");
    it.fleet.serving(&ALL).await.expect("they serve");
    cluster_of(&it.fleet).await;

    // What is no good is not used, and nobody notices.
    for at in ALL {
        it.write(&format!("node-{at}.crt"), "nothing");
    }
    all_logged(&it, "the old ones stay", BOTH).await;
    cluster_of(&it.fleet).await;

    let other = ALL.into_iter().find(|it| *it != leader).expect("three");
    let (_, page) = http::get(it.fleet.operations(other), "/metrics").expect("it answers");
    for (name, port, at_least) in [
        ("renewals_total", "api", 1),
        ("renewals_total", "peers", 2),
        ("renewals_refused_total", "api", 1),
        ("renewals_refused_total", "peers", 1),
        ("handshakes_refused_total", "api", 0),
        ("certificate_end_timestamp_seconds", "peers", 1),
    ] {
        let value = figure(&page, name, port);
        assert!(
            value >= Some(at_least),
            "{name} of {port}: {value:?}\n{page}"
        );
    }

    stop.store(true, Ordering::Relaxed);
    let accepted = submits.await.expect("none was refused");
    work(&mut session, accepted - 2).await;
}
