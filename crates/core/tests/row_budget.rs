//! No command touches more rows than it may, whatever there is; ticks do what is left.

mod support;

use ackord_core::limits::{ROWS_PER_COMMAND, TAGS_PER_BROADCAST};
use ackord_core::model::Verdict;
use ackord_core::rows::Row;

use support::script::World;

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
    let mut world = World::large();
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
    let mut world = World::large();
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
    let mut world = World::large();
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
    let mut world = World::large();
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
    let mut world = World::large();
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
    let mut world = World::large();
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
    let mut world = World::large();
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
fn a_sweep_looks_at_a_bounded_number_of_rows_a_tick() {
    let mut world = World::large();
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
    let mut world = World::large();
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
    let mut world = World::large();
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

/// All that one request may become, with everything that an event may have.
#[test]
fn a_request_of_sixteen_events_is_bounded() {
    let mut world = World::large();
    let tags: Vec<String> = (1..=16).map(|it| format!("t{it}")).collect();
    let events: Vec<String> = (1..=16).map(|it| format!("e{it}")).collect();
    let (tags, events) = (tags.join(","), events.join(" "));
    world.tell(&["source github", "source other mode=paused"]);
    for at in 1..=16 {
        world.tell(&[&format!("attach s{at} tag=t{at}")]);
    }
    let full = format!("{events} tags={tags} key=k ttl=1h dedup=d body_hash=b");
    bounded(&mut world, &[&format!("receive github {full}")]);
    let events: Vec<String> = (1..=16).map(|it| format!("f{it}")).collect();
    let held = format!("{} tags={tags} key=k ttl=1h", events.join(" "));
    bounded(&mut world, &[&format!("receive other {held}")]);
}

#[test]
fn what_was_held_is_released_a_bounded_number_a_tick() {
    let mut world = World::large();
    world.tell(&["source github mode=paused", "attach s1..s100 tag=build"]);
    world.tell(&["receive github e1..e300 tag=build ttl=1h"]);
    world.tell(&["set-source github mode=enabled"]);
    bounded(&mut world, &["tick", "tick", "tick", "wait 1s"]);
    assert!(!world.tell(&["show queue build"]).contains("held"));
}

/// All that may go out with one ack, with everything that an event may have.
#[test]
fn an_ack_with_sixteen_events_is_bounded() {
    let mut world = World::large();
    let list = |stem: &str, from: u32, to: u32| {
        let names: Vec<String> = (from..=to).map(|it| format!("{stem}{it}")).collect();
        names
    };
    for at in 1..=16 {
        world.tell(&[&format!("attach s{at} tag=t{at}")]);
        world.tell(&[&format!("submit b{at} tag=t{at}")]);
    }
    world.tell(&[
        "attach s0 tag=t0",
        "submit e0 tag=t0",
        "send r0 from=s1 tags=t0",
    ]);
    let send = |from, to| {
        let (names, tags) = (list("m", from, to).join(" "), list("t", from, to).join(","));
        format!("send {names} tags={tags} class=interrupt ttl=1h re=r0 dedup=d{from}")
    };
    let ack = format!(
        "ack e0/1 emit1=\"{}\" emit2=\"{}\"",
        send(1, 8),
        send(9, 16)
    );
    let said = bounded(&mut world, &[&ack]);
    assert!(said.starts_with("acked"), "{said}");
    let rest = bounded(&mut world, &["wait 1s"]);
    assert_eq!(count(&said, "deliver m") + count(&rest, "deliver m"), 16);
}

/// The most that may go out with one ack, where crons are among it: each has to look at all that it has under
/// way.
#[test]
fn an_ack_that_fires_crons_touches_a_bounded_number_of_rows() {
    let mut world = World::large();
    for at in 0..=16 {
        world.tell(&[&format!("attach s{at} tag=t{at}")]);
    }
    for at in 1..=8 {
        world.tell(&[&format!(
            "cron c{at} next=1h tag=t{at} class=interrupt ttl=1h silence=1h silence_tag=t{at}"
        )]);
        for event in 1..=8 {
            world.tell(&[&format!("fire c{at} f{at}{event}")]);
        }
    }
    world.tell(&["submit e0 tag=t0"]);
    let fires = (1..=8).map(|it| format!("emit{it}=\"fire c{it} g{it} dedup=d{it}\""));
    let sends = (9..=16).map(|it| {
        format!("emit{it}=\"submit m{it} tag=t{it} class=interrupt ttl=1h dedup=d{it}\"")
    });
    let parts: Vec<String> = fires.chain(sends).collect();
    let said = bounded(&mut world, &[&format!("ack e0/1 {}", parts.join(" "))]);
    assert!(said.starts_with("acked"), "{said}");
}

/// All that a message to everybody may become, with everything that an event may have.
#[test]
fn a_message_to_everybody_is_bounded() {
    let mut world = World::large();
    for at in 1..=TAGS_PER_BROADCAST {
        world.tell(&[&format!("attach s{at} tag=t{at}")]);
        world.tell(&[&format!("submit b{at} tag=t{at}")]);
    }
    world.tell(&["attach s0 tag=t0", "send r0 from=s1 tags=t0"]);
    let copies = |stem: &str| {
        let names = (1..=TAGS_PER_BROADCAST).map(|it| format!("{stem}{it} "));
        names.collect::<String>()
    };
    let send = |stem: &str, how: &str| {
        let copies = copies(stem);
        format!("send {copies}everybody from=s0 ttl=1h re=r0 dedup={stem} {how}")
    };
    let first = send("m", "class=interrupt");
    let said = bounded(&mut world, &[&first]);
    let rest = bounded(&mut world, &["wait 1s"]);
    let given = count(&said, "deliver m") + count(&rest, "deliver m");
    assert_eq!(
        (count(&said, "sent m"), given),
        (TAGS_PER_BROADCAST, TAGS_PER_BROADCAST)
    );
    let again = bounded(&mut world, &[&first]);
    assert_eq!(count(&again, "duplicate of m"), TAGS_PER_BROADCAST);
    let behind = bounded(&mut world, &[&send("n", "key=k delay=1m")]);
    assert_eq!(count(&behind, "sent n"), TAGS_PER_BROADCAST);

    // One tag more, and nobody hears it.
    world.tell(&["attach s99 tag=t99"]);
    let refused = world.tell(&[&send("o", "")]);
    assert!(
        refused.starts_with("refused: sessions of more than 24 tags"),
        "{refused}"
    );
    assert_eq!(world.tell(&["show o1"]), "o1: no such thing\n");
}

/// Thirty sessions, each with an event and eight approvals that it asked for.
fn asking(timeout: &str) -> World {
    let mut world = World::large();
    let asks = (1..=30).map(|it| format!("ask r1..r8 from=s{it} fence=e{it}/1 for={timeout}"));
    let asks: Vec<String> = asks.collect();
    let lines = ["attach s1..s30", "submit e1..e30"].into_iter();
    let lines: Vec<&str> = lines.chain(asks.iter().map(String::as_str)).collect();
    let told = world.tell(&lines);
    assert_eq!(count(&told, "open until"), 240);
    world
}

/// Approvals that were decided so.
fn decided(world: &World, verdict: Verdict) -> usize {
    let rows = world.machine.rows.all().values();
    let decided = rows.filter_map(|it| match it {
        Row::Approval(it) => it.decision.as_ref().map(|it| it.verdict),
        _ => None,
    });
    decided.filter(|it| *it == verdict).count()
}

/// A node that is gone takes what its sessions have asked with it, a bounded number at a time.
#[test]
fn approvals_are_withdrawn_a_bounded_number_at_a_time() {
    let mut world = asking("1h");
    world.tell(&["node 1 incarnation=2"]);
    bounded(&mut world, &["wait 61s"]);
    assert_eq!(decided(&world, Verdict::Withdrawn), 240);
}

#[test]
fn approvals_that_nobody_answers_are_denied_a_bounded_number_a_tick() {
    let mut world = asking("1m");
    bounded(&mut world, &["wait 1m"]);
    assert_eq!(decided(&world, Verdict::TimedOut), 240);
}
