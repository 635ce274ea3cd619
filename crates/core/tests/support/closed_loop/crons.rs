//! Crons in a closed loop: what is asked of them, who proposes their ticks, and a second opinion on
//! what is decided.

use std::collections::BTreeMap;

use ackord_core::answer::{Answer, Rejection, Reply, Taken};
use ackord_core::command::{
    Actor, Command, CreateCron, CronChange, DecideTick, DedupClaim, DeleteCron, Emit, FireCron,
    Missed, Op, PauseCron, ResumeCron, UpdateCron,
};
use ackord_core::id::{CronId, EventId, TeamId};
use ackord_core::model::{
    CatchUp, Class, ContentHash, Cron, CronTerms, DedupKey, DedupKind, Fate, Instruction, Overlap,
    Silence, SkipCause,
};
use ackord_core::text::{Label, ScheduleText, Skill, ZoneName};
use ackord_core::time::{Millis, Timestamp};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::commands::{by, queue_of};
use super::coverage::Coverage;
use super::world::World;

/// Later than this a tick is late.
const LATE: Millis = Millis::from_secs(60);

/// What is asked of a cron; the number says which.
#[derive(Debug, Clone)]
pub(crate) enum CronStep {
    Make(Wish),
    Change(u8, Wish),
    Remove(u8),
    Pause(u8),
    Resume(u8),
    Fire(u8),
    /// Whoever leads proposes the next tick.
    Tick(u8),
}

/// What somebody wants of a cron.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    pub(crate) queue: u8,
    pub(crate) every_s: u64,
    pub(crate) overlap: Overlap,
    pub(crate) catch_up: CatchUp,
    /// Its silence is told of after so many seconds.
    pub(crate) silence_s: Option<u64>,
}

pub(super) fn step() -> impl Strategy<Value = CronStep> {
    let which = || any::<u8>();
    prop_oneof![
        2 => wish().prop_map(CronStep::Make),
        1 => (which(), wish()).prop_map(|(cron, it)| CronStep::Change(cron, it)),
        1 => which().prop_map(CronStep::Remove),
        1 => which().prop_map(CronStep::Pause),
        1 => which().prop_map(CronStep::Resume),
        1 => which().prop_map(CronStep::Fire),
        8 => which().prop_map(CronStep::Tick),
    ]
}

fn wish() -> impl Strategy<Value = Wish> {
    let catch_up = select(vec![
        CatchUp::Skip,
        CatchUp::One,
        CatchUp::All {
            max_age: Millis::from_mins(12),
        },
    ]);
    let overlap = select(vec![Overlap::Allow, Overlap::Skip, Overlap::Replace]);
    (
        any::<u8>(),
        select(vec![10u64, 300, 3600]),
        overlap,
        catch_up,
        option::of(select(vec![60u64, 7200])),
    )
        .prop_map(|(queue, every_s, overlap, catch_up, silence_s)| Wish {
            queue,
            every_s,
            overlap,
            catch_up,
            silence_s,
        })
}

/// What is known of a cron from the answers alone.
#[derive(Debug)]
struct Known {
    revision: u64,
    terms: CronTerms,
    next: Option<Timestamp>,
    /// Nothing up to here is decided again.
    decided: Option<Timestamp>,
    paused: bool,
}

/// The second opinion.
#[derive(Debug, Default)]
pub(crate) struct Crons(BTreeMap<CronId, Known>);

impl World {
    pub(super) fn cron_step(&mut self, step: &CronStep) -> Option<Command> {
        match step {
            CronStep::Make(wish) => Some(self.make_cron(wish)),
            CronStep::Change(which, wish) => {
                let cron = self.cron(*which)?;
                // Each team has sessions on its own queues only.
                let (team, tag) = queue_of(wish.queue);
                let tag = if team == cron.team {
                    tag
                } else {
                    cron.terms.tag.clone()
                };
                let wished = terms(&cron.terms.label, wish);
                let terms = CronTerms { tag, ..wished };
                Some(by(
                    cron.team,
                    Op::UpdateCron(Box::new(UpdateCron {
                        cron: cron.id,
                        revision: Some(cron.revision),
                        terms,
                        instruction: None,
                        anchor: self.now,
                        next: Some(self.now.after(Millis::from_secs(wish.every_s))),
                        silence: silence(cron.team, wish),
                    })),
                ))
            }
            CronStep::Remove(which) => {
                let it = self.cron(*which)?;
                let (cron, revision) = (it.id, None);
                Some(by(it.team, Op::DeleteCron(DeleteCron { cron, revision })))
            }
            CronStep::Pause(which) => {
                let it = self.cron(*which)?;
                Some(by(it.team, Op::PauseCron(PauseCron { cron: it.id })))
            }
            CronStep::Resume(which) => {
                let it = self.cron(*which)?;
                Some(by(
                    it.team,
                    Op::ResumeCron(ResumeCron {
                        cron: it.id,
                        revision: it.revision,
                        next: self.now.after(every(&it)),
                    }),
                ))
            }
            CronStep::Fire(which) => {
                let it = self.cron(*which)?;
                let event = EventId::new(self.now.0, self.submitted.len() as u128);
                self.submitted.push((it.team, event));
                // Now and then an order comes again, its answer lost.
                let dedup = (which % 2 == 0).then_some(DedupClaim {
                    key: DedupKey(u128::from(it.id.0) << 64),
                    kind: DedupKind::Client,
                    content: ContentHash(0),
                });
                let cron = it.id;
                Some(by(it.team, Op::FireCron(FireCron { cron, event, dedup })))
            }
            CronStep::Tick(which) => {
                let it = self.cron(*which)?;
                let tick = propose(&it, self.now)?;
                Some(Command {
                    by: Actor::Cluster,
                    team: Some(it.team),
                    op: Op::DecideTick(tick),
                })
            }
        }
    }

    fn cron(&self, which: u8) -> Option<Cron> {
        let crons: Vec<_> = self.twins.whole.state.crons().collect();
        let at = usize::from(which) % crons.len().max(1);
        crons.get(at).map(|it| (***it).clone())
    }

    fn make_cron(&mut self, wish: &Wish) -> Command {
        let (team, _) = queue_of(wish.queue);
        by(team, Op::CreateCron(Box::new(self.creation("c", wish))))
    }

    fn creation(&self, stem: &str, wish: &Wish) -> CreateCron {
        let label = format!("{stem}{}", self.twins.whole.state.crons().count());
        let label = Label::new(label).expect("valid");
        CreateCron {
            terms: terms(&label, wish),
            instruction: Instruction::Skill(Skill::new("tidy-up").expect("valid")),
            anchor: self.now,
            next: Some(self.now.after(Millis::from_secs(wish.every_s))),
            silence: silence(queue_of(wish.queue).0, wish),
        }
    }

    /// What a session does with a cron of its team when it acknowledges; numbers say what, and which.
    pub(super) fn cron_change(&mut self, team: TeamId, kind: u8, which: u8) -> Option<CronChange> {
        if kind.is_multiple_of(5) {
            let wish = Wish {
                queue: which,
                every_s: 300,
                overlap: Overlap::Allow,
                catch_up: CatchUp::One,
                silence_s: None,
            };
            let own = queue_of(which).0 == team;
            return own.then(|| CronChange::Create(Box::new(self.creation("a", &wish))));
        }
        let it = self.cron(which).filter(|it| it.team == team)?;
        let cron = it.id;
        Some(match kind % 5 {
            1 => CronChange::Pause(PauseCron { cron }),
            2 => CronChange::Resume(ResumeCron {
                cron,
                revision: it.revision,
                next: self.now.after(every(&it)),
            }),
            3 => CronChange::Delete(DeleteCron {
                cron,
                revision: Some(it.revision),
            }),
            _ => CronChange::Fire(FireCron {
                cron,
                event: self.fresh(team),
                dedup: None,
            }),
        })
    }
}

/// The alarm goes to a queue of the cron's team, which has sessions.
fn silence(team: TeamId, wish: &Wish) -> Option<Silence> {
    let mut queues = (0..=u8::MAX).map(queue_of).filter(|it| it.0 == team);
    let tag = queues.find_map(|it| it.1)?;
    wish.silence_s.map(|it| Silence {
        after: Millis::from_secs(it),
        tag,
        class: Class::Priority,
    })
}

fn terms(label: &Label, wish: &Wish) -> CronTerms {
    let every = format!("{}", wish.every_s);
    CronTerms {
        label: label.clone(),
        schedule: ScheduleText::new(every).expect("valid"),
        zone: ZoneName::new("UTC").expect("valid"),
        tag: queue_of(wish.queue).1,
        class: Class::Normal,
        ordering_key: None,
        ttl: None,
        attempts: None,
        lease: None,
        overlap: wish.overlap,
        catch_up: wish.catch_up,
        starts: None,
        ends: None,
    }
}

fn every(cron: &Cron) -> Millis {
    let seconds = cron.terms.schedule.as_str().parse();
    Millis::from_secs(seconds.expect("the schedules of this test are seconds"))
}

/// What a leader proposes: the slow way, tick by tick.
fn propose(cron: &Cron, now: Timestamp) -> Option<DecideTick> {
    let nominal = cron.next.filter(|it| *it <= now)?;
    let step = every(cron);
    let (mut last, mut ticks) = (nominal, 0);
    while !wanted(&cron.terms, last, last.after(step), now)
        && !wanted(
            &cron.terms,
            last.after(step),
            last.after(step).after(step),
            now,
        )
        && ticks < 500
    {
        last = last.after(step);
        ticks += 1;
    }
    Some(DecideTick {
        cron: cron.id,
        revision: cron.revision,
        nominal,
        over: (ticks > 0).then_some(Missed { ticks, last }),
        next: Some(last.after(step)),
    })
}

fn wanted(terms: &CronTerms, tick: Timestamp, next: Timestamp, now: Timestamp) -> bool {
    let age = now.since(tick);
    age <= LATE
        || match terms.catch_up {
            CatchUp::Skip => false,
            CatchUp::One => next > now,
            CatchUp::All { max_age } => age <= max_age,
        }
}

impl Crons {
    /// Judges an answer, and says which event came of it.
    ///
    /// # Panics
    /// It is not the one that the design demands.
    pub(super) fn judge(
        &mut self,
        now: Timestamp,
        command: &Command,
        answer: &Answer,
        coverage: &mut Coverage,
    ) -> Option<(TeamId, EventId)> {
        let team = command.team?;
        match (&command.op, answer) {
            (Op::CreateCron(it), Ok(Reply::Cron(id, 1))) => self.made(*id, it),
            (Op::UpdateCron(it), Ok(Reply::Cron(id, revision))) => {
                let known = self.0.get_mut(id).expect("it was made");
                assert_eq!(*revision, known.revision + 1);
                known.changed(it, *revision, now, coverage);
            }
            (Op::DeleteCron(it), Ok(_)) => {
                self.0.remove(&it.cron).expect("it was made");
            }
            (Op::PauseCron(it), Ok(Reply::Cron(_, revision))) => {
                assert_eq!(self.paused(it, now), *revision);
            }
            (Op::ResumeCron(it), Ok(Reply::Cron(_, revision))) => {
                assert_eq!(self.resumed(it), *revision);
            }
            (
                Op::Ack(it),
                Ok(Reply::Acked {
                    again: false,
                    emitted,
                    ..
                }),
            ) => {
                for (emit, emitted) in it.emits.iter().zip(emitted) {
                    if let Emit::Cron(change) = emit {
                        let cron = emitted.cron.expect("it is told which");
                        self.changed_with_an_ack(change, cron, now);
                        coverage.saw("cron changed with an ack");
                    }
                }
            }
            (Op::FireCron(it), Ok(Reply::Submitted(event, taken))) => {
                if *taken == Taken::Accepted {
                    assert_eq!(*event, it.event);
                    return Some((team, it.event));
                }
                assert!(it.dedup.is_some() && *taken == Taken::Duplicate);
                coverage.saw("fired again");
            }
            (Op::DecideTick(it), answer) => {
                let event = self.decided(now, it, answer, coverage)?;
                return Some((team, event));
            }
            _ => {}
        }
        None
    }

    fn made(&mut self, id: CronId, it: &CreateCron) {
        let known = Known {
            revision: 1,
            terms: it.terms.clone(),
            next: it.next,
            decided: None,
            paused: false,
        };
        assert!(self.0.insert(id, known).is_none(), "{id} is given twice");
    }

    /// Answers its revision.
    fn paused(&mut self, it: &PauseCron, now: Timestamp) -> u64 {
        let known = self.0.get_mut(&it.cron).expect("it was made");
        if !known.paused {
            known.drop_due(now);
            (known.next, known.paused) = (None, true);
            known.revision += 1;
        }
        known.revision
    }

    /// Answers its revision.
    fn resumed(&mut self, it: &ResumeCron) -> u64 {
        let known = self.0.get_mut(&it.cron).expect("it was made");
        if known.paused {
            (known.next, known.paused) = (Some(it.next), false);
            known.revision += 1;
        }
        known.revision
    }

    fn changed_with_an_ack(&mut self, change: &CronChange, cron: CronId, now: Timestamp) {
        match change {
            CronChange::Create(it) => self.made(cron, it),
            CronChange::Pause(it) => {
                self.paused(it, now);
            }
            CronChange::Resume(it) => {
                self.resumed(it);
            }
            CronChange::Delete(it) => {
                self.0.remove(&it.cron).expect("it was made");
            }
            CronChange::Fire(it) => assert_eq!(it.cron, cron),
            CronChange::Update(it) => panic!("nobody asks for it: {it:?}"),
        }
    }

    fn decided(
        &mut self,
        now: Timestamp,
        tick: &DecideTick,
        answer: &Answer,
        coverage: &mut Coverage,
    ) -> Option<EventId> {
        let Some(known) = self.0.get_mut(&tick.cron) else {
            assert_eq!(*answer, Err(Rejection::NotFound));
            return None;
        };
        let present = known.next == Some(tick.nominal) && known.revision == tick.revision;
        let Ok(Reply::Decided(fate)) = answer else {
            assert!(!present, "{tick:?} is refused: {answer:?}, {known:?}");
            coverage.saw("tick refused");
            return None;
        };
        assert!(present, "{tick:?} is decided, but {known:?}");
        assert!(
            known.decided.is_none_or(|it| it < tick.nominal),
            "{tick:?} comes again"
        );
        let fires = tick.over.is_none()
            && tick
                .next
                .is_none_or(|next| wanted(&known.terms, tick.nominal, next, now));
        assert_eq!(fires, *fate != Fate::Skipped(SkipCause::Missed), "{tick:?}");
        known.decided = Some(tick.over.map_or(tick.nominal, |it| it.last));
        known.next = tick.next;
        match fate {
            Fate::Skipped(SkipCause::Missed) => coverage.saw("tick missed"),
            Fate::Skipped(SkipCause::Overlap) => {
                assert_eq!(known.terms.overlap, Overlap::Skip);
                coverage.saw("tick overlaps");
            }
            Fate::Skipped(_) => coverage.saw("tick skipped"),
            Fate::Replaced { .. } => {
                assert_eq!(known.terms.overlap, Overlap::Replace);
                coverage.saw("tick replaces");
            }
            Fate::Fired(_) => coverage.saw("tick fires"),
        }
        match fate {
            Fate::Fired(event) | Fate::Replaced { event, .. } => Some(*event),
            Fate::Skipped(_) => None,
        }
    }
}

impl Known {
    fn changed(&mut self, it: &UpdateCron, revision: u64, now: Timestamp, coverage: &mut Coverage) {
        self.revision = revision;
        let same = self.terms.schedule == it.terms.schedule;
        if !same && !self.paused {
            if self.next.is_some_and(|it| it <= now) {
                coverage.saw("tick edited away");
            }
            self.drop_due(now);
            self.next = it.next;
        }
        self.terms = it.terms.clone();
    }

    fn drop_due(&mut self, now: Timestamp) {
        self.decided = self.next.filter(|it| *it <= now).or(self.decided);
    }
}
