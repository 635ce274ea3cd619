//! Rules about sessions and what they hold.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;

use super::all::All;
use super::ensure;
use crate::model::{Class, EventState, Health, Link, Phase, Session};
use crate::state::State;

/// What a session has in hand is leased to it, and what it has set aside is parked with it:
/// under the event's latest delivery number, with the event's class, from the session's queue.
pub(super) fn what_a_session_holds_says_so(_: &State, all: &All) -> Result<(), String> {
    for session in all.sessions.values() {
        let id = session.id;
        let lease = session.lease.map(|it| {
            (
                it.event,
                it.delivery,
                it.class,
                EventState::Leased { session: id },
            )
        });
        let parked = session.parked.map(|it| {
            (
                it.event,
                it.delivery,
                it.class,
                EventState::Parked { session: id },
            )
        });
        for (event, delivery, class, state) in lease.into_iter().chain(parked) {
            let held = all
                .event(session.team, event)
                .map(|it| (it.delivery, it.class, it.state, it.queue));
            ensure(
                held == Some((delivery, class, state, session.queue)),
                || format!("{session:?} holds {held:?}"),
            )?;
        }
    }
    Ok(())
}

/// A leased event is in its session's hand, a parked one set aside on it, and no session has two
/// events in hand.
pub(super) fn a_held_event_is_in_its_session(_: &State, all: &All) -> Result<(), String> {
    let mut busy = BTreeSet::new();
    for event in all.events.values() {
        let holds = |id, which: fn(&Session) -> Option<_>| {
            let session = all.sessions.get(&id);
            session.and_then(which) == Some((event.id, event.delivery))
        };
        let held = match event.state {
            EventState::Leased { session } => {
                busy.insert(session)
                    && holds(session, |it| it.lease.map(|it| (it.event, it.delivery)))
            }
            EventState::Parked { session } => {
                holds(session, |it| it.parked.map(|it| (it.event, it.delivery)))
            }
            EventState::Delayed { .. }
            | EventState::Held { .. }
            | EventState::Ready
            | EventState::Waiting
            | EventState::Backoff { .. }
            | EventState::Dead { .. }
            | EventState::Ended { .. } => true,
        };
        ensure(held, || format!("{event:?}"))?;
    }
    Ok(())
}

/// A session with a stream has an event set aside only while it works on an interrupt, and an
/// interrupt is never set aside.
pub(super) fn an_attached_session_parks_under_an_interrupt_only(
    _: &State,
    all: &All,
) -> Result<(), String> {
    for session in all.sessions.values() {
        let Some(parked) = session.parked else {
            continue;
        };
        let interrupted = session.lease.is_some_and(|it| it.class == Class::Interrupt);
        let right = parked.class != Class::Interrupt
            && (interrupted || (session.lease.is_none() && session.link != Link::Attached));
        ensure(right, || format!("{session:?}"))?;
    }
    Ok(())
}

/// An unreachable or deaf session holds nothing: what it had went back.
pub(super) fn a_session_that_takes_no_events_holds_none(
    _: &State,
    all: &All,
) -> Result<(), String> {
    for session in all.sessions.values() {
        let holds = session.lease.is_some() || session.parked.is_some();
        ensure(session.health == Health::Well || !holds, || {
            format!("{session:?}")
        })?;
    }
    Ok(())
}

/// Neither coming back before the claim nor extending after it puts off the end for ever.
pub(super) fn no_phase_of_a_lease_outlasts_its_bound(_: &State, all: &All) -> Result<(), String> {
    for session in all.sessions.values() {
        let Some(lease) = session.lease else { continue };
        let bound = match lease.phase {
            Phase::Offered | Phase::Confirmed => lease.claim_by,
            Phase::Claimed => lease.cap,
        };
        ensure(lease.until <= bound, || format!("{session:?}"))?;
    }
    Ok(())
}
