//! Whoever's clock is wrong does not lead, and log time goes on as the others' clocks say.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ackord_core::time::Timestamp;
use ackord_machine::{Answers, Clock, Link, LinkError, Options, Peers, Reading, SystemClock};
use ackord_peer::Links;
use ackord_proto::peer::{
    AppendRequest, InstallSnapshotRequest, InstallSnapshotResponse, TransferLeaderRequest,
    TransferLeaderResponse, VoteRequest, VoteResponse,
};
use futures::future::{BoxFuture, FutureExt, ready};
use futures::stream::BoxStream;

use crate::support::{Cluster, Medium, create_team, knows_team, options, quick, until};
use crate::through::Through;

/// What no clock of a machine that runs tests is off by.
const FAR: Duration = Duration::from_secs(30);

/// The first node begins the cluster, and its clock is a minute ahead.
fn founder_is_ahead(node: u64) -> Options {
    let mut options = quick(node);
    if node == 1 {
        options.clock = Arc::new(SystemClock::ahead(60));
    }
    options
}

fn far_ahead() -> Timestamp {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let far = now.expect("after 1970") + FAR;
    Timestamp(u64::try_from(far.as_millis()).expect("an instant"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_whose_founder_has_a_wrong_clock_begins_without_it() {
    let mut cluster = Cluster::born(Medium::twin, founder_is_ahead).await;
    let founder = cluster.machine(1);
    until("the founder knows of its clock", || {
        founder.is_clock_off().then_some(())
    })
    .await;
    let leader = until("another one leads", || {
        [2, 3].into_iter().find(|it| cluster.status(*it).leads)
    })
    .await;
    let offset = founder.clock_offset_ms().expect("it hears the others");
    assert!((50_000..70_000).contains(&offset), "{offset}");
    assert!(!cluster.machine(leader).is_clock_off());
    create_team(&cluster.machine(leader), "red").await;
    assert!(cluster.machine(leader).view().now < far_ahead());

    // Of the two that are left, only one may lead.
    cluster.stop(leader).await;
    let last = 5 - leader;
    until("the last one leads", || {
        cluster.status(last).leads.then_some(())
    })
    .await;
    create_team(&cluster.machine(last), "blue").await;
    cluster.agreed().await;
    assert!(knows_team(&founder, "blue"));
    assert!(founder.view().now < far_ahead());
    cluster.stop_all().await;
}

/// Requests for votes that nobody has heard yet.
static UNHEARD: AtomicU32 = AtomicU32::new(0);
/// More of them than are sent before a node knows of its clock.
const UNHEARD_MAX: u32 = 8;

/// A way on which the first requests for votes are lost.
struct HardOfHearing(Arc<dyn Link>);

type Sent<T> = BoxFuture<'static, Result<T, LinkError>>;

impl Link for HardOfHearing {
    fn append(&self, requests: BoxStream<'static, AppendRequest>) -> Sent<Answers> {
        self.0.append(requests)
    }

    fn vote(&self, request: VoteRequest) -> Sent<VoteResponse> {
        if UNHEARD.fetch_add(1, Ordering::Relaxed) < UNHEARD_MAX {
            let lost = LinkError::Unreachable("not heard".to_owned());
            return ready(Err(lost)).boxed();
        }
        self.0.vote(request)
    }

    fn transfer_leader(&self, request: TransferLeaderRequest) -> Sent<TransferLeaderResponse> {
        self.0.transfer_leader(request)
    }

    fn install_snapshot(
        &self,
        parts: BoxStream<'static, InstallSnapshotRequest>,
    ) -> Sent<InstallSnapshotResponse> {
        self.0.install_snapshot(parts)
    }
}

fn hard_of_hearing(_: u64, links: Links) -> Arc<dyn Peers> {
    Through::wrapped(links, |link| Arc::new(HardOfHearing(link)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_founder_that_learns_of_its_wrong_clock_before_it_leads_begins_the_cluster_all_the_same()
{
    let cluster = Cluster::born_with(Medium::twin, founder_is_ahead, hard_of_hearing).await;
    assert!(UNHEARD.load(Ordering::Relaxed) > UNHEARD_MAX);
    let leader = until("another one leads", || {
        [2, 3].into_iter().find(|it| cluster.status(*it).leads)
    })
    .await;
    create_team(&cluster.machine(leader), "red").await;
    assert!(cluster.machine(leader).view().now < far_ahead());
    cluster.stop_all().await;
}

/// How many seconds the clock of each node is ahead, by its number.
static AHEAD_S: [AtomicI64; 4] = [const { AtomicI64::new(0) }; 4];

/// A clock that somebody sets.
#[derive(Debug)]
struct SetClock {
    node: usize,
    real: SystemClock,
}

impl Clock for SetClock {
    fn read(&self) -> Reading {
        let reading = self.real.read();
        let ahead = AHEAD_S[self.node].load(Ordering::Relaxed);
        Reading {
            wall: reading.wall + Duration::from_secs(ahead.unsigned_abs()),
            ..reading
        }
    }
}

fn settable(node: u64) -> Options {
    let mut options = options(node);
    options.clock = Arc::new(SetClock {
        node: usize::try_from(node).expect("a small number"),
        real: SystemClock::default(),
    });
    options
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_whose_clock_is_set_wrong_hands_over() {
    let cluster = Cluster::born(Medium::twin, settable).await;
    let first = cluster.leader().await;
    create_team(&cluster.machine(first), "red").await;
    let before = cluster.machine(first).view().now;
    let set = usize::try_from(first).expect("a small number");
    AHEAD_S[set].store(60, Ordering::Relaxed);
    let second = until("another one leads", || {
        let mut others = cluster.running().into_iter().filter(|it| *it != first);
        others.find(|it| cluster.status(*it).leads)
    })
    .await;
    create_team(&cluster.machine(second), "blue").await;
    let after = cluster.machine(second).view().now;
    assert!(before <= after && after < far_ahead());

    // Set right, it may lead again.
    AHEAD_S[set].store(0, Ordering::Relaxed);
    until("its clock is right", || {
        (!cluster.machine(first).is_clock_off()).then_some(())
    })
    .await;
    cluster.machine(second).hand_over(first).await;
    until("it leads again", || {
        cluster.status(first).leads.then_some(())
    })
    .await;
    cluster.stop_all().await;
}
