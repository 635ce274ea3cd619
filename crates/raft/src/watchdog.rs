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
    if let Err(error) = ended(&raft, applies_no_more, &stopping).await {
        fatal("raft", &error);
    }
}

/// How Raft has ended: as it was asked to, or why.
async fn ended(
    raft: &Raft,
    applies_no_more: oneshot::Receiver<()>,
    stopping: &watch::Receiver<bool>,
) -> io::Result<()> {
    // Ends by being dropped.
    let _ = applies_no_more.await;
    let core_ended = timeout(LAST_WORDS, core_ended(raft)).await.is_ok();
    if *stopping.borrow() {
        return Ok(());
    }
    let state = raft.metrics().borrow_watched().running_state.clone();
    state.map_err(io::Error::other)?;
    let what = if core_ended { "raft" } else { "applying" };
    Err(io::Error::other(format!("{what} has ended")))
}

/// Returns once openraft's core has ended: it reports nothing more.
async fn core_ended(raft: &Raft) {
    let mut metrics = raft.server_metrics();
    while metrics.changed().await.is_ok() {}
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::config::{self, Options};
    use crate::contact::Contact;
    use crate::failpoint::Faults;
    use crate::metrics::Metrics;
    use crate::peer::{Alone, Peers};
    use crate::storage_suite;

    /// A group that runs, whatever becomes of it, and the end of its applying.
    async fn group() -> (Raft, oneshot::Sender<()>, oneshot::Receiver<()>) {
        let (log, machine) = storage_suite::on_twin();
        let config = config::openraft(&Options::new(1)).expect("the defaults fit together");
        let contact = Arc::new(Contact::new(Faults::default()));
        let glance = log.watch().glance();
        let network = Peers::new(Arc::new(Alone), glance, contact, Metrics::default());
        let raft = Raft::new(1, config, network, log, machine).await;
        let (applies, applies_no_more) = oneshot::channel();
        (raft.expect("an empty log"), applies, applies_no_more)
    }

    #[tokio::test]
    async fn an_end_that_was_asked_for_is_fine() {
        let (raft, applies, applies_no_more) = group().await;
        let stopping = watch::Sender::new(true);
        raft.shutdown().await.expect("it runs");
        drop(applies);
        let ended = ended(&raft, applies_no_more, &stopping.subscribe()).await;
        ended.expect("it was asked to");
    }

    #[tokio::test]
    async fn an_end_that_nobody_asked_for_is_told() {
        let (raft, applies, applies_no_more) = group().await;
        let stopping = watch::Sender::new(false);
        raft.shutdown().await.expect("it runs");
        drop(applies);
        let ended = ended(&raft, applies_no_more, &stopping.subscribe()).await;
        ended.expect_err("nobody has asked for it");
    }

    #[tokio::test]
    async fn a_raft_that_applies_no_more_has_ended() {
        let (raft, applies, applies_no_more) = group().await;
        let stopping = watch::Sender::new(false);
        drop(applies);
        let ended = ended(&raft, applies_no_more, &stopping.subscribe()).await;
        let error = ended.expect_err("nobody has asked for it");
        assert_eq!(error.to_string(), "applying has ended");
    }
}
