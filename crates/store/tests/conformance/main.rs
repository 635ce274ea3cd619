//! What a disk promises, asked of the real one and of its twin alike. What only one of them can
//! show (loss of power, rotten files) has its own suite beside this one.

mod identity;
mod log;
mod model;
mod rows;
mod snapshots;
mod views;

use ackord_core::id::{EventId, NodeId, TeamId};
use ackord_core::model::{ContentHash, Dedup, DedupKey};
use ackord_core::rows::{Change, Key, Row};
use ackord_core::time::Timestamp;
use ackord_store::{Disk, DiskOptions, Identity, OpenError, SimDisk};
use tempfile::TempDir;

/// A disk that outlives the processes that use it.
trait Bed {
    /// Starts a process on the disk. Dropping what this answers kills the process.
    fn open(&self, options: &DiskOptions) -> Result<Disk, OpenError>;

    /// The same, with the identity of all these tests.
    fn start(&self) -> Disk {
        let mut disk = self.open(&DiskOptions::default()).expect("opens");
        disk.owner.adopt(IDENTITY).expect("adopts");
        disk
    }
}

struct Real(TempDir);

impl Bed for Real {
    fn open(&self, options: &DiskOptions) -> Result<Disk, OpenError> {
        Disk::open(&self.0.path().join("node"), options)
    }
}

struct Twin(SimDisk);

impl Bed for Twin {
    fn open(&self, options: &DiskOptions) -> Result<Disk, OpenError> {
        Disk::simulated(&self.0, options)
    }
}

/// Makes a test on each disk out of each fact.
macro_rules! on_both {
    ($($fact:ident),* $(,)?) => {
        mod real {
            $(#[test]
            fn $fact() {
                super::$fact(&crate::Real(tempfile::tempdir().expect("a directory")));
            })*
        }

        mod twin {
            $(#[test]
            fn $fact() {
                super::$fact(&crate::Twin(ackord_store::SimDisk::new()));
            })*
        }
    };
}
use on_both;

const IDENTITY: Identity = Identity {
    cluster: 7,
    node: NodeId(1),
    incarnation: 99,
};

fn dedup(number: u128) -> Key {
    Key::Dedup(TeamId(1), DedupKey(number))
}

fn row(number: u128) -> Row {
    Row::Dedup(Dedup {
        event: EventId(number),
        content: ContentHash(number),
        expires: Timestamp(u64::MAX),
    })
}

fn put(number: u128) -> Change {
    Change::Put(dedup(number), row(number))
}
