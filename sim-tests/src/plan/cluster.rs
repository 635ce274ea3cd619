//! The cluster of a run: how many servers, and what breaks where there are several. Drawn apart from
//! all else, so that a seed's work is the same whatever the cluster is.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use super::{Chore, names, some};
use crate::draw::Draw;

/// What breaks between servers, or in several of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClusterFault {
    /// Two parts of the cluster do not reach each other.
    Split,
    /// Somebody is not heard by some, but hears them; or the other way round.
    OneWay,
    /// The leader reaches nobody, or is heard and hears nobody.
    Isolate,
    /// A split that comes and goes.
    Flap,
    /// Some servers lose all their links, one after the other, and get them back in another order.
    Swizzle,
    /// Two parts that do not reach each other, and one server that reaches both.
    Bridge,
    /// Several servers lose their power at the same moment: a quorum, or all.
    Blackout,
    /// A minority stands still; another server loses what it has not synced; then those two parts go
    /// on without the rest.
    Rotate,
    /// A server is away for so long that the others let go of the log that it needs.
    Behind,
    /// The leader hands over.
    HandOver,
    /// Messages are lost, and sent again a little later.
    Loss,
    /// Servers die while the cluster begins.
    Birth,
}

impl ClusterFault {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Split,
        Self::OneWay,
        Self::Isolate,
        Self::Flap,
        Self::Swizzle,
        Self::Bridge,
        Self::Blackout,
        Self::Rotate,
        Self::Behind,
        Self::HandOver,
        Self::Loss,
        Self::Birth,
    ];
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterPlan {
    /// Servers that are members from the beginning.
    pub nodes: u8,
    /// Servers that stand by with empty disks.
    pub spares: u8,
    /// What is done to the members; nothing where there is one server.
    pub chores: BTreeSet<Chore>,
    /// What breaks; nothing where there is one server.
    pub faults: BTreeSet<ClusterFault>,
    /// A majority is spared by what befalls one server at a time.
    pub spares_majority: bool,
    /// The last server's disk is slow: the longest time of its syncs.
    pub slow_disk: Option<Duration>,
    /// Bytes of log that stay for members that are behind and in touch.
    pub bytes_kept_in_touch: u64,
}

impl ClusterPlan {
    pub(super) fn draw(draw: &mut Draw) -> Self {
        let nodes = draw.weighted(&[(1, 4), (3, 5), (5, 1)]);
        let faults = some(draw, &ClusterFault::ALL);
        let plan = Self {
            nodes,
            spares: 0,
            chores: BTreeSet::new(),
            faults,
            spares_majority: draw.chance(60),
            slow_disk: draw.chance(25).then(|| draw.millis(100..=900)),
            bytes_kept_in_touch: *draw.pick(&[4 << 10, 4 << 30]),
        };
        // Most clusters stay as they are.
        let plan = if draw.chance(50) {
            Self {
                chores: some(draw, &Chore::ALL),
                ..plan
            }
        } else {
            plan
        };
        let spares = u8::try_from(draw.within(1..=2)).expect("a small number");
        let plan = Self {
            spares: if plan.chores.is_empty() { 0 } else { spares },
            ..plan
        };
        plan.of(nodes)
    }

    /// The same with another number of servers.
    pub(super) fn of(mut self, nodes: u8) -> Self {
        self.nodes = nodes;
        if nodes == 1 {
            self.faults.clear();
            self.slow_disk = None;
            self.chores.clear();
            self.spares = 0;
        }
        self
    }

    /// Whether it breaks.
    #[must_use]
    pub fn breaks(&self, fault: ClusterFault) -> bool {
        self.faults.contains(&fault)
    }

    /// Whether it is done.
    #[must_use]
    pub fn does(&self, chore: Chore) -> bool {
        self.chores.contains(&chore)
    }

    /// Servers that may be missing without anybody noticing.
    #[must_use]
    pub fn minority(&self) -> usize {
        usize::from(self.nodes - 1) / 2
    }
}

impl fmt::Display for ClusterPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nodes == 1 {
            return f.write_str("one server");
        }
        write!(f, "{} servers, faults {}", self.nodes, names(&self.faults))?;
        if !self.chores.is_empty() {
            let chores = names(&self.chores);
            write!(f, ", chores {chores} with {} spares", self.spares)?;
        }
        if self.spares_majority {
            f.write_str(", a majority spared")?;
        }
        if let Some(slow) = self.slow_disk {
            write!(f, ", the last disk's syncs up to {slow:?}")?;
        }
        write!(f, ", {} bytes kept in touch", self.bytes_kept_in_touch)
    }
}
