//! Several servers that something befalls at the same moment.

use std::time::Duration;

use futures::future::join_all;

use super::super::scene::Scene;
use super::super::server::Server;
use super::victim::{PATIENCE, Victim};
use crate::draw::Draw;

/// Those servers that nobody else breaks.
pub(super) struct Crowd {
    victims: Vec<Victim>,
    /// Servers in all.
    servers: usize,
    minority: usize,
    scene: Scene,
    draw: Draw,
}

impl Crowd {
    pub(super) fn gather(scene: &Scene, servers: &[Server], mut draw: Draw) -> Self {
        let mut free: Vec<&Server> = servers.iter().collect();
        let mut victims = Vec::with_capacity(free.len());
        while !free.is_empty() {
            let server = free.swap_remove(draw.index(free.len()));
            let draw = draw.fork(&format!("server {}", server.number()));
            victims.extend(Victim::take(scene, servers, server, draw));
        }
        Self {
            victims,
            servers: servers.len(),
            minority: scene.plan.cluster.minority(),
            scene: scene.clone(),
            draw,
        }
    }

    /// A quorum loses its power, or everybody does.
    pub(super) async fn blackout(mut self) {
        if self.draw.chance(50) {
            self.victims.truncate(self.minority + 1);
        }
        let Some(first) = self.victims.first() else {
            return;
        };
        let unsynced = self.draw.index(4);
        first.server.wait_for_unsynced(unsynced, PATIENCE).await;
        self.victims.iter_mut().for_each(Victim::go_dark);
        join_all(self.victims.into_iter().map(Victim::stay_down)).await;
    }

    /// While a minority stands still, one of those who carry on loses what it has not synced. Then it
    /// carries on with that minority, and the others stand still: nobody who goes on has anything
    /// but what was on disks.
    pub(super) async fn rotate(mut self) {
        if self.victims.len() < self.servers {
            return;
        }
        let mut victims = self.victims.into_iter();
        let still: Vec<Victim> = victims.by_ref().take(self.minority).collect();
        // Where members have left, a minority of those at first may be all.
        let Some(mut unlucky) = victims.next() else {
            return;
        };
        let rest: Vec<Victim> = victims.collect();
        still.iter().for_each(|it| it.server.pause());
        self.scene.pause(self.draw.millis(100..=3_000)).await;
        let unsynced = 1 + self.draw.index(3);
        unlucky.server.wait_for_unsynced(unsynced, PATIENCE).await;
        unlucky.go_dark();
        rest.iter().for_each(|it| it.server.pause());
        unlucky.server.start();
        still.iter().for_each(|it| it.server.resume());
        self.scene.pause(together(&mut self.draw)).await;
        rest.iter().for_each(|it| it.server.resume());
    }
}

/// How long the two parts are by themselves: enough for an election, and some work.
fn together(draw: &mut Draw) -> Duration {
    draw.millis(2_000..=9_000)
}
