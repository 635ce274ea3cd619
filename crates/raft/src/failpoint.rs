//! Faults on order, for tests of the real binary: points at which the process dies, and planted
//! bugs that a test must see. Compiled in always, so that what is tested is what is shipped; they
//! cost one relaxed load where they stand, and nothing arms them but an explicit option.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ackord_store::Planted;

/// Where a process may be told to die.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// An entry is about to be handed to Raft.
    BeforePropose,
    /// A vote is saved, and nobody has been told.
    AfterVote,
    /// Entries are in the log, not yet synced.
    AfterAppend,
    /// Entries are committed, not yet applied.
    AfterCommitBeforeReply,
    /// Rows are written, nobody has been told.
    BetweenRowCommitAndReply,
    /// A snapshot came whole and is announced; the old rows are in use.
    BeforeSnapshotSwitch,
    /// The rows of a snapshot are in use; the log knows nothing of it.
    AfterSnapshotSwitch,
    /// The disk is bound to a cluster that is about to begin, and nobody has been told.
    BirthBound,
    /// The founder has heard that one more member is bound.
    BirthPrepared,
    /// The founder has founded the group, and no command is in its log.
    BirthFounded,
    /// The cluster is born, and nobody is served.
    BirthCommitted,
}

impl Point {
    const ALL: [Self; 11] = [
        Self::BeforePropose,
        Self::AfterVote,
        Self::AfterAppend,
        Self::AfterCommitBeforeReply,
        Self::BetweenRowCommitAndReply,
        Self::BeforeSnapshotSwitch,
        Self::AfterSnapshotSwitch,
        Self::BirthBound,
        Self::BirthPrepared,
        Self::BirthFounded,
        Self::BirthCommitted,
    ];

    /// Its name in [`Faults`]' text form.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BeforePropose => "before_propose",
            Self::AfterVote => "after_vote",
            Self::AfterAppend => "after_append",
            Self::AfterCommitBeforeReply => "after_commit_before_reply",
            Self::BetweenRowCommitAndReply => "between_row_commit_and_reply",
            Self::BeforeSnapshotSwitch => "before_snapshot_switch",
            Self::AfterSnapshotSwitch => "after_snapshot_switch",
            Self::BirthBound => "birth_bound",
            Self::BirthPrepared => "birth_prepared",
            Self::BirthFounded => "birth_founded",
            Self::BirthCommitted => "birth_committed",
        }
    }

    const fn index(self) -> usize {
        match self {
            Self::BeforePropose => 0,
            Self::AfterVote => 1,
            Self::AfterAppend => 2,
            Self::AfterCommitBeforeReply => 3,
            Self::BetweenRowCommitAndReply => 4,
            Self::BeforeSnapshotSwitch => 5,
            Self::AfterSnapshotSwitch => 6,
            Self::BirthBound => 7,
            Self::BirthPrepared => 8,
            Self::BirthFounded => 9,
            Self::BirthCommitted => 10,
        }
    }
}

/// Bugs that break durability, each of which a test of power loss must find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// The log is not synced.
    SkipFsyncLog,
    /// A vote is not synced.
    SkipFsyncVote,
    /// Entries count as durable, and are answered, before they are synced.
    AckBeforeSync,
}

impl Bug {
    const ALL: [Self; 3] = [Self::SkipFsyncLog, Self::SkipFsyncVote, Self::AckBeforeSync];

    /// Its name in [`Faults`]' text form.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SkipFsyncLog => "skip_fsync_log",
            Self::SkipFsyncVote => "skip_fsync_vote",
            Self::AckBeforeSync => "ack_before_sync",
        }
    }
}

/// The faults of one node: none by default. Read from text: names with commas between them, a
/// point with `:n` for its n-th passage, such as `after_append:3,skip_fsync_log`.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Armed>);

#[derive(Debug, Default)]
struct Armed {
    /// Passages until the process dies, by [`Point::index`]; zero: never.
    left: [AtomicU64; Point::ALL.len()],
    bugs: Vec<Bug>,
}

impl Faults {
    /// Passes `point`; does not return if this is the passage at which the process dies.
    pub fn hit(&self, point: Point) {
        let left = &self.0.left[point.index()];
        if left.load(Ordering::Relaxed) != 0 && left.fetch_sub(1, Ordering::Relaxed) == 1 {
            die(point);
        }
    }

    /// Whether this bug is planted.
    pub fn has(&self, bug: Bug) -> bool {
        self.0.bugs.contains(&bug)
    }

    /// The planted bugs that belong to the disk.
    pub fn of_disk(&self) -> Planted {
        Planted {
            skip_log_sync: self.has(Bug::SkipFsyncLog),
            skip_vote_sync: self.has(Bug::SkipFsyncVote),
        }
    }

    /// Whether nothing is armed and nothing planted.
    pub fn is_none(&self) -> bool {
        self.0.bugs.is_empty() && self.0.left.iter().all(|it| it.load(Ordering::Relaxed) == 0)
    }
}

/// As SIGKILL would: nothing is flushed, dropped or said to anyone.
fn die(point: Point) -> ! {
    #[cfg(madsim)]
    panic!("failpoint {}", point.name());
    #[cfg(not(madsim))]
    {
        tracing::error!(point = point.name(), "failpoint: the process ends");
        std::process::abort();
    }
}

/// A text that does not name faults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultError(String);

impl fmt::Display for FaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no such fault: {}; known are", self.0)?;
        let points = Point::ALL.iter().map(|it| it.name());
        for name in points.chain(Bug::ALL.iter().map(|it| it.name())) {
            write!(f, " {name}")?;
        }
        Ok(())
    }
}

impl std::error::Error for FaultError {}

impl FromStr for Faults {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let mut armed = Armed::default();
        for part in text.split(',').filter(|it| !it.is_empty()) {
            let unknown = || FaultError(part.to_owned());
            let (name, count) = part.split_once(':').unwrap_or((part, "1"));
            if let Some(bug) = Bug::ALL.into_iter().find(|it| it.name() == part) {
                armed.bugs.push(bug);
            } else if let Some(point) = Point::ALL.into_iter().find(|it| it.name() == name) {
                let passages = count.parse().map_err(|_| unknown())?;
                armed.left[point.index()] = AtomicU64::new(passages);
            } else {
                return Err(unknown());
            }
        }
        Ok(Self(Arc::new(armed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_arms_points_and_plants_bugs() {
        let faults: Faults = "after_append:3,skip_fsync_log"
            .parse()
            .expect("known names");
        faults.hit(Point::AfterAppend);
        faults.hit(Point::AfterAppend);
        assert!(faults.has(Bug::SkipFsyncLog));
        assert!(!faults.has(Bug::AckBeforeSync));
        assert!(!faults.is_none());
    }

    #[test]
    fn nothing_is_armed_by_default() {
        let faults = Faults::default();
        for point in Point::ALL {
            faults.hit(point);
        }
        assert!(faults.is_none());
        assert!("".parse::<Faults>().expect("empty is none").is_none());
    }

    #[test]
    fn unknown_names_are_refused() {
        for text in ["nonsense", "after_append:x", "skip_fsync_log:2"] {
            assert!(text.parse::<Faults>().is_err(), "{text}");
        }
    }
}
