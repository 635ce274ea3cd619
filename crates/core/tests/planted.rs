//! Each invariant sees what it is for: rows that are wrong in the smallest way, and the rule that
//! says so by its name.

mod support;

use std::collections::BTreeSet;

use ackord_core::invariants;
use ackord_core::limits::ENDED_JOBS_KEPT;
use ackord_core::model::{Event, EventState, Health, Job, Lane, Meta, Phase, Queue, Session, Team};
use ackord_core::rows::{Change, Key, Row};
use ackord_core::time::{Millis, Position};

use support::script::World;

/// Rows that somebody has spoilt.
struct Spoilt(World);

impl Spoilt {
    /// What was there before, by a story in which every invariant holds.
    fn after(lines: &[&str]) -> Self {
        let mut world = World::new();
        world.tell(lines);
        Self(world)
    }

    /// Changes the first row that is of this kind; there must be one.
    fn edit(&mut self, change: impl Fn(&mut Row) -> bool) {
        let rows = self.0.machine.rows.all().iter();
        let mut rows = rows.map(|it| (it.0.clone(), it.1.clone()));
        let changed = rows.find_map(|(key, mut row)| change(&mut row).then_some((key, row)));
        let (key, row) = changed.expect("the story has such a row");
        self.put(key, row);
    }

    /// Removes the first row whose key is like this; there must be one.
    fn lose(&mut self, like: impl Fn(&Key) -> bool) {
        let key = self
            .0
            .machine
            .rows
            .all()
            .keys()
            .find(|it| like(it))
            .cloned();
        let key = key.expect("the story has such a row");
        self.0.machine.rows.commit(&[Change::Delete(key)]);
    }

    fn put(&mut self, key: Key, row: Row) {
        self.0.machine.rows.commit(&[Change::Put(key, row)]);
    }

    fn event(&mut self, name: &str, change: impl Fn(&mut Event)) {
        let id = self.0.event(name);
        self.edit(|row| match row {
            Row::Event(it) if it.id == id => {
                change(it);
                true
            }
            _ => false,
        });
    }
}

/// A method for each kind of row that there is one of.
macro_rules! edits {
    ($($method:ident: $kind:ident),* $(,)?) => {
        impl Spoilt {
            $(fn $method(&mut self, change: impl Fn(&mut $kind)) {
                self.edit(|row| match row {
                    Row::$kind(it) => {
                        change(it);
                        true
                    }
                    _ => false,
                });
            })*
        }
    };
}

edits!(meta: Meta, team: Team, queue: Queue, session: Session, lane: Lane);

type Plant = (&'static str, &'static [&'static str], fn(&mut Spoilt));

const HELD: &[&str] = &["attach s1", "submit e1"];
const SET_ASIDE: &[&str] = &["attach s1", "submit e1", "submit i1 class=interrupt"];
const IN_LANE: &[&str] = &["submit e1 key=k", "submit e2 key=k"];

const PLANTS: &[Plant] = &[
    ("an_event_has_its_content", &["submit e1"], |it| {
        it.lose(|it| matches!(it, Key::Content(..)));
    }),
    (
        "an_event_has_a_place_unless_it_is_delayed",
        &["submit e1 delay=1h"],
        |it| it.event("e1", |it| it.position.index = 1),
    ),
    ("the_counters_of_an_event_agree", HELD, |it| {
        it.event("e1", |it| it.attempts = it.deliveries + 1);
    }),
    (
        "an_acked_event_has_its_ack",
        &["attach s1", "submit e1", "ack e1/1"],
        |it| it.event("e1", |it| it.ack = None),
    ),
    ("a_ready_event_stands_in_one_run", &["submit e1"], |it| {
        it.lose(|it| matches!(it, Key::Fresh(..)));
    }),
    ("a_run_counts_its_rows", &["submit e1"], |it| {
        it.queue(|it| it.runs[2].fresh.len = 2);
    }),
    ("a_lane_is_held_by_an_event_in_line", IN_LANE, |it| {
        it.lane(|it| it.waiting = 2);
    }),
    ("a_waiting_event_stands_in_its_lane", IN_LANE, |it| {
        it.lose(|it| matches!(it, Key::LaneWaiting(..)));
    }),
    ("one_event_of_a_key_is_out", IN_LANE, |it| {
        it.event("e2", |it| it.state = EventState::Ready);
    }),
    ("what_a_session_holds_says_so", HELD, |it| {
        it.session(|it| it.lease.as_mut().expect("leased").delivery = 2);
    }),
    ("a_held_event_is_in_its_session", HELD, |it| {
        it.session(|it| it.lease = None);
    }),
    (
        "an_attached_session_parks_under_an_interrupt_only",
        SET_ASIDE,
        |it| it.session(|it| it.lease = None),
    ),
    ("a_session_that_takes_no_events_holds_none", HELD, |it| {
        it.session(|it| it.health = Health::Deaf);
    }),
    ("no_phase_of_a_lease_outlasts_its_bound", HELD, |it| {
        it.session(|it| {
            let lease = it.lease.as_mut().expect("leased");
            lease.until = lease.claim_by.after(Millis(1));
        });
    }),
    (
        "the_due_index_is_what_the_events_wait_for",
        &["submit e1 ttl=1h"],
        |it| it.lose(|it| matches!(it, Key::Due(..))),
    ),
    ("the_due_index_is_counted", &["submit e1 ttl=1h"], |it| {
        it.meta(|it| it.due_len = 2);
    }),
    ("a_queue_counts_its_events", &["submit e1"], |it| {
        it.queue(|it| it.waiting = 1);
    }),
    (
        "a_strict_queue_has_one_event_out",
        &["queue - strict", "attach s1", "submit e1"],
        |it| it.queue(|it| it.strict_hold.as_mut().expect("one is out").ready = true),
    ),
    (
        "dead_letters_are_the_dead_events",
        &["attach s1", "submit e1", "nack e1/1 reject"],
        |it| it.lose(|it| matches!(it, Key::Dead(..))),
    ),
    (
        "every_ended_event_is_in_the_history",
        &["submit e1", "cancel e1"],
        |it| it.lose(|it| matches!(it, Key::Finished(..))),
    ),
    (
        "nothing_lies_before_the_front_of_a_list",
        &["submit e1", "cancel e1"],
        |it| it.team(|it| it.finished_from.index = u64::MAX),
    ),
    ("numbers_are_given_once", &["submit e1"], |it| {
        it.meta(|it| it.last_id -= 1);
    }),
    (
        "what_is_only_remembered_is_bounded",
        &["job purge", "wait 1s"],
        |it| {
            let rows = it.0.machine.rows.all().values();
            let mut jobs = rows.filter_map(|it| match it {
                Row::Job(it) => Some(it.clone()),
                _ => None,
            });
            let job = jobs.next().expect("it has ended");
            for _ in 0..ENDED_JOBS_KEPT {
                let id = ackord_core::id::JobId(it.0.machine.state.meta().last_id + 1);
                it.put(Key::Job(id), Row::Job(Job { id, ..job.clone() }));
                it.meta(|it| it.last_id += 1);
                it.0.machine.restart();
            }
        },
    ),
    (
        "windows_are_the_fronts_of_their_runs",
        &["submit e1", "submit e2"],
        |it| it.lose(|it| matches!(it, Key::Fresh(..))),
    ),
    (
        "work_does_not_wait_for_an_idle_session",
        &["attach s1", "submit e1", "wait 15s"],
        |it| it.session(|it| it.health = Health::Well),
    ),
    ("the_next_deadline_is_in_time", HELD, |it| {
        it.session(|it| it.lease.as_mut().expect("leased").until.0 -= 1);
    }),
    ("the_state_is_what_its_rows_say", HELD, |it| {
        it.session(|it| it.lease.as_mut().expect("leased").phase = Phase::Confirmed);
    }),
];

#[test]
fn each_invariant_sees_what_it_is_for() {
    for (name, story, spoil) in PLANTS {
        let mut spoilt = Spoilt::after(story);
        spoil(&mut spoilt);
        let machine = &spoilt.0.machine;
        let broken = invariants::check(&machine.state, &machine.rows);
        let broken = broken.expect_err("a rule is broken");
        let named = broken
            .lines()
            .any(|it| it.starts_with(&format!("{name}: ")));
        assert!(named, "{name} is silent; others say: {broken}");
    }
}

#[test]
fn each_invariant_has_something_planted_for_it() {
    let planted: BTreeSet<_> = PLANTS.iter().map(|it| it.0).collect();
    assert_eq!(planted, invariants::rules().collect());
}

/// The same with what two rules must tell apart: an event in both of its runs, at a place before
/// the head, under another one's place.
#[test]
fn a_row_too_many_is_seen_as_well() {
    for (index, offset) in [(1, 0), (u64::MAX, 0)] {
        let mut spoilt = Spoilt::after(&["submit e1"]);
        let id = spoilt.0.event("e1");
        let queue = spoilt.0.machine.state.queues().next().expect("one").id;
        let class = ackord_core::model::Class::Normal;
        let at = Position { index, offset };
        spoilt.put(Key::Returned(queue, class, at), Row::EventRef(id));
        let machine = &spoilt.0.machine;
        let broken = invariants::check(&machine.state, &machine.rows).expect_err("one too many");
        assert!(
            broken.contains("a_ready_event_stands_in_one_run"),
            "{broken}"
        );
        assert!(broken.contains("a_run_counts_its_rows"), "{broken}");
    }
}
