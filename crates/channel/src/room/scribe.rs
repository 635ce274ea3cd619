//! Writes notifications, one after the other, and says when each is written. A host that does not read holds
//! up the scribe, not the room.

use std::time::Duration;

use ackord_client::Delivery;
use rmcp::model::{CustomNotification, ServerNotification};
use rmcp::{Peer, RoleServer};
use tokio::sync::mpsc;
use tracing::{debug, warn};

use super::Note;
use crate::desk::Push;
use crate::page;

/// Notifications that may wait to be written: what a host that reads nothing is spared.
const PUSHES_MAX: usize = 32;
/// A host that takes longer to read one is worth a word in the log.
const SLOW: Duration = Duration::from_secs(10);

/// The way in which Claude Code takes events.
const METHOD: &str = "notifications/claude/channel";

/// See the module.
#[derive(Debug)]
pub(super) struct Scribe {
    pushes: mpsc::Sender<(Delivery, Push)>,
}

impl Scribe {
    pub(super) fn start(
        host: Peer<RoleServer>,
        notes: mpsc::Sender<Note>,
        shown_bytes: usize,
    ) -> Self {
        let (pushes, mut waiting) = mpsc::channel::<(Delivery, Push)>(PUSHES_MAX);
        tokio::spawn(async move {
            while let Some((delivery, push)) = waiting.recv().await {
                if is_stale(&delivery, &push) {
                    continue;
                }
                let page = page::notification(&delivery, &push, shown_bytes, rand::random());
                let fence = delivery.fence().clone();
                // Not held while the host takes its time: the room decides how long it is needed.
                drop(delivery);
                if push == Push::Whole {
                    // Before it is written: who has read it may answer at once.
                    let _ended = notes.send(Note::Showing(fence.clone())).await;
                }
                let params = serde_json::json!({ "content": page.content, "meta": page.meta });
                let message = CustomNotification::new(METHOD, Some(params));
                let message = ServerNotification::CustomNotification(message);
                let mut writing = std::pin::pin!(host.send_notification(message));
                let mut written = tokio::time::timeout(SLOW, &mut writing).await;
                if written.is_err() {
                    warn!(event = %fence.event_id, "the host does not read");
                    written = Ok(writing.await);
                }
                match written {
                    Ok(Ok(())) => {
                        let _ended = notes.send(Note::Pushed(fence)).await;
                    }
                    Ok(Err(error)) => debug!(%error, "the host takes no notifications"),
                    Err(_) => {}
                }
            }
        });
        Self { pushes }
    }

    /// Writes when its turn comes. Beyond the bound nothing is queued: it is announced again.
    pub(super) fn write(&self, delivery: Delivery, push: Push) {
        let _too_many = self.pushes.try_send((delivery, push));
    }
}

/// It was answered, or went away, while it waited to be written.
fn is_stale(delivery: &Delivery, push: &Push) -> bool {
    match push {
        Push::Whole | Push::Again | Push::Reminder(_) => delivery.loss().is_some(),
        Push::Gone(_) | Push::Missed => false,
    }
}
