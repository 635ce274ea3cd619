//! One leads, the others follow, and another one leads when it is gone.

use std::time::Duration;

use crate::support::{Cluster, Medium, create_team, knows_team, options, until};

#[tokio::test(flavor = "multi_thread")]
async fn what_the_leader_commits_every_node_applies() {
    let cluster = Cluster::born(Medium::twin, options).await;
    let leader = cluster.leader().await;
    create_team(&cluster.machine(leader), "red").await;
    cluster.agreed().await;
    for node in cluster.running() {
        assert!(knows_team(&cluster.machine(node), "red"), "node {node}");
        let status = cluster.status(node);
        assert_eq!(
            (status.leader, status.leads),
            (Some(leader), node == leader)
        );
    }
    cluster.stop_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_is_gone_is_replaced_and_catches_up() {
    let mut cluster = Cluster::born(Medium::twin, options).await;
    let first = cluster.leader().await;
    create_team(&cluster.machine(first), "red").await;
    cluster.stop(first).await;
    let second = cluster.leader().await;
    assert!(cluster.status(second).term > 1);
    create_team(&cluster.machine(second), "blue").await;

    cluster.start(first).await;
    let machine = cluster.machine(first);
    machine.recovered().await.expect("it recovers");
    cluster.agreed().await;
    assert!(knows_team(&machine, "red") && knows_team(&machine, "blue"));
    assert_eq!(
        cluster.leader().await,
        second,
        "who comes back unseats nobody"
    );
    cluster.stop_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_three_alone_commits_nothing() {
    let mut cluster = Cluster::born(Medium::twin, options).await;
    let first = cluster.follower().await;
    cluster.stop(first).await;
    // Looked up now: it must be one that leads with one other.
    let last = cluster.leader().await;
    let mut others = cluster.running().into_iter();
    let second = others.find(|it| *it != last).expect("another one runs");
    cluster.stop(second).await;
    let machine = cluster.machine(last);
    let committed = machine.status().committed;
    let team = tokio::spawn(async move { create_team(&machine, "red").await });
    until("nobody has answered for long", || {
        let members = cluster.status(last).members.into_iter();
        let mut others = members.filter(|it| it.node != last);
        let long = Duration::from_millis(1500);
        others
            .all(|it| it.answered.is_some_and(|it| it > long))
            .then_some(())
    })
    .await;
    assert!(!team.is_finished());
    assert_eq!(cluster.status(last).committed, committed);
    team.abort();
    cluster.stop_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_hands_over_to_the_one_that_it_names() {
    let cluster = Cluster::born(Medium::twin, options).await;
    let first = cluster.leader().await;
    cluster.agreed().await;
    let next = cluster.follower().await;
    cluster.machine(first).hand_over(next).await;
    until("the other one leads", || {
        cluster.status(next).leads.then_some(())
    })
    .await;
    create_team(&cluster.machine(next), "red").await;
    cluster.stop_all().await;
}
