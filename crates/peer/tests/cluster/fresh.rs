//! Reads that see everything that was decided before them, and nothing less.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use ackord_machine::{
    Answers, Asks, Failures, Forwards, Link, LinkError, Network, Peers, Unconfirmed,
};
use ackord_peer::Links;
use ackord_proto::peer::{
    AppendRequest, ChangeRequest, ChangeResponse, ConfirmRequest, ConfirmResponse, ForwardRequest,
    HelloRequest, HelloResponse, InstallSnapshotRequest, InstallSnapshotResponse, InviteRequest,
    TransferLeaderRequest, TransferLeaderResponse, VoteRequest, VoteResponse,
};
use futures::future::{BoxFuture, FutureExt, join_all, ready};
use futures::stream::{BoxStream, StreamExt};

use crate::support::{Cluster, Medium, create_team, knows_team, options, until, up_to_date};

#[tokio::test(flavor = "multi_thread")]
async fn what_the_leader_has_just_answered_a_follower_reads() {
    let cluster = Cluster::born(Medium::twin, options).await;
    let leader = cluster.machine(cluster.leader().await);
    let follower = cluster.machine(cluster.follower().await);
    for number in 0..50 {
        let name = format!("team-{number}");
        create_team(&leader, &name).await;
        up_to_date(&follower).await;
        assert!(knows_team(&follower, &name), "{name}");
    }
    cluster.stop_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_readers_share_what_a_leader_confirms() {
    let cluster = Cluster::born(Medium::twin, options).await;
    cluster.leader().await;
    let machines = cluster.running().into_iter().map(|it| cluster.machine(it));
    let machines: Vec<_> = machines.collect();
    let readers = machines
        .iter()
        .flat_map(|it| (0..200).map(move |_| up_to_date(it)));
    join_all(readers).await;
    cluster.stop_all().await;
}

/// Nodes that reach nobody, and that nobody reaches.
static CUT: Mutex<BTreeSet<u64>> = Mutex::new(BTreeSet::new());

fn is_cut(nodes: [u64; 2]) -> bool {
    let cut = CUT.lock().unwrap_or_else(PoisonError::into_inner);
    nodes.iter().any(|it| cut.contains(it))
}

/// Ways that can be cut.
#[derive(Debug)]
struct Ways {
    own: u64,
    links: Links,
}

type Answer<T> = BoxFuture<'static, Result<T, LinkError>>;

fn unless_cut<T: Send + 'static>(ends: [u64; 2], answer: Answer<T>) -> Answer<T> {
    let unreachable = || LinkError::Unreachable("cut".to_owned());
    if is_cut(ends) {
        return ready(Err(unreachable())).boxed();
    }
    let cut = move |answer| {
        if is_cut(ends) {
            Err(unreachable())
        } else {
            answer
        }
    };
    answer.map(cut).boxed()
}

fn until_cut<T: Send + 'static>(
    ends: [u64; 2],
    stream: BoxStream<'static, T>,
) -> BoxStream<'static, T> {
    stream.take_while(move |_| ready(!is_cut(ends))).boxed()
}

impl Network for Ways {
    fn link(&self, node: u64, address: &str) -> Arc<dyn Link> {
        Arc::new(Way {
            ends: [self.own, node],
            link: self.links.link(node, address),
        })
    }
}

impl Forwards for Ways {
    fn forward(
        &self,
        node: u64,
        address: &str,
        requests: BoxStream<'static, ForwardRequest>,
    ) -> Answer<Failures> {
        let ends = [self.own, node];
        let failures = self.links.forward(node, address, until_cut(ends, requests));
        let failures = failures.map(move |it| it.map(|it| until_cut(ends, it)));
        unless_cut(ends, failures.boxed())
    }
}

impl Asks for Ways {
    fn hello(&self, node: u64, address: &str, request: HelloRequest) -> Answer<HelloResponse> {
        let answer = self.links.hello(node, address, request);
        unless_cut([self.own, node], answer)
    }

    fn confirm(
        &self,
        node: u64,
        address: &str,
        request: ConfirmRequest,
    ) -> Answer<ConfirmResponse> {
        let answer = self.links.confirm(node, address, request);
        unless_cut([self.own, node], answer)
    }

    fn change(&self, node: u64, address: &str, request: ChangeRequest) -> Answer<ChangeResponse> {
        let answer = self.links.change(node, address, request);
        unless_cut([self.own, node], answer)
    }

    fn invite(&self, address: &str, request: InviteRequest) -> Answer<HelloResponse> {
        self.links.invite(address, request)
    }
}

struct Way {
    ends: [u64; 2],
    link: Arc<dyn Link>,
}

impl Link for Way {
    fn append(&self, requests: BoxStream<'static, AppendRequest>) -> Answer<Answers> {
        let ends = self.ends;
        let answers = self.link.append(until_cut(ends, requests));
        let answers = answers.map(move |it| it.map(|it| until_cut(ends, it)));
        unless_cut(ends, answers.boxed())
    }

    fn vote(&self, request: VoteRequest) -> Answer<VoteResponse> {
        unless_cut(self.ends, self.link.vote(request))
    }

    fn transfer_leader(&self, request: TransferLeaderRequest) -> Answer<TransferLeaderResponse> {
        unless_cut(self.ends, self.link.transfer_leader(request))
    }

    fn install_snapshot(
        &self,
        parts: BoxStream<'static, InstallSnapshotRequest>,
    ) -> Answer<InstallSnapshotResponse> {
        unless_cut(self.ends, self.link.install_snapshot(parts))
    }
}

fn ways(own: u64, links: Links) -> Arc<dyn Peers> {
    Arc::new(Ways { own, links })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_leader_that_is_cut_off_reads_nothing_old() {
    let cluster = Cluster::born_with(Medium::twin, options, ways).await;
    let old = cluster.leader().await;
    let cut = |nodes: &[u64]| {
        *CUT.lock().unwrap_or_else(PoisonError::into_inner) = nodes.iter().copied().collect();
    };
    cut(&[old]);
    // From here on the old leader must not confirm anything, whether it knows yet or not.
    let early = tokio::spawn({
        let machine = cluster.machine(old);
        async move { machine.fresh().await }
    });
    let new = until("another one leads", || {
        let mut others = cluster.running().into_iter().filter(|it| *it != old);
        others.find(|it| cluster.status(*it).leads)
    })
    .await;
    create_team(&cluster.machine(new), "red").await;
    assert!(!knows_team(&cluster.machine(old), "red"));
    assert_eq!(cluster.machine(old).fresh().await, Err(Unconfirmed));
    assert_eq!(early.await.expect("it ends"), Err(Unconfirmed));

    cut(&[]);
    until("it hears of the new leader", || {
        (cluster.status(old).leader == Some(new)).then_some(())
    })
    .await;
    up_to_date(&cluster.machine(old)).await;
    assert!(knows_team(&cluster.machine(old), "red"));
    cluster.stop_all().await;
}
