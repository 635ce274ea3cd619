//! What survives a power loss and what does not, through the kernel. Needs root and `/dev/fuse`;
//! where mounting is impossible these tests fail.
#![cfg(target_os = "linux")]

mod bytes;
mod faults;
mod names;
mod programs;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use ackord_powercut::{CutMode, Lost, Options, PowerFs};
use tempfile::TempDir;

/// A mounted disk on a directory of its own.
struct Disk {
    // Unmounted before the directory goes.
    fs: PowerFs,
    _dir: TempDir,
}

impl Disk {
    fn new() -> Self {
        Self::with(&Options::default())
    }

    fn with(options: &Options) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        match PowerFs::mount(dir.path(), options) {
            Ok(fs) => Self { fs, _dir: dir },
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                panic!("these tests need to mount FUSE as root: {error}: {cause:?}");
            }
        }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.path().join(path)
    }

    /// Power off and on again.
    fn lose_power(&self, mode: CutMode) -> Lost {
        let lost = self.cut(mode);
        self.power_on().expect("power on");
        lost
    }

    fn read(&self, path: &str) -> Vec<u8> {
        std::fs::read(self.at(path)).expect("read")
    }

    fn exists(&self, path: &str) -> bool {
        self.at(path).try_exists().expect("stat")
    }

    /// A file with these bytes, synced.
    fn put(&self, path: &str, bytes: &[u8]) -> File {
        let mut file = File::create(self.at(path)).expect("create");
        file.write_all(bytes).expect("write");
        file.sync_all().expect("sync");
        file
    }

    fn sync_directory(&self, path: &str) {
        File::open(self.at(path))
            .and_then(|dir| dir.sync_all())
            .expect("sync directory");
    }

    fn list(&self, path: &str) -> BTreeSet<String> {
        let entries = std::fs::read_dir(self.at(path)).expect("read directory");
        let names = entries.map(|entry| entry.expect("entry").file_name());
        names
            .map(|name| name.into_string().expect("UTF-8"))
            .collect()
    }
}

impl Deref for Disk {
    type Target = PowerFs;

    fn deref(&self) -> &PowerFs {
        &self.fs
    }
}

fn is_mount_point(path: &Path) -> bool {
    let mounts = std::fs::read_to_string("/proc/self/mounts").expect("mounts");
    mounts.lines().any(|line| {
        line.split(' ')
            .nth(1)
            .is_some_and(|at| Path::new(at) == path)
    })
}

#[test]
fn a_dropped_disk_leaves_no_mount_even_if_a_file_is_open() {
    let Disk { fs, _dir } = Disk::new();
    let path = fs.path().to_owned();
    let mut open = File::create(path.join("file")).expect("create");
    assert!(is_mount_point(&path));
    drop(fs);
    assert!(!is_mount_point(&path));
    open.write_all(b"x").expect_err("the disk is gone");
}

#[test]
fn without_power_everything_fails_and_old_handles_stay_dead() {
    let disk = Disk::new();
    let mut open = disk.put("file", b"before");
    disk.cut(CutMode::Drop);
    let refused = open.write_all(b"after").expect_err("no power");
    assert_eq!(refused.raw_os_error(), Some(nix::libc::EIO));
    assert!(open.sync_all().is_err());
    assert!(File::open(disk.at("file")).is_err());
    assert!(std::fs::read_dir(disk.path()).is_err());
    disk.power_on().expect("power on");
    assert!(open.write_all(b"after").is_err());
    assert!(open.sync_all().is_err());
    assert_eq!(disk.read("file"), b"before");
}
