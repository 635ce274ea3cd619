//! A process that dies while it installs a snapshot: whichever rows its disk names then, a start
//! goes on from them. A child of this test runs the node that dies.

use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};

use crate::snapshot::{caught_up, left_behind};
use crate::support::{Cluster, Medium, forgetful, run, until};

const NODE: &str = "ACKORD_TEST_NODE";
const DIR: &str = "ACKORD_TEST_DIR";
const ADDRESS: &str = "ACKORD_TEST_ADDRESS";
const FAULTS: &str = "ACKORD_TEST_FAULTS";

/// How a process ends at a point; a test that fails ends otherwise.
const SIGABRT: i32 = 6;

fn variable(name: &str) -> String {
    std::env::var(name).expect("the parent sets it")
}

/// Not a test: what the children do. Does nothing in the parent.
#[tokio::test(flavor = "multi_thread")]
async fn child() {
    let Ok(node) = std::env::var(NODE) else {
        return;
    };
    let mut options = forgetful(node.parse().expect("a number"));
    options.raft.faults = variable(FAULTS).parse().expect("known faults");
    let address = variable(ADDRESS).parse().expect("an address");
    run(&options, variable(DIR).as_ref(), address).await;
}

fn start(cluster: &Cluster, node: u64, faults: &str) -> Child {
    Command::new(std::env::current_exe().expect("this test has a path"))
        .args(["--exact", "crash::child", "--nocapture"])
        .env(NODE, node.to_string())
        .env(DIR, cluster.dir(node))
        .env(ADDRESS, cluster.address(node))
        .env(FAULTS, faults)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the test runs again")
}

async fn a_death_at(point: &str) {
    let mut cluster = Cluster::born(Medium::rocks, forgetful).await;
    let (left, team) = left_behind(&mut cluster).await;
    let child = std::sync::Mutex::new(start(&cluster, left, point));
    let status = until("the process dies", || {
        let mut child = child.lock().expect("no test panics with it");
        child.try_wait().expect("it can be asked")
    })
    .await;
    assert_eq!(status.signal(), Some(SIGABRT), "{point}: {status}");
    cluster.start(left).await;
    caught_up(&cluster, left, team).await;
    cluster.stop_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_death_before_the_switch_leaves_the_old_rows() {
    a_death_at("before_snapshot_switch").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_death_after_the_switch_leaves_the_new_rows() {
    a_death_at("after_snapshot_switch").await;
}
