//! Crons, what is asked of them, and their ticks.

use std::sync::Arc;

use ackord_core::command::{
    CreateCron, CronChange, DecideTick, DeleteCron, FireCron, Missed, Op, PauseCron, ResumeCron,
    UpdateCron,
};
use ackord_core::id::{CronId, SourceId, TeamId};
use ackord_core::model::{
    Alarm, CatchUp, Cron, CronCounts, CronTerms, Decided, Fate, Overlap, Silence, SkipCause, Watch,
    Watched,
};
use ackord_core::rows::{Key, Row};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::command::dedup_claim;
use super::word::{
    class, event_id, instruction, label, millis, ordering_key, schedule, tag, timestamp, zone,
};

pub(super) fn row() -> impl Strategy<Value = (Key, Row)> {
    prop_oneof![
        cron().prop_map(|it| (Key::Cron(it.team, it.id), Row::Cron(Arc::new(it)))),
        (any::<u64>(), id(), instruction()).prop_map(|(team, id, it)| {
            (Key::CronInstruction(TeamId(team), id), Row::Instruction(it))
        }),
        watch().prop_map(|it| (Key::Watch(it.of), Row::Watch(it))),
    ]
}

/// What may go out with an ack.
pub(super) fn change() -> impl Strategy<Value = CronChange> {
    op().prop_filter_map("a tick is the cluster's", |it| match it {
        Op::CreateCron(it) => Some(CronChange::Create(it)),
        Op::UpdateCron(it) => Some(CronChange::Update(it)),
        Op::DeleteCron(it) => Some(CronChange::Delete(it)),
        Op::PauseCron(it) => Some(CronChange::Pause(it)),
        Op::ResumeCron(it) => Some(CronChange::Resume(it)),
        Op::FireCron(it) => Some(CronChange::Fire(it)),
        _ => None,
    })
}

pub(super) fn op() -> impl Strategy<Value = Op> {
    let next = || option::of(timestamp());
    let revision = || option::of(any::<u64>());
    let missed = (any::<u64>(), timestamp()).prop_map(|(ticks, last)| Missed { ticks, last });
    prop_oneof![
        (
            (terms(), instruction()),
            (timestamp(), next()),
            option::of(silence())
        )
            .prop_map(|((terms, instruction), (anchor, next), silence)| {
                Op::CreateCron(Box::new(CreateCron {
                    terms,
                    instruction,
                    anchor,
                    next,
                    silence,
                }))
            }),
        (
            (id(), revision()),
            terms(),
            option::of(instruction()),
            (timestamp(), next(), option::of(silence()))
        )
            .prop_map(
                |((cron, revision), terms, instruction, (anchor, next, silence))| {
                    Op::UpdateCron(Box::new(UpdateCron {
                        cron,
                        revision,
                        terms,
                        instruction,
                        anchor,
                        next,
                        silence,
                    }))
                }
            ),
        (id(), revision())
            .prop_map(|(cron, revision)| Op::DeleteCron(DeleteCron { cron, revision })),
        id().prop_map(|cron| Op::PauseCron(PauseCron { cron })),
        (id(), any::<u64>(), timestamp()).prop_map(|(cron, revision, next)| Op::ResumeCron(
            ResumeCron {
                cron,
                revision,
                next
            }
        )),
        (id(), event_id(), option::of(dedup_claim()))
            .prop_map(|(cron, event, dedup)| Op::FireCron(FireCron { cron, event, dedup })),
        (id(), any::<u64>(), timestamp(), option::of(missed), next()).prop_map(
            |(cron, revision, nominal, over, next)| Op::DecideTick(DecideTick {
                cron,
                revision,
                nominal,
                over,
                next
            })
        ),
    ]
}

prop_compose! {
    pub(super) fn silence()(after in millis(), tag in tag(), class in class()) -> Silence {
        Silence { after, tag, class }
    }
}

fn watched() -> impl Strategy<Value = Watched> {
    prop_oneof![
        id().prop_map(Watched::Cron),
        any::<u64>().prop_map(|it| Watched::Source(SourceId(it))),
    ]
}

prop_compose! {
    fn watch()(
        (of, team, silence) in (watched(), any::<u64>(), silence()),
        (last_ack, deadline) in (option::of(timestamp()), option::of(timestamp())),
        alarm in option::of((timestamp(), option::of(event_id()))),
    ) -> Watch {
        Watch {
            of, team: TeamId(team), silence, last_ack, deadline,
            alarm: alarm.map(|(at, event)| Alarm { at, event }),
        }
    }
}

fn id() -> impl Strategy<Value = CronId> {
    any::<u64>().prop_map(CronId)
}

fn overlap() -> impl Strategy<Value = Overlap> {
    select(vec![Overlap::Allow, Overlap::Skip, Overlap::Replace])
}

fn catch_up() -> impl Strategy<Value = CatchUp> {
    prop_oneof![
        Just(CatchUp::Skip),
        Just(CatchUp::One),
        millis().prop_map(|max_age| CatchUp::All { max_age }),
    ]
}

fn fate() -> impl Strategy<Value = Fate> {
    let causes = vec![
        SkipCause::Missed,
        SkipCause::Overlap,
        SkipCause::Draining,
        SkipCause::NoQueue,
        SkipCause::Edited,
        SkipCause::Paused,
    ];
    prop_oneof![
        event_id().prop_map(Fate::Fired),
        select(causes).prop_map(Fate::Skipped),
        (event_id(), event_id()).prop_map(|(event, before)| Fate::Replaced { event, before }),
    ]
}

prop_compose! {
    fn terms()(
        (label, schedule, zone) in (label(), schedule(), zone()),
        (tag, class, ordering_key) in (option::of(tag()), class(), option::of(ordering_key())),
        (ttl, attempts, lease) in
            (option::of(millis()), option::of(any::<u32>()), option::of(millis())),
        (overlap, catch_up) in (overlap(), catch_up()),
        (starts, ends) in (option::of(timestamp()), option::of(timestamp())),
    ) -> CronTerms {
        CronTerms {
            label, schedule, zone, tag, class, ordering_key, ttl, attempts, lease, overlap,
            catch_up, starts, ends,
        }
    }
}

prop_compose! {
    fn decided()(nominal in timestamp(), at in timestamp(), fate in fate()) -> Decided {
        Decided { nominal, at, fate }
    }
}

prop_compose! {
    fn cron()(
        (id, team, revision) in any::<(u64, u64, u64)>(),
        (terms, anchor) in (terms(), timestamp()),
        (paused, next) in (option::of(timestamp()), option::of(timestamp())),
        (last, live) in (option::of(decided()), option::of(event_id())),
        others in vec(event_id(), 0..3),
        (fired, replaced, skipped, by_hand) in any::<(u64, u64, u64, u64)>(),
        (created, changed) in (timestamp(), timestamp()),
    ) -> Cron {
        Cron {
            id: CronId(id), team: TeamId(team), revision, terms, anchor, paused, next, last, live,
            others,
            counts: CronCounts { fired, replaced, skipped, by_hand }, created, changed,
        }
    }
}
