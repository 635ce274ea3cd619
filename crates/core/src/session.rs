//! Sessions in memory: what is derived from one, in one place, so that it cannot drift.

use crate::id::SessionId;
use crate::model::{Class, Health, Link, Session};
use crate::state::State;
use crate::time::Timestamp;

impl Session {
    /// It could take an event now.
    pub(crate) fn is_idle(&self) -> bool {
        self.is_ready() && self.lease.is_none() && self.parked.is_none()
    }

    /// It has a stream and takes events.
    pub(crate) fn is_ready(&self) -> bool {
        self.link == Link::Attached && self.health == Health::Well
    }

    /// It holds an event, in hand or parked.
    pub(crate) fn holds(&self) -> bool {
        self.lease.is_some() || self.parked.is_some()
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
        derived.idle.remove(&(session.idle_since, id));
        if let Some(lease) = session.lease {
            derived
                .preemptible
                .remove(&(lease.class, lease.position, id));
        }
        Some(session)
    }
}
