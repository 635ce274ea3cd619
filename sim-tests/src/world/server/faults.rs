//! What befalls a server: its disk, its clock, its power, and what it hears from the others.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use ackord_machine::failpoint::Point;
use ackord_store::Site;
use madsim::runtime::Handle;
use tokio::time::sleep;

use super::super::drive::Drive;
use super::super::recorder::now;
use super::{LOOK, Server};
use crate::draw::Draw;
use crate::history::{DiskFault, Fault, Mount, Rot};
use crate::plan::Plan;

/// Between two looks for a moment that does not last.
const INSTANT: Duration = Duration::from_micros(300);

impl Server {
    /// Gives it another disk, while no process runs.
    pub(in super::super) fn mount(&self, drive: &Drive, how: Mount) {
        self.record(Fault::Mount {
            server: self.birth.number,
            drive: drive.number,
            how,
        });
        let place = &self.birth.drive;
        *place.lock().unwrap_or_else(PoisonError::into_inner) = drive.clone();
    }

    /// Waits until so many writes are not synced, but not for long.
    pub(in super::super) async fn wait_for_unsynced(&self, writes: usize, patience: Duration) {
        let end = now() + patience;
        while self.drive().disk.unsynced_writes() < writes && now() < end {
            sleep(INSTANT).await;
        }
    }

    /// The power fails. Of what was not synced nothing is left, or all of it, or its beginning.
    pub(in super::super) fn power_loss(&self, draw: &mut Draw) {
        self.die();
        let (server, unsynced) = (self.birth.number, self.drive().disk.unsynced_writes());
        let torn = if unsynced > 1 {
            1 + draw.index(unsynced - 1)
        } else {
            0
        };
        let survive = draw.weighted(&[(0, 2), (torn, 2), (unsynced, 1)]);
        self.record(Fault::PowerLoss {
            server,
            unsynced,
            survive,
        });
        self.drive().disk.power_loss(survive);
    }

    /// The process stands still.
    pub(in super::super) fn pause(&self) {
        self.record(Fault::Freeze {
            server: self.birth.number,
        });
        Handle::current().pause(self.node);
    }

    /// The process goes on.
    pub(in super::super) fn resume(&self) {
        self.record(Fault::Thaw {
            server: self.birth.number,
        });
        Handle::current().resume(self.node);
    }

    /// The storage engine flushes the rows by itself.
    pub(in super::super) fn flush(&self) {
        self.record(Fault::Flush {
            server: self.birth.number,
        });
        self.drive().disk.flush_rows();
    }

    /// The disk will fail. Then the process ends itself, and another one starts a little later.
    pub(in super::super) fn break_disk(&self, how: DiskFault) {
        self.record(Fault::Disk {
            server: self.birth.number,
            how,
        });
        self.birth.expected.store(true, Ordering::Relaxed);
        let disk = self.drive().disk;
        match how {
            DiskFault::Write(after) => disk.fail_write_after(after),
            DiskFault::Sync(after) => disk.fail_sync_after(after),
            DiskFault::Full => disk.set_full(true),
            DiskFault::At(name, after) => {
                let site = Site::ALL.into_iter().find(|it| it.name() == name);
                disk.fail_at(site.expect("a site of the disk"), after);
            }
        }
    }

    /// Waits until the disk has failed, and then until the process has ended; but not for ever.
    pub(in super::super) async fn wait_for_failure(&self, patience: Duration) {
        let end = now() + patience;
        while now() < end && self.drive().disk.failures() == 0 && !self.has_ended() {
            sleep(LOOK).await;
        }
        let refused = self.birth.is_refused.load(Ordering::Relaxed);
        if refused || self.drive().disk.failures() == 0 {
            return;
        }
        self.record(Fault::DiskFailed {
            server: self.birth.number,
        });
        let end = now() + patience;
        while now() < end && !self.has_ended() {
            sleep(LOOK).await;
        }
    }

    /// Syncs take up to so long from now on; none: as usual.
    pub(in super::super) fn slow_down(&self, most: Option<Duration>) {
        let usual = || {
            let number = u8::try_from(self.birth.number).expect("few");
            usual_sync(&self.birth.plan, number)
        };
        let most = most.unwrap_or_else(usual);
        self.record(Fault::SlowDisk {
            server: self.birth.number,
            most_ms: u64::try_from(most.as_millis()).expect("a short time"),
        });
        self.birth.sync_max.set(most);
    }

    /// Takes a note of bits that have turned.
    pub(in super::super) fn has_rotten(&self, what: Rot) {
        self.record(Fault::Rot {
            server: self.birth.number,
            what,
        });
    }

    /// The disk works again. A process that it has ended is followed by another one, by itself: this
    /// returns when that one begins.
    pub(in super::super) async fn mend_disk(&self) {
        self.drive().disk.heal();
        let refused = self.birth.is_refused.load(Ordering::Relaxed);
        let ended = self.has_ended() && !refused;
        self.birth.expected.store(ended, Ordering::Relaxed);
        if !ended {
            return;
        }
        self.slot().take();
        self.record(Fault::FailStop {
            server: self.birth.number,
        });
        self.wait_for_next().await;
    }

    /// Lets the process die at a passage of a point, if it comes there in time. Then another one
    /// starts a little later: this returns when that one begins.
    pub(in super::super) async fn die_at(&self, point: Point, passages: u64, patience: Duration) {
        self.arm(Some(point), passages);
        let end = now() + patience;
        while now() < end && !self.has_ended() {
            sleep(LOOK).await;
        }
        let has_died = !self.birth.trap().faults.is_armed(point);
        if has_died {
            self.slot().take();
            self.wait_for_next().await;
        } else {
            self.arm(None, 0);
        }
    }

    /// Waits until the process that follows by itself begins.
    async fn wait_for_next(&self) {
        while self.has_ended() {
            sleep(LOOK).await;
        }
    }

    fn arm(&self, point: Option<Point>, passages: u64) {
        let mut trap = self.birth.trap();
        if let Some(point) = point.or(trap.point) {
            trap.faults.arm(point, passages);
        }
        trap.point = point;
    }

    /// From now on so many of a hundred answers of other servers are tampered with.
    pub(in super::super) fn tamper(&self, percent: u64) {
        self.birth.tampered.store(percent, Ordering::Relaxed);
        self.birth.trap().faults.tamper_with(percent);
    }

    /// The next snapshot that it sends is changed on its way, or is not.
    pub(in super::super) fn damage_snapshot(&self, is_so: bool) {
        self.birth.trap().faults.damage_snapshot(is_so);
    }

    /// Takes a note if a snapshot of its process was changed on its way.
    pub(in super::super) fn note_damage(&self) -> bool {
        let damaged = self.birth.trap().faults.was_snapshot_damaged();
        if damaged {
            self.record(Fault::Damaged {
                server: self.birth.number,
            });
        }
        damaged
    }

    /// Somebody sets the wall clock.
    pub(in super::super) fn set_clock(&self, draw: &mut Draw) {
        let ahead_ms = self.birth.clock.set(draw);
        self.record(Fault::Clock {
            server: self.birth.number,
            ahead_ms,
        });
    }

    /// The wall clock is set so far off, in milliseconds; less than zero: behind.
    pub(in super::super) fn skew_clock(&self, ahead_ms: i64) {
        self.birth.clock.show(ahead_ms);
        self.record(Fault::Clock {
            server: self.birth.number,
            ahead_ms,
        });
    }

    /// The wall clock is set right.
    pub(in super::super) fn mend_clock(&self) {
        self.birth.clock.keep();
    }
}

/// How long syncs of a server take at most.
pub(super) fn usual_sync(plan: &Plan, number: u8) -> Duration {
    let is_last = number == plan.cluster.nodes;
    let slow = plan.cluster.slow_disk.filter(|_| is_last);
    slow.unwrap_or(plan.disk.sync_max)
}
