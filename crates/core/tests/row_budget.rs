//! What work costs, in rows. The one row that every batch writes for its log time ([`Key::Meta`])
//! is counted apart: it is one for a batch of a thousand commands.

mod support;

use ackord_core::limits::ROWS_PER_COMMAND;
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

/// Behind a backlog an event costs its place as well: a row put, and later taken away. That makes
/// nine, and the row of the queue with each batch that moves an end of it. ARCHITECTURE.md says why
/// it is not eight.
#[test]
fn a_backlog_writes_nine_rows_an_event_and_its_queue_once_a_batch() {
    let mut world = large();
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
    let mut world = large();
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
    let mut world = large();
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

/// Runs lines and demands that none of them touched more rows than a command may.
fn bounded(world: &mut World, lines: &[&str]) -> String {
    world.touched.clear();
    let said = world.tell(lines);
    let most = world
        .touched
        .iter()
        .map(|it| it.len())
        .max()
        .unwrap_or_default();
    assert!(most <= ROWS_PER_COMMAND, "{most} rows: {lines:?}");
    said
}

/// How often something stands in what was said.
fn count(said: &str, what: &str) -> usize {
    said.matches(what).count()
}

#[test]
fn a_queue_that_goes_on_leases_a_bounded_number_and_ticks_the_rest() {
    let mut world = large();
    world.tell(&[
        "pause build",
        "attach s1..s400 tag=build",
        "submit e1..e400 tag=build ttl=1h",
    ]);
    let first = bounded(&mut world, &["resume build"]);
    let rest = bounded(&mut world, &["wait 1s"]);
    assert!(count(&first, "deliver") > 16);
    assert_eq!(count(&first, "deliver") + count(&rest, "deliver"), 400);
}

#[test]
fn a_node_that_starts_detaches_a_bounded_number_a_time() {
    let mut world = large();
    world.tell(&[
        "pause build",
        "attach s1..s400 tag=build",
        "submit e1..e800 tag=build ttl=1h",
    ]);
    // Half of what could be leased is, so that each detach finds more to lease.
    world.tell(&["resume build"]);
    while bounded(&mut world, &["node 1 incarnation=2"]) != "0 left\n" {}
}

#[test]
fn a_tick_acts_on_a_bounded_number_of_sessions() {
    let mut world = large();
    world.tell(&[
        "attach s1..s300 tag=build",
        "submit e1..e600 tag=build ttl=1h",
    ]);
    world.tell(&["submit i1..i300 tag=build class=interrupt"]);
    let said = bounded(&mut world, &["wait 20s"]);
    assert_eq!(count(&said, "revoke i"), 300);
}

#[test]
fn a_tick_acts_on_a_bounded_number_of_events() {
    let mut world = large();
    world.tell(&[
        "submit e1..e300 key=k ttl=1h",
        "submit d1..d300 delay=1h ttl=3h",
    ]);
    world.tell(&["submit b1..b300 ttl=1h"]);
    bounded(&mut world, &["wait 2h", "attach s1..s50", "wait 2h"]);
    assert_eq!(count(&world.tell(&["show dead"]), "expired"), 900);
}

#[test]
fn a_session_that_is_free_again_takes_out_a_bounded_number_of_expired_interrupts() {
    let mut world = large();
    world.tell(&[
        "attach s1",
        "submit e1",
        "submit i0 class=interrupt",
        "confirm s1 i0/1",
    ]);
    world.tell(&["submit i1..i300 class=interrupt ttl=1m", "at 2m"]);
    bounded(&mut world, &["ack i0/1", "wait 1s"]);
    assert_eq!(count(&world.tell(&["show dead"]), "expired"), 300);
    assert!(world.tell(&["show e1"]).contains("resume"));
}

#[test]
fn sessions_that_are_heard_again_take_a_bounded_number_of_events() {
    let mut world = large();
    world.tell(&[
        "attach s1..s128 tag=build",
        "submit e1..e128 tag=build",
        "wait 20s",
    ]);
    world.tell(&["submit f1..f200 tag=build ttl=1h"]);
    let names: Vec<String> = (1..=128).map(|it| format!("s{it}")).collect();
    let seen = format!("seen {}", names.join(" "));
    let first = bounded(&mut world, &[&seen]);
    let rest = bounded(&mut world, &["wait 1s"]);
    assert_eq!(count(&first, "deliver") + count(&rest, "deliver"), 128);
}

#[test]
fn jobs_take_a_bounded_number_of_events_a_tick() {
    let mut world = large();
    world.tell(&[
        "attach s1..s300 tag=build",
        "submit e1..e300 tag=build key=k",
        "wait 1s",
    ]);
    for _ in 0..2 {
        world.tell(&["job cancel tag=build"]);
        bounded(&mut world, &["wait 1s"]);
    }
    world.tell(&[
        "submit f1..f300 tag=build ttl=1s",
        "submit g1..g300 ttl=1s",
        "wait 1m",
    ]);
    world.tell(&["job replay"]);
    bounded(&mut world, &["wait 1s"]);
    assert_eq!(world.tell(&["show dead"]), "");
}

#[test]
fn a_batch_that_takes_out_the_front_reads_what_is_behind_it_once() {
    let mut world = large();
    world.tell(&["submit e1..e300 tag=build"]);
    batch(&mut world, (1..=256).map(|it| format!("cancel e{it}")));
    let scanned: usize = world.touched.iter().map(|it| it.scanned).sum();
    assert!(scanned <= 300, "{scanned} rows were read for 300");
}

#[test]
fn a_sweep_looks_at_a_bounded_number_of_rows_a_tick() {
    let mut world = large();
    for it in 0..200 {
        let (team, token) = (
            format!("team t{it}"),
            format!("token t{it} team=t{it} by=root roles=submit,session,manage"),
        );
        let submit = format!("submit a{it}x1..a{it}x40 team=t{it}");
        let cancel = format!("cancel a{it}x1..a{it}x40 team=t{it}");
        world.tell(&[&team, &token, &submit, &cancel]);
    }
    bounded(&mut world, &["wait 2h"]);
    let most = world
        .touched
        .iter()
        .map(|it| it.scanned)
        .max()
        .unwrap_or_default();
    assert!(most <= ROWS_PER_COMMAND, "{most} rows are scanned");
    bounded(&mut world, &["wait 31d"]);
    assert!(
        world
            .tell(&["show rows"])
            .starts_with("events 0, contents 0")
    );
}

#[test]
fn a_report_of_a_node_speaks_of_a_bounded_number_of_deliveries() {
    let mut world = large();
    world.tell(&["attach s1..s129 tag=build", "submit e1..e129 tag=build"]);
    let fences = |most| (1..=most).map(|it| format!(" e{it}/1")).collect::<String>();
    let pairs = |most| {
        (1..=most)
            .map(|it| format!(" s{it} e{it}/1"))
            .collect::<String>()
    };

    let extend = format!("extend{} note=\"so far\"", fences(128));
    assert_eq!(count(&bounded(&mut world, &[&extend]), "until"), 128);
    let confirm = format!("confirm{}", pairs(128));
    assert_eq!(bounded(&mut world, &[&confirm]), "ok\n");

    let too_long = format!("extend{}", fences(129));
    assert_eq!(
        world.tell(&[&too_long]),
        "refused: the limit is reached: items of one extend\n"
    );
    let too_long = format!("confirm{}", pairs(129));
    assert_eq!(
        world.tell(&[&too_long]),
        "refused: the limit is reached: items of one confirm\n"
    );
}

/// Everything that time brings about at once: leases, backoffs, delays, TTLs, a rate, a job, and
/// what has been kept long enough.
#[test]
fn a_tick_in_which_all_is_due_is_bounded_and_the_next_ones_do_the_rest() {
    let mut world = large();
    world.tell(&["submit old1..old200", "cancel old1..old200", "at 29d"]);
    world.tell(&[
        "submit x1..x100 ttl=1s",
        "wait 1s",
        "pause build",
        "pause -",
    ]);
    world.tell(&[
        "attach s1..s100 tag=build",
        "attach t1..t100",
        "queue - rate=60",
    ]);
    world.tell(&[
        "submit e1..e100 tag=build attempts=1 ttl=3d",
        "submit f1..f100 key=k delay=1h",
    ]);
    world.tell(&["resume build", "wait 1s", "resume -", "job replay"]);
    bounded(&mut world, &["at 31d tick", "tick", "tick", "wait 1d"]);
    assert!(world.tell(&["show rows"]).starts_with("events 300"));
}
