//! The timer and a machine on a disk in memory.
#![cfg(not(madsim))]

mod support;

use std::time::Duration;

use ackord_core::action::Action;
use ackord_core::command::{Attach, Command, Moment, Op, Submit};
use ackord_core::id::EventId;
use ackord_core::model::Class;
use ackord_core::text::{EventType, SessionKey};
use ackord_core::time::{Millis, Timestamp};
use ackord_timer::Timer;
use bytes::Bytes;

use support::{NODE, World, in_time, reply};

fn delayed(world: &World, event: u128, delay: Duration) -> Command {
    let delay = Millis(u64::try_from(delay.as_millis()).expect("a short delay"));
    world.command(Op::Submit(Box::new(Submit {
        event: EventId(event),
        tag: None,
        class: Class::Normal,
        ordering_key: None,
        dedup: None,
        event_type: EventType::new("t").expect("a type"),
        content_type: None,
        meta: vec![],
        body: Bytes::new(),
        not_before: Some(Moment::After(delay)),
        expires: None,
        attempts: None,
        lease: None,
        replayed_from: None,
    })))
}

async fn attach(world: &World) {
    let key = SessionKey::new("s").expect("a key");
    let attach = Attach {
        key,
        nonce: 1,
        tag: None,
        node: NODE,
        accepts_messages: true,
    };
    reply(&world.machine, world.command(Op::Attach(attach))).await;
}

#[tokio::test]
async fn a_delayed_event_is_leased_once_it_is_due() {
    let world = World::begin().await;
    let mut actions = world.machine.actions(NODE);
    attach(&world).await;
    reply(
        &world.machine,
        delayed(&world, 5, Duration::from_millis(50)),
    )
    .await;
    tokio::spawn(Timer::new(world.machine.clone()).run(std::future::pending()));

    let actions = in_time("an action", actions.next())
        .await
        .expect("the machine goes on")
        .expect("nothing is lost");
    assert!(
        matches!(actions[..], [Action::Deliver { fence, .. }] if fence.event == EventId(5)),
        "{actions:?}"
    );
}

#[tokio::test]
async fn a_deadline_that_comes_nearer_wakes_the_timer() {
    let world = World::begin().await;
    let mut actions = world.machine.actions(NODE);
    attach(&world).await;
    reply(
        &world.machine,
        delayed(&world, 1, Duration::from_secs(3600)),
    )
    .await;
    tokio::spawn(Timer::new(world.machine.clone()).run(std::future::pending()));
    tokio::task::yield_now().await;
    reply(&world.machine, delayed(&world, 2, Duration::from_millis(1))).await;

    let actions = in_time("an action", actions.next())
        .await
        .expect("the machine goes on")
        .expect("nothing is lost");
    assert!(
        matches!(actions[..], [Action::Deliver { fence, .. }] if fence.event == EventId(2)),
        "{actions:?}"
    );
}

#[tokio::test]
async fn all_that_is_due_is_done_however_much_it_is() {
    let world = World::begin().await;
    let submits = (1..=2000)
        .map(|it| delayed(&world, it, Duration::from_millis(1)))
        .collect();
    for result in world.machine.propose_many(submits).await {
        result.expect("committed").answer.expect("carried out");
    }
    tokio::spawn(Timer::new(world.machine.clone()).run(std::future::pending()));
    let is_due = |at: Timestamp| at <= world.machine.log_now();
    let done = async {
        while world.machine.deadline().is_some_and(is_due) {
            tokio::task::yield_now().await;
        }
    };
    in_time("nothing is due", done).await;
}

#[tokio::test]
async fn a_timer_that_is_told_to_stop_stops() {
    let world = World::begin().await;
    Timer::new(world.machine.clone())
        .run(std::future::ready(()))
        .await;
    world.machine.shutdown().await;
}
