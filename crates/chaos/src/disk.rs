//! The disk fails under load, in each way in turn: the process ends and says why, and what it had
//! accepted is there once the disk works again.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ackord_powercut::{CutMode, Errno, FailWhat, MountError, Options, PowerFs};
use rand::RngExt;

use crate::judge::{self, Violation};
use crate::kill::{drain, judge_histories};
use crate::load::{self, Round, Sessions};
use crate::server::{Process, Site, StartError};
use crate::sink::Sink;

/// How long the load runs before the disk fails, in milliseconds.
const LOAD_MS: std::ops::Range<u64> = 300..1500;
/// Calls that still go well. Few, as the end of the log is marked but once a second.
const CALLS: std::ops::Range<u64> = 0..5;
/// Writes that fail, one after the other.
const WRITES: usize = 100;
/// Bytes that still find room.
const ROOM: std::ops::Range<u64> = 0..200_000;
/// How long a process may live on a disk that fails.
const DEATH_LIMIT: Duration = Duration::from_secs(60);

/// A way in which a disk fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It is full.
    Full,
    /// Writes to files of this path fail. RocksDB's own diary, which may be lost, is `LOG`.
    Write(&'static str),
    /// A sync of files of this path fails, and what was to be synced is gone.
    Sync(&'static str),
}

/// All that are tried.
pub const TROUBLES: [Trouble; 4] = [
    Trouble::Full,
    Trouble::Write("/log/0"),
    Trouble::Sync("/log/0"),
    Trouble::Sync("log-end"),
];

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => f.write_str("a full disk"),
            Self::Write(path) => write!(f, "failed writes to {path}"),
            Self::Sync(path) => write!(f, "a failed sync of {path}"),
        }
    }
}

impl Trouble {
    fn strike(self, disk: &PowerFs) {
        let calls = rand::rng().random_range(CALLS);
        match self {
            Self::Full => {
                let room = rand::rng().random_range(ROOM);
                disk.set_quota(Some(disk.used() + room));
            }
            // The kernel may cut a large write in pieces, of which one that fails is a short write
            // and tried again: so do all that follow.
            Self::Write(path) => (0..WRITES).for_each(|_| {
                disk.fail_after_in(path, FailWhat::Write, calls, Errno::EIO);
            }),
            Self::Sync(path) => disk.fail_after_in(path, FailWhat::Fsync, calls, Errno::EIO),
        }
    }

    /// What the program must say of it.
    fn word(self) -> &'static str {
        match self {
            Self::Full => "No space left on device",
            Self::Write(_) | Self::Sync(_) => "Input/output error",
        }
    }
}

/// Why a campaign could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// The file system could not be mounted.
    #[error("mount the file system")]
    Mount(#[from] MountError),
    /// The server could not be started on a disk that works.
    #[error("start the server")]
    Start(#[from] StartError),
}

/// What came of it.
#[derive(Debug)]
pub struct Report {
    /// Times that the disk failed.
    pub troubles: usize,
    /// Distinct keys that were accepted.
    pub accepted: usize,
    /// Properties that do not hold.
    pub violations: Vec<Violation>,
}

/// Lets the disk fail in each way of [`TROUBLES`], under load.
///
/// # Errors
/// There is no such file system here, or the server does not start on a disk that works.
pub async fn run(program: &Path, dir: &Path) -> Result<Report, DiskError> {
    let disk = PowerFs::mount(dir.join("disk"), &Options::default())?;
    let site = Site::new(program, &disk.path().join("data"), &dir.join("server.log"));
    let sink = Arc::new(Sink::default());
    let mut violations = Vec::new();
    let (mut process, client) = site.start_serving("").await?;
    let sessions = Sessions::start(&client, &sink);

    for (n, trouble) in (0..).zip(TROUBLES) {
        let round = Round::begin(&client, &sink, n);
        let wait = rand::rng().random_range(LOAD_MS);
        tokio::time::sleep(Duration::from_millis(wait)).await;
        trouble.strike(&disk);
        violations.extend(judge_death(trouble, &mut process, &site).await);
        round.stop();
        if trouble == Trouble::Full {
            let mut again = site.start("")?;
            violations.extend(judge_death(trouble, &mut again, &site).await);
        }

        // What was not synced is gone where a sync has failed, and may be anywhere else.
        disk.cut(CutMode::Drop);
        disk.set_quota(None);
        disk.heal();
        disk.power_on()?;
        process = site.start_serving("").await?.0;
        round.end().await;
        load::repeat(&client, &sink).await;
        violations.extend(judge::judge_so_far(&sink.heard()));
    }

    drain(&sink).await;
    violations.extend(judge::judge(&sink.heard()));
    violations.extend(judge_histories(&client, &sink).await);
    drop(sessions);
    Ok(Report {
        troubles: TROUBLES.len(),
        accepted: sink.heard().submits.len(),
        violations,
    })
}

/// What is wrong with how a process ends whose disk fails.
async fn judge_death(trouble: Trouble, process: &mut Process, site: &Site) -> Option<Violation> {
    let violation = |property, detail: String| {
        let detail = format!("{trouble}: {detail}");
        Some(Violation { property, detail })
    };
    let ended = tokio::time::timeout(DEATH_LIMIT, process.wait()).await;
    let Ok(status) = ended else {
        process.kill();
        let said = site.log_tail();
        return violation("a process ends when its disk fails", said);
    };
    if status.success() {
        return violation("a failure is no success", status.to_string());
    }
    let said = site.log_tail();
    let clear = said.contains(trouble.word()) && (said.contains("next=") || said.contains("next:"));
    if !clear || said.contains("panicked") {
        return violation("the end says why, and what to do", said);
    }
    None
}
