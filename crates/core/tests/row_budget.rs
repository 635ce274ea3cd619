//! What work costs, in rows. The one row that every batch writes for its log time ([`Key::Meta`])
//! is counted apart: it is one for a batch of a thousand commands.

mod support;

use ackord_core::rows::Key;

use support::script::{Scrutiny, World};

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
fn an_ordering_key_costs_its_lane() {
    let mut world = with_session();
    let submit = writes(&mut world, &["submit e1 tag=build dedup=k1 key=x"]);
    let ack = writes(&mut world, &["ack e1/1"]);
    assert_eq!((submit, ack), (5, 4));
}

#[test]
fn a_steady_state_writes_at_most_eight_rows_an_event() {
    let mut world = large();
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

/// Behind a backlog an event costs its place as well: a row put, and later taken away, and the
/// row of its queue with each batch.
#[test]
fn a_backlog_writes_nine_rows_an_event_and_its_queue_once_a_batch() {
    let mut world = large();
    world.tell(&["attach s1 tag=build", "submit e1..e100 tag=build"]);
    let mut written = 0;
    for it in 1..=1000 {
        let submit = format!("submit e{} tag=build dedup=k{it}", 100 + it);
        written += batch(&mut world, [submit, format!("ack e{it}/1")]);
    }
    assert!(written <= 1000 * (9 + 1), "{written} rows for 1000 events");
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

/// A world that may grow large.
fn large() -> World {
    let mut world = World::new();
    world.scrutiny = Scrutiny::Blocks;
    world
}
