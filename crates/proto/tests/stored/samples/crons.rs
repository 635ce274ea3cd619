//! Samples of crons: what is asked of them, their ticks, and the rows of that.

use std::sync::Arc;

use ackord_core::command::{
    Ack, Actor, Command, CreateCron, CronChange, DecideTick, DedupClaim, DeleteCron, Emit, Entry,
    Fence, FireCron, Missed, Op, PauseCron, ResumeCron, UpdateCron,
};
use ackord_core::id::{CronId, EventId, SourceId, TeamId, TokenId};
use ackord_core::model::{
    AckRecord, Alarm, CatchUp, Class, ContentHash, Cron, CronCounts, CronTerms, Decided, DedupKey,
    DedupKind, Emitted, Event, EventState, Fate, Instruction, Origin, Outcome, Overlap, Silence,
    SkipCause, Watch, Watched,
};
use ackord_core::rows::{Key, Row};
use ackord_core::text::{Label, OrderingKey, Prompt, ScheduleText, Skill, Tag, ZoneName};
use ackord_core::time::{Millis, Position, Timestamp};

use super::events::{self, EVENT};
use super::text;

const CRON: CronId = CronId(19);
const TEAM: TeamId = TeamId(2);
const AT: Timestamp = Timestamp(1_790_000_000_123);
const NEXT: Timestamp = Timestamp(1_790_000_060_000);
const LATER: Timestamp = Timestamp(1_790_000_120_000);
const PLACE: Position = Position {
    index: 70_001,
    offset: 2,
};

/// Each command alone in an entry, with the ending of its sample's name.
pub(super) fn commands() -> Vec<(&'static str, Entry)> {
    let by = Actor::Token(TokenId(5));
    let changes = [
        ("", Op::CreateCron(Box::new(create()))),
        ("_bare", Op::CreateCron(Box::new(create_bare()))),
        (
            "_watched",
            Op::CreateCron(Box::new(CreateCron {
                silence: Some(silence()),
                ..create()
            })),
        ),
        ("", Op::UpdateCron(Box::new(update()))),
        (
            "_watched",
            Op::UpdateCron(Box::new(UpdateCron {
                silence: Some(silence()),
                ..update()
            })),
        ),
        (
            "",
            Op::DeleteCron(DeleteCron {
                cron: CRON,
                revision: Some(3),
            }),
        ),
        ("", Op::PauseCron(PauseCron { cron: CRON })),
        (
            "",
            Op::ResumeCron(ResumeCron {
                cron: CRON,
                revision: 4,
                next: NEXT,
            }),
        ),
        (
            "",
            Op::FireCron(FireCron {
                cron: CRON,
                event: EVENT,
                dedup: None,
            }),
        ),
        (
            "_named",
            Op::FireCron(FireCron {
                cron: CRON,
                event: EVENT,
                dedup: Some(DedupClaim {
                    key: DedupKey(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10),
                    kind: DedupKind::Client,
                    content: ContentHash(0),
                }),
            }),
        ),
    ];
    let acked = Op::Ack(Ack {
        fence: Fence {
            event: EVENT,
            delivery: 3,
        },
        summary: None,
        effects: vec![],
        emits: emits(),
    });
    let over = Some(Missed {
        ticks: 300,
        last: NEXT,
    });
    let ticks = [
        ("", None, Some(NEXT)),
        ("_over", over, Some(LATER)),
        ("_last", None, None),
    ];
    let ticks = ticks.map(|(ending, over, next)| {
        let tick = Op::DecideTick(DecideTick {
            cron: CRON,
            revision: 4,
            nominal: AT,
            over,
            next,
        });
        (ending, entry(Actor::Cluster, tick))
    });
    let changes = changes.map(|(ending, op)| (ending, entry(by, op)));
    let acked = ("_crons", entry(by, acked));
    changes.into_iter().chain(ticks).chain([acked]).collect()
}

/// One of each kind.
fn emits() -> Vec<Emit> {
    let changes = [
        CronChange::Create(Box::new(create())),
        CronChange::Update(Box::new(update())),
        CronChange::Delete(DeleteCron {
            cron: CRON,
            revision: Some(3),
        }),
        CronChange::Pause(PauseCron { cron: CRON }),
        CronChange::Resume(ResumeCron {
            cron: CRON,
            revision: 4,
            next: NEXT,
        }),
        CronChange::Fire(FireCron {
            cron: CRON,
            event: EVENT,
            dedup: None,
        }),
    ];
    changes.into_iter().map(Emit::Cron).collect()
}

/// An event whose ack fired a cron, and removed another one.
fn acked() -> Event {
    let ended = EventState::Ended {
        outcome: Outcome::Done,
        at: AT,
        position: PLACE,
    };
    let emitted = |events, cron| Emitted {
        events,
        cron: Some(CronId(cron)),
    };
    Event {
        ack: Some(Box::new(AckRecord {
            delivery: 3,
            session: None,
            at: AT,
            position: PLACE,
            summary: None,
            emitted: vec![emitted(vec![EVENT], 19), emitted(vec![], 20)],
        })),
        ..events::bare(ended)
    }
}

/// Each row under a key of its kind, with the ending of its sample's name.
pub(super) fn rows() -> Vec<(&'static str, Key, Row)> {
    let key = Key::Cron(TEAM, CRON);
    let row = |fate| Row::Cron(Arc::new(cron(fate)));
    let fired = Event {
        origin: Origin::Cron(CRON),
        ..events::bare(EventState::Ready)
    };
    let acked = acked();
    let before = EventId(7);
    let replaced = Fate::Replaced {
        event: EVENT,
        before,
    };
    vec![
        (
            "_changed_crons",
            Key::Event(acked.team, acked.id),
            Row::Event(Box::new(acked)),
        ),
        ("", key.clone(), row(Fate::Fired(EVENT))),
        (
            "_skipped",
            key.clone(),
            row(Fate::Skipped(SkipCause::Missed)),
        ),
        ("_replaced", key.clone(), row(replaced)),
        (
            "_several",
            key.clone(),
            Row::Cron(Arc::new(Cron {
                others: vec![EventId(8), before],
                ..cron(Fate::Fired(EVENT))
            })),
        ),
        ("_paused", key, Row::Cron(Arc::new(paused()))),
        (
            "",
            Key::CronInstruction(TEAM, CRON),
            Row::Instruction(prompt()),
        ),
        (
            "",
            Key::Watch(Watched::Cron(CRON)),
            Row::Watch(watch(Watched::Cron(CRON))),
        ),
        (
            "_silent",
            Key::Watch(Watched::Source(SourceId(11))),
            Row::Watch(Watch {
                deadline: None,
                alarm: Some(Alarm {
                    at: LATER,
                    event: Some(EVENT),
                }),
                ..watch(Watched::Source(SourceId(11)))
            }),
        ),
        (
            "_unheard",
            Key::Watch(Watched::Source(SourceId(11))),
            Row::Watch(Watch {
                last_ack: None,
                deadline: None,
                alarm: Some(Alarm {
                    at: LATER,
                    event: None,
                }),
                ..watch(Watched::Source(SourceId(11)))
            }),
        ),
        (
            "_skill",
            Key::CronInstruction(TEAM, CRON),
            Row::Instruction(Instruction::Skill(text(Skill::new("tidy-up")))),
        ),
        (
            "_of_cron",
            Key::Event(fired.team, fired.id),
            Row::Event(Box::new(fired)),
        ),
    ]
}

fn entry(by: Actor, op: Op) -> Entry {
    Entry {
        format: 1,
        at: AT,
        commands: vec![Command {
            by,
            team: Some(TEAM),
            op,
        }],
    }
}

fn terms() -> CronTerms {
    CronTerms {
        label: text(Label::new("Morning report")),
        schedule: text(ScheduleText::new("0 9 * * MON-FRI")),
        zone: text(ZoneName::new("Europe/Berlin")),
        tag: Some(text(Tag::new("reports"))),
        class: Class::Priority,
        ordering_key: Some(text(OrderingKey::new("report"))),
        ttl: Some(Millis(3_600_000)),
        attempts: Some(3),
        lease: Some(Millis(120_000)),
        overlap: Overlap::Replace,
        catch_up: CatchUp::All {
            max_age: Millis(7_200_000),
        },
        starts: Some(AT),
        ends: Some(Timestamp(1_890_000_000_000)),
    }
}

fn bare_terms() -> CronTerms {
    CronTerms {
        tag: None,
        class: Class::Normal,
        ordering_key: None,
        ttl: None,
        attempts: None,
        lease: None,
        overlap: Overlap::Allow,
        catch_up: CatchUp::Skip,
        starts: None,
        ends: None,
        ..terms()
    }
}

pub(super) fn silence() -> Silence {
    Silence {
        after: Millis(7_200_000),
        tag: text(Tag::new("on-call")),
        class: Class::Interrupt,
    }
}

fn watch(of: Watched) -> Watch {
    Watch {
        of,
        team: TEAM,
        silence: silence(),
        last_ack: Some(AT),
        deadline: Some(NEXT),
        alarm: None,
    }
}

fn prompt() -> Instruction {
    Instruction::Prompt(text(Prompt::new("Say what happened.\nBriefly.")))
}

fn create() -> CreateCron {
    CreateCron {
        terms: terms(),
        instruction: prompt(),
        anchor: AT,
        next: Some(NEXT),
        silence: None,
    }
}

fn create_bare() -> CreateCron {
    CreateCron {
        terms: bare_terms(),
        instruction: Instruction::Skill(text(Skill::new("tidy-up"))),
        anchor: AT,
        next: None,
        silence: None,
    }
}

fn update() -> UpdateCron {
    UpdateCron {
        cron: CRON,
        revision: Some(3),
        terms: CronTerms {
            overlap: Overlap::Skip,
            catch_up: CatchUp::One,
            ..terms()
        },
        instruction: Some(prompt()),
        anchor: AT,
        next: Some(NEXT),
        silence: None,
    }
}

fn cron(fate: Fate) -> Cron {
    Cron {
        id: CRON,
        team: TEAM,
        revision: 4,
        terms: terms(),
        anchor: AT,
        paused: None,
        next: Some(NEXT),
        last: Some(Decided {
            nominal: AT,
            at: Timestamp(1_790_000_000_456),
            fate,
        }),
        live: Some(EVENT),
        others: vec![],
        counts: CronCounts {
            fired: 12,
            replaced: 3,
            skipped: 4_000,
            by_hand: 1,
        },
        created: AT,
        changed: Timestamp(1_790_000_000_456),
    }
}

fn paused() -> Cron {
    Cron {
        terms: bare_terms(),
        paused: Some(AT),
        next: None,
        last: None,
        live: None,
        counts: CronCounts::default(),
        ..cron(Fate::Fired(EVENT))
    }
}
