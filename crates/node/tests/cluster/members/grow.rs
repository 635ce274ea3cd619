//! More members and fewer, while the cluster works.

use std::time::Instant;

use ackord_chaos::fleet::Fleet;
use ackord_client::v1::NodeRole;

use super::{Load, cluster, join, members, refused, run, voters};
use crate::{ALL, LONG, born, calm, cluster_of, logged, until};

#[tokio::test(flavor = "multi_thread")]
async fn three_grow_to_five_and_shrink_again() {
    let (_dir, mut fleet) = calm().await;
    let load = Load::begin(&fleet).await;

    let (fourth, four) = join(&mut fleet).await;
    assert_eq!(four, "node_4");
    let learner = fleet.standing(fourth).await.expect("it serves");
    assert_eq!(learner.role(), NodeRole::Learner);
    voters(&fleet, 0, &["node_1", "node_2", "node_3"]).await;
    cluster(&fleet, 1, &["promote", "node_4"]).await;
    let (fifth, five) = join(&mut fleet).await;
    // Asked of a node that has just come, which asks the leader; and once more, of another one.
    cluster(&fleet, fifth, &["promote", &five]).await;
    cluster(&fleet, 2, &["promote", "5"]).await;
    let all = ["node_1", "node_2", "node_3", "node_4", "node_5"];
    voters(&fleet, fifth, &all).await;
    load.goes_on().await;

    // A leader leaves only once another one leads.
    let leader = fleet.leader().await.expect("one leads");
    let leads = format!("node_{}", leader + 1);
    let words = refused(&fleet, fourth, &["remove", &leads]).await;
    assert!(words.contains("transfer-leader"), "{words}");
    let next = ["node_4", "node_5"][usize::from(leader == fourth)];
    let now = cluster(&fleet, 0, &["transfer-leader", next]).await;
    assert_eq!(now["leader_id"], next);
    let asked_of = if next == "node_4" { fourth } else { fifth };
    for gone in [&leads, &format!("node_{}", (leader + 1) % 3 + 1)] {
        cluster(&fleet, asked_of, &["remove", gone]).await;
        cluster(&fleet, asked_of, &["remove", gone]).await;
        load.goes_on().await;
    }
    let left: Vec<_> = members(&fleet, asked_of).await;
    assert_eq!(left.len(), 3, "{left:?}");

    // Whoever was removed hears it, and does not come back.
    let words = fleet.end(leader).await.map(|it| it.code());
    assert_eq!(words.expect("it ends"), Some(1));
    logged(&fleet, leader, "was removed from its cluster").await;
    fleet.start(leader, "").expect("it runs");
    let ended = fleet.end(leader).await.expect("it ends");
    assert_eq!(ended.code(), Some(1), "{}", fleet.log_tail(leader));
    load.holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_joins_behind_a_log_that_begins_late() {
    let (_dir, mut fleet) = born().await;
    let token = fleet.make_team("team").await.expect("made");
    let client = fleet.client(&token);
    // More bytes than the log keeps, and then more entries than it keeps.
    let body = "x".repeat(1 << 20);
    let large = (0..80).map(|_| client.submit(ackord_client::Event::new("x", body.clone())));
    for submitted in large.collect::<Vec<_>>() {
        submitted.await.expect("accepted");
    }
    for _ in 0..1100 {
        let small = ackord_client::Event::new("x", "small");
        client.submit(small).await.expect("accepted");
    }
    for at in ALL {
        let taken = cluster(&fleet, at, &["snapshot"]).await;
        assert!(taken["flushed_index"].as_u64() > Some(1100), "{taken}");
    }
    until(async || ALL.iter().all(|at| fleet.purged(*at) > Some(0))).await;
    let (fourth, four) = join(&mut fleet).await;
    logged(&fleet, fourth, "a snapshot was installed").await;
    cluster(&fleet, 0, &["promote", &four]).await;
    voters(&fleet, fourth, &["node_1", "node_2", "node_3", "node_4"]).await;
}

/// Lets a node lead and change who votes, until it dies of that. Answers who is to vote then.
async fn doom(fleet: &mut Fleet, asked_of: usize, doomed: usize) -> Vec<String> {
    let name = format!("node_{}", doomed + 1);
    let mut all = Vec::from(ALL.map(|at| format!("node_{}", at + 1)));
    let (_, mut next) = join(fleet).await;
    let begun = Instant::now();
    loop {
        run(fleet, asked_of, &["transfer-leader", &name]).await;
        let asked = run(fleet, asked_of, &["promote", &next]).await;
        if fleet.ended(doomed).is_some() {
            // The command waits for whoever leads next, and hears that it is so.
            assert!(asked.status.success(), "{asked:?}");
            all.push(next);
            return all;
        }
        assert!(begun.elapsed() < LONG, "{asked:?}");
        // It did not lead any more, and another one has done it: one more node is to vote.
        if asked.status.success() {
            all.push(next);
            (_, next) = join(fleet).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_its_leader_did_not_live_to_end_is_ended() {
    let (_dir, mut fleet) = born().await;
    let load = Load::begin(&fleet).await;
    let leader = fleet.leader().await.expect("one leads");
    let doomed = (leader + 1) % ALL.len();
    fleet.kill(doomed);
    fleet.start(doomed, "mid_joint_change").expect("it runs");
    fleet.serving(&[doomed]).await.expect("it serves");
    let all = doom(&mut fleet, leader, doomed).await;
    let end = fleet.end(doomed).await.expect("it dies between the steps");
    assert_eq!(end.code(), None, "{}", fleet.log_tail(doomed));
    // Whatever the first call heard of it, the second one is told that it is so.
    load.goes_on().await;
    let all: Vec<_> = all.iter().map(String::as_str).collect();
    let last = *all.last().expect("four or more");
    cluster(&fleet, leader, &["promote", last]).await;
    voters(&fleet, leader, &all).await;
    fleet.start(doomed, "").expect("it runs");
    fleet.serving(&[doomed]).await.expect("it serves");
    load.holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_waits_for_a_cluster_that_it_was_invited_to() {
    let (dir, mut fleet) = born().await;
    let at = fleet.grow().expect("written");
    // It knows nobody who is there.
    let nobody = ["127.0.0.1:9".to_owned()];
    fleet.configure(at, &nobody, at).expect("written");
    fleet.start(at, "").expect("it runs");
    logged(&fleet, at, "waiting for a cluster to take this node in").await;
    let address = fleet.peer_address(at).to_string();
    let added = cluster(&fleet, 1, &["add", &address]).await;
    assert_eq!(added["node_id"], "node_4");
    fleet.serving(&[at]).await.expect("it serves");
    cluster(&fleet, 1, &["promote", "node_4"]).await;
    // From then on it finds the others by its own log.
    fleet.kill(at);
    fleet.start(at, "").expect("it runs");
    fleet.serving(&[at]).await.expect("it serves");
    drop(dir);
}

#[tokio::test(flavor = "multi_thread")]
async fn pods_of_one_list_form_one_cluster_however_late_they_come() {
    let (_dir, mut fleet) = born().await;
    let before = cluster_of(&fleet).await;
    let (fourth, fifth) = (
        fleet.grow().expect("written"),
        fleet.grow().expect("written"),
    );
    // The list is longer now, on all: only those who have no data go by it.
    let longer = fleet.peers();
    for at in fleet.all() {
        fleet.configure(at, &longer, at).expect("written");
    }
    for at in [fourth, fifth] {
        fleet.start(at, "").expect("it runs");
        fleet.serving(&[at]).await.expect("it serves");
        let status = fleet.standing(at).await.expect("it serves");
        assert_eq!(status.cluster_id, before);
        assert_eq!(status.role(), NodeRole::Learner);
    }
    for at in ALL {
        fleet.kill(at);
        fleet.start(at, "").expect("it runs");
        fleet.serving(&[at]).await.expect("it serves");
    }
    voters(&fleet, fourth, &["node_1", "node_2", "node_3"]).await;
}
