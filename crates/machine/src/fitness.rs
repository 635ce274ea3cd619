//! Whether this node may lead. It does not stand for election before it has
//! [recalled](crate::exchange) what its disk had, nor while its wall clock is more than 10 s off the
//! cluster's; if it leads then, it hands over.
//!
//! A clock that is not known to be off is taken for right: a node that hears too few others to tell
//! could not be elected either. A founder stands whatever its clock until the cluster is born, for
//! only its log names the members: once elected it hands over. Later, if the others' logs lack what
//! this node's has, nobody may be fit to lead until its clock is set: that is said in the log and by
//! `ackord cluster status`.

use std::sync::atomic::{AtomicBool, Ordering};

use ackord_raft::{ChangeRefusal, RaftHandle, Status};

use crate::Machine;
use crate::cluster_clock::{Clocks, is_off};
use crate::members::best;

/// See the module.
#[derive(Debug)]
pub(crate) struct Fitness {
    clocks: Clocks,
    recalled: AtomicBool,
    off: AtomicBool,
}

impl Fitness {
    pub(crate) fn new(clocks: Clocks) -> Self {
        Self {
            clocks,
            recalled: AtomicBool::new(false),
            off: AtomicBool::new(false),
        }
    }

    /// Notes whose clocks count.
    pub(crate) fn heed(&self, status: &Status) {
        let voters = status.members.iter().filter(|it| it.votes);
        let voters = voters.map(|it| it.node).collect();
        self.clocks.cluster().set_voters(voters);
    }

    /// The disk has what it had.
    pub(crate) fn recalled(&self, raft: &RaftHandle) {
        self.recalled.store(true, Ordering::Relaxed);
        raft.stand(self.stands(raft));
    }

    pub(crate) fn is_recalled(&self) -> bool {
        self.recalled.load(Ordering::Relaxed)
    }

    /// Whether enough is known to lead well.
    pub(crate) fn is_sure(&self) -> bool {
        self.is_recalled() && self.offset().is_some()
    }

    /// Looks at the clock, and acts.
    pub(crate) async fn judge(&self, raft: &RaftHandle) {
        let offset = self.offset();
        let off = offset.is_some_and(is_off);
        if off != self.off.swap(off, Ordering::Relaxed) {
            let offset_ms = offset.unwrap_or_default();
            if off {
                let next = "set its clock, by NTP for instance";
                tracing::warn!(
                    offset_ms,
                    next,
                    "this node's clock is off: it does not lead"
                );
            } else {
                tracing::info!(offset_ms, "this node's clock is right: it may lead");
            }
        }
        raft.stand(self.stands(raft));
        let status = raft.status();
        if off
            && status.leads
            && let Some(heir) = self.heir(&status)
        {
            tracing::info!(to = heir, "leadership is handed over");
            raft.hand_over(heir).await;
        }
    }

    /// Who should lead in the place of this node, which leads: of the voters that are there and
    /// whose clocks are not known to be off, the one whose log is the longest.
    pub(crate) fn heir(&self, status: &Status) -> Option<u64> {
        let others = status.members.iter().filter(|it| it.node != status.node);
        best(others.filter(|it| !self.offset_of(it.node).is_some_and(is_off)))
    }

    /// Whether another node would stand, as far as its wall clock goes.
    pub(crate) fn would_stand(&self, node: u64) -> Result<(), ChangeRefusal> {
        match self.offset_of(node) {
            Some(offset) if is_off(offset) => Err(ChangeRefusal::ClockOff { node }),
            Some(_) => Ok(()),
            None => Err(ChangeRefusal::Silent { node }),
        }
    }

    fn offset_of(&self, node: u64) -> Option<i64> {
        let (now, cluster) = (self.clocks.read(), self.clocks.cluster());
        cluster.offset_of(node, now)
    }

    fn stands(&self, raft: &RaftHandle) -> bool {
        let born = raft.view().cluster != 0;
        self.is_recalled() && !(self.is_off() && born)
    }

    fn is_off(&self) -> bool {
        self.off.load(Ordering::Relaxed)
    }

    fn offset(&self) -> Option<i64> {
        let (now, cluster) = (self.clocks.read(), self.clocks.cluster());
        cluster.offset(now)
    }
}

impl Machine {
    /// How many milliseconds this node's wall clock is ahead of the median of a quorum's; less than
    /// zero: behind; none while too few are known.
    pub fn clock_offset_ms(&self) -> Option<i64> {
        self.exchange.fitness.offset()
    }

    /// Whether this node does not lead because its wall clock is more than 10 s off.
    pub fn is_clock_off(&self) -> bool {
        self.exchange.fitness.is_off()
    }
}
