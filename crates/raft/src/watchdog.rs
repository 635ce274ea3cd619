//! Ends the process when Raft has ended without having been asked to: a node that is up and does
//! nothing is worse than one that is down.

use std::io;
use std::time::Duration;

use openraft::async_runtime::WatchReceiver;
use tokio::sync::{oneshot, watch};
use tokio::time::timeout;

use crate::fatal::fatal;
use crate::types::Raft;

/// How long a core whose applying has ended may take to say why.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Returns once Raft has ended as it was asked to. `applies_no_more` ends with openraft's worker
/// that applies: should that panic, openraft itself would not notice before its next entry.
pub(crate) async fn watch(
    raft: Raft,
    applies_no_more: oneshot::Receiver<()>,
    stopping: watch::Receiver<bool>,
) {
    // Ends by being dropped.
    let _ = applies_no_more.await;
    let ended = timeout(LAST_WORDS, core_ended(&raft)).await.is_ok();
    if *stopping.borrow() {
        return;
    }
    let state = raft.metrics().borrow_watched().running_state.clone();
    match state {
        Err(error) => fatal("raft", &error),
        Ok(()) if ended => fatal("raft", &io::Error::other("raft has ended")),
        Ok(()) => fatal("raft", &io::Error::other("applying has ended")),
    }
}

/// Returns once openraft's core has ended: it reports nothing more.
async fn core_ended(raft: &Raft) {
    let mut metrics = raft.server_metrics();
    while metrics.changed().await.is_ok() {}
}
