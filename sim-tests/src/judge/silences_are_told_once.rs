//! A silence is told of when it has lasted long enough, and once.

use std::collections::BTreeMap;

use ackord_core::answer::{Receipt, Reply, Taken};
use ackord_core::command::{Actor, Op as Command};
use ackord_core::id::{CronId, EventId};
use ackord_core::limits::TICK_LATE;
use ackord_core::model::{CronTerms, Fate, Silence, Watched};
use ackord_core::rows::{Key, Row, Rows};
use ackord_core::time::{Millis, Timestamp};

use super::{Evidence, Property, Verdict};
use crate::story::{Scene, alarm_of};

pub(super) const PROPERTY: Property = Property {
    name: "silences_are_told_once",
    proves: "of a cron or a source that is watched, an alarm comes when none of its events has been \
             acked for as long as was asked for, counted from the latest ack, or from the first tick or \
             the moment from which events were to be expected: not before, not twice, not while nothing \
             is expected, and, unless the whole cluster was away meanwhile, within a second of the next \
             tick of the log",
    check,
};

/// A tick may come so much later than what is due.
const SLACK: Millis = Millis(1_000);
/// Log time does not jump so far unless nobody led.
const OUTAGE: Millis = Millis(TICK_LATE.0 - 5_000);
/// After that alarms may wait for so long: those who were away have to come back first.
const GRACE: Millis = Millis(15 * 60_000);

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let mut walk = Walk::default();
    let mut scenes = evidence.story.scenes.iter().peekable();
    while let Some(scene) = scenes.next() {
        walk.come_to(scene.at);
        walk.command(scene);
        let ticks = matches!(scene.command.op, Command::Tick(_));
        let alarms = scene.moves.iter().filter(|it| it.before.is_none());
        for of in alarms.filter_map(|it| alarm_of(it.event)) {
            let found = walk.alarm(of, scene.at, ticks);
            verdict.look(found.map_err(|it| format!("entry {}: {of:?} {it}", scene.index)));
        }
        // Several ticks of one entry are one: the next may have the room that this one lacked.
        let goes_on = scenes.peek().is_some_and(|it| it.index == scene.index);
        if ticks && !goes_on {
            for of in walk.forgotten() {
                let index = scene.index;
                verdict.hold(false, || format!("entry {index}: nobody is told of {of:?}"));
            }
        }
    }
    if let Ok(Some(Row::Meta(meta))) = evidence.rows.get(&Key::Meta) {
        walk.come_to(meta.now);
    }
    for of in walk.overdue() {
        verdict.hold(false, || format!("in the end, nobody is told of {of:?}"));
    }
    verdict.checked += walk.put_off;
}

/// A cron or a source that is watched.
struct Watch {
    after: Millis,
    /// When the alarm is due; none: it was given, or nothing is expected.
    due: Option<Timestamp>,
    /// The first tick that should have told of it. A tick does so much and no more: what is left
    /// then is for the next ones.
    passed: Option<Timestamp>,
}

impl Watch {
    fn expect(&mut self, due: Option<Timestamp>) {
        (self.due, self.passed) = (due, None);
    }
}

/// What is known of a cron.
struct Cron {
    terms: CronTerms,
    /// Its next tick; none: it is paused. No cron of the world comes to its end.
    next: Option<Timestamp>,
}

#[derive(Default)]
struct Walk {
    now: Timestamp,
    /// Until then alarms may wait, for the whole cluster was away.
    lenient: Timestamp,
    watches: BTreeMap<Watched, Watch>,
    crons: BTreeMap<CronId, Cron>,
    /// Where events come from.
    origins: BTreeMap<EventId, Watched>,
    /// Acks that have put an alarm off.
    put_off: usize,
}

impl Walk {
    fn come_to(&mut self, at: Timestamp) {
        if self.now > Timestamp(0) && at.since(self.now) > OUTAGE {
            self.lenient = at.after(GRACE);
        }
        self.now = self.now.max(at);
    }

    fn command(&mut self, scene: &Scene) {
        let Ok(reply) = &scene.answer else { return };
        match (&scene.command.op, reply) {
            (Command::CreateCron(it), Reply::Cron(id, _)) => {
                let (terms, next) = (it.terms.clone(), it.next);
                self.crons.insert(*id, Cron { terms, next });
                self.watch(Watched::Cron(*id), it.silence.as_ref());
            }
            (Command::UpdateCron(it), Reply::Cron(id, _)) => {
                if let Some(cron) = self.crons.get_mut(id) {
                    let same = it.terms.fires_as(&cron.terms);
                    cron.terms = it.terms.clone();
                    if cron.next.is_some() && !same {
                        cron.next = it.next;
                    }
                }
                self.watch(Watched::Cron(*id), it.silence.as_ref());
            }
            (Command::PauseCron(_), Reply::Cron(id, _)) => self.ticks(*id, None),
            (Command::ResumeCron(it), Reply::Cron(id, _)) => {
                let paused = self.crons.get(id).is_some_and(|it| it.next.is_none());
                if paused {
                    self.ticks(*id, Some(it.next));
                }
            }
            (Command::DeleteCron(it), _) => {
                self.crons.remove(&it.cron);
                self.watches.remove(&Watched::Cron(it.cron));
            }
            (Command::FireCron(it), Reply::Submitted(event, Taken::Accepted)) => {
                self.origins.insert(*event, Watched::Cron(it.cron));
            }
            (Command::DecideTick(it), Reply::Decided(fate)) => {
                if let Some(cron) = self.crons.get_mut(&it.cron) {
                    cron.next = it.next;
                }
                if let Fate::Fired(event) | Fate::Replaced { event, .. } = fate {
                    self.origins.insert(*event, Watched::Cron(it.cron));
                }
            }
            (Command::CreateSource(it), Reply::Source(id, _)) => {
                self.watch(Watched::Source(*id), it.silence.as_ref());
            }
            (Command::UpdateSource(it), Reply::Source(id, _)) => {
                if let Some(silence) = &it.silence {
                    self.watch(Watched::Source(*id), silence.as_ref());
                }
            }
            (Command::Receive(_), Reply::Received(Receipt::Accepted(events))) => {
                if let Actor::Source(id) = scene.command.by {
                    let of = Watched::Source(id);
                    self.origins.extend(events.iter().map(|it| (*it, of)));
                }
            }
            (Command::Ack(it), Reply::Acked { again: false, .. }) => self.acked(it.fence.event),
            _ => {}
        }
    }

    /// It is watched so from now on. What is as it was goes on.
    fn watch(&mut self, of: Watched, silence: Option<&Silence>) {
        let Some(silence) = silence else {
            self.watches.remove(&of);
            return;
        };
        let after = silence.after;
        if self.watches.get(&of).is_some_and(|it| it.after == after) {
            return;
        }
        let due = self.expected_from(of).map(|it| it.after(after));
        let passed = None;
        self.watches.insert(of, Watch { after, due, passed });
    }

    /// From when on events are to be expected; none: none are.
    fn expected_from(&self, of: Watched) -> Option<Timestamp> {
        match of {
            Watched::Cron(id) => Some(self.crons.get(&id)?.next?.max(self.now)),
            // Nobody of the world disables a source.
            Watched::Source(_) => Some(self.now),
        }
    }

    /// A cron has ticks from here on, or none any more.
    fn ticks(&mut self, id: CronId, next: Option<Timestamp>) {
        if let Some(cron) = self.crons.get_mut(&id) {
            cron.next = next;
        }
        let from = self.expected_from(Watched::Cron(id));
        if let Some(watch) = self.watches.get_mut(&Watched::Cron(id)) {
            watch.expect(from.map(|it| it.after(watch.after)));
        }
    }

    fn acked(&mut self, event: EventId) {
        let Some(of) = self.origins.get(&event).copied() else {
            return;
        };
        let expected = self.expected_from(of).is_some();
        if let Some(watch) = self.watches.get_mut(&of) {
            self.put_off += 1;
            watch.expect(expected.then(|| self.now.after(watch.after)));
        }
    }

    fn alarm(&mut self, of: Watched, at: Timestamp, ticks: bool) -> Result<(), String> {
        let watch = self.watches.get_mut(&of);
        let watch = watch.ok_or("is told of, and nobody watches it")?;
        let due = watch.due;
        watch.expect(None);
        match due {
            None => Err("is told of again, or nothing is expected of it".to_owned()),
            Some(due) if due > at => Err(format!("is told of at {at}, before {due}")),
            Some(_) if !ticks => Err("is told of by something else than a tick".to_owned()),
            Some(_) => Ok(()),
        }
    }

    /// Those of which a tick does not tell, nor did one a while before it.
    fn forgotten(&mut self) -> Vec<Watched> {
        let now = self.now;
        if now <= self.lenient {
            return Vec::new();
        }
        let due = self.watches.iter_mut();
        let due = due.filter(|(_, it)| it.due.is_some_and(|due| due <= now));
        let late = due.filter_map(|(of, it)| {
            let passed = *it.passed.get_or_insert(now);
            (passed.after(SLACK) <= now).then_some(*of)
        });
        late.collect()
    }

    /// Those of which somebody was to be told a while ago.
    fn overdue(&self) -> Vec<Watched> {
        let late = |due: &Timestamp| due.after(SLACK) <= self.now && self.lenient < self.now;
        let all = self.watches.iter();
        let late = all.filter(|(_, it)| it.due.as_ref().is_some_and(late));
        late.map(|it| *it.0).collect()
    }
}

#[cfg(test)]
mod tests {
    use ackord_core::command::{CreateSource, Receive, Routing};
    use ackord_core::id::SourceId;
    use ackord_core::model::{Class, EventState, SourceMode};
    use ackord_core::text::{EventType, Slug, Tag};

    use super::super::stage::{Acts, Stage, fence};
    use super::*;

    const SOURCE: SourceId = SourceId(5);
    /// The id of an alarm of the source.
    const ALARM: u128 = (0x51c1 << 64) | 5;

    /// A source that is made at 1,000 and may be silent for 3,000.
    fn watched() -> Stage {
        let mut stage = Stage::default();
        let scene = stage.scene(Command::CreateSource(CreateSource {
            slug: Slug::new("hooks").expect("a valid name"),
            mode: SourceMode::Enabled,
            definition: Default::default(),
            secrets: Vec::new(),
            silence: Some(Silence {
                after: Millis(3_000),
                tag: Tag::new("ops").expect("a valid tag"),
                class: Class::Normal,
            }),
        }));
        (scene.at, scene.answer) = (Timestamp(1_000), Ok(Reply::Source(SOURCE, 1)));
        stage
    }

    fn alarm(stage: &mut Stage, at: u64) {
        let scene = stage.tick();
        scene.at = Timestamp(at);
        let id = (u128::from(at) << 80) | ALARM;
        scene.moved(id, None, EventState::Ready, at, Vec::new());
    }

    /// An event of the source is acked then.
    fn acked(stage: &mut Stage, at: u64) {
        let scene = stage.scene(Command::Receive(Box::new(Receive {
            revision: 1,
            delivery: None,
            same_body: None,
            event_type: EventType::new("sim.webhook").expect("a valid name"),
            content_type: None,
            meta: Vec::new(),
            body: Default::default(),
            routing: Routing::Dropped,
        })));
        scene.at = Timestamp(at);
        scene.command.by = Actor::Source(SOURCE);
        scene.answer = Ok(Reply::Received(Receipt::Accepted(vec![EventId(1)])));
        let scene = stage.scene(Command::Ack(ackord_core::command::Ack {
            fence: fence(1, 1),
            summary: None,
            effects: vec![],
            emits: vec![],
        }));
        scene.at = Timestamp(at);
        scene.answer = Ok(Reply::Acked {
            at: Timestamp(at),
            position: Default::default(),
            again: false,
            emitted: vec![],
        });
    }

    #[test]
    fn one_alarm_for_each_silence() {
        let mut stage = watched();
        alarm(&mut stage, 4_000);
        stage.tick().at = Timestamp(9_000);
        stage.holds(PROPERTY);
        acked(&mut stage, 9_500);
        alarm(&mut stage, 12_500);
        stage.holds(PROPERTY);
        alarm(&mut stage, 15_500);
        stage.breaks(PROPERTY, "again");
    }

    #[test]
    fn no_alarm_comes_early_or_while_acks_come() {
        let mut early = watched();
        alarm(&mut early, 3_999);
        early.breaks(PROPERTY, "before");

        let mut put_off = watched();
        acked(&mut put_off, 3_000);
        alarm(&mut put_off, 4_000);
        put_off.breaks(PROPERTY, "before");
    }

    #[test]
    fn a_tick_that_has_much_to_do_leaves_it_to_the_next() {
        let mut stage = watched();
        stage.tick().at = Timestamp(9_000);
        stage.tick().at = Timestamp(9_999);
        alarm(&mut stage, 9_999);
        stage.holds(PROPERTY);

        let mut stage = watched();
        stage.tick().at = Timestamp(9_000);
        stage.tick().at = Timestamp(10_000);
        alarm(&mut stage, 10_000);
        stage.breaks(PROPERTY, "entry 3: nobody is told");
    }

    #[test]
    fn none_is_forgotten_but_by_whoever_was_away() {
        let mut stage = watched();
        stage.tick().at = Timestamp(4_999);
        assert_eq!(stage.broken(PROPERTY), Vec::<String>::new());
        stage.tick().at = Timestamp(5_000);
        stage.breaks(PROPERTY, "in the end, nobody is told");

        let mut away = watched();
        away.tick().at = Timestamp(200_000);
        assert_eq!(away.broken(PROPERTY), Vec::<String>::new());
    }
}
