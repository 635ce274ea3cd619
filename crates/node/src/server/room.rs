//! Tasks that a node cannot do without.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt;
use futures::future::join_all;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// A task of the node. If it panics, the process ends: a node that serves without delivering, or
/// without a clock, would look well and not be.
#[derive(Debug)]
pub(super) struct Room(JoinHandle<()>);

impl Room {
    pub(super) fn open(
        name: &'static str,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        Self(tokio::spawn(async move {
            if AssertUnwindSafe(work).catch_unwind().await.is_err() {
                ackord_raft::fatal(name, &std::io::Error::other("a task has panicked"));
            }
        }))
    }
}

/// Waits until all of them have ended; those that have not within `limit` are cut off. Answers
/// whether all had.
pub(super) async fn all_end(mut rooms: Vec<Room>, limit: Duration) -> bool {
    // One that panicked has ended the process.
    let ended = timeout(limit, join_all(rooms.iter_mut().map(|it| &mut it.0))).await;
    rooms.iter().for_each(|it| it.0.abort());
    ended.is_ok()
}
