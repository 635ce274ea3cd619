//! A node whose clock is a minute off does not lead, says so, and disturbs nobody.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ackord_chaos::fleet::Fleet;
use ackord_client::Event;
use ackord_client::v1::{GetStatusResponse, TransferLeaderRequest};

use crate::{ALL, LONG, logged, three, until};

const AHEAD: &str = "clock_ahead_s:60";

async fn status(fleet: &Fleet, at: usize) -> GetStatusResponse {
    fleet.standing(at).await.expect("it serves")
}

fn real_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.expect("after 1970").as_millis();
    u64::try_from(now).expect("an instant")
}

/// The leader hands over to nobody who would not stand. Until it has heard the clock, it says that it has not.
async fn refuses_to_hand_over(fleet: &Fleet, leader: usize) {
    let to_it = TransferLeaderRequest {
        node_id: "node_1".to_owned(),
    };
    let operator = fleet.operator_of(leader);
    until(async || {
        let refused = operator.transfer_leader(to_it.clone()).await;
        let words = refused.expect_err("its clock is off").to_string();
        assert!(words.contains("node_1"), "{words}");
        words.contains("the clock of node_1 is off")
    })
    .await;
}

#[tokio::test]
async fn a_node_whose_clock_is_off_does_not_lead() {
    let (_dir, mut fleet) = three();
    // The founder: it would lead first.
    fleet.start(0, AHEAD).expect("it runs");
    fleet.start(1, "").expect("it runs");
    fleet.start(2, "").expect("it runs");
    fleet.serving(&ALL).await.expect("they serve");
    logged(&fleet, 0, "this node's clock is off: it does not lead").await;
    until(async || fleet.leader().await.is_ok_and(|it| it != 0)).await;
    let token = fleet.make_team("team").await.expect("made");
    let client = fleet.client(&token);
    for _ in 0..10 {
        let event = Event::new("x", "body").tag("t");
        client.submit(event).await.expect("accepted");
    }
    let off = status(&fleet, 0).await;
    assert!(off.clock_off);
    let offset = off.clock_offset_ms.expect("it hears the others");
    assert!((50_000..70_000).contains(&offset), "{offset}");
    let leader = fleet.leader().await.expect("one leads");
    assert_ne!(leader, 0);
    refuses_to_hand_over(&fleet, leader).await;
    let before = status(&fleet, leader).await;
    assert!(!before.clock_off);
    let minute = Duration::from_secs(50).as_millis();
    let minute = u64::try_from(minute).expect("a small number");
    assert!(before.log_time_ms < real_ms() + minute, "log time is ahead");

    // Of the two that are left, it is the other one that leads. It can win once it has as much as the one
    // that is off.
    let last = 3 - leader;
    let has = async |at: usize| status(&fleet, at).await.last_log_index;
    until(async || has(last).await >= has(0).await).await;
    fleet.kill(leader);
    until(async || {
        fleet
            .status(last)
            .await
            .is_some_and(|it| it.node_id == it.leader_id)
    })
    .await;
    let client = fleet.client_of(&[0, last], &token, LONG);
    let event = Event::new("x", "body").tag("t");
    client.submit(event).await.expect("accepted");
    let after = status(&fleet, last).await.log_time_ms;
    assert!(before.log_time_ms <= after && after < real_ms() + minute);
}
