//! Sessions in memory: what is derived from one, in one place, so that it cannot drift.

use crate::id::SessionId;
use crate::model::{Class, Health, Link, Session};
use crate::planted::{Bug, is_planted};
use crate::state::State;
use crate::time::Timestamp;

impl Session {
    /// It could take an event now.
    pub(crate) fn is_idle(&self) -> bool {
        self.is_ready() && self.lease.is_none() && self.parked.is_none()
    }

    /// It has a stream and takes events.
    pub(crate) fn is_ready(&self) -> bool {
        let well = self.health == Health::Well || is_planted(Bug::DeafIsGiven);
        self.link == Link::Attached && well
    }

    /// It holds an event, in hand or parked.
    pub(crate) fn holds(&self) -> bool {
        self.lease.is_some() || self.parked.is_some()
    }

    /// It keeps messages from its tag: it wants none, and is here, or comes back for what it holds.
    fn keeps_messages_out(&self) -> bool {
        !self.accepts_messages && (self.link == Link::Attached || self.holds())
    }

    /// When something happens to it by itself.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        let lease = self.lease.map(|it| it.until);
        match self.link {
            Link::Attached => lease,
            Link::Detached { until, .. } => Some(lease.map_or(until, |it| it.min(until))),
        }
    }

    /// Events that it holds, interrupts left out.
    fn held(&self) -> u64 {
        let lease = self.lease.is_some_and(|it| it.class != Class::Interrupt);
        u64::from(lease) + u64::from(self.parked.is_some())
    }
}

impl State {
    pub(crate) fn add_session(&mut self, session: Session) {
        self.usage(session.team).sessions += 1;
        self.session_keys
            .insert((session.team, session.key.clone()), session.id);
        if let Some(at) = session.deadline() {
            self.deadlines.insert((at, session.id));
        }
        let derived = &mut self.queue_mut(session.queue).derived;
        derived.held += session.held();
        derived.opted_out += u64::from(session.keeps_messages_out());
        if session.is_idle() {
            derived.idle.insert((session.idle_since, session.id));
        }
        if let Some(lease) = session.lease
            && session.is_ready()
            && lease.class != Class::Interrupt
        {
            derived
                .preemptible
                .insert((lease.class, lease.position, session.id));
        }
        if session.link == Link::Attached {
            derived.attached += 1;
            self.present.insert((session.team, session.queue));
        }
        self.sessions.insert(session.id, session);
    }

    pub(crate) fn remove_session(&mut self, id: SessionId) -> Option<Session> {
        let session = self.sessions.remove(&id)?;
        self.usage(session.team).sessions -= 1;
        self.session_keys
            .remove(&(session.team, session.key.clone()));
        if let Some(at) = session.deadline() {
            self.deadlines.remove(&(at, id));
        }
        let derived = &mut self.queue_mut(session.queue).derived;
        derived.held -= session.held();
        derived.opted_out -= u64::from(session.keeps_messages_out());
        derived.idle.remove(&(session.idle_since, id));
        if let Some(lease) = session.lease {
            derived
                .preemptible
                .remove(&(lease.class, lease.position, id));
        }
        if session.link == Link::Attached {
            derived.attached -= 1;
            if derived.attached == 0 {
                self.present.remove(&(session.team, session.queue));
            }
        }
        Some(session)
    }
}
