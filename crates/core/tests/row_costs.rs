//! What work costs, in rows. The one row that every batch writes for its log time ([`Key::Meta`])
//! is counted apart: it is one for a batch of a thousand commands.

mod support;

use ackord_core::rows::Key;

use support::script::World;

/// Rows written, but for the meta row of each batch, by these lines.
fn writes(world: &mut World, lines: &[&str]) -> usize {
    world.touched.clear();
    world.tell(lines);
    world.touched.iter().map(|it| it.written.len()).sum()
}

/// A world in which a queue and an idle session are there.
fn with_session() -> World {
    let mut world = World::new();
    world.tell(&[
        "attach s1 tag=build",
        "submit e0 tag=build dedup=k0",
        "ack e0/1",
    ]);
    world
}

/// What kinds of rows a line writes, in the order of their tables.
fn kinds(world: &mut World, line: &str) -> Vec<&'static str> {
    world.touched.clear();
    world.tell(&[line]);
    let written = world.touched.iter().flat_map(|it| &it.written);
    written
        .map(|it| match it {
            Key::Queue(_) => "queue",
            Key::Session(_) => "session",
            Key::Event(..) => "event",
            Key::Content(..) => "content",
            Key::Dedup(..) => "dedup",
            Key::Fresh(..) => "fresh",
            Key::Finished(..) => "finished",
            Key::Cron(..) => "cron",
            Key::Watch(..) => "watch",
            _ => "another",
        })
        .collect()
}

fn batch(world: &mut World, lines: impl IntoIterator<Item = String>) -> usize {
    let lines: Vec<String> = lines.into_iter().collect();
    let lines: Vec<&str> = ["batch"]
        .into_iter()
        .chain(lines.iter().map(String::as_str))
        .collect();
    writes(world, &lines)
}

#[test]
fn submit_deliver_ack_writes_seven_rows() {
    let mut world = with_session();
    let submit = writes(&mut world, &["submit e1 tag=build dedup=k1"]);
    let ack = writes(&mut world, &["ack e1/1 \"done\""]);
    // Event, content, dedup key, session; then event, session, entry of the history.
    assert_eq!((submit, ack), (4, 3));
}

#[test]
fn a_ttl_costs_no_row_while_a_session_is_idle() {
    let mut world = with_session();
    assert_eq!(
        writes(&mut world, &["submit e1 tag=build dedup=k1 ttl=1h"]),
        4
    );
}

#[test]
fn a_tick_of_a_cron_writes_its_cron_and_its_event() {
    let mut world = with_session();
    world.tell(&["cron c next=10s tag=build", "at 10s"]);
    let fires = kinds(&mut world, "decide c at=10s next=20s");
    assert_eq!(fires, ["session", "event", "content", "cron"]);
    world.tell(&["at 1h"]);
    let missed = kinds(&mut world, "decide c at=20s next=50m over=297 last=3m");
    assert_eq!(missed, ["cron"]);
}

#[test]
fn a_watch_costs_a_row_with_each_ack_and_an_alarm_is_an_event() {
    let mut world = with_session();
    world.tell(&["cron c next=10s tag=build silence=1h silence_tag=build"]);
    world.tell(&["at 10s decide c at=10s next=2h"]);
    let acked = kinds(&mut world, "ack c@10s/1");
    assert_eq!(acked, ["session", "event", "finished", "watch"]);
    let told = kinds(&mut world, "at 1h10s tick");
    let alarm = told.iter().filter(|it| **it != "dedup" && **it != "team");
    let alarm: Vec<_> = alarm.copied().collect();
    assert_eq!(alarm, ["session", "event", "content", "watch"]);
}

#[test]
fn an_ordering_key_costs_its_lane() {
    let mut world = with_session();
    let submit = writes(&mut world, &["submit e1 tag=build dedup=k1 key=x"]);
    let ack = writes(&mut world, &["ack e1/1"]);
    assert_eq!((submit, ack), (5, 4));
}

#[test]
fn a_webhook_costs_what_a_submit_costs() {
    let mut world = with_session();
    world.tell(&["source github"]);
    let received = writes(&mut world, &["receive github e1 tag=build dedup=d1"]);
    assert_eq!(received, 4);
}

/// What a session says is as dear as a submit; what it does outside costs its ledger.
#[test]
fn a_message_costs_what_a_submit_costs_and_an_effect_two_rows() {
    let mut world = with_session();
    world.tell(&["attach s2 tag=deploy", "submit e1 tag=build"]);
    // Event, content, dedup key, the session that is given it; and the one that was heard.
    let sent = writes(&mut world, &["send m1 from=s1 tags=deploy dedup=k1"]);
    assert_eq!(sent, 5);
    // Event, ledger, session; then the ledger and the session.
    let begun = writes(&mut world, &["begin e1/1 charge"]);
    let done = writes(&mut world, &["complete e1/1 charge result=pi_1"]);
    assert_eq!((begun, done), (3, 2));
}

#[test]
fn a_steady_state_writes_at_most_eight_rows_an_event() {
    let mut world = World::large();
    world.tell(&["attach s1..s16 tag=build"]);
    let mut written = 0;
    for round in 0..100u32 {
        let (first, last) = (round * 16 + 1, round * 16 + 16);
        let submits = (first..=last).map(|it| format!("submit e{it} tag=build dedup=k{it}"));
        written += batch(&mut world, submits);
        written += batch(&mut world, (first..=last).map(|it| format!("ack e{it}/1")));
    }
    let events = 1600;
    assert!(written <= 8 * events, "{written} rows for {events} events");
}

/// Behind a backlog an event costs its place as well: a row put, and later taken away. That makes
/// nine, and the row of the queue with each batch that moves an end of it. ARCHITECTURE.md says why
/// it is not eight.
#[test]
fn a_backlog_writes_nine_rows_an_event_and_its_queue_once_a_batch() {
    let mut world = World::large();
    world.tell(&[
        "attach s1 tag=build",
        "submit e1..e100 tag=build",
        "ack e1/1",
    ]);
    let mut written = 0;
    for it in 1..=1000 {
        let submit = format!("submit e{} tag=build dedup=k{it}", 100 + it);
        written += batch(&mut world, [submit, format!("ack e{}/1", 1 + it)]);
    }
    assert_eq!(written, 1000 * (9 + 1), "for 1000 events");
}

#[test]
fn the_nine_rows_of_an_event_behind_a_backlog() {
    let mut world = World::large();
    world.tell(&["attach s1 tag=build", "submit e1..e100 tag=build"]);
    let submit = kinds(&mut world, "submit e101 tag=build dedup=k101");
    assert_eq!(submit, ["queue", "event", "content", "dedup", "fresh"]);
    // The end of one event, and the lease of the next one.
    let ack = kinds(&mut world, "ack e1/1");
    assert_eq!(
        ack,
        ["queue", "session", "event", "event", "fresh", "finished"]
    );
}

#[test]
fn a_larger_batch_shares_the_rows_of_queue_and_sessions() {
    let mut world = World::large();
    world.tell(&["attach s1..s16 tag=build", "submit e1..e116 tag=build"]);
    let mut written = 0;
    for round in 0..50u32 {
        let (first, last) = (round * 16 + 1, round * 16 + 16);
        let submits = (first..=last).map(|it| format!("submit f{it} tag=build dedup=k{it}"));
        let name = |it: u32| match it {
            1..=116 => format!("e{it}"),
            _ => format!("f{}", it - 116),
        };
        let acks = (first..=last).map(|it| format!("ack {}/1", name(it)));
        written += batch(&mut world, submits.chain(acks));
    }
    assert_eq!(written, 50 * (16 * 9 + 1), "for 800 events");
}

#[test]
fn a_new_dedup_key_reads_no_row_but_the_event_and_the_key() {
    for backlog in [false, true] {
        let mut world = with_session();
        if backlog {
            world.tell(&["submit b1..b200 tag=build"]);
        }
        world.touched.clear();
        world.tell(&["submit e1 tag=build dedup=k1"]);
        let touched = &world.touched[0];
        let kinds: Vec<_> = touched
            .asked
            .iter()
            .map(|it| matches!(it, Key::Event(..) | Key::Dedup(..)))
            .collect();
        assert_eq!(kinds, [true, true], "{:?}", touched.asked);
        assert_eq!(touched.scanned, 0);
    }
}

#[test]
fn a_batch_that_takes_out_the_front_reads_what_is_behind_it_once() {
    let mut world = World::large();
    world.tell(&["submit e1..e300 tag=build"]);
    batch(&mut world, (1..=256).map(|it| format!("cancel e{it}")));
    let scanned: usize = world.touched.iter().map(|it| it.scanned).sum();
    assert!(scanned <= 300, "{scanned} rows were read for 300");
}
