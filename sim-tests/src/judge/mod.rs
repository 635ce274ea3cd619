//! The judge: one property in each file. A property is a pure function over the evidence of a run,
//! so that it can be tried on evidence made by hand; each is seen to fail there.

mod accepted_never_lost;
mod ahead;
mod answers_match_log;
mod approvals_are_answered_once;
mod askers_do_not_answer;
mod askers_keep_their_delivery;
mod attempts_are_counted;
mod broadcasts_reach_all;
mod calls_end;
mod checkpoints_come_back;
mod classes_in_order;
mod draining_takes_nothing;
mod effects_begin_once;
mod emits_go_with_their_ack;
mod every_delivery_has_a_cause;
mod every_tick_once;
mod everything_ends;
mod fail_stop;
mod first_leases_in_order;
mod fresh_reads_see_all;
mod group_is_complete;
mod handed_off_is_gone;
mod invariants;
mod keyed_order;
mod leaders_follow;
mod leases_last;
mod log_never_changes;
mod log_time_monotonic;
mod logs_match;
mod members_change_one_by_one;
mod messages_in_order;
mod no_answer_is_a_denial;
mod no_delivery_after_ack;
mod no_phantom;
mod nodes_agree;
mod not_before_its_time;
mod old_programs_stay_out;
mod one_effective_ack;
mod one_event_per_key;
mod one_in_flight_per_session;
mod one_leader_soon;
mod parked_comes_back;
mod positions_follow_time;
mod queues_keep_their_pace;
mod reads_see_positions;
mod refused_changes_nothing;
mod removed_stay_out;
mod requests_are_asked_once;
mod restore_equals_state;
mod rot_is_seen;
mod rows_equal_log;
mod second_machine_agrees;
mod silences_are_told_once;
mod stale_fence_refused;
mod stale_nodes_fall_silent;
mod strange_disks_stay_out;
mod strangers_get_nothing;
mod strict_one_at_a_time;
mod unverified_is_never_logged;
mod votes_are_kept;
mod webhooks_are_one_event;
mod wrong_clocks_do_not_lead;

mod asked;
mod busy;
mod content;
mod instants;
mod replay;
#[cfg(test)]
mod stage;

use std::collections::{BTreeMap, BTreeSet};

use ackord_core::Why;
use ackord_core::id::EventId;

use crate::history::History;
use crate::journal::Journal;
use crate::story::Story;
use crate::table::Table;

pub use content::{FOREIGN_BODY, body_of, content_of};

/// What a run leaves behind.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evidence {
    /// What the world did and saw.
    pub history: History,
    /// The log.
    pub journal: Journal,
    /// The log, told.
    pub story: Story,
    /// The rows at the end, of one node.
    pub rows: Table,
    /// Where that node is then.
    pub applied: u64,
    /// The other nodes at the end.
    pub others: Vec<End>,
    /// The cluster, as each node sees it at the end.
    pub groups: Vec<Group>,
    /// What each event that is not over waited for when the patience with the calm was at its end.
    pub waits: BTreeMap<EventId, Why>,
}

/// A node at the end.
#[derive(Debug, Clone, PartialEq)]
pub struct End {
    /// Its number.
    pub server: usize,
    /// The last entry that it has applied.
    pub applied: u64,
    /// Its rows.
    pub rows: Table,
}

/// The cluster at the end, as one of its nodes sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The server of the node.
    pub server: usize,
    /// The node.
    pub node: u64,
    /// Who votes.
    pub voters: BTreeSet<u64>,
    /// All members.
    pub members: BTreeSet<u64>,
    /// A change of the members is not done yet.
    pub is_changing: bool,
}

/// Something that must hold in every run.
#[derive(Clone, Copy)]
pub struct Property {
    /// Its name, which is that of its file.
    pub name: &'static str,
    /// What it proves, in a sentence.
    pub proves: &'static str,
    /// Judges.
    pub check: fn(&Evidence, &mut Verdict),
}

/// What the judge found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Things looked at. A property that looked at nothing has proved nothing.
    pub checked: usize,
    /// What is wrong, in words.
    pub broken: Vec<String>,
}

impl Verdict {
    /// Looks at one thing.
    pub(crate) fn hold(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        self.look(if holds { Ok(()) } else { Err(otherwise()) });
    }

    /// Looks at one thing that says itself what is wrong with it.
    pub(crate) fn look(&mut self, found: Result<(), String>) {
        self.checked += 1;
        self.broken.extend(found.err());
    }
}

/// All properties.
pub const PROPERTIES: [Property; 61] = [
    accepted_never_lost::PROPERTY,
    one_event_per_key::PROPERTY,
    no_phantom::PROPERTY,
    one_effective_ack::PROPERTY,
    stale_fence_refused::PROPERTY,
    no_delivery_after_ack::PROPERTY,
    first_leases_in_order::PROPERTY,
    one_in_flight_per_session::PROPERTY,
    every_delivery_has_a_cause::PROPERTY,
    keyed_order::PROPERTY,
    strict_one_at_a_time::PROPERTY,
    classes_in_order::PROPERTY,
    not_before_its_time::PROPERTY,
    queues_keep_their_pace::PROPERTY,
    draining_takes_nothing::PROPERTY,
    attempts_are_counted::PROPERTY,
    every_tick_once::PROPERTY,
    silences_are_told_once::PROPERTY,
    parked_comes_back::PROPERTY,
    checkpoints_come_back::PROPERTY,
    effects_begin_once::PROPERTY,
    emits_go_with_their_ack::PROPERTY,
    messages_in_order::PROPERTY,
    broadcasts_reach_all::PROPERTY,
    handed_off_is_gone::PROPERTY,
    requests_are_asked_once::PROPERTY,
    approvals_are_answered_once::PROPERTY,
    no_answer_is_a_denial::PROPERTY,
    askers_do_not_answer::PROPERTY,
    askers_keep_their_delivery::PROPERTY,
    leases_last::PROPERTY,
    answers_match_log::PROPERTY,
    positions_follow_time::PROPERTY,
    second_machine_agrees::PROPERTY,
    refused_changes_nothing::PROPERTY,
    log_never_changes::PROPERTY,
    logs_match::PROPERTY,
    leaders_follow::PROPERTY,
    votes_are_kept::PROPERTY,
    log_time_monotonic::PROPERTY,
    rows_equal_log::PROPERTY,
    nodes_agree::PROPERTY,
    restore_equals_state::PROPERTY,
    invariants::PROPERTY,
    reads_see_positions::PROPERTY,
    fresh_reads_see_all::PROPERTY,
    stale_nodes_fall_silent::PROPERTY,
    members_change_one_by_one::PROPERTY,
    removed_stay_out::PROPERTY,
    strange_disks_stay_out::PROPERTY,
    group_is_complete::PROPERTY,
    strangers_get_nothing::PROPERTY,
    unverified_is_never_logged::PROPERTY,
    webhooks_are_one_event::PROPERTY,
    fail_stop::PROPERTY,
    rot_is_seen::PROPERTY,
    old_programs_stay_out::PROPERTY,
    wrong_clocks_do_not_lead::PROPERTY,
    everything_ends::PROPERTY,
    one_leader_soon::PROPERTY,
    calls_end::PROPERTY,
];

impl Property {
    /// Judges the evidence.
    #[must_use]
    pub fn judge(&self, evidence: &Evidence) -> Verdict {
        let mut verdict = Verdict::default();
        (self.check)(evidence, &mut verdict);
        verdict
    }
}
