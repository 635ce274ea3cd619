//! One server that something befalls.

use std::time::Duration;

use ackord_machine::failpoint::Point;
use ackord_store::Site;
use tokio::time::sleep;

use super::super::damage::damage_snapshot;
use super::super::scene::Scene;
use super::super::server::{Hold, Server};
use crate::draw::Draw;
use crate::history::DiskFault;

/// How long a loss of power waits for the worst moment.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);
/// Between two looks at a server.
const INSTANT: Duration = Duration::from_millis(20);
/// Longest downtime of a server, in milliseconds.
const DOWN_MAX: u64 = 6_000;

/// Where a process may die in the middle of its work.
const POINTS: [Point; 7] = [
    Point::BeforePropose,
    Point::AfterVote,
    Point::AfterAppend,
    Point::AfterCommitBeforeReply,
    Point::BetweenRowCommitAndReply,
    Point::BeforeSnapshotSwitch,
    Point::AfterSnapshotSwitch,
];

/// Where a disk fails while its process works.
const SITES: [Site; 7] = [
    Site::LogWrite,
    Site::LogSync,
    Site::LogRead,
    Site::RowsWrite,
    Site::RowsFlush,
    Site::RowsRead,
    Site::Cell,
];

/// Where it fails while a snapshot comes.
const SNAPSHOT_SITES: [Site; 3] = [
    Site::SnapshotWrite,
    Site::SnapshotSync,
    Site::SnapshotSwitch,
];

/// How long somebody waits for a snapshot to come.
const SNAPSHOT_MAX: Duration = Duration::from_secs(8);

/// See the module. Nothing else breaks it meanwhile.
pub(super) struct Victim {
    pub(super) server: Server,
    /// All servers.
    servers: Vec<Server>,
    scene: Scene,
    draw: Draw,
    _hold: Hold,
}

impl Victim {
    /// Takes a server; none if somebody else has it.
    pub(super) fn take(
        scene: &Scene,
        servers: &[Server],
        server: &Server,
        draw: Draw,
    ) -> Option<Self> {
        Some(Self {
            _hold: server.hold()?,
            server: server.clone(),
            servers: servers.to_vec(),
            scene: scene.clone(),
            draw,
        })
    }

    pub(super) async fn kill(self) {
        self.server.kill();
        self.stay_down().await;
    }

    pub(super) async fn lose_power(mut self) {
        let unsynced = self.draw.index(4);
        self.server.wait_for_unsynced(unsynced, PATIENCE).await;
        self.go_dark();
        self.stay_down().await;
    }

    /// The power fails now.
    pub(super) fn go_dark(&mut self) {
        self.server.power_loss(&mut self.draw);
    }

    pub(super) async fn stop(self) {
        self.server.stop().await;
        self.stay_down().await;
    }

    pub(super) async fn freeze(mut self) {
        self.server.pause();
        let length = self.draw.millis(50..=DOWN_MAX);
        self.scene.pause(length).await;
        self.server.resume();
    }

    /// Away until the others have let go of what it needs.
    pub(super) async fn fall_behind(mut self) {
        if self.draw.chance(50) {
            self.server.kill();
        } else {
            self.go_dark();
        }
        let length = self.draw.millis(11_000..=25_000);
        self.scene.pause(length).await;
        self.server.start();
        self.hinder_snapshot().await;
    }

    /// Whoever needs a snapshot may die, or its disk fail, while it is put in place.
    async fn hinder_snapshot(&mut self) {
        // The process must be there to be told.
        sleep(INSTANT).await;
        let point = *self
            .draw
            .pick(&[Point::BeforeSnapshotSwitch, Point::AfterSnapshotSwitch]);
        let site = *self.draw.pick(&SNAPSHOT_SITES);
        match self.draw.weighted(&[(1, 5), (2, 3), (3, 2), (4, 3)]) {
            1 => self.server.die_at(point, 1, SNAPSHOT_MAX).await,
            2 => {
                self.server.break_disk(DiskFault::At(site.name(), 0));
                self.server.wait_for_failure(SNAPSHOT_MAX).await;
                self.server.mend_disk().await;
            }
            3 => damage_snapshot(&self.servers, SNAPSHOT_MAX).await,
            _ => {}
        }
    }

    /// A process whose disk fails ends itself. Its machine starts another one.
    pub(super) async fn break_disk(mut self) {
        let count = self.draw.within(0..=20);
        let site = self.draw.pick(&SITES).name();
        let how = self.draw.weighted(&[
            (DiskFault::Write(count), 2),
            (DiskFault::Sync(count), 2),
            (DiskFault::Full, 2),
            (DiskFault::At(site, count), 6),
        ]);
        self.server.break_disk(how);
        self.server.wait_for_failure(PATIENCE).await;
        self.server.mend_disk().await;
    }

    /// Its syncs take long.
    pub(super) async fn slow_down(mut self) {
        let most = *self.draw.pick(&[200, 1_000, 3_000]);
        self.server.slow_down(Some(Duration::from_millis(most)));
        let length = self.draw.millis(500..=8_000);
        self.scene.pause(length).await;
        self.server.slow_down(None);
    }

    /// A process dies in the middle of something. Its machine starts another one.
    pub(super) async fn die_at_a_point(mut self) {
        let point = *self.draw.pick(&POINTS);
        let passages = self.draw.weighted(&[(1, 3), (2, 1), (7, 1)]);
        self.server.die_at(point, passages, PATIENCE).await;
    }

    pub(super) async fn stay_down(mut self) {
        let length = self.draw.millis(20..=DOWN_MAX);
        self.scene.pause(length).await;
        self.server.start();
    }
}
