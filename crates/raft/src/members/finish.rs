//! What a leader left undone: a joint membership that nobody works on.

use std::time::Duration;

use openraft::ChangeMembers;
use tokio::sync::watch;
use tokio::time::sleep;

use super::Members;

/// How often this is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Finishes changes of members that an earlier leader began.
pub(crate) struct Finisher(Members);

impl Finisher {
    pub(crate) fn new(members: Members) -> Self {
        Self(members)
    }

    /// Runs until it is asked to end.
    pub(crate) async fn run(self, mut stopping: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                biased;
                _ = stopping.wait_for(|it| *it) => return,
                () = sleep(LOOK_EVERY) => {}
            }
            self.look().await;
        }
    }

    async fn look(&self) {
        // Whoever holds it works on it.
        let Ok(_turn) = self.0.turn.try_lock() else {
            return;
        };
        let Ok((group, at)) = self.0.group() else {
            return;
        };
        if !group.joint {
            return;
        }
        // Nobody more than those who vote after it.
        let rest = ChangeMembers::AddVoterIds([].into());
        match self.0.step(rest, at).await {
            Ok(()) => tracing::info!("a change of members is finished that was left undone"),
            Err(error) => tracing::debug!(%error, "a change of members is left undone"),
        }
    }
}
