//! Time passed, or a session is gone: what comes back, wakes up or dies, as the log tells it.

use ackord_core::command::Op;
use ackord_core::history::{ReturnCause, StepKind};
use ackord_core::id::{EventId, SessionId};
use ackord_core::model::{DeadCause, Phase};
use ackord_core::time::{Millis, Timestamp};

use super::Model;
use super::event::State;
use crate::story::{Move, Scene};

/// Deliveries after which an event is dead, whatever became of them.
const DELIVERIES_MAX: u32 = 50;

impl Model {
    /// What happened to events besides what the command asked for.
    pub(super) fn observe_steps(&mut self, scene: &Scene) {
        let mut moves: Vec<&Move> = scene.moves.iter().collect();
        // What was set aside comes back because of what was in hand; lanes are entered in order.
        moves.sort_by_key(|it| (self.is_parked(it.event), it.place));
        for it in moves {
            for step in &it.steps {
                self.observe_step(scene, it, step);
            }
            self.observe_wake(it);
        }
    }

    fn is_parked(&self, event: EventId) -> bool {
        let event = self.events.get(&event);
        event.is_some_and(|it| matches!(it.state, State::Parked(_)))
    }

    fn observe_step(&mut self, scene: &Scene, it: &Move, step: &StepKind) {
        let id = it.event;
        let Some(event) = self.events.get(&id) else {
            return;
        };
        match step {
            StepKind::Due => {
                let due = matches!(event.state, State::Delayed(until) if until <= self.now);
                if !due {
                    self.blame(format!("{id} is due, and was {:?}", event.state));
                }
                self.enter(id);
            }
            StepKind::Dead {
                cause: DeadCause::Expired,
                ..
            } if event.holder().is_none() && !event.is_over() => {
                if event.expires.is_none_or(|it| it > self.now) {
                    self.blame(format!("{id} is dead before its time"));
                }
                self.end(id, State::Dead(DeadCause::Expired));
            }
            StepKind::Returned { cause, .. } if *cause != ReturnCause::Nack => {
                self.observe_return(scene, it, *cause);
            }
            // What the command asked for, what follows from a return, and what leases tell.
            _ => {}
        }
    }

    /// A backoff ends without a word.
    fn observe_wake(&mut self, it: &Move) {
        let asleep = self.events.get(&it.event).map(|it| it.state);
        if let Some(State::Backoff(until)) = asleep
            && it.after.map(State::from) != asleep
        {
            if until > self.now {
                self.blame(format!("{} wakes before {until}", it.event));
            }
            self.set(it.event, State::Ready);
        }
    }

    fn observe_return(&mut self, scene: &Scene, it: &Move, cause: ReturnCause) {
        let id = it.event;
        let Some(holder) = self.events[&id].holder() else {
            return self.blame(format!("{id} comes back, and nobody had it"));
        };
        if !self.may_return(scene, id, holder, cause) {
            self.blame(format!("{id} comes back from {holder} for {cause:?}"));
        }
        let claimed = self.phase(id, holder) == Some(Phase::Claimed);
        let expired = matches!(
            cause,
            ReturnCause::Unconfirmed | ReturnCause::Unclaimed | ReturnCause::LeaseExpired
        );
        let session = self.sessions.get_mut(&holder).expect("it holds something");
        if expired && session.detached.is_none() {
            session.well = cause == ReturnCause::LeaseExpired;
        }
        self.give_back(id, claimed, None, it);
    }

    /// How far the lease of an event in hand has come.
    fn phase(&self, event: EventId, holder: SessionId) -> Option<Phase> {
        let held = self.sessions[&holder].held;
        held.filter(|it| it.event == event).map(|it| it.phase)
    }

    fn may_return(
        &self,
        scene: &Scene,
        event: EventId,
        holder: SessionId,
        cause: ReturnCause,
    ) -> bool {
        let session = &self.sessions[&holder];
        let held = session.held.filter(|it| it.event == event);
        let is_tick = matches!(scene.command.op, Op::Tick(_));
        let lost = match session.detached {
            Some(detached) if is_tick => detached.until <= self.now,
            Some(_) => matches!(&scene.command.op, Op::Detach(it) if it.bye),
            None => held.is_none() && !session.is_ready(),
        };
        let over = held.filter(|it| is_tick && it.until <= self.now);
        let early = over.is_some_and(|it| it.phase == Phase::Offered && self.now < it.claim_by);
        match cause {
            ReturnCause::SessionLost => lost,
            ReturnCause::LeaseExpired => over.is_some_and(|it| it.phase == Phase::Claimed),
            ReturnCause::Unconfirmed => early,
            ReturnCause::Unclaimed => over.is_some_and(|it| it.phase != Phase::Claimed) && !early,
            ReturnCause::Nack => false,
        }
    }

    /// An event comes back from a session: to its place, after a while, or dead. How long it waits
    /// is in the log, within bounds.
    pub(super) fn give_back(&mut self, id: EventId, spend: bool, delay: Option<Millis>, it: &Move) {
        let event = self.events.get_mut(&id).expect("it was looked up");
        event.attempts += u32::from(spend);
        let settings = self.queues.get(&event.queue).map(|it| it.settings);
        let allowed = settings.unwrap_or_default().attempts;
        let state = if spend && event.attempts >= event.attempts_max.unwrap_or(allowed) {
            State::Dead(DeadCause::Attempts)
        } else if event.deliveries >= DELIVERIES_MAX {
            State::Dead(DeadCause::Undeliverable)
        } else if event.expires.is_some_and(|it| it <= self.now) {
            State::Dead(DeadCause::Expired)
        } else if spend {
            let (least, most) = wait(event.attempts, delay);
            let found = match it.after.map(State::from) {
                Some(State::Backoff(until)) => until,
                _ => Timestamp(0),
            };
            let until = found.max(self.now.after(least)).min(self.now.after(most));
            State::Backoff(until)
        } else {
            State::Ready
        };
        match state {
            State::Dead(_) => self.end(id, state),
            _ => self.set(id, state),
        }
    }
}

/// How long an event waits after so many attempts, at least and at most: a second, doubled with each
/// attempt up to 512, and up to a quarter more; or as long as a nack says.
fn wait(attempts: u32, delay: Option<Millis>) -> (Millis, Millis) {
    if let Some(delay) = delay {
        return (delay, delay);
    }
    let least = 1_000 << attempts.saturating_sub(1).min(9);
    (Millis(least), Millis(least + least / 4))
}
