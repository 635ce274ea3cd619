//! Where an event stands, and how it gets from one place to another. Each move takes it out of the
//! place that its state names and puts it where the new state says; nothing else touches places.

use alloc::boxed::Box;

use crate::backoff::backoff;
use crate::batch::Batch;
use crate::history::{ReturnCause, StepKind};
use crate::limits::DELIVERIES_MAX;
use crate::model::{DeadCause, DeadLetter, Event, EventState, Finished, Outcome};
use crate::planted::{Bug, is_planted};
use crate::rows::{Key, Row, RowError};
use crate::text::Reason;
use crate::time::Millis;

/// How an event comes back from a session.
pub(crate) struct Return {
    pub(crate) cause: ReturnCause,
    pub(crate) reason: Option<Reason>,
    /// An attempt is spent.
    pub(crate) spend: bool,
    /// Waits so long, instead of the backoff.
    pub(crate) delay: Option<Millis>,
}

impl Return {
    pub(crate) fn because(cause: ReturnCause, spend: bool) -> Self {
        Self {
            cause,
            reason: None,
            spend,
            delay: None,
        }
    }
}

/// The event counts among those that its ordering key or strict queue waits for.
fn is_in_line(event: &Event) -> bool {
    match event.state {
        EventState::Ready
        | EventState::Waiting
        | EventState::Leased { .. }
        | EventState::Parked { .. }
        | EventState::Backoff { .. } => true,
        EventState::Delayed { .. }
        | EventState::Held { .. }
        | EventState::Dead { .. }
        | EventState::Ended { .. } => false,
    }
}

impl Batch<'_> {
    /// Gives an event that just became deliverable its place: at the end, or in its lane.
    pub(crate) fn enter(&mut self, event: &mut Event) -> Result<(), RowError> {
        event.position = self.position();
        if self.enter_lane(event)? {
            event.state = EventState::Waiting;
        } else {
            event.state = EventState::Ready;
            self.add_fresh(event);
        }
        self.put_due(event);
        Ok(())
    }

    /// Puts an event back to the place that it had.
    pub(crate) fn back_in_place(&mut self, event: &mut Event) {
        event.state = EventState::Ready;
        self.add_returned(event);
        if let Some(hold) = &mut self.queue_mut(event.queue).row.strict_hold
            && hold.event == event.id
        {
            hold.ready = true;
        }
        self.put_due(event);
    }

    /// Takes an event out of where it stands. Its lane and strict queue still wait for it.
    pub(crate) fn lift(&mut self, event: &Event) -> Result<(), RowError> {
        self.remove_due(event);
        match event.state {
            EventState::Delayed { .. } => self.queue_mut(event.queue).row.delayed -= 1,
            EventState::Held { .. } => self.unhold(event)?,
            EventState::Backoff { .. } => self.queue_mut(event.queue).row.backoff -= 1,
            EventState::Ready => {
                let which = self.run_of(event)?;
                let (queue, class) = (event.queue, event.class);
                self.state.load_windows(&self.overlay, queue, class)?;
                let place = (event.position, event.id);
                let from_front = self.state.queue(queue).first(class, which) == Some(place);
                self.remove_ready(event, which, from_front);
            }
            EventState::Leased { session } => {
                let idle_since = self.position();
                self.change_session(session, |it| {
                    it.lease = None;
                    it.idle_since = idle_since;
                });
            }
            EventState::Parked { session } => self.change_session(session, |it| it.parked = None),
            EventState::Dead { position, .. } => {
                self.delete(Key::Dead(event.team, position));
                self.queue_mut(event.queue).row.dead -= 1;
            }
            EventState::Waiting | EventState::Ended { .. } => {}
        }
        Ok(())
    }

    /// Lets whoever waits behind an event go on: it is done for good.
    pub(crate) fn leave_line(&mut self, event: &Event) -> Result<(), RowError> {
        if !is_in_line(event) {
            return Ok(());
        }
        let hold = self.state.queue(event.queue).row.strict_hold;
        if hold.is_some_and(|it| it.event == event.id) {
            self.queue_mut(event.queue).row.strict_hold = None;
        }
        self.leave_lane(event)
    }

    /// Ends an event that was lifted.
    pub(crate) fn end(
        &mut self,
        mut event: Box<Event>,
        outcome: Outcome,
        step: StepKind,
    ) -> Result<(), RowError> {
        self.leave_line(&event)?;
        let (at, position) = (self.now(), self.position());
        event.state = EventState::Ended {
            outcome,
            at,
            position,
        };
        event.history.push(at, step);
        let finished = Finished {
            event: event.id,
            queue: event.queue,
            at,
            outcome,
        };
        self.put_new(Key::Finished(event.team, position), Row::Finished(finished));
        self.put_event(event);
        Ok(())
    }

    /// Makes a dead letter of an event that was lifted.
    pub(crate) fn kill(
        &mut self,
        event: Box<Event>,
        cause: DeadCause,
        reason: Option<Reason>,
    ) -> Result<(), RowError> {
        self.leave_line(&event)?;
        self.bury(event, cause, reason)
    }

    /// Makes a dead letter of an event for which nobody waits.
    pub(crate) fn bury(
        &mut self,
        mut event: Box<Event>,
        cause: DeadCause,
        reason: Option<Reason>,
    ) -> Result<(), RowError> {
        let (at, position) = (self.now(), self.position());
        event.state = EventState::Dead {
            cause,
            at,
            position,
        };
        event.history.push(at, StepKind::Dead { cause, reason });
        let letter = DeadLetter {
            event: event.id,
            queue: event.queue,
            at,
            cause,
        };
        self.put_new(Key::Dead(event.team, position), Row::DeadLetter(letter));
        self.queue_mut(event.queue).row.dead += 1;
        self.put_event(event);
        Ok(())
    }

    /// Takes back an event that was lifted from a session: to its place, into backoff, or dead.
    pub(crate) fn give_back(&mut self, mut event: Box<Event>, how: Return) -> Result<(), RowError> {
        let now = self.now();
        let Return {
            cause,
            reason,
            spend,
            delay,
        } = how;
        event.history.push(
            now,
            StepKind::Returned {
                delivery: event.delivery,
                cause,
                reason,
            },
        );
        event.attempts += u32::from(spend && !is_planted(Bug::AttemptsNotCounted));
        if let Some(cause) = self.cause_of_death(&event, spend) {
            return self.kill(event, cause, None);
        }
        if spend {
            let delay = delay.filter(|_| !is_planted(Bug::NackDelayIgnored));
            let until = now.after(delay.unwrap_or_else(|| backoff(event.id, event.attempts)));
            if is_planted(Bug::StrictHeadSkipped) {
                self.queue_mut(event.queue).row.strict_hold = None;
            }
            event.state = EventState::Backoff { until };
            self.queue_mut(event.queue).row.backoff += 1;
            self.put_due(&event);
        } else {
            self.back_in_place(&mut event);
        }
        self.put_event(event);
        Ok(())
    }

    fn cause_of_death(&self, event: &Event, spent: bool) -> Option<DeadCause> {
        let settings = &self.state.queue(event.queue).row.settings;
        if spent && event.attempts >= event.attempts_max.unwrap_or(settings.attempts) {
            Some(DeadCause::Attempts)
        } else if event.deliveries >= DELIVERIES_MAX {
            Some(DeadCause::Undeliverable)
        } else if event.expires.is_some_and(|it| it <= self.now()) {
            Some(DeadCause::Expired)
        } else {
            None
        }
    }
}
