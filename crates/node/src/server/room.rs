//! Tasks that a node cannot do without.

use std::future::Future;

use futures::future::join_all;
use tokio::task::JoinHandle;

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
            let _alive = Alive(name);
            work.await;
        }))
    }
}

/// Returns once all of them have ended.
pub(super) async fn all(rooms: Vec<Room>) {
    // One that panicked has ended the process.
    let _ = join_all(rooms.into_iter().map(|it| it.0)).await;
}

struct Alive(&'static str);

impl Drop for Alive {
    fn drop(&mut self) {
        // A panic of a simulated task ends the simulation by itself.
        if cfg!(not(madsim)) && std::thread::panicking() {
            ackord_raft::fatal(self.0, &std::io::Error::other("a task has panicked"));
        }
    }
}
