//! What an operator does wrong, and what befalls disks and clocks: a server must not run then, or
//! not lead.

use std::time::Duration;

use ackord_store::engine::Family;
use tokio::time::sleep;

use super::super::drive::Drive;
use super::super::ends;
use super::super::recorder::now;
use super::super::server::Server;
use super::Keeper;
use super::chores::VOTERS_MIN;
use crate::history::{Mount, Rot};

/// Between two looks at a server.
const LOOK: Duration = Duration::from_millis(50);
/// How long somebody is waited for who may never come.
const PATIENCE: Duration = Duration::from_secs(8);
/// Members tell each other once a second what they have, and what time it is. After that long each
/// one has heard it.
const EXCHANGED: Duration = Duration::from_secs(4);
/// How long a clock is wrong.
const SKEWED: Duration = Duration::from_secs(12);

impl Keeper {
    /// Two servers have each other's disks, or one has a copy of another one's.
    pub(super) async fn mix_up(&mut self) {
        let (one, other) = (self.pick(), self.pick());
        if one.number() == other.number() {
            return;
        }
        let _hold = self.take(&one).await;
        let own = one.drive();
        if self.draw.chance(50) {
            self.copies += 1;
            let copy = other.drive().copy(self.copies);
            one.kill();
            self.try_with(&one, &copy, Mount::Copied).await;
        } else {
            let _other = self.take(&other).await;
            let theirs = other.drive();
            one.kill();
            other.kill();
            theirs.unwanted(true);
            self.try_with(&one, &theirs, Mount::Foreign).await;
            theirs.unwanted(false);
            other.start();
        }
        one.mount(&own, Mount::Own);
        one.start();
    }

    /// A server is given a copy of its disk from a while ago, when it had less than all others know
    /// that it had.
    pub(super) async fn restore(&mut self) {
        let inside = self.inside();
        if inside.len() < VOTERS_MIN {
            return;
        }
        let server = self.draw.pick(&inside).clone();
        let own = server.drive();
        self.copies += 1;
        let copy = own.copy(self.copies);
        let had = server.status().and_then(|it| it.last_log);
        let knows_more = || server.applied() > had && ends::agree(&inside);
        let end = now() + PATIENCE;
        while now() < end && !knows_more() {
            sleep(LOOK).await;
        }
        if !knows_more() {
            return;
        }
        sleep(EXCHANGED).await;
        server.kill();
        self.try_with(&server, &copy, Mount::Old).await;
        server.mount(&own, Mount::Own);
        server.start();
        server.ready().await;
    }

    /// Starts a server on a disk for a while, and takes it out again.
    async fn try_with(&self, server: &Server, drive: &Drive, how: Mount) {
        server.mount(drive, how);
        server.start();
        self.wait_for_end(server).await;
        server.kill();
    }

    /// Bits turn on a disk while nobody runs on it. Somebody tries whether it still runs; then it
    /// gets an empty one.
    pub(super) async fn rot(&mut self) {
        if self.inside().len() < VOTERS_MIN {
            return;
        }
        let server = self.pick();
        let _hold = self.take(&server).await;
        let drive = server.drive();
        server.kill();
        drive.rots();
        let what = *self.draw.pick(&Rot::ALL);
        if self.turn_bits(&drive, what) {
            server.has_rotten(what);
            server.start();
            self.wait_for_end(&server).await;
            server.kill_for_good().await;
        }
        server.mount(&drive.successor(), Mount::Empty);
        server.start();
    }

    /// False: there is nothing to turn.
    fn turn_bits(&mut self, drive: &Drive, what: Rot) -> bool {
        let disk = &drive.disk;
        match what {
            Rot::Log => {
                let records = disk.log_records();
                records > 0 && disk.flip_log_bit(self.draw.index(records), self.draw.index(999))
            }
            Rot::Identity => {
                disk.rot_cell("identity");
                true
            }
            Rot::LogEnd => {
                disk.rot_cell("log-end.0");
                true
            }
            Rot::Row => {
                let family = *self.draw.pick(Family::ROWS);
                disk.rot_row(family, self.draw.index(20))
            }
        }
    }

    /// The clock of the server that leads is set far off, for a while.
    pub(super) async fn skew(&mut self) {
        let inside = self.inside();
        let leads = |it: &&Server| it.status().is_some_and(|it| it.leads);
        let Some(leader) = inside.iter().find(leads) else {
            return;
        };
        if inside.len() < VOTERS_MIN {
            return;
        }
        let far = self.draw.millis(12_000..=3_600_000);
        let far = i64::try_from(far.as_millis()).expect("an hour at most");
        let far = if self.draw.chance(50) { far } else { -far };
        leader.skew_clock(far);
        sleep(SKEWED).await;
        leader.skew_clock(0);
        sleep(EXCHANGED).await;
    }
}
