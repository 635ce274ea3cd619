//! What the twin can lose: unsynced writes, unflushed rows, whole syncs. Each promise of the store
//! is tried against the loss, and each planted bug is seen to break one.

mod log;
mod node;
mod rows;

use std::io::ErrorKind;

use ackord_core::id::{EventId, NodeId, TeamId};
use ackord_core::model::{ContentHash, Dedup, DedupKey};
use ackord_core::rows::{Change, Key, Row, Rows};
use ackord_core::time::Timestamp;
use ackord_store::engine::Family;
use ackord_store::{Disk, DiskOptions, Identity, LogStore, OpenError, Planted, SimDisk, Site};
use bytes::Bytes;

const IDENTITY: Identity = Identity {
    cluster: 7,
    node: NodeId(1),
    incarnation: 99,
};

fn start(disk: &SimDisk) -> Disk {
    start_with(disk, Planted::default())
}

fn start_with(disk: &SimDisk, planted: Planted) -> Disk {
    let options = DiskOptions {
        planted,
        ..DiskOptions::default()
    };
    let mut open = Disk::simulated(disk, &options).expect("opens");
    open.owner.adopt(IDENTITY).expect("adopts");
    open
}

fn refusal(disk: &SimDisk) -> OpenError {
    let opened = Disk::simulated(disk, &DiskOptions::default());
    opened.map(drop).expect_err("refused")
}

fn append(log: &LogStore, range: std::ops::Range<u64>) {
    let entries: Vec<_> = range.map(|index| (index, Bytes::from("entry"))).collect();
    log.append(&entries).expect("appends");
}

fn dedup(number: u128, expires: u64) -> Change {
    let row = Row::Dedup(Dedup {
        event: EventId(number),
        content: ContentHash(number),
        expires: Timestamp(expires),
    });
    Change::Put(dedup_key(number), row)
}

fn dedup_key(number: u128) -> Key {
    Key::Dedup(TeamId(1), DedupKey(number))
}
