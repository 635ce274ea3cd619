//! Who may read while a snapshot takes the place of all rows.

use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, Weak};

use bytes::Bytes;

use super::RowStore;
use super::home::Candidate;
use super::snapshot::Received;
use crate::engine::memory::{HomeTwin, RowsTwin, SimDisk};
use crate::engine::{Batch, Engine, Family, Figures, Order, Read, Visit};

/// A reader that comes by now and then, and notes whether the rows could be read.
#[derive(Clone, Default)]
struct Reader {
    store: Arc<OnceLock<Weak<RowStore>>>,
    found: Arc<Mutex<Vec<bool>>>,
}

impl Reader {
    fn comes(&self) {
        if let Some(store) = self.store.get().and_then(Weak::upgrade) {
            let free = store.engine.try_read().is_ok();
            self.found.lock().expect("no reader panics").push(free);
        }
    }
}

/// Rows during whose end a reader comes.
struct Old {
    rows: RowsTwin,
    reader: Reader,
}

impl Drop for Old {
    fn drop(&mut self) {
        self.reader.comes();
    }
}

impl Read for Old {
    fn get(&self, family: Family, key: &[u8]) -> io::Result<Option<Bytes>> {
        self.rows.get(family, key)
    }

    fn scan(
        &self,
        family: Family,
        range: Range<&[u8]>,
        order: Order,
        visit: &mut Visit<'_>,
    ) -> io::Result<()> {
        self.rows.scan(family, range, order, visit)
    }
}

impl Engine for Old {
    fn write(&self, batch: Batch) -> io::Result<()> {
        self.rows.write(batch)
    }

    fn sync(&self) -> io::Result<()> {
        self.rows.sync()
    }

    fn get_durable(&self, family: Family, key: &[u8]) -> io::Result<Option<Bytes>> {
        self.rows.get_durable(family, key)
    }

    fn view(&self) -> Arc<dyn Read> {
        self.rows.view()
    }

    fn figures(&self) -> io::Result<Figures> {
        self.rows.figures()
    }
}

/// Rows during whose switch a reader comes.
struct New {
    rows: RowsTwin,
    reader: Reader,
}

impl Candidate for New {
    fn rows(&self) -> &dyn Read {
        &self.rows
    }

    fn switch(self: Box<Self>) -> io::Result<Arc<dyn Engine>> {
        self.reader.comes();
        Ok(Arc::new(self.rows))
    }
}

#[test]
fn readers_do_not_wait_for_an_install() {
    let handle = SimDisk::new().open();
    let reader = Reader::default();
    let old = Old {
        rows: RowsTwin::new(handle.clone()),
        reader: reader.clone(),
    };
    let home = Box::new(HomeTwin::new(handle.clone()));
    let store = RowStore::new(Arc::new(old), home, handle.horizon());
    let store = Arc::new(store);
    assert!(reader.store.set(Arc::downgrade(&store)).is_ok());
    let new = New {
        rows: RowsTwin::new(handle),
        reader: reader.clone(),
    };
    store
        .install(Received(Box::new(new)))
        .expect("a twin's rows");
    let found = reader.found.lock().expect("no reader panics");
    assert_eq!(*found, [true, true], "at the switch, and as the old go");
}
