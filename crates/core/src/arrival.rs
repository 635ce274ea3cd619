//! Events on their way in, whoever brings them: what is checked of each, and how it is stored.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::answer::Rejection;
use crate::batch::{Batch, broken};
use crate::history::{History, StepKind};
use crate::id::{EventId, QueueId, SourceId, TeamId};
use crate::limits::{ATTEMPTS_MAX, BODY_BYTES_MAX, HORIZON, LEASE_MAX, LEASE_MIN, META_FIELDS_MAX};
use crate::model::{
    Class, Content, ContentHash, DeadCause, Dedup, DedupKey, Event, EventState, Origin,
};
use crate::planted::{Bug, is_planted};
use crate::rows::{Key, Row, RowError, Rows};
use crate::text::{EventType, MetaKey, MetaValue, OrderingKey};
use crate::time::{Millis, Position, Timestamp};

/// An instant, stated either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// This instant.
    At(Timestamp),
    /// So long after the entry's stamp.
    After(Millis),
}

impl Moment {
    fn instant(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::After(span) => now.after(span),
        }
    }
}

/// When an event is deliverable, in log time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    pub(crate) not_before: Option<Timestamp>,
    pub(crate) expires: Option<Timestamp>,
}

impl Times {
    pub(crate) fn of(
        now: Timestamp,
        not_before: Option<Moment>,
        expires: Option<Moment>,
    ) -> Result<Self, Rejection> {
        let not_before = not_before.map(|it| it.instant(now)).filter(|it| *it > now);
        let not_before = not_before.filter(|_| !is_planted(Bug::DelayIgnored));
        let expires = expires.map(|it| it.instant(now));
        let expires = expires.filter(|_| !is_planted(Bug::TtlIgnored));
        let far = now.after(HORIZON);
        if not_before.is_some_and(|it| it > far) || expires.is_some_and(|it| it > far) {
            return Err(Rejection::Invalid(
                "not_before, expires_at: at most 366 days ahead",
            ));
        }
        if expires.is_some_and(|it| it <= not_before.unwrap_or(now)) {
            return Err(Rejection::Invalid(
                "expires_at: after not_before, and in the future",
            ));
        }
        Ok(Self {
            not_before,
            expires,
        })
    }
}

/// Checks what is stored of an event for good.
pub(crate) fn check_content(body: &[u8], meta: &[(MetaKey, MetaValue)]) -> Result<(), Rejection> {
    if body.len() > BODY_BYTES_MAX {
        return Err(Rejection::Invalid("body: at most 1,048,576 bytes"));
    }
    if meta.len() > META_FIELDS_MAX {
        return Err(Rejection::Invalid("meta: at most 32 fields"));
    }
    if !meta.is_sorted_by(|a, b| a.0 < b.0) {
        return Err(Rejection::Invalid("meta: sorted by key, each key once"));
    }
    Ok(())
}

/// Checks on which terms an event is queued.
pub(crate) fn check_terms(
    class: Class,
    ordering_key: Option<&OrderingKey>,
    attempts: Option<u32>,
    lease: Option<Millis>,
) -> Result<(), Rejection> {
    if class == Class::Interrupt && ordering_key.is_some() {
        return Err(Rejection::Invalid(
            "ordering_key: an interrupt carries none",
        ));
    }
    if attempts.is_some_and(|it| !(1..=ATTEMPTS_MAX).contains(&it)) {
        return Err(Rejection::Invalid("attempts: 1 to 100"));
    }
    if lease.is_some_and(|it| !(LEASE_MIN..=LEASE_MAX).contains(&it)) {
        return Err(Rejection::Invalid("lease: 1 second to 7 days"));
    }
    Ok(())
}

/// An event that was checked.
pub(crate) struct Arrival {
    pub(crate) event: EventId,
    pub(crate) team: TeamId,
    pub(crate) queue: QueueId,
    pub(crate) origin: Origin,
    pub(crate) class: Class,
    pub(crate) ordering_key: Option<OrderingKey>,
    pub(crate) event_type: EventType,
    pub(crate) times: Times,
    pub(crate) attempts: Option<u32>,
    pub(crate) lease: Option<Millis>,
    pub(crate) replayed_from: Option<EventId>,
    pub(crate) content: Content,
}

/// Where an event goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// Into its queue, once its delay ends.
    Queue,
    /// Its source holds it.
    Held(SourceId),
    /// No route of its source matched it: it is a dead letter.
    Unmatched,
}

impl Arrival {
    /// The event, nowhere yet.
    fn event(&self, accepted: Timestamp, accepted_at: Position) -> Event {
        let mut history = History::default();
        history.push(accepted, StepKind::Accepted);
        Event {
            id: self.event,
            team: self.team,
            queue: self.queue,
            class: self.class,
            key: self.ordering_key.clone(),
            event_type: self.event_type.clone(),
            origin: self.origin.clone(),
            accepted,
            accepted_at,
            position: Position::default(),
            state: EventState::Ready,
            delivery: 0,
            deliveries: 0,
            attempts: 0,
            attempts_max: self.attempts,
            lease: self.lease,
            expires: self.times.expires,
            body_bytes: u32::try_from(self.content.body.len()).expect("a body is at most 1 MiB"),
            replayed_from: self.replayed_from,
            note: None,
            effects: 0,
            handed_off: 0,
            handed_off_from: None,
            ack: None,
            earlier_acks: Vec::new(),
            history,
        }
    }
}

impl Batch<'_> {
    /// Stores an event, and puts it where it goes first. Whoever asks dispatches its queue.
    pub(crate) fn admit(&mut self, arrival: Arrival, door: Door) -> Result<(), RowError> {
        let mut event = Box::new(arrival.event(self.now(), self.position()));
        let content = Key::Content(arrival.team, arrival.event);
        self.put_new(content, Row::Content(arrival.content));
        let not_before = arrival.times.not_before;
        match door {
            Door::Queue => self.enter_when_due(&mut event, not_before)?,
            Door::Held(source) => self.hold(&mut event, source, not_before),
            Door::Unmatched => return self.bury(event, DeadCause::Unmatched, None),
        }
        self.put_event(event);
        Ok(())
    }

    /// Gives an event that stands nowhere its place, now or when its delay ends.
    pub(crate) fn enter_when_due(
        &mut self,
        event: &mut Event,
        not_before: Option<Timestamp>,
    ) -> Result<(), RowError> {
        match not_before.filter(|it| *it > self.now()) {
            Some(until) => {
                event.state = EventState::Delayed { until };
                self.queue_mut(event.queue).row.delayed += 1;
                self.put_due(event);
                Ok(())
            }
            None => self.enter(event),
        }
    }

    /// What a dedup key stands for. Whether its row is still there is judged by log time, whenever
    /// the disk gets around to removing it.
    pub(crate) fn dedup(&self, team: TeamId, key: DedupKey) -> Result<Option<Dedup>, RowError> {
        let key = Key::Dedup(owner(team), key);
        match self.overlay.get(&key)? {
            Some(Row::Dedup(it)) if self.is_unseen(team, &it) => Ok(None),
            Some(Row::Dedup(it)) => Ok(Some(it).filter(|it| it.expires > self.now())),
            None => Ok(None),
            Some(_) => Err(broken(&key)),
        }
    }

    /// Lets a dedup key stand for an event from now on.
    pub(crate) fn remember(
        &mut self,
        team: TeamId,
        key: DedupKey,
        event: EventId,
        content: ContentHash,
        kept: Option<Millis>,
    ) {
        let kept = kept.unwrap_or(self.state.teams[&team].dedup_kept);
        let row = Dedup {
            event,
            content,
            expires: self.now().after(kept),
        };
        self.put(Key::Dedup(owner(team), key), Row::Dedup(row));
    }

    /// For a planted bug: whoever looks before it proposes does not see what was decided meanwhile.
    fn is_unseen(&self, team: TeamId, row: &Dedup) -> bool {
        const MEANWHILE: Millis = Millis(2_000);
        let fresh = self.now().after(self.state.teams[&team].dedup_kept);
        is_planted(Bug::DedupBeforePropose) && row.expires.after(MEANWHILE) > fresh
    }
}

/// Whose key it is; but for a planted bug.
fn owner(team: TeamId) -> TeamId {
    if is_planted(Bug::DedupWithoutTeam) {
        TeamId(0)
    } else {
        team
    }
}
