//! The rows engine of the twin: volatile until its atomic flush.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use super::disk::Handle;
use crate::engine::{Batch, Engine, Family, Order, Read, Visit};

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
        self.handle.platter()?.rows.get(family, key)
    }

    fn scan(
        &self,
        family: Family,
        range: Range<&[u8]>,
        order: Order,
        visit: &mut Visit<'_>,
    ) -> io::Result<()> {
        let now = self.handle.platter()?.rows.clone();
        now.scan(family, range, order, visit)
    }
}

impl Engine for RowsTwin {
    fn write(&self, batch: Batch) -> io::Result<()> {
        let mut platter = self.handle.platter()?;
        platter.faults.check_write()?;
        platter.rows.apply(&batch);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut platter = self.handle.platter()?;
        platter.faults.check_space()?;
        platter.faults.check_sync()?;
        platter.rows_flushed = platter.rows.clone();
        Ok(())
    }

    fn get_durable(&self, family: Family, key: &[u8]) -> io::Result<Option<Bytes>> {
        self.handle.platter()?.rows_flushed.get(family, key)
    }

    fn view(&self) -> Arc<dyn Read> {
        Arc::new(self.handle.peek().rows.clone())
    }
}
