//! Whoever does not belong to a cluster is refused, with its reason, and the cluster goes on.

use std::fs;

use crate::{born, cluster_of, logged, three};

/// Starts a node that must end by itself, and returns its last words.
async fn refused(fleet: &mut ackord_chaos::fleet::Fleet, at: usize) -> String {
    fleet.start(at, "").expect("it runs");
    let end = fleet.end(at).await.expect("it ends by itself");
    assert!(end.code().is_some_and(|it| it != 0), "{end}");
    fleet.log_tail(at)
}

#[tokio::test]
async fn an_empty_disk_founds_no_second_cluster_and_joins_none() {
    let (_dir, mut fleet) = born().await;
    for at in [0, 2] {
        fleet.kill(at);
        let kept = fleet.data_dir(at).with_extension("kept");
        fs::rename(fleet.data_dir(at), &kept).expect("renamed");
        let words = refused(&mut fleet, at).await;
        assert!(
            words.contains("belongs to a cluster that has begun"),
            "{words}"
        );
        fs::remove_dir_all(fleet.data_dir(at)).expect("it is there");
        fs::rename(&kept, fleet.data_dir(at)).expect("renamed");
        fleet.start(at, "").expect("it runs");
        fleet.serving(&[0, 1, 2]).await.expect("they serve");
    }
    cluster_of(&fleet).await;
}

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
    fleet.make_team("t").await.expect("the two others go on");
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
    assert!(
        words.contains("the data is of node_3, the configuration of node_2"),
        "{words}"
    );
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
async fn a_member_does_not_begin_alone_nor_with_others() {
    let (dir, mut fleet) = born().await;
    fleet.kill(2);
    let alone = format!(
        "data_dir = \"node-2\"\nlisten = [\"{}\"]\n",
        fleet.peer_address(2)
    );
    fs::write(dir.path().join("node-2.toml"), alone).expect("written");
    let words = refused(&mut fleet, 2).await;
    assert!(words.contains("a member of a cluster"), "{words}");

    let two = &fleet.peers()[1..];
    fleet.configure(2, two, 2).expect("written");
    let words = refused(&mut fleet, 2).await;
    assert!(words.contains("the configuration names"), "{words}");
}
