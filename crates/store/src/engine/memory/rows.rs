//! The rows engine of the twin: volatile until its atomic flush.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use super::disk::Handle;
use super::faults::Site;
use super::tables::Tables;
use crate::engine::{Batch, Engine, Family, Figures, Order, Read, Visit};

/// A rows engine over a [`super::SimDisk`].
pub(crate) struct RowsTwin {
    handle: Handle,
}

impl RowsTwin {
    pub(crate) fn new(handle: Handle) -> Self {
        Self { handle }
    }
}

impl Read for RowsTwin {
    fn get(&self, family: Family, key: &[u8]) -> io::Result<Option<Bytes>> {
        let mut platter = self.handle.platter()?;
        platter.faults.check(Site::RowsRead)?;
        platter.rows.get(family, key)
    }

    fn scan(
        &self,
        family: Family,
        range: Range<&[u8]>,
        order: Order,
        visit: &mut Visit<'_>,
    ) -> io::Result<()> {
        let mut platter = self.handle.platter()?;
        platter.faults.check(Site::RowsRead)?;
        let now = platter.rows.clone();
        drop(platter);
        now.scan(family, range, order, visit)
    }
}

impl Engine for RowsTwin {
    fn write(&self, batch: Batch) -> io::Result<()> {
        let mut platter = self.handle.platter()?;
        platter.faults.check(Site::RowsWrite)?;
        platter.rows.apply(&batch);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut platter = self.handle.platter()?;
        platter.faults.check(Site::RowsFlush)?;
        platter.rows_flushed = platter.rows.clone();
        Ok(())
    }

    fn get_durable(&self, family: Family, key: &[u8]) -> io::Result<Option<Bytes>> {
        self.handle.platter()?.rows_flushed.get(family, key)
    }

    fn view(&self) -> Arc<dyn Read> {
        Arc::new(View {
            rows: self.handle.peek().rows.clone(),
            handle: self.handle.clone(),
        })
    }

    fn figures(&self) -> io::Result<Figures> {
        Ok(Figures::default())
    }
}

/// The rows of one moment. To read them may fail all the same.
struct View {
    rows: Tables,
    handle: Handle,
}

impl View {
    fn check(&self) -> io::Result<()> {
        match self.handle.platter() {
            Ok(mut platter) => platter.faults.check(Site::RowsRead),
            // The dead may look.
            Err(_) => Ok(()),
        }
    }
}

impl Read for View {
    fn get(&self, family: Family, key: &[u8]) -> io::Result<Option<Bytes>> {
        self.check()?;
        self.rows.get(family, key)
    }

    fn scan(
        &self,
        family: Family,
        range: Range<&[u8]>,
        order: Order,
        visit: &mut Visit<'_>,
    ) -> io::Result<()> {
        self.check()?;
        self.rows.scan(family, range, order, visit)
    }
}
