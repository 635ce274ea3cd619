//! Time passed: sessions that did not answer, events that become deliverable or too old.

use crate::action::RevokeCause;
use crate::batch::Batch;
use crate::command::Fence;
use crate::due::DueKey;
use crate::history::{ReturnCause, StepKind};
use crate::id::SessionId;
use crate::limits::SESSION_KEPT;
use crate::model::{DeadCause, DueKind, EventState, Health, Lease, Link, Phase};
use crate::place::Return;
use crate::rows::RowError;

impl Batch<'_> {
    /// Acts on a session whose deadline has passed.
    pub(crate) fn expire_session(&mut self, id: SessionId) -> Result<(), RowError> {
        let session = self.state.session(id).clone();
        match session.link {
            Link::Attached => {
                let lease = session
                    .lease
                    .expect("an attached session expires by its lease");
                self.expire_lease(id, lease)?;
            }
            Link::Detached { .. } if session.holds() => self.lose_session(id)?,
            Link::Detached { .. } => self.remove_session(id),
        }
        self.after_free(id)?;
        self.dispatch(session.queue)
    }

    /// A session with a stream let a phase of its lease run out.
    fn expire_lease(&mut self, id: SessionId, lease: Lease) -> Result<(), RowError> {
        let (cause, health) = match lease.phase {
            Phase::Offered => (ReturnCause::Unconfirmed, Health::Unreachable),
            Phase::Confirmed => (ReturnCause::Unclaimed, Health::Deaf),
            Phase::Claimed => (ReturnCause::LeaseExpired, Health::Well),
        };
        let fence = Fence {
            event: lease.event,
            delivery: lease.delivery,
        };
        self.revoke(id, fence, RevokeCause::Expired);
        self.change_session(id, |it| it.health = health);
        self.take_back(id, lease, cause)
    }

    /// The event leaves the session and returns; an attempt is spent if it was claimed.
    fn take_back(
        &mut self,
        id: SessionId,
        lease: Lease,
        cause: ReturnCause,
    ) -> Result<(), RowError> {
        let event = self.event_of(self.state.session(id).team, lease.event)?;
        self.lift(&event)?;
        self.give_back(event, Return::because(cause, lease.phase == Phase::Claimed))
    }

    /// A session is gone for longer than its grace: all that it holds returns.
    pub(crate) fn lose_session(&mut self, id: SessionId) -> Result<(), RowError> {
        if let Some(lease) = self.state.session(id).lease {
            self.take_back(id, lease, ReturnCause::SessionLost)?;
        }
        self.unpark(id, ReturnCause::SessionLost)?;
        let now = self.now();
        self.change_session(id, |it| {
            let since = match it.link {
                Link::Detached { since, .. } => since,
                Link::Attached => now,
            };
            it.link = Link::Detached {
                since,
                until: now.after(SESSION_KEPT),
            };
        });
        Ok(())
    }

    /// Acts on a row of the due index.
    pub(crate) fn fire_due(&mut self, due: DueKey) -> Result<(), RowError> {
        let mut event = self.event_of(due.team, due.event)?;
        let queue = event.queue;
        self.lift(&event)?;
        if due.kind == DueKind::Expire {
            self.kill(event, DeadCause::Expired, None)?;
        } else if matches!(event.state, EventState::Delayed { .. }) {
            event.history.push(self.now(), StepKind::Due);
            self.enter(&mut event)?;
            self.put_event(event);
        } else {
            self.back_in_place(&mut event);
            self.put_event(event);
        }
        self.dispatch(queue)
    }
}
