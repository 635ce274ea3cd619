//! The runtime that openraft runs on: tokio, or its simulated twin under `--cfg madsim`.

#[cfg(madsim)]
mod sim;

use std::io;
use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use tokio::task::JoinHandle;

use crate::fatal::fatal;

/// What openraft spawns tasks, sleeps and draws random numbers with.
#[cfg(not(madsim))]
pub(crate) type Rt = openraft_rt_tokio::TokioRuntime;

/// What openraft spawns tasks, sleeps and draws random numbers with.
#[cfg(madsim)]
pub(crate) type Rt = sim::MadsimRuntime;

/// Starts a task that nothing here can do without: if it panics, the process ends.
pub fn vital(
    name: &'static str,
    work: impl Future<Output = ()> + Send + 'static,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        if AssertUnwindSafe(work).catch_unwind().await.is_err() {
            fatal(name, &io::Error::other("a task has panicked"));
        }
    })
}

/// Runs what blocks on a thread for such things; under simulation, which has none, inline.
///
/// # Errors
/// Those of `work`, or it has panicked.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    #[cfg(not(madsim))]
    return match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        // The runtime ends, and drops whoever waits: nobody can be answered any more.
        Err(error) if error.is_cancelled() => std::future::pending().await,
        Err(error) => Err(io::Error::other(error)),
    };
    #[cfg(madsim)]
    work()
}
