//! Why an event is where it is: work never waits silently. One answer from a closed list, read
//! from rows alone, so that any node can tell.

use core::fmt;

use crate::batch::broken;
use crate::id::{EventId, QueueId, SessionId, SourceId, TeamId};
use crate::model::{
    Class, DeadCause, Event, EventState, Health, Link, Mode, Origin, Outcome, Queue, Session,
};
use crate::rows::{Key, Row, RowError, Rows};
use crate::time::Timestamp;

/// Session rows read at once.
const PAGE: usize = 512;

/// What an event waits for, or what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Its `not_before` is not yet reached.
    Delayed {
        /// Then it gets its place.
        until: Timestamp,
    },
    /// Its last attempt failed.
    Backoff {
        /// Then it is ready again.
        until: Timestamp,
    },
    /// Its source is paused, or other events that it held go first.
    Held {
        /// Which source.
        source: SourceId,
    },
    /// An earlier event of its ordering key is not done.
    OrderingKey {
        /// That event.
        holder: EventId,
    },
    /// The queue is strict, and this event of it is not done. If it became strict while several
    /// were out, this is one of those.
    Strict {
        /// That event.
        holder: EventId,
    },
    /// The queue is paused.
    Paused,
    /// The queue has spent its leases for now.
    Rate {
        /// Earliest instant of the next lease.
        until: Timestamp,
    },
    /// No session of its tag is attached.
    NoSession,
    /// Every attached session of its tag was given an event and did not take it.
    NoWellSession {
        /// Sessions whose node could not write to them.
        unreachable: u32,
        /// Sessions that did not claim in time.
        deaf: u32,
    },
    /// Every session of its tag that takes events is at work on another one.
    AllBusy {
        /// So many.
        sessions: u32,
    },
    /// It is about to be leased, or other events go first.
    Next,
    /// A session has it.
    Leased {
        /// Which.
        session: SessionId,
    },
    /// An interrupt pushed it aside; it resumes on its session.
    Parked {
        /// Which.
        session: SessionId,
    },
    /// It is a dead letter.
    Dead {
        /// Why.
        cause: DeadCause,
    },
    /// It is out of the queue.
    Ended {
        /// How.
        outcome: Outcome,
    },
}

/// Why the event is where it is. None: the team has no such event.
///
/// # Errors
/// A row cannot be read.
pub fn why(
    rows: &dyn Rows,
    team: TeamId,
    event: EventId,
    now: Timestamp,
) -> Result<Option<Why>, RowError> {
    let key = Key::Event(team, event);
    let event = match rows.get(&key)? {
        None => return Ok(None),
        Some(Row::Event(event)) => event,
        Some(_) => return Err(broken(&key)),
    };
    Ok(Some(match event.state {
        EventState::Delayed { until } => Why::Delayed { until },
        EventState::Held { .. } => match event.origin {
            Origin::Source(source) => Why::Held { source },
            Origin::Token(_) | Origin::Cron(_) | Origin::Session(_) => return Err(broken(&key)),
        },
        EventState::Backoff { until } => Why::Backoff { until },
        EventState::Leased { session } => Why::Leased { session },
        EventState::Parked { session } => Why::Parked { session },
        EventState::Dead { cause, .. } => Why::Dead { cause },
        EventState::Ended { outcome, .. } => Why::Ended { outcome },
        EventState::Waiting => Why::OrderingKey {
            holder: holder(rows, &event)?,
        },
        EventState::Ready => why_not_leased(rows, &event, now)?,
    }))
}

fn holder(rows: &dyn Rows, event: &Event) -> Result<EventId, RowError> {
    let key = event
        .key
        .clone()
        .ok_or_else(|| broken(&Key::Event(event.team, event.id)))?;
    let lane = Key::Lane(event.queue, key);
    match rows.get(&lane)? {
        Some(Row::Lane(it)) => Ok(it.holder),
        _ => Err(broken(&lane)),
    }
}

fn why_not_leased(rows: &dyn Rows, event: &Event, now: Timestamp) -> Result<Why, RowError> {
    let key = Key::Queue(event.queue);
    let queue = match rows.get(&key)? {
        Some(Row::Queue(queue)) => queue,
        _ => return Err(broken(&key)),
    };
    if queue.mode == Mode::Paused {
        return Ok(Why::Paused);
    }
    if event.class != Class::Interrupt
        && let Some(why) = held_by_queue(&queue, event, now)
    {
        return Ok(why);
    }
    let sessions = Sessions::of(rows, event.queue)?;
    let strict = queue.settings.strict && queue.strict_hold.is_none();
    Ok(match sessions.holds.filter(|_| strict) {
        Some(holder) if event.class != Class::Interrupt => Why::Strict { holder },
        _ => sessions.why(),
    })
}

fn held_by_queue(queue: &Queue, event: &Event, now: Timestamp) -> Option<Why> {
    let hold = queue.strict_hold.filter(|it| it.event != event.id);
    if let Some(hold) = hold {
        return Some(Why::Strict { holder: hold.event });
    }
    let bounded = queue.settings.leases_per_minute.is_some() && queue.rate_next > now;
    bounded.then_some(Why::Rate {
        until: queue.rate_next,
    })
}

/// The sessions of a queue, counted.
#[derive(Default)]
struct Sessions {
    idle: u32,
    busy: u32,
    unreachable: u32,
    deaf: u32,
    /// What one of them has, in hand or set aside; an interrupt left out.
    holds: Option<EventId>,
}

impl Sessions {
    fn of(rows: &dyn Rows, queue: QueueId) -> Result<Self, RowError> {
        let mut counted = Self::default();
        let (mut from, to) = (SessionId(0), Key::Session(SessionId(u64::MAX)));
        loop {
            let page = rows.scan(&Key::Session(from), &to, PAGE)?;
            let full = page.len() == PAGE;
            for (key, row) in page {
                let Row::Session(session) = row else {
                    return Err(broken(&key));
                };
                from = SessionId(session.id.0 + 1);
                if session.queue == queue {
                    counted.add(&session);
                }
            }
            if !full {
                return Ok(counted);
            }
        }
    }

    fn add(&mut self, session: &Session) {
        let leased = session.lease.filter(|it| it.class != Class::Interrupt);
        let parked = session.parked.map(|it| it.event);
        self.holds = self.holds.or(leased.map(|it| it.event)).or(parked);
        let count = match (session.link, session.health) {
            (Link::Detached { .. }, _) => return,
            (Link::Attached, Health::Unreachable) => &mut self.unreachable,
            (Link::Attached, Health::Deaf) => &mut self.deaf,
            (Link::Attached, Health::Well) if session.is_idle() => &mut self.idle,
            (Link::Attached, Health::Well) => &mut self.busy,
        };
        *count += 1;
    }

    fn why(&self) -> Why {
        let Self {
            idle,
            busy,
            unreachable,
            deaf,
            holds: _,
        } = *self;
        match (idle, busy, unreachable + deaf) {
            (0, 0, 0) => Why::NoSession,
            (0, 0, _) => Why::NoWellSession { unreachable, deaf },
            (0, _, _) => Why::AllBusy { sessions: busy },
            (_, _, _) => Why::Next,
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delayed { .. } => f.write_str("its not_before is not yet reached"),
            Self::Backoff { .. } => f.write_str("its last attempt failed, and it backs off"),
            Self::Held { source } => write!(f, "{source} is paused, or lets go of others first"),
            Self::OrderingKey { holder } => {
                write!(
                    f,
                    "{holder}, an earlier event of its ordering key, is not done"
                )
            }
            Self::Strict { holder } => write!(f, "the queue is strict, and {holder} is not done"),
            Self::Paused => f.write_str("the queue is paused"),
            Self::Rate { .. } => f.write_str("the queue has spent its leases for now"),
            Self::NoSession => f.write_str("no session of its tag is attached"),
            Self::NoWellSession { unreachable, deaf } => write!(
                f,
                "no attached session of its tag takes events: {unreachable} unreachable, {deaf} deaf"
            ),
            Self::AllBusy { sessions } => {
                write!(
                    f,
                    "all {sessions} sessions of its tag are at work on other events"
                )
            }
            Self::Next => f.write_str("it is about to be leased, or other events go first"),
            Self::Leased { session } => write!(f, "session {session} has it"),
            Self::Parked { session } => {
                write!(
                    f,
                    "an interrupt pushed it aside; it resumes on session {session}"
                )
            }
            Self::Dead { cause } => match cause {
                DeadCause::Attempts => f.write_str("it is a dead letter: all attempts were spent"),
                DeadCause::Undeliverable => {
                    f.write_str("it is a dead letter: delivered too often without an ack")
                }
                DeadCause::Expired => f.write_str("it is a dead letter: its TTL ended"),
                DeadCause::Rejected => f.write_str("it is a dead letter: a session rejected it"),
                DeadCause::Unmatched => {
                    f.write_str("it is a dead letter: no route of its source matched it")
                }
            },
            Self::Ended { outcome } => match outcome {
                Outcome::Done => f.write_str("its work is done"),
                Outcome::Cancelled => f.write_str("it was cancelled"),
                Outcome::Purged => f.write_str("it was purged from the dead letters"),
            },
        }
    }
}
