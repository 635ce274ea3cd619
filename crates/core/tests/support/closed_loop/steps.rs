//! What may happen in a closed loop. Numbers are taken modulo what is there, so that a shorter
//! run is still a run.

use ackord_core::id::NodeId;
use ackord_core::model::{Class, DeadCause, JobKind, Mode};
use proptest::prelude::*;
use proptest::sample::select;

use super::crons::{self, CronStep};
use super::sources::{self, SourceStep};

/// What a session says of an event that it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    Claim,
    Ack,
    Retry,
    Reject,
    Extend,
    Checkpoint,
    /// To one of the tags.
    HandOff(u8),
    /// An effect, by its number, in a call of this number.
    Begin(u8, u8),
    Complete(u8),
    Force(u8),
    /// With an effect that is done, so many submits and messages, and a change of a cron; the last of
    /// them to nobody.
    AckWith {
        effect: Option<u8>,
        emits: u8,
        cron: Option<(u8, u8)>,
        refused: bool,
    },
}

/// One thing that happens.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Submit(Submission),
    /// A session opens a stream, as the same process or as another one.
    Attach {
        session: u8,
        another: bool,
        queue: u8,
        node: u8,
    },
    /// A session's stream breaks, or ends with a goodbye.
    Leave {
        session: u8,
        bye: bool,
    },
    /// A node tells what it has written, and whom it has heard.
    Report {
        node: u8,
    },
    /// A session acts on what it has.
    Act {
        session: u8,
        act: Act,
    },
    /// A session tells the others something.
    Send {
        session: u8,
        everybody: bool,
        interrupt: bool,
        again: bool,
    },
    /// A session asks to be allowed something, for what it has or not.
    Ask {
        session: u8,
        request: u8,
        has: bool,
        short: bool,
    },
    /// Somebody answers one of the approvals, or the asker tries to.
    Answer {
        approval: u8,
        allow: bool,
        own: bool,
    },
    /// Somebody answers a delivery of long ago.
    Late {
        delivery: u16,
        act: Act,
    },
    Cancel {
        event: u16,
    },
    Replay {
        event: u16,
    },
    Purge {
        event: u16,
    },
    Job {
        kind: JobKind,
        queue: Option<u8>,
        cause: Option<DeadCause>,
    },
    Settings {
        queue: u8,
        strict: bool,
        rate: Option<u32>,
        attempts: u32,
        short: bool,
    },
    Mode {
        queue: u8,
        mode: Mode,
    },
    /// A node's process starts again: all its streams are gone.
    Restart {
        node: u8,
    },
    Cron(CronStep),
    Source(SourceStep),
    Tick,
}

/// An event to be submitted.
#[derive(Debug, Clone)]
pub(crate) struct Submission {
    pub(crate) queue: u8,
    pub(crate) class: Class,
    pub(crate) key: Option<u8>,
    /// Dedup key and content.
    pub(crate) dedup: Option<(u8, u8)>,
    /// The id of an event that is there already.
    pub(crate) id: Option<u16>,
    pub(crate) delay_s: Option<u16>,
    pub(crate) ttl_s: Option<u16>,
    pub(crate) attempts: Option<u32>,
}

/// Entries that a node applies as one batch.
#[derive(Debug, Clone)]
pub(crate) struct BatchPlan {
    /// For each entry the time that passes before it, in milliseconds, and what it holds.
    pub(crate) entries: Vec<(u64, Vec<Step>)>,
    /// Nodes at which the actions of this batch never arrive.
    pub(crate) lost: Vec<NodeId>,
}

/// A whole run.
pub(crate) fn runs() -> impl Strategy<Value = Vec<BatchPlan>> {
    prop::collection::vec(batch(), 1..60)
}

fn batch() -> impl Strategy<Value = BatchPlan> {
    let entry = (pause(), prop::collection::vec(step(), 1..7));
    let entries = prop::collection::vec(entry, 1..4);
    let lost = prop_oneof![
        7 => Just(vec![]),
        1 => select(vec![vec![NodeId(1)], vec![NodeId(2)]]),
        1 => Just(vec![NodeId(1), NodeId(2)]),
    ];
    (entries, lost).prop_map(|(entries, lost)| BatchPlan { entries, lost })
}

/// Mostly short; sometimes past an offer, a grace, a claim limit, a lease cap, a retention.
fn pause() -> impl Strategy<Value = u64> {
    let minute = 60_000;
    prop_oneof![
        8 => 0..2000u64,
        4 => select(vec![5_000, 16_000, 61_000, 11 * minute]),
        1 => select(vec![13 * 60 * minute, 25 * 60 * minute, 40 * 24 * 60 * minute]),
    ]
}

fn ack_with() -> impl Strategy<Value = Act> {
    let effect = prop::option::weighted(0.3, 0..2u8);
    let cron = prop::option::weighted(0.3, any::<(u8, u8)>());
    (effect, 0..4u8, cron, prop::bool::weighted(0.2)).prop_map(|(effect, emits, cron, refused)| {
        Act::AckWith {
            effect,
            emits,
            cron,
            refused,
        }
    })
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        2 => Just(Act::Claim),
        4 => Just(Act::Ack),
        3 => Just(Act::Retry),
        1 => Just(Act::Reject),
        1 => Just(Act::Extend),
        1 => Just(Act::Checkpoint),
        1 => any::<u8>().prop_map(Act::HandOff),
        3 => (0..2u8, 0..3u8).prop_map(|(effect, call)| Act::Begin(effect, call)),
        1 => (0..2u8).prop_map(Act::Complete),
        3 => (0..2u8).prop_map(Act::Force),
        2 => ack_with(),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => submission().prop_map(Step::Submit),
        6 => (any::<u8>(), prop::bool::weighted(0.3), any::<u8>(), any::<u8>()).prop_map(
            |(session, another, queue, node)| Step::Attach { session, another, queue, node }
        ),
        2 => (any::<u8>(), any::<bool>()).prop_map(|(session, bye)| Step::Leave { session, bye }),
        3 => any::<u8>().prop_map(|node| Step::Report { node }),
        12 => (any::<u8>(), act()).prop_map(|(session, act)| Step::Act { session, act }),
        3 => (any::<u8>(), any::<bool>(), prop::bool::weighted(0.2), prop::bool::weighted(0.2))
            .prop_map(|(session, everybody, interrupt, again)| Step::Send {
                session,
                everybody,
                interrupt,
                again,
            }),
        2 => (any::<u8>(), 0..3u8, any::<bool>(), any::<bool>()).prop_map(
            |(session, request, has, short)| Step::Ask { session, request, has, short }
        ),
        2 => (any::<u8>(), any::<bool>(), prop::bool::weighted(0.2)).prop_map(
            |(approval, allow, own)| Step::Answer { approval, allow, own }
        ),
        3 => (any::<u16>(), act()).prop_map(|(delivery, act)| Step::Late { delivery, act }),
        1 => any::<u16>().prop_map(|event| Step::Cancel { event }),
        2 => any::<u16>().prop_map(|event| Step::Replay { event }),
        1 => any::<u16>().prop_map(|event| Step::Purge { event }),
        1 => job(),
        2 => settings(),
        2 => mode(),
        1 => any::<u8>().prop_map(|node| Step::Restart { node }),
        6 => crons::step().prop_map(Step::Cron),
        9 => sources::step().prop_map(Step::Source),
        6 => Just(Step::Tick),
    ]
}

fn submission() -> impl Strategy<Value = Submission> {
    let some = |most: u8| prop::option::weighted(0.3, 0..most);
    let class = prop_oneof![
        1 => Just(Class::Interrupt),
        2 => Just(Class::Priority),
        4 => Just(Class::Normal),
    ];
    (
        any::<u8>(),
        class,
        some(3),
        prop::option::weighted(0.2, (0..4u8, 0..2u8)),
        prop::option::weighted(0.03, any::<u16>()),
        prop::option::weighted(0.15, 1..1000u16),
        prop::option::weighted(0.2, 1..1000u16),
        prop::option::weighted(0.2, 1..4u32),
    )
        .prop_map(
            |(queue, class, key, dedup, id, delay_s, ttl_s, attempts)| Submission {
                queue,
                class,
                key: key.filter(|_| class != Class::Interrupt),
                dedup,
                id,
                delay_s,
                ttl_s,
                attempts,
            },
        )
}

fn job() -> impl Strategy<Value = Step> {
    let kind = select(vec![
        JobKind::ReplayDead,
        JobKind::PurgeDead,
        JobKind::CancelQueue,
    ]);
    let cause = prop::option::weighted(
        0.2,
        select(vec![
            DeadCause::Attempts,
            DeadCause::Expired,
            DeadCause::Rejected,
        ]),
    );
    (kind, prop::option::of(any::<u8>()), cause).prop_map(|(kind, queue, cause)| Step::Job {
        kind,
        queue,
        cause,
    })
}

fn settings() -> impl Strategy<Value = Step> {
    let rate = prop::option::weighted(0.3, select(vec![6, 60, 600]));
    (any::<u8>(), any::<bool>(), rate, 1..4u32, any::<bool>()).prop_map(
        |(queue, strict, rate, attempts, short)| Step::Settings {
            queue,
            strict,
            rate,
            attempts,
            short,
        },
    )
}

fn mode() -> impl Strategy<Value = Step> {
    let mode = prop_oneof![
        3 => Just(Mode::Active),
        1 => Just(Mode::Paused),
        1 => Just(Mode::Draining),
    ];
    (any::<u8>(), mode).prop_map(|(queue, mode)| Step::Mode { queue, mode })
}
