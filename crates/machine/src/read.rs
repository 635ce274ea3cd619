//! Reads of many rows, or of large ones: away from the threads that carry everybody's messages.

use ackord_core::rows::RowError;
use ackord_store::RowView;

use crate::Machine;

impl Machine {
    /// Answers what `read` finds in all rows at this moment. It may block.
    ///
    /// Rows that cannot be read end the process: what the disk shows cannot be trusted.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&RowView) -> Result<T, RowError> + Send + 'static,
    ) -> T {
        let rows = self.rows();
        let found = blocking(move || read(&rows)).await;
        found.unwrap_or_else(|error| ackord_raft::fatal("read rows", &error))
    }
}

#[cfg(not(madsim))]
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(found) => found,
        // The runtime ends, and drops whoever waits.
        Err(error) if error.is_cancelled() => std::future::pending().await,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// A simulated process has one thread.
#[cfg(madsim)]
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    work()
}
