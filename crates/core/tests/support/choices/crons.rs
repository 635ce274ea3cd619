//! Any bytes as what is asked of crons, and their ticks.

use ackord_core::command::{
    Actor, Command, CreateCron, CronChange, DecideTick, DeleteCron, FireCron, Missed, Op,
    PauseCron, ResumeCron, UpdateCron,
};
use ackord_core::id::{CronId, TeamId, TokenId};
use ackord_core::model::{CatchUp, Class, CronTerms, Instruction, Overlap, Silence};
use ackord_core::text::{Label, OrderingKey, ScheduleText, Skill, Tag, ZoneName};
use ackord_core::time::Timestamp;

use super::Choices;

/// Where crons of this test begin, and how far their ticks are apart: few enough to meet.
const BEGIN: u64 = 1_000_000;
const STEP: u64 = 30_000;

fn op(change: CronChange) -> Op {
    match change {
        CronChange::Create(it) => Op::CreateCron(it),
        CronChange::Update(it) => Op::UpdateCron(it),
        CronChange::Delete(it) => Op::DeleteCron(it),
        CronChange::Pause(it) => Op::PauseCron(it),
        CronChange::Resume(it) => Op::ResumeCron(it),
        CronChange::Fire(it) => Op::FireCron(it),
    }
}

impl Choices<'_> {
    /// Mostly from whom it should come, and for the team of the first cron.
    pub(super) fn of_crons(&mut self) -> Option<Command> {
        let team = match self.below(16)? {
            0 => TeamId(3),
            _ => TeamId(2),
        };
        let (by, op) = match self.below(2)? {
            0 => (Actor::Cluster, Op::DecideTick(self.decide()?)),
            _ => (Actor::Token(TokenId(4)), op(self.cron_change()?)),
        };
        let by = match self.below(32)? {
            0 => Actor::Cluster,
            1 => Actor::Token(TokenId(5)),
            _ => by,
        };
        let team = Some(team);
        Some(Command { by, team, op })
    }

    pub(super) fn cron_change(&mut self) -> Option<CronChange> {
        Some(match self.below(8)? {
            0 | 1 => CronChange::Create(Box::new(CreateCron {
                terms: self.terms()?,
                instruction: instruction(),
                anchor: self.instant()?,
                next: Some(self.tick()?).filter(|it| it.0 % 7 > 0),
                silence: self.maybe(Self::silence)?,
            })),
            2 | 3 => CronChange::Update(Box::new(UpdateCron {
                cron: self.cron()?,
                revision: self.maybe(Self::cron_revision)?,
                terms: self.terms()?,
                instruction: self.maybe(|_| Some(instruction()))?,
                anchor: self.instant()?,
                next: Some(self.tick()?).filter(|it| it.0 % 7 > 0),
                silence: self.maybe(Self::silence)?,
            })),
            4 => CronChange::Delete(DeleteCron {
                cron: self.cron()?,
                revision: self.maybe(Self::cron_revision)?,
            }),
            5 => CronChange::Pause(PauseCron { cron: self.cron()? }),
            6 => CronChange::Resume(ResumeCron {
                cron: self.cron()?,
                revision: self.cron_revision()?,
                next: self.tick()?,
            }),
            _ => CronChange::Fire(FireCron {
                cron: self.cron()?,
                event: self.event()?,
                dedup: self.maybe(Self::dedup)?,
            }),
        })
    }

    fn decide(&mut self) -> Option<DecideTick> {
        let missed = |it: &mut Self| {
            Some(Missed {
                ticks: it.number()?,
                last: it.tick()?,
            })
        };
        Some(DecideTick {
            cron: self.cron()?,
            revision: self.cron_revision()?,
            nominal: self.tick()?,
            over: self.maybe(missed)?,
            next: Some(self.tick()?).filter(|it| it.0 % 7 > 0),
        })
    }

    pub(super) fn silence(&mut self) -> Option<Silence> {
        Some(Silence {
            after: self.span()?,
            tag: self.tag()?.unwrap_or(Tag::new("ops").expect("a valid tag")),
            class: self.one_of(&[Class::Interrupt, Class::Normal])?,
        })
    }

    fn terms(&mut self) -> Option<CronTerms> {
        let label = ["a", "b", "c"][usize::from(self.below(3)?)];
        let schedule = ["@hourly", "@daily"][usize::from(self.below(2)?)];
        Some(CronTerms {
            label: Label::new(label).expect("a valid label"),
            schedule: ScheduleText::new(schedule).expect("a valid text"),
            zone: ZoneName::new("UTC").expect("a valid name"),
            tag: self.tag()?,
            class: self.one_of(&[Class::Interrupt, Class::Normal, Class::Normal])?,
            ordering_key: self.maybe(|_| OrderingKey::new("x").ok())?,
            ttl: self.maybe(Self::span)?,
            attempts: self.maybe(Self::small)?,
            lease: self.maybe(Self::span)?,
            overlap: self.one_of(&[Overlap::Allow, Overlap::Skip, Overlap::Replace])?,
            catch_up: match self.below(3)? {
                0 => CatchUp::Skip,
                1 => CatchUp::One,
                _ => CatchUp::All {
                    max_age: self.span()?,
                },
            },
            starts: self.maybe(Self::tick)?,
            ends: self.maybe(Self::tick)?,
        })
    }

    /// Mostly one of a few.
    fn tick(&mut self) -> Option<Timestamp> {
        Some(match self.byte()? {
            255 => Timestamp(u64::MAX),
            254 => Timestamp(0),
            253 => self.now,
            it => Timestamp(BEGIN + STEP * u64::from(it % 12)),
        })
    }

    /// Mostly an early one.
    fn cron_revision(&mut self) -> Option<u64> {
        match self.below(8)? {
            7 => self.number(),
            it => Some(u64::from(1 + it / 3)),
        }
    }

    /// Mostly what is numbered soon after the beginning.
    fn cron(&mut self) -> Option<CronId> {
        match self.below(8)? {
            7 => self.number().map(CronId),
            it => Some(CronId(u64::from(8 + it / 2))),
        }
    }
}

fn instruction() -> Instruction {
    Instruction::Skill(Skill::new("tidy-up").expect("a valid skill"))
}
