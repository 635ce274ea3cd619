//! The end of a run: wait until nothing is left to do, or too long.

use std::time::Duration;

use ackord_client::{Client, v1};
use tokio::time::sleep;

use super::host::Host;
use super::recorder::now;
use super::scene::Scene;

/// All work must have ended so long after everything was mended. A grace (60 s), an offer (15 s),
/// the leases, backoffs and delays of a plan, and the transport's own backoff (10 s) fit into it
/// several times.
const LIMIT: Duration = Duration::from_mins(10);
/// How often somebody looks.
const LOOK: Duration = Duration::from_secs(1);
/// How long a call is tried.
const PATIENCE: Duration = Duration::from_secs(20);

/// Returns when the queues are empty, or the time is over; the judge tells which.
pub(super) async fn drain(scene: &Scene, host: &Host) {
    let scene = scene.clone();
    let work = async move {
        let client = scene.client(PATIENCE);
        let end = now() + LIMIT;
        while now() < end && !is_drained(&client).await {
            sleep(LOOK).await;
        }
    };
    host.spawn(work).await.expect("nothing is broken any more");
}

/// Whether no queue counts anything but dead letters.
async fn is_drained(client: &Client) -> bool {
    let request = v1::ListQueuesRequest::default();
    let Ok(page) = client.list_queues(request).await else {
        return false;
    };
    page.queues
        .iter()
        .filter_map(|it| it.depth.as_ref())
        .all(|it| {
            let ready = it.ready_interrupt + it.ready_priority + it.ready_normal;
            ready + it.delayed + it.backoff + it.waiting + it.leased + it.parked == 0
        })
}
