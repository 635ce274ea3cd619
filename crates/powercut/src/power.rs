//! The handle that a test holds: mount, cut, power on.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use fuser::Errno;

use crate::cut::{CutMode, Lost};
use crate::disk::{Counters, Disk};
use crate::fault::FailWhat;
use crate::mounted::{MountError, Mounted};
use crate::server::Server;

/// How the disk starts.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Bytes that all files may have together; a write beyond it fails with `ENOSPC`. Unlimited
    /// unless set.
    pub quota: Option<u64>,
    /// How long each `fsync` takes, as a real disk would: what is written is not yet safe
    /// meanwhile. Nothing unless set.
    pub sync_takes: Duration,
}

/// A mounted file system that forgets what was not synced. Dropping it unmounts, even if files are
/// open, and its contents are gone.
#[derive(Debug)]
pub struct PowerFs {
    at: PathBuf,
    disk: Arc<Mutex<Disk>>,
    /// With the number of cuts before it.
    mounted: Mutex<Option<(u64, Mounted)>>,
}

impl PowerFs {
    /// Mounts an empty disk on `dir`, which is made if it does not exist. Needs root.
    ///
    /// # Errors
    ///
    /// See [`MountError`]. Where mounting is impossible, a test fails; it does not skip.
    pub fn mount(dir: impl AsRef<Path>, options: &Options) -> Result<Self, MountError> {
        let dir = dir.as_ref();
        let at = std::fs::create_dir_all(dir)
            .and_then(|()| dir.canonicalize())
            .map_err(|source| MountError::Directory {
                at: dir.to_owned(),
                source,
            })?;
        let fs = Self {
            at,
            disk: Arc::new(Mutex::new(Disk::new(options.quota))),
            mounted: Mutex::default(),
        };
        fs.set_sync_takes(options.sync_takes);
        fs.power_on()?;
        Ok(fs)
    }

    /// Where it is mounted, as an absolute path; the same for all its life.
    pub fn path(&self) -> &Path {
        &self.at
    }

    /// Cuts the power: what was not synced is lost as `mode` says, and every call of processes
    /// that still live fails with `EIO` (reads may still come from the page cache). Without power
    /// already, nothing is left to lose.
    pub fn cut(&self, mode: CutMode) -> Lost {
        self.disk().cut(mode)
    }

    /// Turns the power on again. The path shows what survived, on a new mount: handles from before
    /// the cut stay dead, as the processes of a machine that lost power do. Does nothing if there
    /// is power.
    ///
    /// # Errors
    ///
    /// See [`MountError`]; the disk stays without power and keeps what it has.
    pub fn power_on(&self) -> Result<(), MountError> {
        let mut mounted = self.mounted.lock().expect("nobody panics holding it");
        let cuts = self.disk().cuts;
        if mounted.as_ref().is_some_and(|(since, _)| *since == cuts) {
            return Ok(());
        }
        // The old mount goes first: both have the same path.
        *mounted = None;
        let server = Server::new(Arc::clone(&self.disk), cuts);
        *mounted = Some((cuts, Mounted::new(&self.at, server)?));
        Ok(())
    }

    /// Makes one call fail: after `after` more calls of this kind, the next gets `errno`, once.
    pub fn fail_after(&self, what: FailWhat, after: u64, errno: Errno) {
        self.fail_after_in("", what, after, errno);
    }

    /// As [`Self::fail_after`], counting only files whose path from the mount contains
    /// `path_part`, such as `/log/` or `.sst`.
    pub fn fail_after_in(&self, path_part: &str, what: FailWhat, after: u64, errno: Errno) {
        self.disk().faults.add(what, path_part, after, errno);
    }

    /// Takes back all faults that have not struck.
    pub fn heal(&self) {
        self.disk().faults.clear();
    }

    /// How long each `fsync` takes from now on.
    pub fn set_sync_takes(&self, length: Duration) {
        self.disk().sync_takes = length;
    }

    /// Bytes that all files may have together, from now on.
    pub fn set_quota(&self, bytes: Option<u64>) {
        self.disk().quota = bytes;
    }

    /// Bytes that all files have together, as the quota counts them.
    pub fn used(&self) -> u64 {
        self.disk().used()
    }

    /// Calls so far.
    pub fn counters(&self) -> Counters {
        self.disk().counters
    }

    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().expect("no request panics")
    }
}
