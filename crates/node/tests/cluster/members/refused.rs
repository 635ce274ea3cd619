//! What is refused, with its reason, while the cluster goes on.

use std::fs;

use super::{cluster, join, members, missed, refused, run, voters};
use crate::{born, logged};

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_would_break_the_cluster_is_refused() {
    let (_dir, mut fleet) = born().await;
    let leader = fleet.leader().await.expect("one leads");
    let others: Vec<_> = (0..3).filter(|it| *it != leader).collect();
    let [kept, away] = [others[0], others[1]].map(|at| format!("node_{}", at + 1));

    let words = refused(&fleet, leader, &["promote", "node_9"]).await;
    assert!(words.contains("node_9 is no member"), "{words}");
    let words = refused(&fleet, leader, &["replace", &kept, "node_9"]).await;
    assert!(words.contains("node_9 is no member"), "{words}");
    let words = refused(&fleet, others[0], &["remove", "node_9"]).await;
    assert!(words.contains("node_9 is no member"), "{words}");
    let words = refused(&fleet, leader, &["transfer-leader", "node_9"]).await;
    assert!(words.contains("node_9 is no member"), "{words}");
    let usage = run(&fleet, leader, &["promote", "x"]).await;
    assert_eq!(usage.status.code(), Some(2), "{usage:?}");

    fleet.kill(others[1]);
    missed(&fleet, leader, &away).await;
    let words = refused(&fleet, leader, &["remove", &kept]).await;
    assert!(words.contains("only 1 answer"), "{words}");
    voters(&fleet, leader, &["node_1", "node_2", "node_3"]).await;
    cluster(&fleet, leader, &["remove", &away]).await;
    fleet
        .make_team("team")
        .await
        .expect("the two that are left go on");
}

#[tokio::test(flavor = "multi_thread")]
async fn members_are_the_operators_business() {
    let (_dir, fleet) = born().await;
    let token = fleet.make_team("team").await.expect("made");
    let client = fleet.client(&token);
    let request = ackord_client::v1::RemoveNodeRequest {
        node_id: "node_3".to_owned(),
    };
    let error = client.remove_node(request).await.expect_err("refused");
    let reason = error.reason();
    assert_eq!(
        reason,
        Some(ackord_client::v1::RefusalReason::NotAllowed),
        "{error:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_do_not_share_an_address() {
    let (dir, mut fleet) = born().await;
    let at = fleet.grow().expect("written");
    let config = dir.path().join(format!("node-{at}.toml"));
    let text = fs::read_to_string(&config).expect("readable");
    let advertised = format!("[cluster]\nadvertise = \"{}\"", fleet.peer_address(1));
    // Not one of the list, so that it joins.
    let list = format!("peers = [\"{}\"]", fleet.peer_address(0));
    let line = text
        .lines()
        .find(|it| it.starts_with("peers"))
        .expect("it has one");
    let text = text.replace("[cluster]", &advertised).replace(line, &list);
    fs::write(&config, text).expect("written");
    fleet.start(at, "").expect("it runs");
    let ended = fleet.end(at).await.expect("it ends");
    assert_eq!(ended.code(), Some(1), "{}", fleet.log_tail(at));
    logged(&fleet, at, "node_2 listens at").await;
    assert_eq!(members(&fleet, 0).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_meant_for_another_cluster_joins_none() {
    let (dir, mut fleet) = born().await;
    let at = fleet.grow().expect("written");
    let config = dir.path().join(format!("node-{at}.toml"));
    let text = fs::read_to_string(&config).expect("readable");
    let meant = format!("cluster_id = \"{:032x}\"\n{text}", 7);
    fs::write(&config, meant).expect("written");
    fleet.start(at, "").expect("it runs");
    let ended = fleet.end(at).await.expect("it ends");
    assert!(!ended.success(), "{}", fleet.log_tail(at));
    logged(&fleet, at, "the disk is meant for cluster").await;
    let (_, number) = join(&mut fleet).await;
    assert_eq!(number, "node_5", "the first number is not given again");
}
