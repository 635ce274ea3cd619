//! The batcher: sends what waits to where it belongs. While this node leads it makes entries; while
//! another one leads, it forwards; while nobody does, it waits. It never waits for more to send: an
//! entry is what has gathered while a few earlier ones were on their way.

use std::sync::Arc;
use std::time::Duration;

use ackord_proto::peer::ForwardRequest;
use ackord_raft::failpoint::Point;
use ackord_raft::{LeaderWatch, Leading, Led, RaftHandle, vital};
use futures::{FutureExt, StreamExt, stream};
use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep;

use crate::desk::Desk;
use crate::forwarding::{DOUBT_MAX, Link, SLOTS};
use crate::forwards::{Failures, Peers};
use crate::proposing::Landing;

/// Pause after whoever leads has refused something: who leads then will soon be known.
const REFUSED_PAUSE: Duration = Duration::from_millis(50);
/// Pause before a leader that could not be reached is called again.
const REACH_PAUSE: Duration = Duration::from_millis(100);
/// Pause before another look whether log time can begin.
const CLOCK_PAUSE: Duration = Duration::from_millis(20);
/// How long a stream that is not used any more may take to bring its last answers.
const RETIRE_MAX: Duration = Duration::from_secs(5);

/// See the module.
pub(crate) struct Batcher {
    desk: Arc<Desk>,
    raft: RaftHandle,
    peers: Arc<dyn Peers>,
    watch: LeaderWatch,
}

/// Whether somebody else leads now, or the group has ended.
enum News {
    Leader,
    End,
}

impl Batcher {
    pub(crate) fn new(desk: Arc<Desk>, raft: RaftHandle, peers: Arc<dyn Peers>) -> Self {
        let watch = raft.leader_watch();
        Self {
            desk,
            raft,
            peers,
            watch,
        }
    }

    /// Runs until the group has ended.
    pub(crate) async fn run(mut self) {
        loop {
            let led = self.watch.now();
            tracing::debug!(?led, "commands go to whoever leads");
            let news = match &led.leading {
                Leading::Here => self.lead(&led).await,
                Leading::There(leader) => match &leader.address {
                    Some(address) => self.follow(&led, leader.node, address).await,
                    None => self.news(&led).await,
                },
                Leading::Nowhere => self.news(&led).await,
            };
            if matches!(news, News::End) {
                return;
            }
        }
    }

    /// Returns when it is not `led` who leads.
    async fn news(&mut self, led: &Led) -> News {
        loop {
            if !self.watch.changed().await {
                return News::End;
            }
            if self.watch.now() != *led {
                return News::Leader;
            }
        }
    }

    /// Makes entries.
    async fn lead(&mut self, led: &Led) -> News {
        loop {
            let desk = Arc::clone(&self.desk);
            if desk.was_refused()
                && let Some(news) = self.pause(led, REFUSED_PAUSE).await
            {
                return news;
            }
            if desk.awaits_clock(self.raft.view().now) {
                match self.pause(led, CLOCK_PAUSE).await {
                    Some(news) => return news,
                    None => continue,
                }
            }
            let (units, slot) = tokio::select! {
                biased;
                news = self.news(led) => return news,
                next = desk.next(&desk.proposing.slots) => next,
            };
            let at = desk.now(self.raft.term(), self.raft.view().now);
            let (landing, proposal) = Landing::new(&desk, units, at, slot);
            desk.faults.hit(Point::BeforePropose);
            let commands = proposal.entry.as_ref().map_or(0, |it| it.commands.len());
            desk.metrics.proposed(proposal.bytes.len(), commands);
            let reply = move |result| landing.land(result);
            self.raft.propose(proposal, reply).await;
        }
    }

    /// Forwards to another node.
    async fn follow(&mut self, led: &Led, node: u64, address: &str) -> News {
        loop {
            let (requests, inbox) = mpsc::channel(SLOTS);
            let opening = self.peers.forward(node, address, requests_of(inbox));
            let opened = tokio::select! {
                biased;
                news = self.news(led) => return news,
                opened = opening => opened,
            };
            match opened {
                Ok(failures) => {
                    if let Some(news) = self.forward(led, requests, failures).await {
                        return news;
                    }
                }
                Err(error) => tracing::debug!(%error, node, "the leader takes no commands"),
            }
            if let Some(news) = self.pause(led, REACH_PAUSE).await {
                return news;
            }
        }
    }

    /// Forwards over one stream; none once that has ended.
    async fn forward(
        &mut self,
        led: &Led,
        requests: mpsc::Sender<ForwardRequest>,
        failures: Failures,
    ) -> Option<News> {
        let desk = Arc::clone(&self.desk);
        let link = desk.forwarding.link(led.term);
        let (retire, retired) = oneshot::channel::<()>();
        let (alive, mut ended) = oneshot::channel::<()>();
        vital(
            "answers of the leader",
            attend(Arc::clone(&desk), link, failures, retired, alive),
        );
        // Dropped when this returns, as the requests are: the leader answers what it took.
        let _retire = retire;
        loop {
            if desk.was_refused()
                && let Some(news) = self.pause(led, REFUSED_PAUSE).await
            {
                return Some(news);
            }
            let (units, slot) = tokio::select! {
                biased;
                news = self.news(led) => return Some(news),
                _ = &mut ended => return None,
                next = desk.next(&desk.forwarding.slots) => next,
            };
            desk.forward(units, link, slot, |it| requests.try_send(it).is_ok());
        }
    }

    /// Waits a while, or until somebody else leads.
    async fn pause(&mut self, led: &Led, pause: Duration) -> Option<News> {
        tokio::select! {
            biased;
            news = self.news(led) => Some(news),
            () = sleep(pause) => None,
        }
    }
}

fn requests_of(
    inbox: mpsc::Receiver<ForwardRequest>,
) -> stream::BoxStream<'static, ForwardRequest> {
    let next = |mut inbox: mpsc::Receiver<ForwardRequest>| async {
        let request = inbox.recv().await?;
        Some((request, inbox))
    };
    stream::unfold(inbox, next).boxed()
}

/// Hears what the leader says of one stream, until that ends or is `retired` for a while. What it
/// leaves open is in doubt.
async fn attend(
    desk: Arc<Desk>,
    link: Link,
    mut failures: Failures,
    retired: oneshot::Receiver<()>,
    alive: oneshot::Sender<()>,
) {
    let retired = retired.then(|_| sleep(RETIRE_MAX));
    let heard = async {
        while let Some(Ok(response)) = failures.next().await {
            desk.forward_failed(response.failures);
        }
    };
    tokio::select! {
        biased;
        () = heard => {}
        () = retired => {}
    }
    drop(alive);
    desk.forwarding.lost(link);
    sleep(DOUBT_MAX).await;
    desk.forwarding.doubt_ends(link);
}
