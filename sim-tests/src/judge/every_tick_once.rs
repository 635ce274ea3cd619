//! Every tick of a cron is decided, once, and as the cron says.

use std::collections::{BTreeMap, BTreeSet};
use std::iter;

use ackord_core::answer::{Answer, Reply, Taken};
use ackord_core::command::{
    CreateCron, CronChange, DecideTick, Emit, Op as Command, ResumeCron, UpdateCron,
};
use ackord_core::id::{CronId, EventId, TeamId};
use ackord_core::limits::TICK_LATE;
use ackord_core::model::{CatchUp, CronTerms, Emitted, Fate, Mode, Overlap, SkipCause};
use ackord_core::rows::Row;
use ackord_core::time::Timestamp;

use super::ahead::Ahead;
use super::instants::Instants;
use super::{Evidence, Property, Verdict};
use crate::story::{Modes, Scene, is_over};

pub(super) const PROPERTY: Property = Property {
    name: "every_tick_once",
    proves: "the instants of a cron's schedule, computed apart, are decided one after the other, each \
             once and none before it is due; what is fired, skipped, replaced and caught up on is \
             what the cron says, and the cron tells so in the end; a change, a pause or a removal, by \
             itself or with an ack, takes away nothing but what is not decided",
    check,
};

/// Of a cron's events, so many are remembered: the latest.
const REMEMBERED: usize = 8;

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let scenes = &evidence.story.scenes;
    let mut walk = Walk {
        ahead: Ahead::of(evidence),
        ..Walk::default()
    };
    for scene in scenes {
        if let Some(wrong) = walk.command(scene) {
            verdict.hold(wrong.is_empty(), || {
                format!("entry {}: {}", scene.index, wrong.join("; "))
            });
        }
        walk.learn(scene);
    }
    for row in evidence.rows.iter().map(|it| it.1) {
        let Row::Cron(row) = row else { continue };
        let told = row.counts;
        let counts = [told.fired, told.replaced, told.skipped, told.by_hand];
        let counted = walk.crons.get(&row.id).map(|it| (it.counts, it.next));
        verdict.hold(counted == Some((counts, row.next)), || {
            let next = row.next;
            format!(
                "{} tells {counts:?} and {next:?}, and it was {counted:?}",
                row.id
            )
        });
    }
}

/// What is known of a cron.
struct Known {
    team: Option<TeamId>,
    terms: CronTerms,
    instants: Instants,
    /// The first tick that is not decided.
    next: Option<Timestamp>,
    /// The last one that is.
    last: Option<Timestamp>,
    revision: u64,
    /// The latest events that it became, the last one first.
    events: Vec<EventId>,
    /// Fired, replaced, skipped, by hand.
    counts: [u64; 4],
}

#[derive(Default)]
struct Walk {
    ahead: Ahead,
    crons: BTreeMap<CronId, Known>,
    /// Events that are not over.
    alive: BTreeSet<EventId>,
    /// Events that some session was given.
    given: BTreeSet<EventId>,
    modes: Modes,
}

/// What is wrong with a command.
type Wrong = Vec<String>;

impl Walk {
    /// Follows a command. None: it is about no cron, or was refused.
    fn command(&mut self, scene: &Scene) -> Option<Wrong> {
        let Ok(reply) = &scene.answer else {
            return None;
        };
        match (&scene.command.op, reply) {
            (Command::CreateCron(it), Reply::Cron(id, revision)) => {
                Some(self.create(it, (*id, *revision), scene))
            }
            (Command::UpdateCron(it), Reply::Cron(_, revision)) => {
                Some(self.update(it, *revision, scene.at))
            }
            (Command::PauseCron(it), Reply::Cron(_, revision)) => {
                self.crons.get_mut(&it.cron)?.pause(*revision, scene.at);
                Some(Wrong::new())
            }
            (Command::ResumeCron(it), Reply::Cron(_, revision)) => {
                Some(self.resume(it, *revision, scene.at))
            }
            (Command::DeleteCron(it), _) => {
                self.crons.remove(&it.cron);
                Some(Wrong::new())
            }
            (Command::FireCron(it), Reply::Submitted(event, Taken::Accepted)) => {
                self.crons.get_mut(&it.cron)?.fire(*event, &self.alive);
                Some(Wrong::new())
            }
            (
                Command::Ack(it),
                Reply::Acked {
                    again: false,
                    emitted,
                    ..
                },
            ) => self.go_with_ack(&it.emits, emitted, scene),
            (Command::DecideTick(it), _) => Some(self.decide(it, scene)),
            _ => None,
        }
    }

    /// Follows what goes out with an ack that counts. None: no cron is changed.
    fn go_with_ack(&mut self, emits: &[Emit], told: &[Emitted], scene: &Scene) -> Option<Wrong> {
        let mut found: Option<Wrong> = None;
        for (emit, told) in emits.iter().zip(told) {
            if let (Emit::Cron(change), Some(id)) = (emit, told.cron) {
                let wrong = self.change(change, id, &told.events, scene);
                found.get_or_insert_default().extend(wrong);
            }
        }
        found
    }

    /// An ack does not tell the revision: each change is the next one.
    fn change(&mut self, it: &CronChange, id: CronId, events: &[EventId], scene: &Scene) -> Wrong {
        let revision = self.crons.get(&id).map_or(0, |it| it.revision) + 1;
        match it {
            CronChange::Create(it) => return self.create(it, (id, revision), scene),
            CronChange::Update(it) => return self.update(it, revision, scene.at),
            CronChange::Resume(it) => return self.resume(it, revision, scene.at),
            CronChange::Delete(_) => drop(self.crons.remove(&id)),
            CronChange::Pause(_) => {
                if let Some(known) = self.crons.get_mut(&id).filter(|it| it.next.is_some()) {
                    known.pause(revision, scene.at);
                }
            }
            CronChange::Fire(_) => {
                let is_new = |it: &&EventId| {
                    let mut moves = scene.moves.iter();
                    moves.any(|moved| moved.event == **it && moved.before.is_none())
                };
                for event in events.iter().filter(is_new) {
                    if let Some(known) = self.crons.get_mut(&id) {
                        known.fire(*event, &self.alive);
                    }
                }
            }
        }
        Wrong::new()
    }

    fn create(&mut self, it: &CreateCron, named: (CronId, u64), scene: &Scene) -> Wrong {
        let (id, revision) = named;
        let mut known = Known {
            team: scene.command.team,
            terms: it.terms.clone(),
            instants: instants(&it.terms, it.anchor),
            next: None,
            last: None,
            revision,
            events: Vec::new(),
            counts: [0; 4],
        };
        let wrong = known.begin(it.next, self.ahead.at_most(scene.at));
        self.crons.insert(id, known);
        wrong
    }

    fn update(&mut self, it: &UpdateCron, revision: u64, at: Timestamp) -> Wrong {
        let at_most = self.ahead.at_most(at);
        let Some(known) = self.crons.get_mut(&it.cron) else {
            return vec![format!("{} is changed, and there is none", it.cron)];
        };
        let paused = known.next.is_none();
        let same = it.terms.fires_as(&known.terms);
        known.terms = it.terms.clone();
        known.revision = revision;
        if !same {
            known.instants = instants(&it.terms, it.anchor);
        }
        if paused || same {
            return Wrong::new();
        }
        if known.next != it.next {
            known.drop_due(at);
        }
        known.begin(it.next, at_most)
    }

    fn resume(&mut self, it: &ResumeCron, revision: u64, at: Timestamp) -> Wrong {
        let at_most = self.ahead.at_most(at);
        let Some(known) = self.crons.get_mut(&it.cron) else {
            return vec![format!("{} is resumed, and there is none", it.cron)];
        };
        if known.next.is_some() {
            return Wrong::new();
        }
        known.revision = revision;
        known.begin(Some(it.next), at_most)
    }

    fn decide(&mut self, it: &DecideTick, scene: &Scene) -> Wrong {
        let Some(known) = self.crons.get_mut(&it.cron) else {
            return vec![format!(
                "a tick of {} is decided, and there is none",
                it.cron
            )];
        };
        let mut wrong = Wrong::new();
        if known.next != Some(it.nominal) {
            let next = known.next;
            wrong.push(format!(
                "the tick of {} is decided, not {next:?}",
                it.nominal
            ));
        }
        if it.nominal > scene.at {
            wrong.push(format!(
                "the tick of {} is decided at {}",
                it.nominal, scene.at
            ));
        }
        if it.revision != known.revision {
            let (old, new) = (it.revision, known.revision);
            wrong.push(format!("revision {old} decides a tick of revision {new}"));
        }
        let last = it.over.map_or(it.nominal, |it| it.last);
        let ticks: Vec<Timestamp> = known.instants.through(it.nominal, last).collect();
        let more = it.over.map_or(0, |it| it.ticks);
        if u64::try_from(ticks.len()) != Ok(more + 1) || ticks.last() != Some(&last) {
            wrong.push(format!(
                "{more} more than {} until {last} are {ticks:?}",
                it.nominal
            ));
        }
        let under_way = known.under_way(&self.alive);
        let is_given = |it: &EventId| self.given.contains(it);
        let (given, untouched): (Vec<_>, Vec<_>) = under_way.into_iter().partition(is_given);
        let wanted = ticks.iter().any(|tick| known.wants(*tick, scene.at));
        let queue = self.modes.named(known.team, known.terms.tag.as_ref());
        let drains = queue.is_some_and(|it| self.modes.of(it) == Mode::Draining);
        wrong.extend(known.judge((wanted, drains), &given, &untouched, scene));
        known.last = Some(last);
        known.next = Some(known.instants.after(last));
        if it.next != known.next {
            let (told, next) = (it.next, known.next);
            wrong.push(format!("what follows {last} is {next:?}, not {told:?}"));
        }
        known.count(&scene.answer, more, given);
        wrong
    }

    /// What became of events, for the next command.
    fn learn(&mut self, scene: &Scene) {
        for it in &scene.moves {
            match it.after.is_none_or(is_over) {
                true => self.alive.remove(&it.event),
                false => self.alive.insert(it.event),
            };
        }
        self.modes.follow(scene);
        self.given
            .extend(scene.leases.iter().map(|it| it.fence.event));
    }
}

impl Known {
    /// Ticks come from here on, as of `now`: none is left out, none has been decided.
    fn begin(&mut self, next: Option<Timestamp>, now: Timestamp) -> Wrong {
        self.next = next;
        let Some(next) = next else {
            return Wrong::new();
        };
        let left_out = self.instants.after(now) < next;
        let is_one = self.instants.has(next) && self.last < Some(next);
        match is_one && !left_out {
            true => Wrong::new(),
            false => vec![format!(
                "ticks begin with {next} by {now}, of {:?}",
                self.instants
            )],
        }
    }

    fn pause(&mut self, revision: u64, at: Timestamp) {
        self.drop_due(at);
        (self.next, self.revision) = (None, revision);
    }

    /// By hand.
    fn fire(&mut self, event: EventId, alive: &BTreeSet<EventId>) {
        let under_way = self.under_way(alive);
        self.became(event, under_way);
        self.counts[3] += 1;
    }

    /// A tick that is due and is not decided any more is skipped.
    fn drop_due(&mut self, at: Timestamp) {
        if self.next.is_some_and(|it| it <= at) {
            self.counts[2] += 1;
            self.last = self.next;
        }
    }

    /// Which of its events are in the way of another one.
    fn under_way(&self, alive: &BTreeSet<EventId>) -> Vec<EventId> {
        let counts = self.terms.overlap != Overlap::Allow;
        let events = self.events.iter().copied();
        events.filter(|it| counts && alive.contains(it)).collect()
    }

    fn became(&mut self, event: EventId, others: Vec<EventId>) {
        let events = iter::once(event).chain(others);
        self.events = events.take(REMEMBERED).collect();
    }

    /// Whether a tick fires that is decided so late.
    fn wants(&self, tick: Timestamp, at: Timestamp) -> bool {
        let age = at.since(tick);
        let in_time = age <= TICK_LATE;
        in_time
            || match self.terms.catch_up {
                CatchUp::Skip => false,
                CatchUp::One => self.instants.after(tick) > at,
                CatchUp::All { max_age } => age <= max_age,
            }
    }

    /// Whether the fate of a tick is the right one, which is wanted or not, and whose queue drains or
    /// does not.
    fn judge(
        &self,
        (wanted, drains): (bool, bool),
        given: &[EventId],
        untouched: &[EventId],
        scene: &Scene,
    ) -> Option<String> {
        let Ok(Reply::Decided(fate)) = &scene.answer else {
            return Some("a tick is answered with something else".to_owned());
        };
        let overlap = self.terms.overlap;
        let skipped = |why| *fate == Fate::Skipped(why);
        let gone = |event: &EventId| {
            let mut moves = scene.moves.iter();
            moves.any(|it| it.event == *event && it.after.is_none_or(is_over))
        };
        let right = match (wanted, overlap) {
            (false, _) => skipped(SkipCause::Missed),
            (true, Overlap::Skip) if !(given.is_empty() && untouched.is_empty()) => {
                skipped(SkipCause::Overlap)
            }
            (true, _) if drains => skipped(SkipCause::Draining),
            (true, Overlap::Replace) if !untouched.is_empty() => {
                let latest = untouched.first();
                matches!(fate, Fate::Replaced { before, .. } if Some(before) == latest)
                    && untouched.iter().all(gone)
            }
            (true, _) => matches!(fate, Fate::Fired(_)),
        };
        if !right {
            return Some(format!(
                "it is {fate:?}, with {overlap:?}, {given:?} and {untouched:?} under way"
            ));
        }
        let (Fate::Fired(event) | Fate::Replaced { event, .. }) = fate else {
            return None;
        };
        let moved = scene.moves.iter().find(|it| it.event == *event);
        let is_new = moved.is_some_and(|it| it.before.is_none());
        (!is_new).then(|| format!("it fires as {event}, which is no new event"))
    }

    fn count(&mut self, answer: &Answer, more: u64, others: Vec<EventId>) {
        self.counts[2] += more;
        match answer {
            Ok(Reply::Decided(Fate::Skipped(_))) => self.counts[2] += 1,
            Ok(Reply::Decided(Fate::Fired(event))) => {
                self.counts[0] += 1;
                self.became(*event, others);
            }
            Ok(Reply::Decided(Fate::Replaced { event, .. })) => {
                self.counts[0] += 1;
                self.counts[1] += 1;
                self.became(*event, others);
            }
            _ => {}
        }
    }
}

fn instants(terms: &CronTerms, anchor: Timestamp) -> Instants {
    let known = Instants::of(terms.schedule.as_str(), anchor);
    known.expect("the world has no other schedules")
}

#[cfg(test)]
mod tests {
    use ackord_core::command::{Ack, PauseCron, SetMode};
    use ackord_core::model::{Class, Instruction};
    use ackord_core::text;

    use super::super::stage::{Acts, QUEUE, Stage, fence, leased};
    use super::*;

    const CRON: CronId = CronId(1);

    /// Every three seconds, from the beginning on.
    fn created(overlap: Overlap) -> Box<CreateCron> {
        let terms = CronTerms {
            label: text::Label::new("c1").expect("a valid label"),
            schedule: text::ScheduleText::new("@every 3s").expect("a valid text"),
            zone: text::ZoneName::new("UTC").expect("a valid name"),
            tag: None,
            class: Class::Normal,
            ordering_key: None,
            ttl: None,
            attempts: None,
            lease: None,
            overlap,
            catch_up: CatchUp::One,
            starts: None,
            ends: None,
        };
        let prompt = text::Prompt::new("do it").expect("a valid prompt");
        Box::new(CreateCron {
            terms,
            instruction: Instruction::Prompt(prompt),
            anchor: Timestamp(0),
            next: Some(Timestamp(3_000)),
            silence: None,
        })
    }

    fn create(stage: &mut Stage, overlap: Overlap) {
        let scene = stage.scene(Command::CreateCron(created(overlap)));
        scene.answer = Ok(Reply::Cron(CRON, 1));
    }

    /// The same goes out with an ack.
    fn change_with_ack(stage: &mut Stage, change: CronChange) {
        let scene = stage.scene(Command::Ack(Ack {
            fence: fence(9, 1),
            summary: None,
            effects: Vec::new(),
            emits: vec![Emit::Cron(change)],
        }));
        scene.answer = Ok(Reply::Acked {
            at: scene.at,
            position: Default::default(),
            again: false,
            emitted: vec![Emitted {
                events: Vec::new(),
                cron: Some(CRON),
            }],
        });
    }

    fn tick(stage: &mut Stage, nominal: u64, next: u64, fate: Fate) {
        let scene = stage.scene(Command::DecideTick(DecideTick {
            cron: CRON,
            revision: 1,
            nominal: Timestamp(nominal),
            over: None,
            next: Some(Timestamp(next)),
        }));
        scene.at = Timestamp(nominal + 10);
        scene.answer = Ok(Reply::Decided(fate));
        if let Fate::Fired(event) = fate {
            scene.moved(event.0, None, leased(1), nominal, Vec::new());
            scene.gives(event.0, 1, 1);
        }
    }

    #[test]
    fn one_tick_after_the_other_fires() {
        let mut stage = Stage::default();
        create(&mut stage, Overlap::Allow);
        tick(&mut stage, 3_000, 6_000, Fate::Fired(EventId(1)));
        tick(&mut stage, 6_000, 9_000, Fate::Fired(EventId(2)));
        stage.holds(PROPERTY);
    }

    #[test]
    fn a_cron_begins_with_its_first_tick() {
        for (first, fine) in [(3_000, true), (4_000, false), (30_000, false)] {
            let mut stage = Stage::default();
            let mut creation = created(Overlap::Allow);
            creation.next = Some(Timestamp(first));
            stage.scene(Command::CreateCron(creation)).answer = Ok(Reply::Cron(CRON, 1));
            let wrong = stage.broken(PROPERTY);
            let late = wrong.iter().any(|it| it.contains("ticks begin with"));
            assert_eq!(late, !fine, "{first}: {wrong:?}");
        }
    }

    #[test]
    fn no_tick_is_decided_twice_or_left_out() {
        let mut twice = Stage::default();
        create(&mut twice, Overlap::Allow);
        tick(&mut twice, 3_000, 6_000, Fate::Fired(EventId(1)));
        tick(&mut twice, 3_000, 6_000, Fate::Fired(EventId(2)));
        twice.breaks(PROPERTY, "not Some");

        let mut left_out = Stage::default();
        create(&mut left_out, Overlap::Allow);
        tick(&mut left_out, 3_000, 9_000, Fate::Fired(EventId(1)));
        left_out.breaks(PROPERTY, "what follows");
    }

    #[test]
    fn an_ack_makes_and_pauses_a_cron_as_a_command_does() {
        let mut stage = Stage::default();
        change_with_ack(&mut stage, CronChange::Create(created(Overlap::Allow)));
        tick(&mut stage, 3_000, 6_000, Fate::Fired(EventId(1)));
        stage.holds(PROPERTY);
        let pause = PauseCron { cron: CRON };
        change_with_ack(&mut stage, CronChange::Pause(pause));
        tick(&mut stage, 6_000, 9_000, Fate::Fired(EventId(2)));
        stage.breaks(PROPERTY, "not None");
    }

    #[test]
    fn a_tick_to_a_queue_that_drains_is_skipped() {
        for (mode, fine) in [(Mode::Draining, true), (Mode::Active, false)] {
            let mut stage = Stage::default();
            create(&mut stage, Overlap::Replace);
            let drain = SetMode { tag: None, mode };
            stage.scene(Command::SetMode(drain)).answer = Ok(Reply::Queue(QUEUE, 1));
            tick(&mut stage, 3_000, 6_000, Fate::Skipped(SkipCause::Draining));
            assert_eq!(stage.broken(PROPERTY).is_empty(), fine, "{mode:?}");
        }
    }

    #[test]
    fn what_is_under_way_has_a_tick_skipped() {
        let mut stage = Stage::default();
        create(&mut stage, Overlap::Skip);
        tick(&mut stage, 3_000, 6_000, Fate::Fired(EventId(1)));
        tick(&mut stage, 6_000, 9_000, Fate::Skipped(SkipCause::Overlap));
        stage.holds(PROPERTY);
        tick(&mut stage, 9_000, 12_000, Fate::Fired(EventId(2)));
        stage.breaks(PROPERTY, "under way");
    }
}
