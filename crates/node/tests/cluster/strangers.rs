//! Whoever does not belong to a cluster is refused, with its reason, and the cluster goes on.

use std::fs;

use ackord_client::v1::CreateTeamRequest;

use crate::{born, cluster_of, logged, refused, three};

#[tokio::test]
async fn a_disk_of_another_cluster_is_refused_by_its_peers() {
    let (dir, mut fleet) = born().await;
    for at in 0..3 {
        fleet.kill(at);
        fs::rename(fleet.data_dir(at), dir.path().join(format!("first-{at}"))).expect("renamed");
    }
    // Another cluster of the same addresses.
    fleet.start_all().expect("they run");
    fleet.serving(&[0, 1, 2]).await.expect("they serve");
    let second = cluster_of(&fleet).await;
    fleet.kill(2);
    fs::rename(fleet.data_dir(2), dir.path().join("second-2")).expect("renamed");
    fs::rename(dir.path().join("first-2"), fleet.data_dir(2)).expect("renamed");
    fleet.start(2, "").expect("it runs");

    logged(&fleet, 2, "another cluster").await;
    assert!(fleet.status(2).await.is_none(), "it serves nobody");
    let name = "t".to_owned();
    let team = CreateTeamRequest { name };
    let made = fleet.operator().create_team(team).await;
    made.expect("the two others go on");
    fleet.kill(2);
    fs::rename(fleet.data_dir(2), dir.path().join("first-2")).expect("renamed");
    fs::rename(dir.path().join("second-2"), fleet.data_dir(2)).expect("renamed");
    fleet.start(2, "").expect("it runs");
    fleet.serving(&[2]).await.expect("it serves");
    assert_eq!(cluster_of(&fleet).await, second);
}

#[tokio::test]
async fn swapped_disks_are_refused() {
    let (_dir, mut fleet) = born().await;
    fleet.kill(1);
    fleet.kill(2);
    fleet.configure(1, &fleet.peers(), 2).expect("written");
    let words = refused(&mut fleet, 1).await;
    let [own, other] = [1, 2].map(|at| fleet.peer_address(at));
    let why = format!("the data is of node_3 at {other}, but this node is at {own}");
    assert!(words.contains(&why), "{words}");
}

#[tokio::test]
async fn lists_that_differ_begin_nothing() {
    let (_dir, mut fleet) = three();
    let mut longer = fleet.peers();
    longer.push("127.0.0.1:9".to_owned());
    fleet.configure(1, &longer, 1).expect("written");
    fleet.start(1, "").expect("it runs");
    fleet.start(2, "").expect("it runs");
    let words = refused(&mut fleet, 0).await;
    assert!(words.contains("refuses to begin a cluster"), "{words}");
    assert!(words.contains("127.0.0.1:9"), "{words}");
}

#[tokio::test]
async fn a_member_does_not_begin_alone_but_its_list_may_change() {
    let (dir, mut fleet) = born().await;
    fleet.kill(2);
    let alone = format!(
        "data_dir = \"node-2\"\nlisten = [\"{}\"]\n",
        fleet.peer_address(2)
    );
    fs::write(dir.path().join("node-2.toml"), alone).expect("written");
    let words = refused(&mut fleet, 2).await;
    assert!(words.contains("a member of a cluster"), "{words}");

    // Whom it asks is its own matter: who the members are the log says.
    let two = &fleet.peers()[1..];
    fleet.configure(2, two, 2).expect("written");
    fleet.start(2, "").expect("it runs");
    fleet.serving(&[2]).await.expect("it serves");
    cluster_of(&fleet).await;
}
