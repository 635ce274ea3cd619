use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::answer::{Rejection, Reply};
use crate::batch::{Batch, DONE, Outcome};
use crate::command::{Command, Fence};
use crate::fence;
use crate::id::{NodeId, SessionId};
use crate::limits::{DELIVERIES_PER_COMMAND, LEASE_MAX};
use crate::model::{Lease, Phase};
use crate::planted::{Bug, is_planted};
use crate::time::{Millis, Timestamp};

/// "These offers were written to their sessions, and these sessions made calls." One of a node
/// and second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirm {
    /// The node that speaks.
    pub node: NodeId,
    /// What it wrote.
    pub written: Vec<Written>,
    /// Sessions that made a call: they are well.
    pub seen: Vec<SessionId>,
}

/// One offer that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// To whom.
    pub session: SessionId,
    /// What.
    pub fence: Fence,
}

/// "The model has seen this event."
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The delivery.
    pub fence: Fence,
}

impl Confirm {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        batch.allow_cluster(command)?;
        if self.written.len() + self.seen.len() > DELIVERIES_PER_COMMAND {
            return Err(Rejection::Limit("items of one confirm").into());
        }
        for written in &self.written {
            self.confirm(batch, *written);
        }
        let mut queues = BTreeSet::new();
        for id in &self.seen {
            let known = batch.state.sessions.get(id);
            if let Some(session) = known.filter(|it| it.node == self.node) {
                queues.insert(session.queue);
                batch.heard_from(*id);
            }
        }
        for queue in queues {
            batch.dispatch(queue)?;
        }
        DONE
    }

    /// An offer that is over by now stays over.
    fn confirm(&self, batch: &mut Batch<'_>, written: Written) {
        let Some(session) = batch.state.sessions.get(&written.session) else {
            return;
        };
        let fence = written.fence;
        let offered = |it: &Lease| {
            (it.event, it.delivery, it.phase) == (fence.event, fence.delivery, Phase::Offered)
        };
        if session.node != self.node || !session.lease.as_ref().is_some_and(offered) {
            return;
        }
        let limit = batch.state.queue(session.queue).row.settings.claim_limit;
        let until = batch.now().after(limit);
        batch.change_session(written.session, |it| {
            if let Some(lease) = &mut it.lease {
                lease.phase = Phase::Confirmed;
                lease.until = until.min(lease.claim_by);
            }
        });
    }
}

impl Claim {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        let event = batch.fenced(command, self.fence)?;
        fence::check(&event, self.fence)?;
        let id = fence::holder(&event).ok_or(Rejection::NotLeased)?;
        let held = batch
            .state
            .session(id)
            .lease
            .filter(|it| it.event == event.id);
        batch.heard_from(id);
        let until = match held {
            Some(lease) if lease.phase == Phase::Claimed => lease.until,
            _ => batch.claim(id, held),
        };
        Ok(Reply::Extended(alloc::vec![Ok(until)]))
    }
}

impl Batch<'_> {
    /// The session works on what it holds: the lease runs anew, and if it waits for an approval, from
    /// the last instant at which that may come, up to its cap, which counts from the first claim. What
    /// is parked waits for as long as its session lives.
    pub(crate) fn claim(&mut self, id: SessionId, held: Option<Lease>) -> Timestamp {
        let Some(mut lease) = held else {
            return self.now().after(LEASE_MAX);
        };
        if lease.phase != Phase::Claimed {
            let settings = self.state.queue(self.state.session(id).queue).row.settings;
            lease.cap = self.now().after(settings.lease_cap.max(lease.length));
        }
        let asked = self.state.asked_until(id, lease.event);
        let asked = asked.filter(|_| !is_planted(Bug::AskingGivesNoTime));
        let from = asked.unwrap_or_default().max(self.now());
        let mut until = from.after(lease.length).min(lease.cap);
        if is_planted(Bug::CapIgnored) {
            until = self.now().after(lease.length);
        }
        if is_planted(Bug::LeaseHalved) {
            until = self.now().after(Millis(lease.length.0 / 2));
        }
        self.change_session(id, |it| {
            it.lease = Some(Lease {
                phase: Phase::Claimed,
                until,
                ..lease
            });
        });
        until
    }
}
