//! Waiting for others, and saying so now and then.

use std::fmt::Display;
use std::time::Duration;

use ackord_machine::Machine;
use tokio::time::{Instant, sleep};

use super::super::StartError;

/// Between two tries.
const RETRY: Duration = Duration::from_millis(300);
/// What takes no longer than this is not told.
const PATIENCE: Duration = Duration::from_secs(3);
/// Between two words about the same.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// A wait for somebody.
pub(super) struct Waiting {
    whom: String,
    tell: Instant,
}

impl Waiting {
    /// Between two tries.
    pub(super) const RETRY: Duration = RETRY;

    pub(super) fn new(whom: String) -> Self {
        Self {
            whom,
            tell: Instant::now() + PATIENCE,
        }
    }

    /// It did not go well, and may go well later.
    pub(super) async fn again(&mut self, why: &impl Display) {
        self.note(why);
        sleep(RETRY).await;
    }

    /// Says so, if that was not said just now.
    pub(super) fn note(&mut self, why: &impl Display) {
        if Instant::now() >= self.tell {
            tracing::warn!(%why, "waiting for {}", self.whom);
            self.tell = Instant::now() + TELL_EVERY;
        }
    }
}

/// Returns once more than half of the members, this node included, have said that this node's disk
/// has what they know of.
pub(in super::super) async fn recalled(
    machine: &Machine,
    members: &[String],
) -> Result<(), StartError> {
    let members = members.join(", ");
    let mut for_others = Waiting::new(format!("more than half of {members}"));
    let recalled = machine.recalled();
    tokio::pin!(recalled);
    loop {
        tokio::select! {
            biased;
            done = &mut recalled => return Ok(done?),
            () = sleep(RETRY) => {}
        }
        for_others.note(&"they must say that this disk has what it had");
    }
}

/// Returns once the machine is at least where it was when it ended.
pub(in super::super) async fn recovered(
    machine: &Machine,
    members: &[String],
) -> Result<(), StartError> {
    let members = members.join(", ");
    let mut for_leader = Waiting::new(format!("a leader: more than half of {members}"));
    let mut for_log = Waiting::new("the log to be applied again".to_owned());
    let recovered = machine.recovered();
    tokio::pin!(recovered);
    loop {
        tokio::select! {
            biased;
            done = &mut recovered => return Ok(done?),
            () = sleep(RETRY) => {}
        }
        let status = machine.status();
        if status.leader.is_some() {
            let index = |it: Option<u64>| it.unwrap_or_default();
            let (applied, end) = (index(status.applied), index(status.committed));
            for_log.note(&format!("at entry {applied} of {end}"));
        } else {
            for_leader.note(&"they must run and reach each other");
        }
    }
}
