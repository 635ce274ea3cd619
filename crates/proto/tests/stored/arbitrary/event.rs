//! Events in all states, with histories.

use ackord_core::history::{DeliveryCause, History, ReturnCause, Step, StepKind};
use ackord_core::id::{CronId, QueueId, SessionId, SourceId, TeamId, TokenId};
use ackord_core::model::{AckRecord, Emitted, Event, EventState, Origin, Outcome, Sender};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::approval;
use super::word::{
    class, dead_cause, effect_key, event_id, event_type, millis, note, ordering_key, position,
    reason, session_key, summary, tag, timestamp,
};

prop_compose! {
    pub(crate) fn event()(
        (id, replayed_from) in (event_id(), option::of(event_id())),
        (team, queue, origin) in (any::<u64>(), any::<u64>(), origin()),
        (class, key, event_type) in (class(), option::of(ordering_key()), event_type()),
        (accepted, accepted_at, position) in (timestamp(), position(), position()),
        state in state(),
        (delivery, deliveries, attempts, body_bytes) in any::<(u32, u32, u32, u32)>(),
        attempts_max in option::of(any::<u32>()),
        (lease, expires) in (option::of(millis()), option::of(timestamp())),
        (note, ack, history) in (option::of(note()), option::of(ack_record()), history()),
        (effects, handed_off, from) in any::<(u32, u32, Option<u64>)>(),
        earlier_acks in vec(ack_record(), 0..3),
    ) -> Event {
        Event {
            id,
            team: TeamId(team),
            queue: QueueId(queue),
            class,
            key,
            event_type,
            origin,
            accepted,
            accepted_at,
            position,
            state,
            delivery,
            deliveries,
            attempts,
            attempts_max,
            lease,
            expires,
            body_bytes,
            replayed_from,
            note,
            effects,
            handed_off,
            handed_off_from: from.map(QueueId),
            ack: ack.map(Box::new),
            earlier_acks,
            history,
        }
    }
}

fn origin() -> impl Strategy<Value = Origin> {
    prop_oneof![
        any::<u64>().prop_map(|it| Origin::Token(TokenId(it))),
        any::<u64>().prop_map(|it| Origin::Source(SourceId(it))),
        (any::<u64>(), session_key(), option::of(tag())).prop_map(|(token, key, tag)| {
            let token = TokenId(token);
            Origin::Session(Box::new(Sender { token, key, tag }))
        }),
    ]
}

fn state() -> impl Strategy<Value = EventState> {
    let session = any::<u64>().prop_map(SessionId);
    prop_oneof![
        timestamp().prop_map(|until| EventState::Delayed { until }),
        option::of(timestamp()).prop_map(|until| EventState::Held { until }),
        Just(EventState::Ready),
        Just(EventState::Waiting),
        session
            .clone()
            .prop_map(|session| EventState::Leased { session }),
        session.prop_map(|session| EventState::Parked { session }),
        timestamp().prop_map(|until| EventState::Backoff { until }),
        (dead_cause(), timestamp(), position()).prop_map(|(cause, at, position)| {
            EventState::Dead {
                cause,
                at,
                position,
            }
        }),
        (outcome(), timestamp(), position()).prop_map(|(outcome, at, position)| {
            EventState::Ended {
                outcome,
                at,
                position,
            }
        }),
    ]
}

pub(crate) fn outcome() -> impl Strategy<Value = Outcome> + Clone {
    select(vec![Outcome::Done, Outcome::Cancelled, Outcome::Purged])
}

prop_compose! {
    fn ack_record()(
        delivery in any::<u32>(),
        session in option::of(session_key()),
        at in timestamp(),
        position in position(),
        summary in option::of(summary()),
        emitted in vec(emitted(), 0..3),
    ) -> AckRecord {
        AckRecord { delivery, session, at, position, summary, emitted }
    }
}

fn history() -> impl Strategy<Value = History> {
    (vec(step(), 0..6), any::<u32>()).prop_map(|(steps, dropped)| History { steps, dropped })
}

fn step() -> impl Strategy<Value = Step> {
    (timestamp(), step_kind()).prop_map(|(at, kind)| Step { at, kind })
}

fn step_kind() -> impl Strategy<Value = StepKind> {
    let leased = (any::<u64>(), any::<u32>(), delivery_cause());
    let returned = (any::<u32>(), return_cause(), option::of(reason()));
    let handed_off = (any::<u32>(), tag(), position()).prop_map(|(delivery, to, position)| {
        StepKind::HandedOff {
            delivery,
            to,
            position,
        }
    });
    let forced =
        (any::<u32>(), effect_key(), option::of(reason())).prop_map(|(delivery, key, reason)| {
            StepKind::Forced {
                delivery,
                key,
                reason,
            }
        });
    prop_oneof![
        Just(StepKind::Accepted),
        Just(StepKind::Due),
        leased.prop_map(|(session, delivery, cause)| StepKind::Leased {
            session: SessionId(session),
            delivery,
            cause,
        }),
        returned.prop_map(|(delivery, cause, reason)| StepKind::Returned {
            delivery,
            cause,
            reason,
        }),
        any::<u32>().prop_map(|delivery| StepKind::Parked { delivery }),
        (dead_cause(), option::of(reason()))
            .prop_map(|(cause, reason)| StepKind::Dead { cause, reason }),
        any::<u32>().prop_map(|delivery| StepKind::Acked { delivery }),
        option::of(reason()).prop_map(|reason| StepKind::Cancelled { reason }),
        Just(StepKind::Replayed),
        Just(StepKind::Purged),
        Just(StepKind::Held),
        Just(StepKind::Released),
        Just(StepKind::Rerouted),
        handed_off,
        forced,
        approval::step(),
    ]
}

fn delivery_cause() -> impl Strategy<Value = DeliveryCause> {
    select(vec![
        DeliveryCause::First,
        DeliveryCause::Again,
        DeliveryCause::Takeover,
        DeliveryCause::Resume,
    ])
}

fn return_cause() -> impl Strategy<Value = ReturnCause> {
    select(vec![
        ReturnCause::Unconfirmed,
        ReturnCause::Unclaimed,
        ReturnCause::SessionLost,
        ReturnCause::LeaseExpired,
        ReturnCause::Nack,
    ])
}

fn emitted() -> impl Strategy<Value = Emitted> {
    let cron = option::of(any::<u64>().prop_map(CronId));
    (vec(event_id(), 0..3), cron).prop_map(|(events, cron)| Emitted { events, cron })
}
