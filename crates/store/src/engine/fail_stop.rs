//! Fail-stop: an engine that failed once takes no write again.
//!
//! After a failed fsync the kernel may hold the pages for clean, and a second fsync then succeeds
//! without the data. So nothing here tries again, and nobody above can.

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ackord_core::planted::{Bug, is_planted};
use bytes::Bytes;

use super::{Batch, Engine, Family, Figures, Order, Read, Visit};

/// An engine whose first failed write or sync is its last.
pub(crate) struct FailStop<E> {
    inner: E,
    failed: AtomicBool,
}

impl<E: Engine> FailStop<E> {
    pub(crate) fn new(inner: E) -> Self {
        Self {
            inner,
            failed: AtomicBool::new(false),
        }
    }

    /// The engine itself.
    #[cfg(not(madsim))]
    pub(crate) fn inner(&self) -> &E {
        &self.inner
    }

    fn guard(&self, action: impl FnOnce(&E) -> io::Result<()>) -> io::Result<()> {
        if self.failed.load(Ordering::Acquire) {
            return Err(io::Error::other("an earlier write or sync has failed"));
        }
        action(&self.inner).inspect_err(|_| self.failed.store(true, Ordering::Release))
    }
}

impl<E: Engine> Read for FailStop<E> {
    fn get(&self, family: Family, key: &[u8]) -> io::Result<Option<Bytes>> {
        self.inner.get(family, key)
    }

    fn scan(
        &self,
        family: Family,
        range: Range<&[u8]>,
        order: Order,
        visit: &mut Visit<'_>,
    ) -> io::Result<()> {
        self.inner.scan(family, range, order, visit)
    }
}

impl<E: Engine> Engine for FailStop<E> {
    fn write(&self, batch: Batch) -> io::Result<()> {
        self.guard(|it| match it.write(batch) {
            Err(_) if is_planted(Bug::FailedWriteIgnored) => Ok(()),
            written => written,
        })
    }

    fn sync(&self) -> io::Result<()> {
        self.guard(|it| match it.sync() {
            Err(_) if is_planted(Bug::FailedSyncTriedAgain) => it.sync(),
            synced => synced,
        })
    }

    fn get_durable(&self, family: Family, key: &[u8]) -> io::Result<Option<Bytes>> {
        self.inner.get_durable(family, key)
    }

    fn view(&self) -> Arc<dyn Read> {
        self.inner.view()
    }

    fn figures(&self) -> io::Result<Figures> {
        self.inner.figures()
    }
}
