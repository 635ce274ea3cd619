//! Faults on order, for tests of the real binary: points at which the process dies, and planted
//! bugs that a test must see. Compiled in always, so that what is tested is what is shipped; they
//! cost one relaxed load where they stand, and nothing arms them but an explicit option.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
#[cfg(madsim)]
use std::sync::atomic::AtomicBool;
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
    /// A change of members is half done: the old voters and the new ones decide together.
    MidJointChange,
}

impl Point {
    const ALL: [Self; 12] = [
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
        Self::MidJointChange,
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
            Self::MidJointChange => "mid_joint_change",
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
            Self::MidJointChange => 11,
        }
    }
}

/// Bugs that break a promise, each of which a test must find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// The log is not synced.
    SkipFsyncLog,
    /// A vote is not synced.
    SkipFsyncVote,
    /// Entries count as durable, and are answered, before they are synced.
    AckBeforeSync,
    /// Entries are applied before they are in this node's own log for good.
    RowsLeadLog,
    /// Entries that another leader replaces stay on the disk.
    KeepTruncated,
    /// A leader that starts again goes on as the leader that it was.
    RestoreLeader,
    /// A node that has lost the others does not notice.
    NeverStale,
}

impl Bug {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::SkipFsyncLog,
        Self::SkipFsyncVote,
        Self::AckBeforeSync,
        Self::RowsLeadLog,
        Self::KeepTruncated,
        Self::RestoreLeader,
        Self::NeverStale,
    ];

    /// Its name in [`Faults`]' text form.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SkipFsyncLog => "skip_fsync_log",
            Self::SkipFsyncVote => "skip_fsync_vote",
            Self::AckBeforeSync => "ack_before_sync",
            Self::RowsLeadLog => "rows_lead_log",
            Self::KeepTruncated => "keep_truncated",
            Self::RestoreLeader => "restore_leader",
            Self::NeverStale => "never_stale",
        }
    }

    /// What is wrong, in words.
    pub const fn what(self) -> &'static str {
        match self {
            Self::SkipFsyncLog => "the log is not synced",
            Self::SkipFsyncVote => "votes are not synced",
            Self::AckBeforeSync => "entries are answered before they are synced",
            Self::RowsLeadLog => "rows are written before their entries",
            Self::KeepTruncated => "replaced entries stay on the disk",
            Self::RestoreLeader => "a leader starts again as the same one",
            Self::NeverStale => "whoever lost the others does not notice",
        }
    }
}

/// What becomes of an answer on its way.
#[cfg(madsim)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tampered {
    /// It never comes.
    Lost,
    /// It comes late.
    Late,
    /// Its question has come twice.
    Twice,
}

/// The name of a wrong wall clock in [`Faults`]' text form.
const CLOCK_AHEAD: &str = "clock_ahead_s";
/// The name of a program of another version in [`Faults`]' text form.
const KNOWS_FORMAT: &str = "knows_format";

/// The faults of one node: none by default. Read from text: names with commas between them, a
/// point with `:n` for its n-th passage, such as `after_append:3,skip_fsync_log`, and the wall clock
/// with the seconds that it is ahead, such as `clock_ahead_s:-60`; `knows_format:2` makes a program
/// of the version that knows that format.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Armed>);

#[derive(Debug, Default)]
struct Armed {
    /// Passages until the process dies, by [`Point::index`]; zero: never.
    left: [AtomicU64; Point::ALL.len()],
    bugs: Vec<Bug>,
    /// The next chunk of a snapshot that is sent is changed on its way.
    #[cfg(madsim)]
    damage: AtomicBool,
    /// One was.
    #[cfg(madsim)]
    damaged: AtomicBool,
    /// Of a hundred answers of others, something is done to so many.
    #[cfg(madsim)]
    tampered: AtomicU64,
    /// Answers so far.
    #[cfg(madsim)]
    answers: AtomicU64,
    clock_ahead_s: i64,
    knows_format: Option<u32>,
}

impl Faults {
    /// Passes `point`; does not return if this is the passage at which the process dies.
    pub fn hit(&self, point: Point) {
        let left = &self.0.left[point.index()];
        if left.load(Ordering::Relaxed) != 0 && left.fetch_sub(1, Ordering::Relaxed) == 1 {
            die(point);
        }
    }

    /// Orders the process to die at so many passages of `point` from now on; zero takes the order
    /// back. For a simulation, which is in the same process and knows when it wants that.
    #[cfg(any(madsim, test))]
    pub fn arm(&self, point: Point, passages: u64) {
        self.0.left[point.index()].store(passages, Ordering::Relaxed);
    }

    /// Whether the process is to die at `point`, and has not.
    #[cfg(any(madsim, test))]
    pub fn is_armed(&self, point: Point) -> bool {
        self.0.left[point.index()].load(Ordering::Relaxed) != 0
    }

    /// From now on something is done to so many of a hundred answers of other members.
    #[cfg(madsim)]
    pub fn tamper_with(&self, percent: u64) {
        self.0.tampered.store(percent, Ordering::Relaxed);
    }

    /// What is done to the next answer.
    #[cfg(madsim)]
    pub(crate) fn tamper(&self) -> Option<Tampered> {
        let percent = self.0.tampered.load(Ordering::Relaxed);
        let answer = self.0.answers.fetch_add(1, Ordering::Relaxed);
        // Spread, and in another order each hundred; nothing is drawn where nothing was before.
        let place = (answer * 37 + answer / 100) % 100;
        let all = [Tampered::Lost, Tampered::Late, Tampered::Twice];
        let kind = usize::try_from(answer / 7 % 3).unwrap_or_default();
        (place < percent).then(|| all[kind])
    }

    /// The next chunk of a snapshot that is sent is changed on its way.
    #[cfg(madsim)]
    pub fn damage_snapshot(&self, is_so: bool) {
        self.0.damage.store(is_so, Ordering::Relaxed);
    }

    /// Whether a chunk was changed since this was asked last.
    #[cfg(madsim)]
    pub fn was_snapshot_damaged(&self) -> bool {
        self.0.damaged.swap(false, Ordering::Relaxed)
    }

    /// A chunk of a snapshot as it comes to the other side.
    #[cfg(madsim)]
    pub(crate) fn on_its_way(&self, chunk: bytes::Bytes) -> bytes::Bytes {
        if chunk.is_empty() || !self.0.damage.swap(false, Ordering::Relaxed) {
            return chunk;
        }
        self.0.damaged.store(true, Ordering::Relaxed);
        let mut chunk = chunk.to_vec();
        let middle = chunk.len() / 2;
        chunk[middle] ^= 1;
        chunk.into()
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

    /// How many seconds the node's wall clock is to be ahead of the real one; less than zero:
    /// behind.
    pub fn clock_ahead_s(&self) -> i64 {
        self.0.clock_ahead_s
    }

    /// The greatest format that the program is to know, if it is not its own.
    pub fn knows_format(&self) -> Option<u32> {
        self.0.knows_format
    }

    /// Whether nothing is armed and nothing planted.
    pub fn is_none(&self) -> bool {
        self.0.bugs.is_empty()
            && self.0.knows_format.is_none()
            && self.0.clock_ahead_s == 0
            && self.0.left.iter().all(|it| it.load(Ordering::Relaxed) == 0)
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
        write!(f, " {CLOCK_AHEAD} {KNOWS_FORMAT}")
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
            if name == CLOCK_AHEAD {
                armed.clock_ahead_s = count.parse().map_err(|_| unknown())?;
            } else if name == KNOWS_FORMAT {
                armed.knows_format = Some(count.parse().map_err(|_| unknown())?);
            } else if let Some(bug) = Bug::ALL.into_iter().find(|it| it.name() == part) {
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
    fn an_order_can_be_given_later_and_taken_back() {
        let faults = Faults::default();
        faults.arm(Point::AfterVote, 2);
        faults.hit(Point::AfterVote);
        assert!(faults.is_armed(Point::AfterVote));
        faults.arm(Point::AfterVote, 0);
        faults.hit(Point::AfterVote);
        assert!(faults.is_none());
    }

    #[test]
    fn a_clock_is_set_either_way() {
        let faults: Faults = "clock_ahead_s:-60".parse().expect("a known name");
        assert_eq!(faults.clock_ahead_s(), -60);
        assert!(!faults.is_none());
    }

    #[test]
    fn unknown_names_are_refused() {
        for text in [
            "nonsense",
            "after_append:x",
            "skip_fsync_log:2",
            "clock_ahead_s:x",
        ] {
            assert!(text.parse::<Faults>().is_err(), "{text}");
        }
    }
}
