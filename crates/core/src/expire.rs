//! Time passed: sessions that did not answer, events that become deliverable or too old.

use crate::action::RevokeCause;
use crate::batch::Batch;
use crate::command::Fence;
use crate::due::DueKey;
use crate::history::{ReturnCause, StepKind};
use crate::id::SessionId;
use crate::limits::SESSION_KEPT;
use crate::model::{DeadCause, DueKind, EventState, Health, Lease, Link, Phase, Session};
use crate::place::Return;
use crate::rows::RowError;
use crate::time::Timestamp;

impl Batch<'_> {
    /// Acts on a session whose deadline has passed.
    pub(crate) fn expire_session(&mut self, id: SessionId) -> Result<(), RowError> {
        let session = self.state.session(id).clone();
        match session.link {
            Link::Detached { since, until } if until <= self.now() => {
                if session.holds() {
                    self.lose_session(id)?;
                } else {
                    self.retire_session(id, since);
                }
            }
            Link::Attached | Link::Detached { .. } => {
                let lease = session
                    .lease
                    .expect("a session expires by its lease, if not by its link");
                self.expire_lease(&session, lease)?;
            }
        }
        self.after_free(id)?;
        self.dispatch(session.queue)
    }

    /// A session let a phase of its lease run out. If it has a stream, it is told; if it has
    /// none, it may still come back for what was set aside.
    fn expire_lease(&mut self, session: &Session, lease: Lease) -> Result<(), RowError> {
        let (cause, health) = match lease.phase {
            Phase::Offered if self.now() < lease.claim_by => {
                (ReturnCause::Unconfirmed, Health::Unreachable)
            }
            Phase::Offered | Phase::Confirmed => (ReturnCause::Unclaimed, Health::Deaf),
            Phase::Claimed => (ReturnCause::LeaseExpired, Health::Well),
        };
        if session.link == Link::Attached {
            let fence = Fence {
                event: lease.event,
                delivery: lease.delivery,
            };
            self.revoke(session.id, fence, RevokeCause::Expired);
            self.change_session(session.id, |it| it.health = health);
        }
        self.take_back(session.id, lease, cause)
    }

    /// A detached session holds nothing: it is forgotten, once it was gone long enough.
    fn retire_session(&mut self, id: SessionId, since: Timestamp) {
        let until = since.after(SESSION_KEPT);
        if until <= self.now() {
            self.remove_session(id);
        } else {
            self.change_session(id, |it| it.link = Link::Detached { since, until });
        }
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
