//! Reads that see everything that was decided before they began, on whichever node: the leader
//! makes sure that it still leads, and says how far it is; the node that reads waits until it is as
//! far. One such question serves all who wait for it, and is always asked after they came.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ackord_proto::peer::ConfirmRequest;
use ackord_raft::{Leading, vital};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use crate::Machine;

/// How long a leader is looked for who can confirm: longer than an election takes.
const CONFIRM_MAX: Duration = Duration::from_secs(3);
/// How long one answer may take.
const ANSWER_MAX: Duration = Duration::from_secs(1);
/// Pause before another try.
const TRY_AGAIN: Duration = Duration::from_millis(50);

/// No leader has confirmed in time how far everything is. A read that was made all the same could
/// miss what others were answered already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no leader confirms that this node is up to date")]
pub struct Unconfirmed;

/// Those who wait for a confirmation.
#[derive(Debug, Default)]
pub(crate) struct Confirmations(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    /// Somebody asks, and will ask for those who wait now.
    asking: bool,
    readers: Vec<oneshot::Sender<u64>>,
    /// The one who asks, and those before that may not be quite gone.
    tasks: Vec<JoinHandle<()>>,
    /// Nobody asks any more.
    ended: bool,
}

impl Confirmations {
    /// Takes a place, and whether the caller is to ask for all. After the end there is no place: the
    /// receiver has nothing to wait for.
    fn enter(&self) -> (oneshot::Receiver<u64>, bool) {
        let (reader, confirmed) = oneshot::channel();
        let mut waiting = self.waiting();
        if waiting.ended {
            return (confirmed, false);
        }
        waiting.readers.push(reader);
        let asks = !std::mem::replace(&mut waiting.asking, true);
        (confirmed, asks)
    }

    /// Keeps the task that asks, for the end.
    fn asked_by(&self, task: JoinHandle<()>) {
        let mut waiting = self.waiting();
        if waiting.ended {
            task.abort();
        }
        waiting.tasks.retain(|it| !it.is_finished());
        waiting.tasks.push(task);
    }

    /// Lets nobody wait any more. Answers the tasks that ask, which are to be ended.
    pub(crate) fn end(&self) -> Vec<JoinHandle<()>> {
        let mut waiting = self.waiting();
        waiting.ended = true;
        waiting.readers.clear();
        std::mem::take(&mut waiting.tasks)
    }

    /// Those for whom to ask now. Once there are none, nobody asks any more.
    fn next(&self) -> Vec<oneshot::Sender<u64>> {
        let mut waiting = self.waiting();
        waiting.asking = !waiting.readers.is_empty();
        std::mem::take(&mut waiting.readers)
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Machine {
    /// Returns once [`Self::view`] and [`Self::rows`] show everything that was decided before this
    /// call.
    ///
    /// # Errors
    /// No leader has confirmed within 3 s how far that is.
    pub async fn fresh(&self) -> Result<(), Unconfirmed> {
        let next = self.confirmed().await?;
        if let Some(index) = next.checked_sub(1) {
            self.raft.reach(index).await;
        }
        Ok(())
    }

    /// Returns how many entries were decided before this call, at least; asks the leader if that is
    /// another node.
    async fn confirmed(&self) -> Result<u64, Unconfirmed> {
        let (confirmed, asks) = self.confirmations.enter();
        if asks {
            let asking = vital("confirmation of reads", self.clone().confirm_all());
            self.confirmations.asked_by(asking);
        }
        confirmed.await.map_err(|_| Unconfirmed)
    }

    async fn confirm_all(self) {
        loop {
            let readers = self.confirmations.next();
            if readers.is_empty() {
                return;
            }
            // Without an answer they are dropped.
            if let Some(next) = self.confirm().await {
                for reader in readers {
                    // Whoever waited may be gone.
                    let _ = reader.send(next);
                }
            }
        }
    }

    async fn confirm(&self) -> Option<u64> {
        let end = Instant::now() + CONFIRM_MAX;
        loop {
            let answer = timeout(ANSWER_MAX, self.ask_leader()).await;
            if let Ok(Some(next)) = answer {
                return Some(next);
            }
            if Instant::now() >= end {
                return None;
            }
            sleep(TRY_AGAIN).await;
        }
    }

    async fn ask_leader(&self) -> Option<u64> {
        match self.raft.leader_watch().now().leading {
            Leading::Here => self.raft.confirm().await,
            Leading::There(leader) => {
                let address = leader.address?;
                let peers = &self.exchange.introductions.peers;
                let answer = peers
                    .confirm(leader.node, &address, ConfirmRequest {})
                    .await;
                Some(answer.ok()?.index.map_or(0, |it| it + 1))
            }
            Leading::Nowhere => None,
        }
    }

    /// For another member: the last entry that was decided before this call, none if nothing was,
    /// once a quorum has confirmed that this node leads.
    ///
    /// # Errors
    /// It does not lead, or cannot tell.
    pub async fn confirm_for_peer(&self) -> Result<Option<u64>, Unconfirmed> {
        if self.raft.leader_watch().now().leading != Leading::Here {
            return Err(Unconfirmed);
        }
        let next = self.confirmed().await?;
        Ok(next.checked_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot::error::TryRecvError;

    use super::*;

    #[test]
    fn who_comes_while_somebody_asks_is_asked_for_next() {
        let confirmations = Confirmations::default();
        let (_first, asks) = confirmations.enter();
        assert!(asks);
        let (_second, asks) = confirmations.enter();
        assert!(!asks, "one asks for both");
        assert_eq!(confirmations.next().len(), 2);
        let (_third, asks) = confirmations.enter();
        assert!(!asks, "whoever asks goes on");
        assert_eq!(confirmations.next().len(), 1);
        assert!(confirmations.next().is_empty());
        let (_fourth, asks) = confirmations.enter();
        assert!(asks);
    }

    #[test]
    fn nobody_waits_after_the_end() {
        let confirmations = Confirmations::default();
        let (mut before, _) = confirmations.enter();
        assert!(confirmations.end().is_empty());
        let (mut after, asks) = confirmations.enter();
        assert!(!asks);
        for reader in [&mut before, &mut after] {
            assert_eq!(reader.try_recv(), Err(TryRecvError::Closed));
        }
    }
}
