//! Several real nodes, each a process of its own, that form a cluster.
#![cfg(not(madsim))]

mod agents;
mod begun;
mod birth;
mod clock;
mod crons;
mod dev;
mod failover;
mod figures;
mod members;
mod old_copy;
mod quorum;
mod reads;
mod retention;
mod stop;
mod strangers;
mod tls;
mod upgrade;
mod webhooks;

use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use ackord_chaos::fleet::Fleet;
use tempfile::TempDir;

/// Longer than anything takes that goes well.
const LONG: Duration = Duration::from_secs(60);

const PROGRAM: &str = env!("CARGO_BIN_EXE_ackord");
const ALL: [usize; 3] = [0, 1, 2];

/// Three nodes in a directory of their own. None is started.
fn three() -> (TempDir, Fleet) {
    let dir = tempfile::tempdir().expect("a directory");
    let fleet = Fleet::new(Path::new(PROGRAM), dir.path(), ALL.len()).expect("written");
    (dir, fleet)
}

/// Three nodes that serve.
async fn born() -> (TempDir, Fleet) {
    let (dir, mut fleet) = three();
    fleet.start_all().expect("they run");
    fleet.serving(&ALL).await.expect("they serve");
    (dir, fleet)
}

/// Three nodes that serve, of which a stall makes none miss the leader: where no leader is killed.
async fn calm() -> (TempDir, Fleet) {
    let (dir, mut fleet) = three();
    fleet.calm().expect("written");
    fleet.start_all().expect("they run");
    fleet.serving(&ALL).await.expect("they serve");
    (dir, fleet)
}

/// The cluster that all nodes agree to be of.
async fn cluster_of(fleet: &Fleet) -> String {
    let mut clusters = Vec::new();
    for at in ALL {
        let status = fleet.standing(at).await.expect("it serves");
        assert_eq!(status.node_id, format!("node_{}", at + 1));
        assert_eq!(status.members.len(), ALL.len());
        clusters.push(status.cluster_id);
    }
    clusters.dedup();
    assert_eq!(clusters.len(), 1, "{clusters:?}");
    clusters.remove(0)
}

/// Waits until a node answers its peers.
async fn listening(address: SocketAddr) {
    let begun = Instant::now();
    while TcpStream::connect(address).is_err() {
        assert!(begun.elapsed() < LONG, "nobody listens at {address}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Waits until a node says, where it says whether it is ready, that it is not, and this.
async fn not_ready(fleet: &Fleet, at: usize, why: &str) {
    let begun = Instant::now();
    loop {
        // A port that is not open yet says nothing.
        let said = ackord_chaos::http::get(fleet.operations(at), "/readyz").ok();
        if said
            .as_ref()
            .is_some_and(|it| it.0 == 503 && it.1.contains(why))
        {
            return;
        }
        assert!(begun.elapsed() < LONG, "never: {why}, but {said:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Waits until a node has logged this.
async fn logged(fleet: &Fleet, at: usize, text: &str) {
    let begun = Instant::now();
    while !fleet.log_text(at).contains(text) {
        assert!(
            begun.elapsed() < LONG,
            "never: {text}\n{}",
            fleet.log_tail(at)
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until something is so.
async fn until(is_so: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < LONG, "never");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Starts a node that must end by itself, and returns its last words.
async fn refused(fleet: &mut Fleet, at: usize) -> String {
    fleet.start(at, "").expect("it runs");
    let end = fleet.end(at).await.expect("it ends by itself");
    assert!(end.code().is_some_and(|it| it != 0), "{end}");
    fleet.log_tail(at)
}
