//! Leases: who may be given what.

use ackord_core::command::Op;
use ackord_core::id::SessionId;
use ackord_core::model::{Class, Mode, Phase};

use super::Model;
use super::event::{Event, State};
use super::session::{GRACE, Held, OFFER, Session};
use crate::story::{Lease, Scene};

impl Model {
    /// A session is given an event.
    pub(super) fn observe_lease(&mut self, scene: &Scene, lease: Lease) {
        let Lease { fence, session: to } = lease;
        let (Some(event), Some(session)) = (self.events.get(&fence.event), self.sessions.get(&to))
        else {
            return self.blame(format!("{fence:?} is leased to {to}, and one is unknown"));
        };
        let (event, session) = (event.clone(), session.clone());
        if let Err(wrong) = self.may_lease(scene, &event, to, &session) {
            self.blame(format!("{} to {to}: {wrong}", event.id));
        }
        if fence.delivery != event.delivery + 1 {
            let wrong = format!("{} has delivery {}", event.id, fence.delivery);
            self.blame(format!("{wrong} after {}", event.delivery));
        }
        // What it had in hand is set aside.
        if let Some(aside) = session.held.filter(|it| it.event != event.id) {
            self.park(to, aside);
        }
        self.give(to, &event);
    }

    fn may_lease(
        &self,
        scene: &Scene,
        event: &Event,
        to: SessionId,
        session: &Session,
    ) -> Result<(), String> {
        let rule = |holds: bool, otherwise: &str| {
            if holds {
                Ok(())
            } else {
                Err(otherwise.to_owned())
            }
        };
        rule(session.queue == event.queue, "not of its queue")?;
        rule(self.takes(session), "it takes no events")?;
        if event.state == State::Leased(to) {
            let takes_over = matches!(scene.command.op, Op::Attach(_));
            return rule(takes_over, "it has it already");
        }
        if event.state == State::Parked(to) {
            return rule(session.held.is_none(), "it has another one in hand");
        }
        rule(event.state == State::Ready, "the event is not ready")?;
        let alive = event.expires.is_none_or(|it| it > self.now);
        rule(alive, "the event is past its TTL")?;
        let paused = self.queue(&event.queue).mode == Mode::Paused;
        rule(!paused, "the queue is paused")?;
        if event.class == Class::Interrupt {
            return self.may_interrupt(session);
        }
        let free = session.held.is_none() && session.parked.is_none();
        rule(free, "it is busy")?;
        let longer = self.idle_longer(session);
        rule(!longer, "another session is idle for longer")
    }

    /// It takes events, or did until this command, which detaches one session after the other.
    fn takes(&self, session: &Session) -> bool {
        let just_detached = session.detached.is_some_and(|it| it.by == self.number);
        session.well && (session.detached.is_none() || just_detached)
    }

    /// An interrupt goes to somebody idle, or to whoever has something else in hand.
    fn may_interrupt(&self, session: &Session) -> Result<(), String> {
        if session.is_idle() || (session.parked.is_some() && session.held.is_none()) {
            return Ok(());
        }
        let class = |it: &Held| self.events[&it.event].class;
        let other = session
            .held
            .is_some_and(|it| class(&it) != Class::Interrupt);
        // Whoever became idle or well by this command may have done so after it.
        let since = |it: &Session| it.idle_since.max(it.well_since);
        let idle = |it: &Session| it.is_idle() && since(it) < self.number;
        let mut sessions = self.sessions.values();
        let somebody_idle = sessions.any(|it| it.queue == session.queue && idle(it));
        if other && !somebody_idle && session.parked.is_none() {
            Ok(())
        } else {
            Err("it is not to be interrupted".to_owned())
        }
    }

    /// Whoever became well by this command may have done so after it: of what somebody says to
    /// everybody his own tag is given its copy before he counts as heard.
    fn idle_longer(&self, than: &Session) -> bool {
        let idle = |it: &Session| it.is_idle() && it.well_since < self.number;
        self.sessions
            .values()
            .any(|it| it.queue == than.queue && idle(it) && it.idle_since < than.idle_since)
    }

    fn park(&mut self, id: SessionId, aside: Held) {
        let session = self.sessions.get_mut(&id).expect("it was looked up");
        session.parked = Some(aside.event);
        session.held = None;
        let event = self.events.get_mut(&aside.event).expect("it is held");
        event.state = State::Parked(id);
        self.touched.insert(aside.event);
    }

    fn give(&mut self, to: SessionId, event: &Event) {
        let settings = self.queue(&event.queue).settings;
        let length = event.lease.unwrap_or(settings.lease);
        let until = self.now.after(OFFER);
        let held = Held {
            event: event.id,
            phase: Phase::Offered,
            length,
            until,
            claim_by: until.after(settings.claim_limit),
            cap: self.now.after(settings.lease_cap.max(length)),
        };
        self.set(event.id, State::Leased(to));
        let event = self.events.get_mut(&event.id).expect("it was looked up");
        event.delivery += 1;
        event.deliveries += 1;
        event.was_gone = false;
        event.given_to = Some(to);
        let session = self.sessions.get_mut(&to).expect("it was looked up");
        session.held = Some(held);
        if let Some(detached) = &mut session.detached {
            detached.until = self.now.after(GRACE);
        }
    }
}
