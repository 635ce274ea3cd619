//! What befalls the members. Each chore begins when they are those that are to be.

use std::time::Duration;

use ackord_machine::failpoint::Point;
use tokio::time::sleep;

use super::super::damage::damage_snapshot;
use super::super::recorder::now;
use super::super::server::{Hold, Server};
use super::Keeper;
use crate::history::{Ask, Mount};
use crate::plan::Chore;

/// Between two looks at a server.
const LOOK: Duration = Duration::from_millis(50);
/// How long somebody is waited for who may never come.
const PATIENCE: Duration = Duration::from_secs(8);
/// Fewest voters that may lose one of them for good.
pub(super) const VOTERS_MIN: usize = 3;

impl Keeper {
    /// Begins a chore, if it can be done now.
    pub(super) async fn begin(&mut self, chore: Chore) {
        match chore {
            Chore::Grow => drop(self.let_in()),
            Chore::Shrink => self.shrink().await,
            Chore::Rebuild => self.rebuild().await,
            Chore::Move => self.move_one().await,
            Chore::Lead => self.lead().await,
            Chore::Mixup => self.mix_up().await,
            Chore::Rot => self.rot().await,
            Chore::Upgrade => self.upgrade().await,
            Chore::Restore => self.restore().await,
            Chore::Skew => self.skew().await,
        }
    }

    pub(super) fn inside(&self) -> Vec<Server> {
        let inside = self.servers.iter().filter(|it| !it.is_out());
        inside.cloned().collect()
    }

    pub(super) fn pick(&mut self) -> Server {
        let inside = self.inside();
        self.draw.pick(&inside).clone()
    }

    async fn lead(&mut self) {
        let server = self.pick();
        let node = server.node_number().filter(|_| self.draw.chance(60));
        self.ask(Ask::Lead(node)).await;
    }

    /// A member leaves. Then its machine starts once more with the disk that it has.
    async fn shrink(&mut self) {
        if self.inside().len() < VOTERS_MIN {
            return;
        }
        let server = self.pick();
        server.drive().unwanted(true);
        self.leaving.push(server.number());
        self.finish().await;
        let hold = self.take(&server).await;
        server.kill_for_good().await;
        self.retire(&server, hold).await;
        self.leaving.clear();
    }

    /// A disk is lost, and the machine goes on with an empty one.
    async fn rebuild(&mut self) {
        if self.inside().len() < VOTERS_MIN {
            return;
        }
        let server = self.pick();
        let hold = self.take(&server).await;
        server.kill();
        let pause = self.draw.millis(20..=3_000);
        self.scene.pause(pause).await;
        server.mount(&server.drive().successor(), Mount::Empty);
        server.start();
        self.hinder(server, hold);
    }

    /// A server that has just begun with an empty disk may die while it takes a snapshot in, or that is
    /// changed on its way.
    pub(super) fn hinder(&mut self, server: Server, hold: Hold) {
        let points = [Point::BeforeSnapshotSwitch, Point::AfterSnapshotSwitch];
        let point = *self.draw.pick(&points);
        if self.scene.is_calm() || !self.draw.chance(50) {
            return;
        }
        let servers = self.draw.chance(30).then(|| self.servers.clone());
        tokio::spawn(async move {
            // The process must be there to be told.
            sleep(LOOK).await;
            match servers {
                Some(servers) => damage_snapshot(&servers, PATIENCE).await,
                None => server.die_at(point, 1, PATIENCE).await,
            }
            drop(hold);
        });
    }

    /// A machine is gone for good, and another one comes.
    async fn move_one(&mut self) {
        let is_spare = |it: &Server| it.is_out();
        if self.inside().len() < VOTERS_MIN || !self.servers.iter().any(is_spare) {
            return;
        }
        let server = self.pick();
        let hold = self.take(&server).await;
        server.kill();
        self.let_in();
        server.set_out(true);
        server.drive().unwanted(true);
        self.finish().await;
        self.retire(&server, hold).await;
    }

    /// A server that does not belong to the cluster any more starts all the same, for a while.
    async fn retire(&mut self, server: &Server, hold: Hold) {
        server.set_out(false);
        server.start();
        self.wait_for_end(server).await;
        server.kill_for_good().await;
        server.set_out(true);
        self.out.push(hold);
    }

    pub(super) async fn wait_for_end(&self, server: &Server) {
        let end = now() + PATIENCE;
        while now() < end && !server.has_ended() {
            sleep(LOOK).await;
        }
    }

    /// Waits for the right to break a server.
    pub(super) async fn take(&self, server: &Server) -> Hold {
        loop {
            if let Some(hold) = server.hold() {
                return hold;
            }
            sleep(LOOK).await;
        }
    }

    /// The right to break a server that was out.
    pub(super) fn release(&mut self, server: usize) -> Option<Hold> {
        let place = self.out.iter().position(|it| it.server() == server)?;
        Some(self.out.swap_remove(place))
    }
}
