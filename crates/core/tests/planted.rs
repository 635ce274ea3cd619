//! Each invariant sees what it is for: rows that are wrong in the smallest way, and the rule that
//! says so by its name.

mod support;

use std::collections::BTreeSet;
use std::sync::Arc;

use ackord_core::id::ApprovalId;
use ackord_core::invariants;
use ackord_core::limits::{APPROVALS_PER_SESSION, ENDED_JOBS_KEPT};
use ackord_core::model::{
    Approval, Cron, Event, EventState, Health, Holding, Job, Lane, Ledger, Meta, Node, Phase,
    Queue, Session, Source, SourceMode, Team, Watch,
};
use ackord_core::rows::{Change, Key, Row};
use ackord_core::text::RequestId;
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

edits!(
    meta: Meta,
    node: Node,
    team: Team,
    queue: Queue,
    session: Session,
    lane: Lane,
    holding: Holding,
    ledger: Ledger,
    watch: Watch,
);

impl Spoilt {
    fn source(&mut self, change: impl Fn(&mut Source)) {
        self.edit(|row| match row {
            Row::Source(it) => {
                change(Arc::make_mut(it));
                true
            }
            _ => false,
        });
    }
}

impl Spoilt {
    fn cron(&mut self, change: impl Fn(&mut Cron)) {
        self.edit(|row| match row {
            Row::Cron(it) => {
                change(Arc::make_mut(it));
                true
            }
            _ => false,
        });
    }
}

impl Spoilt {
    fn approval(&mut self, change: impl Fn(&mut Approval)) {
        self.edit(|row| match row {
            Row::Approval(it) => {
                change(Arc::make_mut(it));
                true
            }
            _ => false,
        });
    }
}

type Plant = (&'static str, &'static [&'static str], fn(&mut Spoilt));

const WATCHED: &[&str] = &["cron c next=10s silence=1h"];
const HELD: &[&str] = &["attach s1", "submit e1"];
const SET_ASIDE: &[&str] = &["attach s1", "submit e1", "submit i1 class=interrupt"];
const TICKED: &[&str] = &["cron c next=10s", "at 10s decide c at=10s next=20s"];
const HOLDING: &[&str] = &[
    "source github mode=paused",
    "receive github e1",
    "receive github e2",
];
const IN_LEDGER: &[&str] = &["attach s1", "submit e1", "begin e1/1 charge"];
const ASKED: &[&str] = &["attach s1", "ask r1 from=s1"];
const ALLOWED: &[&str] = &[
    "token human by=root roles=approve",
    "attach s1",
    "ask r1 from=s1",
    "answer r1 allow by=human",
];
const IN_LANE: &[&str] = &["submit e1 key=k", "submit e2 key=k"];

const PLANTS: &[Plant] = &[
    ("the_number_of_a_node_is_never_forgotten", &[], |it| {
        it.lose(|key| matches!(key, Key::Node(_)));
    }),
    ("a_disk_is_one_node", &["admit 8 at=h:1"], |it| {
        it.node(|node| node.disk = Some(8));
    }),
    ("a_node_that_runs_has_a_disk", &["node 1"], |it| {
        it.node(|node| node.disk = None);
    }),
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
    ("an_event_counts_its_effects", IN_LEDGER, |it| {
        it.lose(|it| matches!(it, Key::Ledger(..)));
    }),
    ("an_effect_is_of_a_delivery_that_was", IN_LEDGER, |it| {
        it.ledger(|it| it.effects[0].delivery = 2);
    }),
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
    ("a_source_is_known_by_its_name", HOLDING, |it| {
        it.source(|it| it.revision = 0);
    }),
    ("a_held_event_stands_with_its_source", HOLDING, |it| {
        it.lose(|it| matches!(it, Key::Held(..)));
    }),
    ("what_a_source_holds_is_counted", HOLDING, |it| {
        it.holding(|it| it.run.len = 1);
    }),
    ("what_need_not_be_held_is_released", HOLDING, |it| {
        it.source(|it| it.mode = SourceMode::Enabled);
    }),
    ("a_cron_is_known_by_its_label", TICKED, |it| {
        it.lose(|it| matches!(it, Key::CronInstruction(..)));
    }),
    ("no_tick_is_decided_twice", TICKED, |it| {
        it.cron(|it| it.next = it.last.map(|it| it.nominal));
    }),
    ("what_was_decided_of_ticks_agrees", TICKED, |it| {
        it.cron(|it| it.counts.fired = 0);
    }),
    ("the_events_of_a_cron_are_few", TICKED, |it| {
        it.cron(|it| it.others.extend(it.live));
    }),
    ("each_tick_that_is_due_is_found", TICKED, |it| {
        it.cron(|it| it.next = None);
    }),
    ("a_silence_is_told_of_once", WATCHED, |it| {
        it.watch(|it| it.deadline = None);
    }),
    (
        "an_approval_is_answered_by_another_in_time",
        ALLOWED,
        |it| {
            it.approval(|it| {
                it.token = it.decision.as_ref().and_then(|it| it.by).expect("one did")
            });
        },
    ),
    ("an_open_approval_is_waited_for", ASKED, |it| {
        it.session(|it| it.nonce += 1);
    }),
    ("approvals_are_bounded", ASKED, |it| {
        let rows = it.0.machine.rows.all().values();
        let mut asked = rows.filter_map(|it| match it {
            Row::Approval(it) => Some(it.clone()),
            _ => None,
        });
        let asked = asked.next().expect("it is open");
        for number in 0..APPROVALS_PER_SESSION {
            let id = ApprovalId(it.0.machine.state.meta().last_id + 1);
            let request = RequestId::new(format!("x{number}")).expect("valid");
            let more = Approval {
                id,
                request,
                ..(*asked).clone()
            };
            it.put(Key::Approval(more.team, id), Row::Approval(Arc::new(more)));
            it.meta(|it| it.last_id += 1);
            it.0.machine.restart();
        }
    }),
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
