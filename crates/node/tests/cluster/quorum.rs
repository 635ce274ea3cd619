//! A node whose quorum is gone says so, in each place where somebody looks.

use ackord_chaos::http;
use ackord_client::v1::NodeRole;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::{ALL, born, not_ready, until};

#[tokio::test]
async fn a_leader_that_is_left_alone_does_not_pass_for_one() {
    let (_dir, mut fleet) = born().await;
    let leader = fleet.leader().await.expect("one leads");
    let address = format!("http://{}", fleet.address(leader));
    let channel = Endpoint::from_shared(address).expect("an address");
    let channel = channel.connect().await.expect("it serves");
    let question = HealthCheckRequest::default();
    let watch = HealthClient::new(channel).watch(question).await;
    let mut health = watch.expect("it serves").into_inner();
    let mut heard = async || {
        let told = health.message().await.expect("it goes on");
        told.expect("it goes on").status()
    };
    assert_eq!(heard().await, ServingStatus::Serving);

    for other in ALL.into_iter().filter(|it| *it != leader) {
        fleet.kill(other);
    }
    assert_eq!(heard().await, ServingStatus::NotServing);
    not_ready(&fleet, leader, "no leader: not in touch with the others").await;
    let status = fleet.standing(leader).await.expect("it answers");
    assert_eq!(status.role(), NodeRole::Candidate);
    assert_eq!(status.leader_id, "");
    let (_, figures) = http::get(fleet.operations(leader), "/metrics").expect("it answers");
    assert!(figures.contains("\nackord_raft_is_leader 0"), "{figures}");

    fleet.start_all().expect("they run");
    assert_eq!(heard().await, ServingStatus::Serving);
    until(async || {
        let status = fleet.standing(leader).await;
        status.is_ok_and(|it| !it.leader_id.is_empty())
    })
    .await;
}
