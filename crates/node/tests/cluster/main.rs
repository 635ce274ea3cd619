//! Several real nodes, each a process of its own, that form a cluster.
#![cfg(not(madsim))]

mod birth;
mod dev;
mod failover;
mod strangers;

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

/// The cluster that all nodes agree to be of.
async fn cluster_of(fleet: &Fleet) -> String {
    let mut clusters = Vec::new();
    for at in ALL {
        let status = fleet.status(at).await.expect("it serves");
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
