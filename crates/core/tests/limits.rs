//! Limits that take many lines to reach.

mod support;

use ackord_core::limits::{
    CRONS_PER_TEAM, DELIVERIES_MAX, EFFECTS_PER_EVENT, HISTORY_STEPS_FIRST, HISTORY_STEPS_MAX,
    HISTORY_STEPS_OF_APPROVALS, QUEUES_BY_SESSIONS,
};
use ackord_core::model::Event;
use ackord_core::rows::Row;

use support::script::World;

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
    let mut world = World::large();
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
    let mut world = World::large();
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
    let mut world = World::large();
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
        let mut world = World::large();
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
    let mut world = World::large();
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
    let mut world = World::large();
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

/// However often an agent asks, it stays on record who had the event and handed it on.
#[test]
fn approvals_push_no_delivery_out_of_a_history() {
    let mut world = World::large();
    world.tell(&["token human by=root roles=approve", "attach s1 tag=build"]);
    world.tell(&["attach s2 tag=deploy", "submit e1 tag=build"]);
    let asks = |world: &mut World, session: &str, fence: &str| {
        for it in 0..2 * HISTORY_STEPS_MAX {
            let ask = format!("ask r{it} from={session} fence={fence}");
            let answer = format!("answer r{it} allow by=human");
            assert!(world.tell(&[&ask, &answer]).contains("allowed"));
        }
    };
    asks(&mut world, "s1", "e1/1");
    world.tell(&["handoff e1/1 deploy"]);
    asks(&mut world, "s2", "e1/2");
    let told = world.tell(&["handoff e1/1 deploy"]);
    assert!(told.ends_with("again\n"), "{told}");
    let told = world.tell(&["show e1"]);
    for step in ["delivery 1 to s1", "handed", "delivery 2 to s2"] {
        assert_eq!(told.matches(step).count(), 1, "{told}");
    }
    assert_eq!(
        told.matches("allowed Bash").count(),
        HISTORY_STEPS_OF_APPROVALS
    );
}

#[test]
fn a_team_has_a_bounded_number_of_crons() {
    let mut world = World::large();
    world.tell(&[&format!("cron c1..c{CRONS_PER_TEAM} next=1h")]);
    let refused = world.tell(&["cron more next=1h"]);
    assert_eq!(refused, "refused: the limit is reached: crons of a team\n");
    world.tell(&["uncron c7"]);
    assert!(world.tell(&["cron more next=1h"]).starts_with("cron_"));

    world.tell(&["uncron c8", "attach s1", "submit e1"]);
    assert_eq!(
        world.tell(&["ack e1/1 emit1=\"cron a next=1h\" emit2=\"cron b next=1h\""]),
        "refused: emits[1]: the limit is reached: crons of a team\n"
    );
    let told = world.tell(&["ack e1/1 emit1=\"cron a next=1h\""]);
    assert!(told.starts_with("acked at 0s, with cron_"), "{told}");
}

#[test]
fn an_event_has_at_most_sixty_four_effects() {
    let mut world = World::large();
    world.tell(&["attach s1", "submit e1"]);
    for it in 1..=EFFECTS_PER_EVENT {
        let told = world.tell(&[&format!("begin e1/1 effect-{it}")]);
        assert!(told.starts_with("new"), "{told}");
    }
    assert_eq!(
        world.tell(&["begin e1/1 one-more"]),
        "refused: the limit is reached: effects of an event\n"
    );
    assert!(
        world
            .tell(&["begin e1/1 effect-1"])
            .starts_with("unfinished")
    );
    assert_eq!(
        world.tell(&["show ledger e1"]).lines().count(),
        EFFECTS_PER_EVENT
    );
}

/// Nobody hands an event round and round for ever.
#[test]
fn an_event_is_handed_off_at_most_fifty_times() {
    let mut world = World::large();
    world.tell(&["attach s1 tag=a", "attach s2 tag=b", "submit e1 tag=a"]);
    for it in 1..DELIVERIES_MAX {
        let to = if it % 2 == 1 { "b" } else { "a" };
        let told = world.tell(&[&format!("handoff e1/{it} {to}")]);
        assert!(told.starts_with("handed off"), "{told}");
    }
    assert_eq!(
        world.tell(&["handoff e1/50 a"]),
        "refused: the limit is reached: deliveries of an event without an ack\n"
    );
    assert!(
        world
            .tell(&["nack e1/50"])
            .starts_with("dead: undeliverable")
    );
}

/// An agent that makes up tags leaves room for those who submit and manage.
#[test]
fn sessions_make_at_most_half_of_the_queues_of_a_team() {
    let mut world = World::large();
    world.tell(&["attach s1 tag=a", "submit e1 tag=a", "queue b"]);
    world.tell(&[&format!("queue t1..t{}", QUEUES_BY_SESSIONS - 2)]);
    let refused = "the limit is reached: queues of a team that its sessions may make\n";
    for line in [
        "attach s2 tag=new",
        "send m1 from=s1 tags=new",
        "handoff e1/1 new",
    ] {
        assert_eq!(world.tell(&[line]), format!("refused: {refused}"), "{line}");
    }
    assert_eq!(
        world.tell(&["ack e1/1 emit1=\"send m1 tags=new\""]),
        format!("refused: emits[0]: {refused}")
    );
    assert_eq!(world.tell(&["send m1 from=s1 tags=b"]), "sent m1\n");
    assert_eq!(world.tell(&["submit e2 tag=new"]), "accepted e2\n");
    assert_eq!(world.tell(&["send m2 from=s1 tags=new"]), "sent m2\n");
}
