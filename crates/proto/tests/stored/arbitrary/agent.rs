//! What sessions say to each other, do outside, and hand to each other.

use ackord_core::command::{
    Addressed, BeginEffect, Checkpoint, CompleteEffect, Completion, Emit, ForceEffect, Handoff,
    Message, Op, Process, Send,
};
use ackord_core::id::TeamId;
use ackord_core::model::{Effect, EffectState, Ledger};
use ackord_core::rows::{Key, Row};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::command::{dedup_claim, moment, submit};
use super::word::{
    class, effect_key, effect_result, event_id, fence, message_text, note, ordering_key, reason,
    session_key, tag, thread_id, timestamp,
};

pub(super) fn row() -> impl Strategy<Value = (Key, Row)> {
    (any::<u64>(), event_id(), vec(effect(), 0..4)).prop_map(|(team, event, effects)| {
        let key = Key::Ledger(TeamId(team), event);
        (key, Row::Ledger(Ledger { effects }))
    })
}

pub(super) fn op() -> impl Strategy<Value = Op> {
    let process = (session_key(), any::<u64>()).prop_map(|(key, nonce)| Process { key, nonce });
    prop_oneof![
        (fence(), note()).prop_map(|(fence, note)| Op::Checkpoint(Checkpoint { fence, note })),
        (fence(), tag(), option::of(note())).prop_map(|(fence, tag, note)| Op::Handoff(Handoff {
            fence,
            tag,
            note
        })),
        (option::of(process), any::<bool>(), message()).prop_map(|(from, broadcast, message)| {
            Op::Send(Box::new(Send {
                from,
                broadcast,
                message,
            }))
        }),
        (fence(), effect_key(), any::<Option<u64>>())
            .prop_map(|(fence, key, nonce)| Op::BeginEffect(BeginEffect { fence, key, nonce })),
        (fence(), completion()).prop_map(|(fence, completion)| {
            Op::CompleteEffect(CompleteEffect { fence, completion })
        }),
        (
            fence(),
            effect_key(),
            option::of(reason()),
            any::<Option<u64>>()
        )
            .prop_map(|(fence, key, reason, nonce)| Op::ForceEffect(ForceEffect {
                fence,
                key,
                reason,
                nonce
            })),
    ]
}

pub(super) fn completion() -> impl Strategy<Value = Completion> {
    (effect_key(), option::of(effect_result())).prop_map(|(key, result)| Completion { key, result })
}

pub(super) fn emit() -> impl Strategy<Value = Emit> {
    prop_oneof![
        submit().prop_map(|it| Emit::Submit(Box::new(it))),
        message().prop_map(|it| Emit::Message(Box::new(it))),
        super::cron::change().prop_map(Emit::Cron),
    ]
}

prop_compose! {
    fn message()(
        to in vec(addressed(), 0..4),
        (text, class, ordering_key) in (message_text(), class(), option::of(ordering_key())),
        (not_before, expires) in (option::of(moment()), option::of(moment())),
        (thread, in_reply_to) in (option::of(thread_id()), option::of(event_id())),
    ) -> Message {
        Message { to, text, class, ordering_key, not_before, expires, thread, in_reply_to }
    }
}

fn addressed() -> impl Strategy<Value = Addressed> {
    (event_id(), option::of(tag()), option::of(dedup_claim()))
        .prop_map(|(event, tag, dedup)| Addressed { event, tag, dedup })
}

fn effect() -> impl Strategy<Value = Effect> {
    let state = prop_oneof![
        Just(EffectState::Unfinished),
        (timestamp(), option::of(effect_result()))
            .prop_map(|(at, result)| EffectState::Done { at, result }),
    ];
    let numbers = any::<(u32, Option<u64>, u32)>();
    (effect_key(), timestamp(), numbers, state).prop_map(
        |(key, since, (delivery, nonce, forced), state)| Effect {
            key,
            delivery,
            since,
            nonce,
            forced,
            state,
        },
    )
}
