//! A disk that lacks what it had, under a node that does not ask the others before it takes part.

use std::fs;
use std::path::Path;
use std::time::Duration;

use ackord_machine::StartError;
use tempfile::TempDir;

use crate::support::{Cluster, Medium, create_team, knows_team, options, until};

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("it is there") {
        let entry = entry.expect("it can be read");
        let to = to.join(entry.file_name());
        if entry.file_type().expect("it is known").is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).expect("copied");
        }
    }
}

fn copy_of(dir: &Path) -> TempDir {
    let to = tempfile::tempdir().expect("a directory for tests");
    copy(dir, to.path());
    to
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_sends_nothing_to_a_disk_that_lacks_what_it_had() {
    let mut cluster = Cluster::born(Medium::rocks, options).await;
    cluster.agreed().await;
    let left = cluster.follower().await;
    cluster.stop(left).await;
    let old = copy_of(cluster.dir(left));
    cluster.start(left).await;
    let leader = cluster.leader().await;
    create_team(&cluster.machine(leader), "red").await;
    cluster.agreed().await;
    cluster.stop(left).await;
    let present = cluster.exchange_dir(left, old);

    cluster.start(left).await;
    cluster.open_blindly(left);
    let end = until("its log is read", || cluster.status(left).last_log).await;
    let lost = cluster.machine(left).recalled().await;
    assert!(
        matches!(lost, Err(StartError::LogBehind { .. })),
        "{lost:?}"
    );
    until("the leader has called it in vain for long", || {
        let members = cluster.status(leader).members;
        let answered = members.iter().find(|it| it.node == left)?.answered;
        answered.filter(|it| *it > Duration::from_secs(2))
    })
    .await;
    assert_eq!(cluster.status(left).last_log, Some(end));
    create_team(&cluster.machine(leader), "blue").await;
    assert!(cluster.status(leader).leads, "it is not disturbed");
    cluster.stop(left).await;

    cluster.exchange_dir(left, present);
    cluster.start(left).await;
    cluster.agreed().await;
    assert!(knows_team(&cluster.machine(left), "blue"));
    cluster.stop_all().await;
}
