//! Acks on their way to the cluster: begun in the order in which they came, a few at a time.
//!
//! The protocol has no answer to an ack, so a plugin never sends one again. Where the cluster has not
//! decided one, as during a change of the leader, it is proposed again from here: the same ack twice is
//! one. If that takes too long it is given up, and the event comes again when its lease ends.

use std::collections::VecDeque;
use std::time::Duration;

use ackord_proto::v1::{self, Fence};
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use tokio::time::{Instant, sleep};
use tonic::Status;

use crate::cluster::{Cluster, is_undecided};
use crate::frame::Ack;
use crate::hand::Hand;
use crate::limits::{ACK_PATIENCE, ACKS_AT_ONCE, ACKS_BYTES_MAX, ACKS_MAX, SUMMARY_BYTES_MAX};
use crate::metrics::Metrics;

/// Before another try, at first and at the most.
const BREATH: Duration = Duration::from_millis(50);
const BREATH_MAX: Duration = Duration::from_secs(1);

/// The delivery that an ack was of, and what came of it.
type Decided = (Fence, Result<(), Status>);

/// See the module.
pub(crate) struct Acks {
    cluster: Cluster,
    waiting: VecDeque<v1::Ack>,
    /// What the summaries among them take.
    bytes: usize,
    proposed: FuturesUnordered<BoxFuture<'static, Decided>>,
}

impl Acks {
    pub(crate) fn new(cluster: Cluster) -> Self {
        Self {
            cluster,
            waiting: VecDeque::new(),
            bytes: 0,
            proposed: FuturesUnordered::new(),
        }
    }

    /// One more: of the delivery that it means, by what the plugin has in its hands. None: it means nothing.
    pub(crate) fn take(&mut self, hand: &Hand, ack: &Ack, metrics: &Metrics) -> Option<Fence> {
        let Some(fence) = hand.meant(&ack.event_id) else {
            metrics.acked(false);
            return None;
        };
        let summary = told(ack.summary.as_deref().unwrap_or_default());
        self.bytes += summary.len();
        self.waiting.push_back(v1::Ack {
            fence: Some(fence.clone()),
            summary,
            ..v1::Ack::default()
        });
        Some(fence)
    }

    /// Whether one more may be read.
    pub(crate) fn have_room(&self) -> bool {
        self.len() < ACKS_MAX && self.bytes < ACKS_BYTES_MAX
    }

    /// How many are not decided.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len() + self.proposed.len()
    }

    /// The next one that is decided, or given up; none: there is none. May be dropped, and asked again.
    pub(crate) async fn next(&mut self) -> Option<Decided> {
        while self.proposed.len() < ACKS_AT_ONCE
            && let Some(ack) = self.waiting.pop_front()
        {
            self.bytes -= ack.summary.len();
            let cluster = self.cluster.clone();
            let decided = async move {
                let fence = ack.fence.clone().unwrap_or_default();
                (fence, propose(cluster, ack).await)
            };
            self.proposed.push(decided.boxed());
        }
        self.proposed.next().await
    }
}

async fn propose(cluster: Cluster, ack: v1::Ack) -> Result<(), Status> {
    let until = Instant::now() + ACK_PATIENCE;
    let mut breath = BREATH;
    loop {
        let request = v1::AckRequest {
            ack: Some(ack.clone()),
        };
        let acked = cluster.sessions().ack(cluster.call(request)).await;
        match acked {
            Ok(_) => return Ok(()),
            Err(status) if is_undecided(&status) && Instant::now() < until => {
                sleep(breath).await;
                breath = (breath * 2).min(BREATH_MAX);
            }
            Err(status) => return Err(status),
        }
    }
}

/// A summary as the cluster takes it: an ack counts whatever its summary holds.
fn told(summary: &str) -> String {
    let is_told = |it: &char| !it.is_control() || matches!(it, '\n' | '\t' | '\r');
    let mut summary: String = summary.chars().filter(is_told).collect();
    summary.truncate(summary.floor_char_boundary(SUMMARY_BYTES_MAX));
    summary
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_cut_to_what_the_cluster_takes() {
        assert_eq!(told("a\u{0}b\n\u{1b}[2Jc"), "ab\n[2Jc");
        assert_eq!(told(&"ä".repeat(10_000)).len(), SUMMARY_BYTES_MAX);
        assert_eq!(told(""), "");
    }
}
