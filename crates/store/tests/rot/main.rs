//! Real files that were changed behind the node's back: the disk opens with all that it held, or
//! it does not open. It never opens with less.

mod log;
mod rows;

use std::fs;
use std::path::{Path, PathBuf};

use ackord_core::id::NodeId;
use ackord_store::{Disk, DiskOptions, Identity, OpenError};
use tempfile::TempDir;

const IDENTITY: Identity = Identity {
    cluster: 7,
    node: NodeId(1),
    incarnation: 99,
};

fn open(path: &Path) -> Result<Disk, OpenError> {
    Disk::open(path, &DiskOptions::default())
}

fn start(path: &Path) -> Disk {
    let mut disk = open(path).expect("opens");
    disk.owner.adopt(IDENTITY).expect("adopts");
    disk
}

/// A copy of a data directory that may be spoilt.
fn copy(from: &Path) -> TempDir {
    let to = tempfile::tempdir().expect("a directory");
    copy_dir(from, to.path());
    to
}

fn copy_dir(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("lists") {
        let entry = entry.expect("lists");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("has a type").is_dir() {
            fs::create_dir(&target).expect("makes a directory");
            copy_dir(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copies");
        }
    }
}

/// The file with that ending in `dir`; of several, the longest.
fn file(dir: &Path, ending: &str) -> PathBuf {
    let files = fs::read_dir(dir).expect("lists");
    let paths = files.map(|entry| entry.expect("lists").path());
    let matching = paths.filter(|it| it.to_string_lossy().ends_with(ending));
    let longest = matching.max_by_key(|it| it.metadata().expect("has a length").len());
    longest.expect("there is one")
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).expect("reads");
    bytes[at] ^= 0x10;
    fs::write(path, bytes).expect("writes");
}

fn cut(path: &Path, bytes: u64) {
    let file = fs::OpenOptions::new().write(true).open(path);
    file.expect("opens").set_len(bytes).expect("cuts");
}

/// Where `needle` begins in the file.
fn find(path: &Path, needle: &[u8]) -> usize {
    let bytes = fs::read(path).expect("reads");
    let at = bytes.windows(needle.len()).position(|it| it == needle);
    at.expect("it is there")
}
