//! The words that commands and rows share.

use std::fmt::Debug;

use ackord_core::command::Fence;
use ackord_core::id::EventId;
use ackord_core::model::{Class, DeadCause, Instruction, JobKind, Mode, QueueSettings, Role};
use ackord_core::text::{
    ContentType, EffectKey, EffectResult, EventType, KeyId, Label, MessageText, MetaKey, MetaValue,
    Note, OrderingKey, PeerAddress, Prompt, Reason, ScheduleText, SecretName, SessionKey, Skill,
    Slug, Summary, Tag, TeamName, TextError, ThreadId, ZoneName,
};
use ackord_core::time::{Millis, Position, Timestamp};
use bytes::Bytes;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

macro_rules! texts {
    ($($name:ident: $type:ident = $pattern:literal;)*) => {$(
        pub(crate) fn $name() -> impl Strategy<Value = $type> + Clone {
            text($pattern, $type::new)
        }
    )*};
}

texts!(
    peer_address: PeerAddress = "[!-~]{1,64}";
    team_name: TeamName = "[a-z0-9-]{1,63}";
    tag: Tag = "[A-Za-z0-9_.:/@-]{1,128}";
    session_key: SessionKey = "[!-~]{1,128}";
    ordering_key: OrderingKey = "[ -~äöü€]{1,64}";
    event_type: EventType = "[!-~]{1,128}";
    label: Label = "[ -~äöü€]{1,32}";
    content_type: ContentType = "[ -~]{1,128}";
    reason: Reason = "[ -~äöü€]{1,256}";
    summary: Summary = "[ -~äöü€\n\t]{1,256}";
    note: Note = "[ -~äöü€\n\t]{1,256}";
    effect_key: EffectKey = "[ -~äöü€]{1,64}";
    effect_result: EffectResult = "[ -~äöü€\n\t]{1,256}";
    message_text: MessageText = "[ -~äöü€\n\t]{1,256}";
    thread_id: ThreadId = "[!-~]{1,128}";
    slug: Slug = "[a-z0-9-]{1,63}";
    secret_name: SecretName = "[a-z0-9-]{1,63}";
    key_id: KeyId = "[a-z0-9-]{1,63}";
    skill: Skill = "[!-~]{1,128}";
    prompt: Prompt = "[ -~äöü€\n\t]{1,256}";
    meta_key: MetaKey = "[A-Za-z0-9_.:/@-]{1,64}";
    schedule: ScheduleText = "[ -~]{1,64}";
    zone: ZoneName = "[!-~]{1,64}";
    meta_value: MetaValue = "[ -~äöü€]{1,256}";
);

fn text<T: Debug + Clone>(
    pattern: &'static str,
    make: fn(String) -> Result<T, TextError>,
) -> impl Strategy<Value = T> + Clone {
    pattern.prop_map(move |it| make(it).expect("the pattern keeps the rule"))
}

pub(crate) fn timestamp() -> impl Strategy<Value = Timestamp> + Clone {
    any::<u64>().prop_map(Timestamp)
}

pub(crate) fn millis() -> impl Strategy<Value = Millis> + Clone {
    any::<u64>().prop_map(Millis)
}

pub(crate) fn position() -> impl Strategy<Value = Position> + Clone {
    any::<(u64, u32)>().prop_map(|(index, offset)| Position { index, offset })
}

pub(crate) fn event_id() -> impl Strategy<Value = EventId> + Clone {
    any::<u128>().prop_map(EventId)
}

pub(crate) fn fence() -> impl Strategy<Value = Fence> + Clone {
    (event_id(), any::<u32>()).prop_map(|(event, delivery)| Fence { event, delivery })
}

pub(crate) fn class() -> impl Strategy<Value = Class> + Clone {
    select(Class::ALL.to_vec())
}

pub(crate) fn mode() -> impl Strategy<Value = Mode> + Clone {
    select(vec![Mode::Active, Mode::Paused, Mode::Draining])
}

pub(crate) fn roles() -> impl Strategy<Value = Vec<Role>> + Clone {
    let all = [
        Role::Admin,
        Role::Manage,
        Role::Submit,
        Role::Session,
        Role::Approve,
        Role::Observe,
    ];
    vec(select(all.to_vec()), 0..6)
}

pub(crate) fn dead_cause() -> impl Strategy<Value = DeadCause> + Clone {
    select(vec![
        DeadCause::Attempts,
        DeadCause::Undeliverable,
        DeadCause::Expired,
        DeadCause::Rejected,
        DeadCause::Unmatched,
    ])
}

pub(crate) fn job_kind() -> impl Strategy<Value = JobKind> + Clone {
    select(vec![
        JobKind::ReplayDead,
        JobKind::PurgeDead,
        JobKind::CancelQueue,
    ])
}

pub(crate) fn instruction() -> impl Strategy<Value = Instruction> + Clone {
    prop_oneof![
        skill().prop_map(Instruction::Skill),
        prompt().prop_map(Instruction::Prompt),
    ]
}

pub(crate) fn meta() -> impl Strategy<Value = Vec<(MetaKey, MetaValue)>> + Clone {
    btree_map(meta_key(), meta_value(), 0..4).prop_map(|it| it.into_iter().collect())
}

pub(crate) fn body() -> impl Strategy<Value = Bytes> + Clone {
    vec(any::<u8>(), 0..512).prop_map(Bytes::from)
}

pub(crate) fn settings() -> impl Strategy<Value = QueueSettings> + Clone {
    let spans = (millis(), millis(), millis());
    let rest = (any::<u32>(), any::<bool>(), option::of(any::<u32>()));
    (spans, rest).prop_map(
        |((lease, claim_limit, lease_cap), (attempts, strict, leases_per_minute))| QueueSettings {
            lease,
            claim_limit,
            lease_cap,
            attempts,
            strict,
            leases_per_minute,
        },
    )
}
