//! Nodes that do not hear each other: in network namespaces, each way for itself. Clients reach all
//! of them all the time, those that are cut off among them.

use std::path::Path;
use std::time::Duration;

use ackord_client::v1;
use rand::RngExt;

use crate::fleet::Fleet;
use crate::host::Host;
use crate::judge::Violation;
use crate::net::{Net, NetError};
use crate::server::StartError;
use crate::trial::{Outcome, Trial};

/// Nodes of the cluster.
const NODES: usize = 3;
/// How long nodes are apart, in milliseconds: shorter and longer than it takes to be missed.
const APART_MS: std::ops::Range<u64> = 500..8000;
/// How long the network is whole in between, in milliseconds.
const CALM_MS: std::ops::Range<u64> = 200..1500;
/// A node that hears no leader must have refused its callers by then, with room to spare.
const STALE_AFTER: Duration = Duration::from_secs(4);
/// How often a flapping link goes away and comes back.
const FLAPS: u32 = 12;
/// How long it is in either state, in milliseconds: about as long as an election takes.
const FLAP_MS: std::ops::Range<u64> = 100..900;

/// Who does not hear whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// The leader and the others do not hear each other.
    LeaderIsolated,
    /// The others hear the leader, which does not hear them.
    LeaderDeaf,
    /// The leader hears the others, which do not hear it.
    LeaderMute,
    /// A follower and the others do not hear each other.
    FollowerIsolated,
    /// The leader hears a follower that does not hear it. The third one hears both.
    FollowerDeaf,
    /// The leader and a follower do not hear each other. The third one hears both.
    BridgeLeft,
    /// The leader is isolated, and back, and isolated.
    Flapping,
    /// Nobody hears anybody.
    AllApart,
}

/// All that are tried.
pub const SHAPES: [Shape; 8] = [
    Shape::LeaderIsolated,
    Shape::LeaderDeaf,
    Shape::LeaderMute,
    Shape::FollowerIsolated,
    Shape::FollowerDeaf,
    Shape::BridgeLeft,
    Shape::Flapping,
    Shape::AllApart,
];

/// Why a campaign could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum PartitionError {
    /// There is no network.
    #[error("make a network")]
    Net(#[from] NetError),
    /// A node does not start, or nobody leads though the network is whole.
    #[error("start the nodes")]
    Start(#[from] StartError),
}

/// What came of it.
#[derive(Debug)]
pub struct Report {
    /// Times that the network was cut.
    pub cuts: usize,
    /// What clients and sessions saw.
    pub outcome: Outcome,
}

/// Cuts the network in each of [`SHAPES`], `rounds` times each.
///
/// # Errors
/// There is no network, or the cluster is not there when it is whole.
pub async fn run(
    program: &Path,
    dir: &Path,
    rounds: u32,
    mut progress: impl FnMut(usize, Shape),
) -> Result<Report, PartitionError> {
    let net = Net::build(NODES)?;
    let host = |at| Host {
        ip: net.ip(at),
        namespace: Some(net.namespace(at)),
        data_dir: dir.join(format!("node-{at}")),
    };
    let fleet = Fleet::on((0..NODES).map(host).collect(), program, dir)?;
    let mut trial = Trial::begin(fleet).await?;
    let mut violations = Vec::new();
    let mut cuts = 0;
    for _ in 0..rounds {
        for shape in SHAPES {
            let calm = rand::rng().random_range(CALM_MS);
            tokio::time::sleep(Duration::from_millis(calm)).await;
            violations.extend(stand(&mut trial, &net, shape).await?);
            cuts += 1;
            progress(cuts, shape);
        }
    }
    let mut outcome = trial.end().await;
    outcome.violations.extend(violations);
    Ok(Report { cuts, outcome })
}

/// One cut, from beginning to end.
async fn stand(
    trial: &mut Trial,
    net: &Net,
    shape: Shape,
) -> Result<Vec<Violation>, PartitionError> {
    let leader = trial.fleet.leader().await?;
    let others: Vec<_> = (0..NODES).filter(|it| *it != leader).collect();
    let mut violations = Vec::new();
    match shape {
        Shape::LeaderIsolated => others.iter().try_for_each(|it| net.part(leader, *it))?,
        Shape::LeaderDeaf => others.iter().try_for_each(|it| net.cut(*it, leader))?,
        Shape::LeaderMute => others.iter().try_for_each(|it| net.cut(leader, *it))?,
        Shape::FollowerIsolated => {
            net.part(leader, others[0])?;
            net.part(others[1], others[0])?;
        }
        Shape::FollowerDeaf => net.cut(leader, others[0])?,
        Shape::BridgeLeft => net.part(leader, others[0])?,
        Shape::Flapping => flap(net, leader, &others).await?,
        Shape::AllApart => {
            others.iter().try_for_each(|it| net.part(leader, *it))?;
            net.part(others[0], others[1])?;
        }
    }
    let apart = Duration::from_millis(rand::rng().random_range(APART_MS));
    match shape {
        Shape::Flapping => {}
        Shape::AllApart => {
            tokio::time::sleep(apart.max(STALE_AFTER)).await;
            for at in 0..NODES {
                violations.extend(serves(trial, at, shape).await);
            }
        }
        _ => {
            violations.extend(Trial::goes_on(&trial.probes(), &format!("{shape:?}")).await);
            tokio::time::sleep(apart).await;
        }
    }
    if shape == Shape::LeaderIsolated {
        tokio::time::sleep(STALE_AFTER.saturating_sub(apart)).await;
        violations.extend(serves(trial, leader, shape).await);
    }
    net.heal()?;
    for at in 0..NODES {
        let probe = trial.client_of(&[at], crate::trial::AWAY_LIMIT);
        let when = format!("node {} after {shape:?} is over", at + 1);
        violations.extend(Trial::goes_on(&[probe], &when).await);
    }
    trial.restore().await?;
    Ok(violations)
}

async fn flap(net: &Net, leader: usize, others: &[usize]) -> Result<(), NetError> {
    for flap in 0..FLAPS {
        match flap % 2 {
            0 => others.iter().try_for_each(|it| net.part(leader, *it))?,
            _ => net.heal()?,
        }
        let wait = rand::rng().random_range(FLAP_MS);
        tokio::time::sleep(Duration::from_millis(wait)).await;
    }
    Ok(())
}

/// What is wrong if a node that hears nobody answers a reader.
async fn serves(trial: &Trial, at: usize, shape: Shape) -> Option<Violation> {
    let client = trial.client_of(&[at], Duration::from_millis(500));
    let read = client.list_queues(v1::ListQueuesRequest::default()).await;
    read.is_ok().then(|| Violation {
        property: "a node that hears no leader serves nobody",
        detail: format!("node {} answered a read after {shape:?}", at + 1),
    })
}
