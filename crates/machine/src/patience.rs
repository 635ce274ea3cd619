//! How long commands wait while nobody leads whom this node can reach.

use std::sync::Arc;
use std::time::Duration;

use ackord_raft::{Leader, Leading, RaftHandle};
use tokio::time::{Instant, sleep, sleep_until};

use crate::contact::{ISOLATED, isolated};
use crate::desk::Desk;
use crate::error::ProposeError;

/// Longer than an election takes, and shorter than anybody's patience.
const WAIT_MAX: Duration = Duration::from_secs(5);
/// How often a queue that moves is looked at, and a node that stays isolated.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Refuses what has waited too long for a leader. Runs until it is dropped.
pub(crate) async fn run(desk: Arc<Desk>, raft: RaftHandle) {
    let watch = raft.leader_watch();
    loop {
        let Some(oldest) = desk.oldest() else {
            desk.filled.notified().await;
            continue;
        };
        sleep_until(oldest + WAIT_MAX).await;
        let leader = match watch.now().leading {
            // It moves, however slowly.
            Leading::Here if !raft.is_out_of_touch(ISOLATED) => {
                sleep(LOOK_AGAIN).await;
                continue;
            }
            Leading::Here | Leading::Nowhere => None,
            Leading::There(leader) => Some(leader),
        };
        refuse(&desk, leader.as_ref());
    }
}

/// Tells those whose commands are on their way from an isolated node that nobody knows: what it has
/// in its log may be committed when it comes back, or never. Runs until it is dropped.
pub(crate) async fn give_up(desk: Arc<Desk>, raft: RaftHandle) {
    loop {
        isolated(&raft).await;
        desk.give_up();
        sleep(LOOK_AGAIN).await;
    }
}

fn refuse(desk: &Desk, leader: Option<&Leader>) {
    let Some(then) = Instant::now().checked_sub(WAIT_MAX) else {
        return;
    };
    for unit in desk.take_overdue(then) {
        let leader = leader.cloned();
        unit.fail(ProposeError::NotLeader { leader });
    }
}
