//! What is proposed after an outage, and what the machine makes of it: every tick is decided once,
//! in few commands.

use std::collections::BTreeMap;

use ackord_core::answer::{Answer, Reply};
use ackord_core::command::{
    Actor, Birth, Command, CreateCron, CreateTeam, DecideTick, Entry, FirstMember, Op,
};
use ackord_core::id::TeamId;
use ackord_core::limits::TICK_MAX;
use ackord_core::model::{CatchUp, Class, Cron, CronTerms, Fate, Instruction, Overlap};
use ackord_core::rows::{Change, Key, Row, RowError, Rows};
use ackord_core::text::{Label, PeerAddress, ScheduleText, Skill, TeamName, ZoneName};
use ackord_core::time::{Millis, Timestamp};
use ackord_core::{FORMAT, State};
use ackord_schedule::Schedule;
use ackord_timer::plan::plan;

/// 2026-01-01T00:00Z
const BEGIN: Timestamp = Timestamp(1_767_225_600_000);
const TEAM: TeamId = TeamId(2);

#[derive(Default)]
struct Table(BTreeMap<Key, Row>);

impl Rows for Table {
    fn get(&self, key: &Key) -> Result<Option<Row>, RowError> {
        Ok(self.0.get(key).cloned())
    }

    fn scan(&self, from: &Key, to: &Key, limit: usize) -> Result<Vec<(Key, Row)>, RowError> {
        let rows = self.0.range(from.clone()..to.clone()).take(limit);
        Ok(rows.map(|it| (it.0.clone(), it.1.clone())).collect())
    }
}

/// A machine with one cron that fires whatever is under way.
#[derive(Default)]
struct World {
    state: State,
    rows: Table,
    index: u64,
}

impl World {
    fn begin(schedule: &str, catch_up: CatchUp, ends: Option<Timestamp>) -> Self {
        let mut world = Self::default();
        let address = PeerAddress::new("h:1").expect("a valid address");
        let members = vec![FirstMember {
            address,
            disk: None,
        }];
        let name = TeamName::new("t").expect("a valid name");
        let parsed = Schedule::parse(schedule, "UTC", BEGIN).expect("a schedule");
        let terms = CronTerms {
            label: Label::new("c").expect("a valid label"),
            schedule: ScheduleText::new(schedule).expect("a valid text"),
            zone: ZoneName::new("UTC").expect("a valid name"),
            tag: None,
            class: Class::Normal,
            ordering_key: None,
            ttl: None,
            attempts: None,
            lease: None,
            overlap: Overlap::Allow,
            catch_up,
            starts: None,
            ends,
        };
        let birth = Op::Birth(Birth {
            cluster: 1,
            admin: [0; 32],
            members,
        });
        for op in [birth, Op::CreateTeam(CreateTeam { name })] {
            world.tell(BEGIN, None, op).expect("carried out");
        }
        let made = world.tell(
            BEGIN,
            Some(TEAM),
            Op::CreateCron(Box::new(CreateCron {
                terms,
                instruction: Instruction::Skill(Skill::new("s").expect("a valid skill")),
                anchor: BEGIN,
                next: parsed.next_after(BEGIN),
                silence: None,
            })),
        );
        made.expect("a cron");
        world
    }

    fn tell(&mut self, at: Timestamp, team: Option<TeamId>, op: Op) -> Answer {
        self.index += 1;
        let command = Command {
            by: Actor::Cluster,
            team,
            op,
        };
        let entry = Entry {
            format: FORMAT,
            at,
            commands: vec![command],
        };
        let mut batch = self.state.begin(&self.rows);
        let mut answers = batch.entry(self.index, &entry).expect("rows can be read");
        for change in batch.finish().changes {
            match change {
                Change::Put(key, row) => self.rows.0.insert(key, row),
                Change::Delete(key) => self.rows.0.remove(&key),
            };
        }
        answers.pop().expect("an answer")
    }

    fn cron(&self) -> Cron {
        let crons: Vec<_> = self.state.crons().collect();
        (**crons[0]).clone()
    }

    fn propose(&self, now: Timestamp) -> Option<DecideTick> {
        plan(&self.cron(), now, &mut 4_096).expect("a schedule that was read before")
    }

    /// Decides all that is due, the proposer's clock a little behind. Answers the instants that
    /// fired, and how many commands it took.
    fn decide(&mut self, now: Timestamp) -> (Vec<Timestamp>, usize) {
        let (mut fired, mut commands) = (vec![], 0);
        while let Some(tick) = self.propose(now) {
            commands += 1;
            assert!(commands < 1_000, "it never ends: {tick:?}");
            let nominal = tick.nominal;
            match self.tell(now.after(Millis(20)), None, Op::DecideTick(tick)) {
                Ok(Reply::Decided(Fate::Fired(_))) => fired.push(nominal),
                Ok(Reply::Decided(_)) => {}
                answer => panic!("{nominal}: {answer:?}"),
            }
        }
        (fired, commands)
    }
}

fn minutes(of: u64) -> Timestamp {
    BEGIN.after(Millis::from_mins(of))
}

/// All ticks after the beginning and until `now` are counted, each once.
#[track_caller]
fn all_are_decided(world: &World, schedule: &str, now: Timestamp) {
    let parsed = Schedule::parse(schedule, "UTC", BEGIN).expect("a schedule");
    let mut at = BEGIN;
    let mut ticks = 0;
    while let Some(next) = parsed.next_after(at).filter(|it| *it <= now) {
        (at, ticks) = (next, ticks + 1);
    }
    let cron = world.cron();
    assert_eq!(cron.counts.fired + cron.counts.skipped, ticks);
    assert_eq!(cron.next, parsed.next_after(at));
    assert_eq!(cron.last.map(|it| it.nominal), (ticks > 0).then_some(at));
}

#[test]
fn a_tick_in_time_is_followed_by_the_next() {
    let mut world = World::begin("*/5 * * * *", CatchUp::Skip, None);
    assert_eq!(world.propose(minutes(4)), None);
    let now = Timestamp(minutes(6).0 - 100);
    assert_eq!(world.decide(now), (vec![minutes(5)], 1));
    all_are_decided(&world, "*/5 * * * *", now);
}

#[test]
fn skip_lets_go_of_all_that_is_late() {
    for schedule in ["*/5 * * * *", "@every 5m", "@every 90s", "@every 1s"] {
        let mut world = World::begin(schedule, CatchUp::Skip, None);
        let now = Timestamp(minutes(120).0 + 30_000);
        let (fired, commands) = world.decide(now);
        all_are_decided(&world, schedule, now);
        let late = Timestamp(now.0 - 60_000);
        assert!(fired.iter().all(|it| *it >= late), "{schedule}: {fired:?}");
        assert!(commands - fired.len() <= 3, "{schedule}: {commands}");
    }
}

#[test]
fn one_fires_the_last_that_was_missed() {
    for schedule in ["0 * * * *", "@every 1h"] {
        let mut world = World::begin(schedule, CatchUp::One, None);
        let (fired, commands) = world.decide(minutes(10 * 60 + 30));
        assert_eq!(fired, [minutes(10 * 60)], "{schedule}");
        assert_eq!(commands, 2);
        all_are_decided(&world, schedule, minutes(10 * 60 + 30));
    }
    // The only one that was missed.
    let mut world = World::begin("0 * * * *", CatchUp::One, None);
    assert_eq!(world.decide(minutes(61 + 30)), (vec![minutes(60)], 1));
    // The last one before it ends.
    let mut world = World::begin("0 * * * *", CatchUp::One, Some(minutes(200)));
    assert_eq!(world.decide(minutes(1000)).0, [minutes(180)]);
    assert_eq!(world.cron().next, None);
}

#[test]
fn all_fires_what_is_young_enough() {
    let max_age = Millis::from_hours(2);
    let mut world = World::begin("@every 30m", CatchUp::All { max_age }, None);
    let (fired, commands) = world.decide(minutes(10 * 60));
    let young: Vec<_> = (16..=20).map(|it| minutes(30 * it)).collect();
    // The machine's clock is a little ahead: the oldest one is too old by then.
    assert_eq!(fired, young[1..]);
    assert_eq!(commands, 1 + young.len());
    all_are_decided(&world, "@every 30m", minutes(10 * 60));
}

#[test]
fn an_outage_over_thousands_of_ticks_is_a_few_commands() {
    for catch_up in [CatchUp::Skip, CatchUp::One] {
        let now = minutes(30 * 24 * 60);
        let mut world = World::begin("* * * * *", catch_up, None);
        let (fired, commands) = world.decide(now);
        assert!(commands < 20, "{catch_up:?}: {commands}");
        assert!(fired.len() <= 2, "{catch_up:?}: {fired:?}");
        all_are_decided(&world, "* * * * *", now);
    }
}

#[test]
fn a_cron_that_ended_during_an_outage_has_no_more_ticks() {
    let mut world = World::begin("@every 1m", CatchUp::Skip, Some(minutes(30)));
    let (fired, commands) = world.decide(minutes(600));
    assert_eq!((fired, commands), (vec![], 1));
    let cron = world.cron();
    assert_eq!((cron.next, cron.counts.skipped), (None, 29));
}

#[test]
fn a_decision_looks_at_no_more_instants_than_it_may() {
    let now = minutes(7 * 24 * 60);
    for catch_up in [CatchUp::Skip, CatchUp::One] {
        let cron = World::begin("* * * * *", catch_up, None).cron();
        let mut steps = 100;
        let tick = plan(&cron, now, &mut steps).expect("a schedule");
        let over = tick.expect("one is due").over.expect("more are");
        assert_eq!((over.ticks, over.last), (100, minutes(101)));
        assert_eq!(steps, 0);
        // Those of an interval are counted without a look at each.
        let cron = World::begin("@every 1m", catch_up, None).cron();
        let tick = plan(&cron, now, &mut steps).expect("a schedule");
        let over = tick.expect("one is due").over.expect("more are");
        assert!(over.ticks > 10_000, "{over:?}");
    }
}

#[test]
fn no_tick_follows_the_last_instant_that_has_a_name() {
    let mut cron = World::begin("@every 1h", CatchUp::One, None).cron();
    let late = Millis::from_mins(30);
    cron.next = Some(Timestamp(TICK_MAX.0 - late.0));
    let tick = plan(&cron, TICK_MAX, &mut 4_096).expect("a schedule");
    assert_eq!(tick.expect("it is due").next, None);
}
