//! The timer and crons, on a machine on a disk in memory.
#![cfg(not(madsim))]

mod support;

use std::collections::BTreeSet;

use ackord_core::answer::Reply;
use ackord_core::command::{CreateCron, Op};
use ackord_core::id::CronId;
use ackord_core::model::{CatchUp, Class, Cron, CronTerms, Fate, Instruction, Overlap};
use ackord_core::rows::{Key, Row, Rows};
use ackord_core::text::{Label, ScheduleText, Skill, ZoneName};
use ackord_core::time::Timestamp;
use ackord_timer::Timer;

use support::{World, in_time, reply};

/// More than are proposed at once.
const CRONS: u64 = 1_000;

fn creation(number: u64, schedule: &str, next: Timestamp) -> CreateCron {
    CreateCron {
        terms: CronTerms {
            label: Label::new(format!("c{number}")).expect("a valid label"),
            schedule: ScheduleText::new(schedule).expect("a valid text"),
            zone: ZoneName::new("UTC").expect("a valid name"),
            tag: None,
            class: Class::Normal,
            ordering_key: None,
            ttl: None,
            attempts: None,
            lease: None,
            overlap: Overlap::Allow,
            catch_up: CatchUp::One,
            starts: None,
            ends: None,
        },
        instruction: Instruction::Skill(Skill::new("tidy-up").expect("a valid skill")),
        anchor: next,
        next: Some(next),
        silence: None,
    }
}

async fn make(world: &World, creation: CreateCron) -> CronId {
    let made = world.command(Op::CreateCron(Box::new(creation)));
    match reply(&world.machine, made).await {
        Reply::Cron(id, _) => id,
        made => panic!("no cron but {made:?}"),
    }
}

async fn crons(world: &World) -> Vec<Cron> {
    let team = world.team;
    let read = world.machine.read(move |rows| {
        let (from, to) = (
            Key::Cron(team, CronId(0)),
            Key::Cron(team, CronId(u64::MAX)),
        );
        rows.scan(&from, &to, usize::MAX)
    });
    let cron = |(_, row)| match row {
        Row::Cron(it) => (*it).clone(),
        row => panic!("no cron but {row:?}"),
    };
    read.await.into_iter().map(cron).collect()
}

/// Returns once no tick is due.
async fn decided(world: &World) {
    let now = world.machine.log_now();
    let decided = async {
        while !world.machine.due_crons(now, 1).await.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    in_time("all ticks are decided", decided).await;
}

#[tokio::test]
async fn of_a_thousand_ticks_at_one_instant_each_is_decided_once() {
    let world = World::begin().await;
    let instant = world.machine.log_now();
    let make = |number| {
        world.command(Op::CreateCron(Box::new(creation(
            number,
            "@every 1h",
            instant,
        ))))
    };
    for result in world
        .machine
        .propose_many((0..CRONS).map(make).collect())
        .await
    {
        result.expect("committed").answer.expect("carried out");
    }
    tokio::spawn(Timer::new(world.machine.clone()).run(std::future::pending()));
    decided(&world).await;

    let mut events = BTreeSet::new();
    for cron in crons(&world).await {
        let last = cron.last.expect("it was decided");
        assert_eq!((last.nominal, cron.counts.fired), (instant, 1));
        let Fate::Fired(event) = last.fate else {
            panic!("it did not fire: {last:?}")
        };
        events.insert(event);
    }
    assert_eq!(events.len() as u64, CRONS);
}

#[tokio::test]
async fn a_schedule_that_nobody_can_read_holds_up_no_other() {
    let world = World::begin().await;
    let instant = world.machine.log_now();
    // As of a program that knows more: the machine does not read it.
    for number in 0..200 {
        make(&world, creation(number, "@fortnightly", instant)).await;
    }
    let later = Timestamp(instant.0 + 1);
    let readable = make(&world, creation(200, "@every 1h", later)).await;
    tokio::spawn(Timer::new(world.machine.clone()).run(std::future::pending()));
    let fires = async {
        loop {
            let crons = crons(&world).await;
            let fired = |it: &&Cron| it.counts.fired > 0;
            if let Some(cron) = crons.iter().find(fired) {
                return cron.id;
            }
            tokio::task::yield_now().await;
        }
    };
    assert_eq!(in_time("one fires", fires).await, readable);
}

#[tokio::test]
async fn what_a_long_outage_left_over_is_decided_bit_by_bit() {
    /// Every minute of four days, and more of them than one round takes.
    const MISSED: u64 = 4 * 24 * 60;
    let world = World::begin().await;
    let now = world.machine.log_now();
    let first = Timestamp((now.0 / 60_000 - MISSED) * 60_000);
    for number in 0..6 {
        make(&world, creation(number, "* * * * *", first)).await;
    }
    tokio::spawn(Timer::new(world.machine.clone()).run(std::future::pending()));
    decided(&world).await;
    for cron in crons(&world).await {
        let decided = cron.counts.fired + cron.counts.skipped;
        let last = cron.last.expect("it was decided").nominal;
        assert_eq!(decided, last.since(first).0 / 60_000 + 1);
        assert!(cron.counts.fired <= 3, "{cron:?}");
    }
}
