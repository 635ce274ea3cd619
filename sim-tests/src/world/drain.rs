//! The end of a run: wait until nothing is left to do, or too long.

use std::time::Duration;

use ackord_client::{Client, v1};
use tokio::time::sleep;

use super::crons;
use super::ends;
use super::host::Host;
use super::operator;
use super::recorder::now;
use super::scene::Scene;
use super::server::Server;

/// All work must have ended so long after everything was mended. A grace (60 s), an offer (15 s),
/// the leases, backoffs and delays of a plan, and the transport's own backoff (10 s) fit into it
/// several times.
const LIMIT: Duration = Duration::from_mins(10);
/// How often somebody looks.
const LOOK: Duration = Duration::from_secs(1);
/// What was under way when nothing had been mended yet comes in no later than that: the longest
/// backoff of the transport.
const LATE: Duration = Duration::from_secs(11);
/// How long a call is tried.
const PATIENCE: Duration = Duration::from_secs(20);

/// Returns when the queues are empty and open, or the time is over; the judge tells which.
pub(super) async fn drain(scene: &Scene, servers: &[Server], host: &Host) {
    let (scene, servers) = (scene.clone(), servers.to_vec());
    let work = async move {
        let client = scene.client(&scene.tokens.manage, PATIENCE);
        let begun = now();
        while now() < begun + LIMIT {
            let quiet = crons::pause_rest(&scene).await;
            // Whoever is asked then knows at least what is known now.
            let agree = ends::agree(&servers);
            let late = now() < begun + LATE;
            let queues = queues(&client).await;
            let ended = |it: &[v1::Queue]| is_drained(it) && !it.iter().any(operator::is_held);
            if queues.as_deref().is_some_and(ended) && quiet && agree && !late {
                return;
            }
            operator::resume(&scene, &client, &queues.unwrap_or_default()).await;
            sleep(LOOK).await;
        }
    };
    host.spawn(work).await.expect("nothing is broken any more");
}

async fn queues(client: &Client) -> Option<Vec<v1::Queue>> {
    let request = v1::ListQueuesRequest::default();
    Some(client.list_queues(request).await.ok()?.queues)
}

/// Whether no queue counts anything but dead letters.
fn is_drained(queues: &[v1::Queue]) -> bool {
    queues.iter().filter_map(|it| it.depth.as_ref()).all(|it| {
        let ready = it.ready_interrupt + it.ready_priority + it.ready_normal;
        ready + it.delayed + it.backoff + it.waiting + it.leased + it.parked == 0
    })
}
