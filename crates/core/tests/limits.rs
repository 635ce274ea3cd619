//! Limits that take many lines to reach.

mod support;

use ackord_core::limits::{DELIVERIES_MAX, HISTORY_STEPS_FIRST, HISTORY_STEPS_MAX};
use ackord_core::model::Event;
use ackord_core::rows::Row;

use support::script::{Scrutiny, World};

fn world() -> World {
    let mut world = World::new();
    world.scrutiny = Scrutiny::Blocks;
    world
}

fn event(world: &World) -> Event {
    let rows = world.machine.rows.all().values();
    let mut events = rows.filter_map(|it| match it {
        Row::Event(event) => Some(event),
        _ => None,
    });
    (**events.next().expect("there is one")).clone()
}

#[test]
fn an_event_that_nobody_takes_is_undeliverable_after_fifty_deliveries() {
    let mut world = world();
    world.tell(&["submit e1"]);
    for it in 1..=DELIVERIES_MAX {
        let told = world.tell(&["attach s1"]);
        assert!(told.contains(&format!("deliver e1/{it} to")), "{told}");
        world.tell(&["wait 15s"]);
    }
    assert!(world.tell(&["show dead"]).starts_with("e1: undeliverable"));
    assert_eq!(event(&world).attempts, 0);
    // Its last delivery is the latest one: if it was worked on after all, that counts.
    assert!(world.tell(&["ack e1/50"]).starts_with("acked"));
}

#[test]
fn an_event_is_taken_over_at_most_fifty_times() {
    let mut world = world();
    world.tell(&["attach s1 nonce=0", "submit e1"]);
    for it in 1..DELIVERIES_MAX {
        world.tell(&[&format!("attach s1 nonce={it}")]);
    }
    assert_eq!(event(&world).delivery, DELIVERIES_MAX);
    world.tell(&["attach s1 nonce=99"]);
    assert_eq!(world.tell(&["show dead"]), "e1: undeliverable at 0s\n");
}

#[test]
fn an_event_resumes_at_most_fifty_times() {
    let mut world = world();
    world.tell(&["attach s1", "submit e1", "submit e2"]);
    for it in 1..DELIVERIES_MAX {
        let (submit, ack) = (
            format!("submit i{it} class=interrupt"),
            format!("ack i{it}/1"),
        );
        world.tell(&[&submit, &ack]);
    }
    assert_eq!(event(&world).delivery, DELIVERIES_MAX);
    let told = world.tell(&["submit i0 class=interrupt", "ack i0/1"]);
    assert_eq!(world.tell(&["show dead"]), "e1: undeliverable at 0s\n");
    assert!(
        told.contains("deliver e2/1 to s1"),
        "the session is free: {told}"
    );
}

/// An ordering key goes on, and a strict queue too, behind an event that resumes once too often.
#[test]
fn whoever_waits_behind_an_event_that_resumes_too_often_goes_on() {
    for queue in ["queue -", "queue - strict"] {
        let mut world = world();
        world.tell(&[queue, "attach s1", "submit e1 key=k", "submit e2 key=k"]);
        for it in 1..=DELIVERIES_MAX {
            let (submit, ack) = (
                format!("submit i{it} class=interrupt"),
                format!("ack i{it}/1"),
            );
            world.tell(&[&submit, &ack]);
        }
        assert!(world.tell(&["show e2"]).contains("leased to s1"));
    }
}

#[test]
fn a_replay_gives_an_event_fifty_more_deliveries() {
    let mut world = world();
    world.tell(&["attach s1", "submit e1"]);
    for it in 2..=DELIVERIES_MAX + 1 {
        world.tell(&[&format!("attach s1 nonce={it}")]);
    }
    let told = world.tell(&["replay e1"]);
    assert!(told.contains("deliver e1/51 to s1"), "{told}");
    assert_eq!(event(&world).deliveries, 1);
}

#[test]
fn a_history_keeps_its_first_steps_and_its_latest() {
    let mut world = world();
    world.tell(&["attach s1", "submit e1"]);
    for it in 2..DELIVERIES_MAX {
        world.tell(&[&format!("attach s1 nonce={it}")]);
    }
    world.tell(&["ack e1/49"]);
    let history = event(&world).history;
    assert_eq!(history.steps.len(), HISTORY_STEPS_MAX);
    // Accepted, 49 deliveries, acked.
    assert_eq!(history.dropped as usize, 51 - HISTORY_STEPS_MAX);
    let told = world.tell(&["show e1"]);
    let lines: Vec<&str> = told.lines().skip(1).collect();
    assert_eq!(lines[0], "  0s accepted");
    let last_of_first = format!("  0s delivery {} to s1, takeover", HISTORY_STEPS_FIRST - 1);
    assert_eq!(lines[HISTORY_STEPS_FIRST - 1], last_of_first);
    assert_eq!(lines[HISTORY_STEPS_MAX - 1], "  0s delivery 49 acked");
    assert_eq!(
        lines[HISTORY_STEPS_MAX - 2],
        "  0s delivery 49 to s1, takeover"
    );
}
