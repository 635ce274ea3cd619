//! The beginning of the calm: somebody leads.

use std::time::Duration;

use ackord_machine::Status;
use tokio::time::sleep;

use super::recorder::{Recorder, now};
use super::server::Server;
use crate::history::Fault;

/// Nobody waits longer: the judge tells.
const LIMIT: Duration = Duration::from_secs(40);
/// How often somebody looks.
const LOOK: Duration = Duration::from_millis(10);

/// Waits until one server leads and all that serve say so, and records it.
pub(super) async fn one_leader(servers: &[Server], recorder: &Recorder) {
    let end = now() + LIMIT;
    while now() < end {
        if let Some(server) = leader(servers) {
            return recorder.fault(Fault::Led { server });
        }
        sleep(LOOK).await;
    }
}

/// The one server that leads, if all that serve say so.
fn leader(servers: &[Server]) -> Option<usize> {
    let inside = servers.iter().filter(|it| !it.is_out());
    let serving = inside.filter_map(|it| Some((it.number(), it.status()?)));
    let serving: Vec<(usize, Status)> = serving.collect();
    let leaders: Vec<_> = serving.iter().filter(|it| it.1.leads).collect();
    let [(number, first)] = leaders[..] else {
        return None;
    };
    let agree = serving.iter().all(|it| it.1.leader == Some(first.node));
    agree.then_some(*number)
}
