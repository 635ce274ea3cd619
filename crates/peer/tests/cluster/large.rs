//! Large bodies while a follower is away: it gets them in messages that nobody chokes on.

use ackord_core::limits::BODY_BYTES_MAX;

use crate::support::{Cluster, Medium, body, create_team, options, submit};

const BODIES: u8 = 40;

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_catches_up_on_bodies_of_the_maximum_size() {
    let mut cluster = Cluster::born(Medium::rocks, options).await;
    let away = cluster.follower().await;
    let leader = cluster.machine(cluster.leader().await);
    cluster.stop(away).await;
    let team = create_team(&leader, "red").await;
    for number in 0..BODIES {
        submit(&leader, team, number, BODY_BYTES_MAX).await;
    }
    cluster.start(away).await;
    cluster.agreed().await;
    let machine = cluster.machine(away);
    assert_eq!(machine.status().purged, None, "the log was enough");
    for number in 0..BODIES {
        let found = body(&machine, team, number).expect("there is a body");
        assert!(found.iter().all(|it| *it == number) && found.len() == BODY_BYTES_MAX);
    }
    cluster.stop_all().await;
}
