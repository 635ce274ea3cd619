//! Disks that are lost, and come back.

use std::fs;
use std::process::Command;

use super::{Load, cluster, join, missed, refused, voters};
use crate::{ALL, born, logged};

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_disk_is_replaced_under_a_new_number() {
    let (_dir, mut fleet) = born().await;
    let load = Load::begin(&fleet).await;
    // The one that founded: it founds no second cluster.
    let lost = 0;
    fleet.kill(lost);
    let kept = fleet.data_dir(lost).with_extension("kept");
    fs::rename(fleet.data_dir(lost), &kept).expect("renamed");
    load.goes_on().await;
    fleet.start(lost, "").expect("it runs");
    let address = fleet.peer_address(lost).to_string();
    let added = cluster(&fleet, 1, &["add", &address]).await;
    assert_eq!(added["node_id"], "node_4");
    voters(&fleet, 1, &["node_1", "node_2", "node_3"]).await;
    let done = cluster(&fleet, 1, &["replace", "node_1", "node_4"]).await;
    assert_eq!(done["replaced"], "node_1");
    cluster(&fleet, 2, &["replace", "node_1", "node_4"]).await;
    voters(&fleet, 1, &["node_2", "node_3", "node_4"]).await;
    fleet.serving(&[lost]).await.expect("it serves");
    load.goes_on().await;

    // The old disk is found again: its number is gone.
    fleet.kill(lost);
    let new = fleet.data_dir(lost).with_extension("new");
    fs::rename(fleet.data_dir(lost), &new).expect("renamed");
    fs::rename(&kept, fleet.data_dir(lost)).expect("renamed");
    fleet.start(lost, "").expect("it runs");
    let ended = fleet.end(lost).await.expect("it ends");
    assert_eq!(ended.code(), Some(1), "{}", fleet.log_tail(lost));
    logged(&fleet, lost, "node_1 was removed from its cluster").await;
    fs::rename(fleet.data_dir(lost), &kept).expect("renamed");
    fs::rename(&new, fleet.data_dir(lost)).expect("renamed");
    fleet.start(lost, "").expect("it runs");
    fleet.serving(&[lost]).await.expect("it serves");
    load.holds().await;
}

/// A node whose disk is lost, and all others that its file names have left.
async fn joins_where_it_is_invited(lost: usize) {
    let (_dir, mut fleet) = born().await;
    let (fourth, four) = join(&mut fleet).await;
    let (_, five) = join(&mut fleet).await;
    cluster(&fleet, fourth, &["promote", &four]).await;
    cluster(&fleet, fourth, &["promote", &five]).await;
    cluster(&fleet, fourth, &["transfer-leader", &four]).await;
    for gone in ALL.into_iter().filter(|it| *it != lost) {
        let gone = format!("node_{}", gone + 1);
        cluster(&fleet, fourth, &["remove", &gone]).await;
    }
    fleet.kill(lost);
    fs::remove_dir_all(fleet.data_dir(lost)).expect("removed");
    fleet.start(lost, "").expect("it runs");
    let address = fleet.peer_address(lost).to_string();
    let added = cluster(&fleet, fourth, &["add", &address]).await;
    assert_eq!(added["node_id"], "node_6");
    fleet.serving(&[lost]).await.expect("it serves");
    let before = format!("node_{}", lost + 1);
    cluster(&fleet, fourth, &["replace", &before, "node_6"]).await;
    voters(&fleet, lost, &[&four, &five, "node_6"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_would_found_joins_where_it_is_invited() {
    joins_where_it_is_invited(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_would_wait_joins_where_it_is_invited() {
    joins_where_it_is_invited(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_a_disk_is_not_the_node() {
    let (dir, mut fleet) = born().await;
    let (fourth, _) = join(&mut fleet).await;
    fleet.kill(fourth);
    let copy = fleet.grow().expect("written");
    let copied = Command::new("cp")
        .arg("-r")
        .args([fleet.data_dir(fourth), fleet.data_dir(copy)])
        .status();
    assert!(copied.expect("cp is there").success());
    fleet.start(fourth, "").expect("it runs");
    fleet.serving(&[fourth]).await.expect("it serves");
    fleet.start(copy, "").expect("it runs");
    let ended = fleet.end(copy).await.expect("it ends");
    assert_eq!(ended.code(), Some(2), "{}", fleet.log_tail(copy));
    logged(&fleet, copy, "the data is of node_4 at").await;

    // It says that it is where the other one is, which has gone on since.
    let config = dir.path().join(format!("node-{copy}.toml"));
    let text = fs::read_to_string(&config).expect("readable");
    let advertised = format!("[cluster]\nadvertise = \"{}\"", fleet.peer_address(fourth));
    fs::write(&config, text.replace("[cluster]", &advertised)).expect("written");
    fleet.start(copy, "").expect("it runs");
    let ended = fleet.end(copy).await.expect("it ends");
    assert_eq!(ended.code(), Some(1), "{}", fleet.log_tail(copy));
    logged(&fleet, copy, "it was restored from an old copy").await;
    assert!(fleet.ended(fourth).is_none(), "the node itself goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_voter_is_not_replaced_while_another_one_is_away() {
    let (_dir, mut fleet) = born().await;
    let (_, four) = join(&mut fleet).await;
    let (_, five) = join(&mut fleet).await;
    cluster(&fleet, 0, &["promote", &four]).await;
    cluster(&fleet, 0, &["promote", &five]).await;
    let (sixth, six) = join(&mut fleet).await;
    let leader = fleet.leader().await.expect("one leads");
    let mut away = (0..sixth).filter(|it| *it != leader);
    let (lost, other) = (away.next().expect("five"), away.next().expect("five"));
    fleet.kill(lost);
    fleet.kill(other);
    let (lost, silent) = (format!("node_{}", lost + 1), format!("node_{}", other + 1));
    missed(&fleet, leader, &silent).await;
    let words = refused(&fleet, leader, &["replace", &lost, &six]).await;
    assert!(words.contains(&silent), "{words}");
    fleet.start(other, "").expect("it runs");
    fleet.serving(&[other]).await.expect("it serves");
    let words = refused(&fleet, leader, &["replace", "node_77", &six]).await;
    assert!(words.contains("node_77 is no voter"), "{words}");
}
