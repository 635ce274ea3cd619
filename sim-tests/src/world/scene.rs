//! What all actors of a run share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ackord_client::{Client, Options};
use tokio::time::sleep;

use super::approvals::Board;
use super::recorder::Recorder;
use super::setup::Tokens;
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
    /// What sessions ask for.
    pub(super) board: Board,
    /// Addresses of the servers.
    pub(super) servers: Vec<String>,
    /// What clients show.
    pub(super) tokens: Tokens,
    pub(super) calm: Arc<AtomicBool>,
}

impl Scene {
    /// A client on the host that this runs on, with one of the tokens.
    pub(super) fn client(&self, token: &str, patience: Duration) -> Client {
        self.client_of(self.servers.clone(), token, patience)
    }

    /// The same of these servers only.
    pub(super) fn client_of(
        &self,
        servers: Vec<String>,
        token: &str,
        patience: Duration,
    ) -> Client {
        self.make_client(servers, token, patience, false)
    }

    /// The same, whose reads see everything that was decided before.
    pub(super) fn fresh_client_of(
        &self,
        servers: Vec<String>,
        token: &str,
        patience: Duration,
    ) -> Client {
        self.make_client(servers, token, patience, true)
    }

    fn make_client(
        &self,
        servers: Vec<String>,
        token: &str,
        patience: Duration,
        fresh: bool,
    ) -> Client {
        let options = Options {
            servers,
            deadline: patience,
            fresh,
            ..Options::new("", token)
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
