//! What all actors of a run share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ackord_client::{Client, Options};
use tokio::time::sleep;

use super::recorder::Recorder;
use super::work::Work;
use crate::draw::Draw;
use crate::plan::Plan;

/// How often somebody who waits looks whether the storm is over.
const LOOK: Duration = Duration::from_millis(250);

/// See the module. Cheap to clone.
#[derive(Clone)]
pub(super) struct Scene {
    pub(super) plan: Arc<Plan>,
    /// Where each actor's draws come from: fork it by the actor's name.
    pub(super) draw: Draw,
    pub(super) recorder: Recorder,
    pub(super) work: Work,
    /// Addresses of the servers.
    pub(super) servers: Vec<String>,
    /// A token of the team that may do everything in it.
    pub(super) token: String,
    pub(super) calm: Arc<AtomicBool>,
}

impl Scene {
    /// A client on the host that this runs on.
    pub(super) fn client(&self, patience: Duration) -> Client {
        let options = Options {
            servers: self.servers.clone(),
            deadline: patience,
            ..Options::new("", self.token.clone())
        };
        Client::new(options).expect("the addresses are addresses")
    }

    /// Whether the storm is over: nothing breaks any more, and everybody just works.
    pub(super) fn is_calm(&self) -> bool {
        self.calm.load(Ordering::Relaxed)
    }

    /// Waits so long, or until the storm is over.
    pub(super) async fn pause(&self, length: Duration) {
        let mut left = length;
        while !left.is_zero() && !self.is_calm() {
            let part = left.min(LOOK);
            sleep(part).await;
            left -= part;
        }
    }

    /// Waits until the storm is over.
    pub(super) async fn calm(&self) {
        while !self.is_calm() {
            sleep(LOOK).await;
        }
    }
}
