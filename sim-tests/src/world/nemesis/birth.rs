//! A cluster that is disturbed while it begins.

use tokio::time::sleep;

use super::super::server::Server;
use crate::draw::Draw;
use crate::plan::{ClusterFault, Plan};

/// Kills servers and cuts their power, if the plan wants that. When it returns, all run again.
pub(in super::super) async fn disturb(plan: &Plan, servers: &[Server]) {
    if !plan.cluster.breaks(ClusterFault::Birth) {
        return;
    }
    let mut draw = Draw::new(plan.seed).fork("birth");
    for _ in 0..draw.within(1..=6) {
        sleep(draw.millis(0..=700)).await;
        let server = draw.pick(servers).clone();
        if draw.chance(50) {
            server.kill();
        } else {
            server.power_loss(&mut draw);
        }
        sleep(draw.millis(0..=700)).await;
        server.start();
    }
}
