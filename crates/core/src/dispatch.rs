//! Dispatch: an idle session and a waiting event become a lease. The only place where that
//! happens, at the end of each command that could have made it possible.

use alloc::boxed::Box;

use crate::action::{Action, RevokeCause};
use crate::batch::Batch;
use crate::command::Fence;
use crate::history::{DeliveryCause, ReturnCause, StepKind};
use crate::id::{EventId, QueueId, SessionId, TeamId};
use crate::limits::{DELIVERIES_MAX, OFFER};
use crate::model::{Class, DeadCause, Event, EventState, Lease, Link, Parked, Phase, StrictHold};
use crate::pick::{Pick, pick};
use crate::place::Return;
use crate::planted::{Bug, is_planted};
use crate::rows::{RowError, Rows};
use crate::state::State;

impl State {
    /// Decides when a queue must be dispatched again by a tick: it could lease, and nothing but
    /// its rate or the bound of a command's work holds it back.
    pub(crate) fn find_wake(&mut self, rows: &dyn Rows, queue: QueueId) -> Result<(), RowError> {
        for class in Class::ALL {
            self.load_windows(rows, queue, class)?;
        }
        let cell = self.queue_mut(queue);
        let wake = pick(cell)
            .filter(|it| cell.taker(it.class).is_some())
            .map(|it| it.not_before);
        let before = core::mem::replace(&mut cell.derived.wake, wake);
        if before != wake {
            before.map(|at| self.wakes.remove(&(at, queue)));
            wake.map(|at| self.wakes.insert((at, queue)));
        }
        Ok(())
    }
}

/// A delivery has a number of its own; but for a planted bug.
fn keeps_number(cause: DeliveryCause) -> bool {
    match cause {
        DeliveryCause::Again => is_planted(Bug::NumberReused),
        DeliveryCause::Takeover => is_planted(Bug::TakeoverKeepsNumber),
        DeliveryCause::First | DeliveryCause::Resume => false,
    }
}

impl crate::state::QueueCell {
    /// The session that takes the next event of this class: the longest idle one; for an
    /// interrupt, else the one whose event is the least urgent and was leased last.
    fn taker(&self, class: Class) -> Option<SessionId> {
        let mut idle = self.derived.idle.first().map(|it| it.1);
        if is_planted(Bug::LatestIdleFirst) {
            idle = self.derived.idle.last().map(|it| it.1);
        }
        match class {
            Class::Interrupt => idle.or(self.derived.preemptible.last().map(|it| it.2)),
            Class::Priority | Class::Normal => idle,
        }
    }
}

impl Batch<'_> {
    /// Leases what can be leased in a queue, as far as the command's room goes.
    pub(crate) fn dispatch(&mut self, queue: QueueId) -> Result<(), RowError> {
        while self.has_room() {
            self.state.find_wake(&self.overlay, queue)?;
            let cell = self.state.queue(queue);
            let Some(pick) = pick(cell) else {
                return Ok(());
            };
            let Some(session) = cell.taker(pick.class) else {
                return Ok(());
            };
            if pick.not_before > self.now() {
                return Ok(());
            }
            self.lease(queue, pick, session)?;
        }
        self.state.find_wake(&self.overlay, queue)
    }

    fn lease(&mut self, queue: QueueId, pick: Pick, session: SessionId) -> Result<(), RowError> {
        let cell = self.state.queue(queue);
        let team = cell.row.team;
        let event = self.event_of(team, pick.entry.1)?;
        let from_front = cell.front(pick.class) == Some((pick.entry, pick.which));
        self.remove_due(&event);
        self.remove_ready(&event, pick.which, from_front);
        if event.expires.is_some_and(|it| it <= self.now()) {
            return self.kill(event, DeadCause::Expired, None);
        }
        if pick.class != Class::Interrupt {
            self.count_lease(queue, &event, pick.streak);
        }
        if self.state.session(session).lease.is_some() {
            self.park(session)?;
        }
        let cause = if event.deliveries == 0 {
            DeliveryCause::First
        } else {
            DeliveryCause::Again
        };
        self.assign(event, session, cause);
        Ok(())
    }

    /// What a queue remembers of a lease.
    fn count_lease(&mut self, queue: QueueId, event: &Event, streak: u32) {
        let now = self.now();
        let row = &mut self.queue_mut(queue).row;
        row.streak = streak;
        if let Some(interval) = row.settings.lease_interval() {
            row.rate_next = row.rate_next.max(now).after(interval);
        }
        if row.settings.strict {
            row.strict_hold = Some(StrictHold {
                event: event.id,
                class: event.class,
                position: event.position,
                ready: false,
            });
        }
    }

    /// Hands an event to a session: a new delivery, offered.
    pub(crate) fn assign(&mut self, mut event: Box<Event>, id: SessionId, cause: DeliveryCause) {
        let (now, position) = (self.now(), self.position());
        let settings = self.state.queue(event.queue).row.settings;
        event.delivery += u32::from(!keeps_number(cause));
        event.deliveries += 1;
        event.state = EventState::Leased { session: id };
        let delivery = event.delivery;
        event.history.push(
            now,
            StepKind::Leased {
                session: id,
                delivery,
                cause,
            },
        );
        let length = event.lease.unwrap_or(settings.lease);
        let offered = now.after(OFFER);
        let lease = Lease {
            event: event.id,
            delivery,
            class: event.class,
            position,
            since: now,
            length,
            phase: Phase::Offered,
            until: offered,
            claim_by: offered.after(settings.claim_limit),
            cap: now.after(settings.lease_cap.max(length)),
        };
        self.put_event(event);
        self.change_session(id, |it| it.lease = Some(lease));
        self.deliver(id);
    }

    /// Asks the session's node to write what the session holds.
    pub(crate) fn deliver(&mut self, id: SessionId) {
        let session = self.state.session(id);
        if let Some(lease) = session.lease {
            let (node, stream) = (session.node, session.stream);
            let fence = Fence {
                event: lease.event,
                delivery: lease.delivery,
            };
            self.act(Action::Deliver {
                node,
                session: id,
                stream,
                fence,
            });
        }
    }

    /// Tells the session's node that a delivery is over.
    pub(crate) fn revoke(&mut self, id: SessionId, fence: Fence, cause: RevokeCause) {
        let session = self.state.session(id);
        if session.link == Link::Attached {
            let (node, stream) = (session.node, session.stream);
            self.act(Action::Revoke {
                node,
                session: id,
                stream,
                fence,
                cause,
            });
        }
    }

    /// Sets aside what a session holds, for an interrupt. It stays the session's own.
    fn park(&mut self, id: SessionId) -> Result<(), RowError> {
        let session = self.state.session(id);
        let lease = session.lease.expect("only who holds an event is preempted");
        let mut event = self.event_of(session.team, lease.event)?;
        let now = self.now();
        event.state = EventState::Parked { session: id };
        event.history.push(
            now,
            StepKind::Parked {
                delivery: lease.delivery,
            },
        );
        self.put_event(event);
        let parked = Parked {
            event: lease.event,
            delivery: lease.delivery,
            class: lease.class,
        };
        self.change_session(id, |it| {
            it.lease = None;
            it.parked = Some(parked);
        });
        let fence = Fence {
            event: lease.event,
            delivery: lease.delivery,
        };
        self.revoke(id, fence, RevokeCause::Preempted);
        Ok(())
    }

    /// A session has nothing in hand any more: it goes on with what was set aside for an
    /// interrupt, unless another interrupt waits (and there is room to look). If it takes no
    /// events, that goes back. Without a stream it keeps it until its grace ends.
    pub(crate) fn after_free(&mut self, id: SessionId) -> Result<(), RowError> {
        while let Some(session) = self.state.sessions.get(&id)
            && let (Some(parked), None, Link::Attached) =
                (session.parked, session.lease, session.link)
        {
            let (team, queue) = (session.team, session.queue);
            if !session.is_ready() {
                return self.unpark(id, ReturnCause::SessionLost);
            }
            self.state
                .load_windows(&self.overlay, queue, Class::Interrupt)?;
            let next = pick(self.state.queue(queue)).filter(|it| it.class == Class::Interrupt);
            match next.filter(|_| self.has_room()) {
                Some(next) => self.lease(queue, next, id)?,
                None => self.resume(team, parked.event, id)?,
            }
        }
        Ok(())
    }

    /// A session goes on with what was set aside, unless it was delivered too often by now.
    fn resume(&mut self, team: TeamId, event: EventId, id: SessionId) -> Result<(), RowError> {
        let event = self.event_of(team, event)?;
        self.lift(&event)?;
        if event.deliveries >= DELIVERIES_MAX {
            return self.kill(event, DeadCause::Undeliverable, None);
        }
        if is_planted(Bug::PreemptedNotResumed) {
            return self.give_back(event, Return::because(ReturnCause::SessionLost, false));
        }
        self.assign(event, id, DeliveryCause::Resume);
        Ok(())
    }

    /// What was set aside goes back to its place in the queue.
    pub(crate) fn unpark(&mut self, id: SessionId, cause: ReturnCause) -> Result<(), RowError> {
        let session = self.state.session(id);
        let Some(parked) = session.parked else {
            return Ok(());
        };
        let event = self.event_of(session.team, parked.event)?;
        self.lift(&event)?;
        self.give_back(event, Return::because(cause, false))
    }

    /// A queue that a tick must dispatch by now.
    pub(crate) fn first_due_wake(&self) -> Option<QueueId> {
        let first = self.state.wakes.first();
        first.filter(|it| it.0 <= self.now()).map(|it| it.1)
    }
}
