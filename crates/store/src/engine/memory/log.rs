//! The log engine of the twin: unsynced writes are kept apart.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use super::disk::Handle;
use super::faults::Site;
use crate::engine::{Batch, Engine, Family, Figures, Order, Read, Visit};

/// A log engine over a [`super::SimDisk`].
pub(crate) struct LogTwin {
    handle: Handle,
}

impl LogTwin {
    pub(crate) fn new(handle: Handle) -> Self {
        Self { handle }
    }
}

impl Read for LogTwin {
    fn get(&self, family: Family, key: &[u8]) -> io::Result<Option<Bytes>> {
        let mut platter = self.handle.platter()?;
        platter.faults.check(Site::LogRead)?;
        platter.log.get(family, key)
    }

    fn scan(
        &self,
        family: Family,
        range: Range<&[u8]>,
        order: Order,
        visit: &mut Visit<'_>,
    ) -> io::Result<()> {
        let mut platter = self.handle.platter()?;
        platter.faults.check(Site::LogRead)?;
        let now = platter.log.clone();
        drop(platter);
        now.scan(family, range, order, visit)
    }
}

impl Engine for LogTwin {
    fn write(&self, batch: Batch) -> io::Result<()> {
        let mut platter = self.handle.platter()?;
        platter.faults.check(Site::LogWrite)?;
        platter.log.apply(&batch);
        platter.log_unsynced.push(batch);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut platter = self.handle.platter()?;
        platter.faults.check(Site::LogSync)?;
        platter.log_unsynced.clear();
        platter.log_synced = platter.log.clone();
        Ok(())
    }

    fn get_durable(&self, _: Family, _: &[u8]) -> io::Result<Option<Bytes>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn view(&self) -> Arc<dyn Read> {
        Arc::new(self.handle.peek().log.clone())
    }

    fn figures(&self) -> io::Result<Figures> {
        Ok(Figures::default())
    }
}
