//! What holds between any two commands. Tests and the simulation ask after each step.
//!
//! Each rule is one function that reads all rows and says which of them break it. The rules are
//! written from the design and not from the code that they judge: they share no helper with it,
//! so that one mistake is not made twice. The cost grows with every row there is; a server never
//! asks.

mod all;
mod approvals;
mod crons;
mod derived;
mod due;
mod effects;
mod events;
mod lanes;
mod lists;
mod nodes;
mod places;
mod promise;
mod queues;
mod sessions;
mod sources;
mod watches;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::rows::Rows;
use crate::state::State;
use all::All;

/// One rule: says which rows break it.
type Rule = fn(&State, &All) -> Result<(), String>;

/// Pairs each rule with its name.
macro_rules! rules {
    ($($file:ident::$rule:ident),* $(,)?) => {
        &[$((stringify!($rule), $file::$rule)),*]
    };
}

const RULES: &[(&str, Rule)] = rules![
    events::an_event_has_its_content,
    events::an_event_has_a_place_unless_it_is_delayed,
    events::the_counters_of_an_event_agree,
    events::an_acked_event_has_its_ack,
    effects::an_event_counts_its_effects,
    effects::an_effect_is_of_a_delivery_that_was,
    places::a_ready_event_stands_in_one_run,
    places::a_run_counts_its_rows,
    lanes::a_lane_is_held_by_an_event_in_line,
    lanes::a_waiting_event_stands_in_its_lane,
    lanes::one_event_of_a_key_is_out,
    sessions::what_a_session_holds_says_so,
    sessions::a_held_event_is_in_its_session,
    sessions::an_attached_session_parks_under_an_interrupt_only,
    sessions::a_session_that_takes_no_events_holds_none,
    sessions::no_phase_of_a_lease_outlasts_its_bound,
    due::the_due_index_is_what_the_events_wait_for,
    due::the_due_index_is_counted,
    queues::a_queue_counts_its_events,
    queues::a_strict_queue_has_one_event_out,
    lists::dead_letters_are_the_dead_events,
    lists::every_ended_event_is_in_the_history,
    lists::nothing_lies_before_the_front_of_a_list,
    nodes::the_number_of_a_node_is_never_forgotten,
    nodes::a_disk_is_one_node,
    nodes::a_node_that_runs_has_a_disk,
    derived::numbers_are_given_once,
    derived::what_is_only_remembered_is_bounded,
    derived::windows_are_the_fronts_of_their_runs,
    sources::a_source_is_known_by_its_name,
    sources::a_held_event_stands_with_its_source,
    sources::what_a_source_holds_is_counted,
    sources::what_need_not_be_held_is_released,
    crons::a_cron_is_known_by_its_label,
    crons::no_tick_is_decided_twice,
    crons::what_was_decided_of_ticks_agrees,
    crons::the_events_of_a_cron_are_few,
    crons::each_tick_that_is_due_is_found,
    approvals::an_approval_is_answered_by_another_in_time,
    approvals::an_open_approval_is_waited_for,
    approvals::approvals_are_bounded,
    watches::a_silence_is_told_of_once,
    promise::work_does_not_wait_for_an_idle_session,
    promise::the_next_deadline_is_in_time,
];

/// The rule that reads the rows as a process does when it starts.
const RESTORED: &str = "the_state_is_what_its_rows_say";

/// The names of all rules.
pub fn rules() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|it| it.0).chain([RESTORED])
}

/// Checks every rule, and that the state is what its rows say.
///
/// # Errors
/// A line for each rule that is broken: its name, and the rows that break it. Or rows cannot be
/// read.
pub fn check(state: &State, rows: &dyn Rows) -> Result<(), String> {
    let all = All::read(rows).map_err(|it| format!("{it}"))?;
    let restored = derived::the_state_is_what_its_rows_say(state, rows);
    let checked = RULES.iter().map(|(name, rule)| (*name, rule(state, &all)));
    let broken: Vec<String> = checked
        .chain([(RESTORED, restored)])
        .filter_map(|(name, it)| it.err().map(|it| format!("{name}: {it}")))
        .collect();
    ensure(broken.is_empty(), || broken.join("\n"))
}

/// Goes on if the rule holds here.
fn ensure(holds: bool, broken: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(broken()) }
}
