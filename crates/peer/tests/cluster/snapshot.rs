//! Who is behind the leader's log gets its rows.

use ackord_core::id::TeamId;

use crate::support::{Cluster, Medium, body, create_team, forgetful, knows_team, submit, until};

/// Enough for several chunks.
const BODIES: u8 = 6;
const BODY_BYTES: usize = 500_000;

/// Writes behind the back of one node until the others have forgotten how: answers that node, and
/// what was written.
pub(crate) async fn left_behind(cluster: &mut Cluster) -> (u64, TeamId) {
    let left = cluster.follower().await;
    let machine = cluster.machine(cluster.leader().await);
    create_team(&machine, "before").await;
    let end = cluster.agreed().await;
    cluster.stop(left).await;
    let team = create_team(&machine, "red").await;
    for number in 0..BODIES {
        submit(&machine, team, number, BODY_BYTES).await;
    }
    for node in cluster.running() {
        until("the log was purged", || {
            cluster.status(node).purged.filter(|it| *it > end)
        })
        .await;
    }
    (left, team)
}

/// Returns once `node` has all that the others have, and shows it.
pub(crate) async fn caught_up(cluster: &Cluster, node: u64, team: TeamId) {
    cluster
        .machine(node)
        .recovered()
        .await
        .expect("it recovers");
    cluster.agreed().await;
    let machine = cluster.machine(node);
    assert!(knows_team(&machine, "before") && knows_team(&machine, "red"));
    for number in 0..BODIES {
        let found = body(&machine, team, number).expect("there is a body");
        assert_eq!(found, vec![number; BODY_BYTES], "event {number}");
    }
}

async fn a_follower_behind_the_log_gets_the_rows(medium: fn() -> Medium) {
    let mut cluster = Cluster::born(medium, forgetful).await;
    let (left, team) = left_behind(&mut cluster).await;
    cluster.start(left).await;
    caught_up(&cluster, left, team).await;
    // It goes on from there, and finds it again after a restart.
    let leader = cluster.machine(cluster.leader().await);
    create_team(&leader, "after").await;
    cluster.agreed().await;
    cluster.stop(left).await;
    cluster.start(left).await;
    caught_up(&cluster, left, team).await;
    assert!(knows_team(&cluster.machine(left), "after"));
    cluster.stop_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_behind_the_log_gets_the_rows_on_a_twin() {
    a_follower_behind_the_log_gets_the_rows(Medium::twin).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_behind_the_log_gets_the_rows_on_a_disk() {
    a_follower_behind_the_log_gets_the_rows(Medium::rocks).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_got_the_rows_can_lead_and_pass_them_on() {
    let mut cluster = Cluster::born(Medium::rocks, forgetful).await;
    let (left, team) = left_behind(&mut cluster).await;
    let leader = cluster.leader().await;
    let third = 6 - left - leader;
    cluster.start(left).await;
    caught_up(&cluster, left, team).await;
    let end = cluster.status(left).applied;
    cluster.stop(third).await;
    cluster.machine(leader).hand_over(left).await;
    until("it leads", || cluster.status(left).leads.then_some(())).await;
    for number in 10..14 {
        submit(&cluster.machine(left), team, number, BODY_BYTES).await;
    }
    until("the log was purged", || {
        let purged = cluster.status(left).purged;
        (purged > end).then_some(())
    })
    .await;
    cluster.start(third).await;
    caught_up(&cluster, third, team).await;
    let found = body(&cluster.machine(third), team, 13);
    assert_eq!(found.expect("there is a body"), vec![13; BODY_BYTES]);
    cluster.stop_all().await;
}
