//! A view: a RocksDB snapshot together with the database that it borrows from, so that it can be
//! handed around. [`self_cell`] keeps the borrow inside one value.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use rocksdb::{ReadOptions, Snapshot};

use super::Open;
use crate::engine::{Family, Order, Read, Visit};

self_cell::self_cell!(
    struct Held {
        owner: Arc<Open>,
        #[covariant]
        dependent: Snapshot,
    }
);

/// The rows as they were. While it lives, RocksDB keeps what it shows, except dedup rows past their
/// expiry: compaction drops those under a view too.
pub(super) struct RocksView {
    held: Held,
}

impl RocksView {
    pub(super) fn new(open: Arc<Open>) -> Self {
        Self {
            held: Held::new(open, |open| open.db.snapshot()),
        }
    }

    fn options(&self) -> ReadOptions {
        let mut options = ReadOptions::default();
        options.set_snapshot(self.held.borrow_dependent());
        options
    }
}

impl Read for RocksView {
    fn get(&self, family: Family, key: &[u8]) -> io::Result<Option<Bytes>> {
        super::get(&self.held.borrow_owner().db, family, key, &self.options())
    }

    fn scan(
        &self,
        family: Family,
        range: Range<&[u8]>,
        order: Order,
        visit: &mut Visit<'_>,
    ) -> io::Result<()> {
        let db = &self.held.borrow_owner().db;
        super::scan(db, family, range, order, self.options(), visit)
    }
}
