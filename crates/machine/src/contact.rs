//! Whether this node is in touch with the others. Without them it does not know what they have
//! decided meanwhile: a token may be revoked, a session may be theirs.

use std::time::Duration;

use ackord_raft::RaftHandle;
use tokio::time::sleep;

use crate::Machine;

/// What a node knows is good for so long.
const STALE: Duration = Duration::from_secs(2);
/// After so long the others will soon give this node's sessions up.
pub(crate) const ISOLATED: Duration = Duration::from_secs(3);
/// How often a node that was isolated looks whether it still is.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

impl Machine {
    /// Whether what this node knows may be older than 2 s, for it was not in touch with the others, or has
    /// not applied yet what it missed: it must answer nothing from what it knows.
    pub fn is_stale(&self) -> bool {
        self.raft.knowledge().is_none_or(|it| it >= STALE)
    }

    /// Returns once this node was not in touch with the others for 3 s: it must hold no sessions.
    pub async fn isolated(&self) {
        isolated(&self.raft).await;
    }

    /// Returns once this node is not stale.
    pub async fn in_touch(&self) {
        while self.is_stale() {
            sleep(LOOK_AGAIN).await;
        }
    }
}

/// Returns once the node was not in touch with the others for 3 s.
pub(crate) async fn isolated(raft: &RaftHandle) {
    loop {
        // A node that was never in touch serves nobody yet.
        let age = raft.contact().unwrap_or_default();
        match ISOLATED.checked_sub(age) {
            None | Some(Duration::ZERO) => return,
            Some(left) => sleep(left).await,
        }
    }
}
