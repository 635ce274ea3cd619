//! Doctors: falsify the evidence of a run that went well, each in one way, so that the judge is seen
//! to find it in the noise of a whole run.

mod approvals;
mod crafts;
mod disks;
mod history;
mod members;
mod rows;
mod story;

use crate::draw::Draw;
use crate::judge::Evidence;

/// One way to falsify.
#[derive(Clone, Copy)]
pub struct Doctor {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub what: &'static str,
    /// The property that must see it; others may, too.
    pub seen_by: &'static str,
    /// Does it, if it finds something to falsify.
    pub falsify: fn(&mut Evidence, &mut Draw),
}

/// All of them.
pub const DOCTORS: &[Doctor] = &[
    Doctor {
        name: "lost_event",
        what: "an accepted event is gone",
        seen_by: "accepted_never_lost",
        falsify: rows::lose_event,
    },
    Doctor {
        name: "unasked_end",
        what: "the asked acks were never asked",
        seen_by: "refused_changes_nothing",
        falsify: history::forget_acks,
    },
    Doctor {
        name: "second_event",
        what: "a duplicate is another event",
        seen_by: "one_event_per_key",
        falsify: history::second_event,
    },
    Doctor {
        name: "foreign_body",
        what: "a body is none of ours",
        seen_by: "no_phantom",
        falsify: history::foreign_body,
    },
    Doctor {
        name: "stale_ack_told",
        what: "a stale ack counts",
        seen_by: "stale_fence_refused",
        falsify: history::count_stale_ack,
    },
    Doctor {
        name: "late_delivery",
        what: "an acked event is delivered",
        seen_by: "no_delivery_after_ack",
        falsify: history::deliver_acked,
    },
    Doctor {
        name: "wrong_session",
        what: "a session sees another's",
        seen_by: "one_in_flight_per_session",
        falsify: story::swap_sessions,
    },
    Doctor {
        name: "line_jumped",
        what: "two first leases swapped",
        seen_by: "first_leases_in_order",
        falsify: story::swap_leases,
    },
    Doctor {
        name: "lane_overtaken",
        what: "two events of a key at a time",
        seen_by: "keyed_order",
        falsify: story::overtake_in_lane,
    },
    Doctor {
        name: "strict_overtaken",
        what: "two events of a strict queue at a time",
        seen_by: "strict_one_at_a_time",
        falsify: story::overtake_in_strict,
    },
    Doctor {
        name: "acked_twice",
        what: "two acks of an event count",
        seen_by: "one_effective_ack",
        falsify: history::ack_twice,
    },
    Doctor {
        name: "causeless",
        what: "a delivery's cause is another",
        seen_by: "every_delivery_has_a_cause",
        falsify: story::change_cause,
    },
    Doctor {
        name: "note_lost",
        what: "a delivery comes without its note",
        seen_by: "checkpoints_come_back",
        falsify: crafts::lose_note,
    },
    Doctor {
        name: "effect_again",
        what: "an effect is new to a second one",
        seen_by: "effects_begin_once",
        falsify: crafts::begin_again,
    },
    Doctor {
        name: "emit_swapped",
        what: "what went out with an ack is another event",
        seen_by: "emits_go_with_their_ack",
        falsify: crafts::swap_emit,
    },
    Doctor {
        name: "messages_swapped",
        what: "two messages have each other's events",
        seen_by: "messages_in_order",
        falsify: crafts::swap_messages,
    },
    Doctor {
        name: "listener_left_out",
        what: "of what was said to everybody one copy never was",
        seen_by: "broadcasts_reach_all",
        falsify: crafts::leave_out_listener,
    },
    Doctor {
        name: "handed_off_counts",
        what: "an ack counts after a handoff",
        seen_by: "handed_off_is_gone",
        falsify: crafts::count_handed_off,
    },
    Doctor {
        name: "request_is_two",
        what: "a request that is sent again is another approval",
        seen_by: "requests_are_asked_once",
        falsify: approvals::ask_twice,
    },
    Doctor {
        name: "answered_again",
        what: "an approval is decided otherwise later",
        seen_by: "approvals_are_answered_once",
        falsify: approvals::decide_again,
    },
    Doctor {
        name: "silence_allows",
        what: "what nobody answers is allowed",
        seen_by: "no_answer_is_a_denial",
        falsify: approvals::allow_by_silence,
    },
    Doctor {
        name: "asker_is_heard",
        what: "whoever asked is heard when he answers",
        seen_by: "askers_do_not_answer",
        falsify: approvals::hear_asker,
    },
    Doctor {
        name: "asker_loses",
        what: "the lease of whoever asks runs out",
        seen_by: "askers_keep_their_delivery",
        falsify: approvals::run_out,
    },
    Doctor {
        name: "resumed_elsewhere",
        what: "what was set aside goes to another session",
        seen_by: "parked_comes_back",
        falsify: crafts::resume_elsewhere,
    },
    Doctor {
        name: "silence_hurried",
        what: "what is told of silences was to be told later",
        seen_by: "silences_are_told_once",
        falsify: crafts::lengthen_silences,
    },
    Doctor {
        name: "tick_shifted",
        what: "a tick of another instant is decided",
        seen_by: "every_tick_once",
        falsify: crafts::shift_tick,
    },
    Doctor {
        name: "answer_elsewhere",
        what: "an answer names another place",
        seen_by: "answers_match_log",
        falsify: history::misplace,
    },
    Doctor {
        name: "answers_swapped",
        what: "two answers name each other's places",
        seen_by: "positions_follow_time",
        falsify: history::swap_answers,
    },
    Doctor {
        name: "index_row_left",
        what: "an index row is left behind",
        seen_by: "invariants",
        falsify: rows::leave_due_row,
    },
    Doctor {
        name: "entry_changed",
        what: "an entry is another one later",
        seen_by: "log_never_changes",
        falsify: rows::change_entry,
    },
    Doctor {
        name: "time_goes_back",
        what: "a stamp is earlier",
        seen_by: "log_time_monotonic",
        falsify: rows::turn_back,
    },
    Doctor {
        name: "row_changed",
        what: "a row is not what the log makes",
        seen_by: "rows_equal_log",
        falsify: rows::change_row,
    },
    Doctor {
        name: "event_stuck",
        what: "an event never ends",
        seen_by: "everything_ends",
        falsify: rows::leave_ready,
    },
    Doctor {
        name: "entry_forged",
        what: "a leader wrote two entries at one place",
        seen_by: "logs_match",
        falsify: rows::forge_entry,
    },
    Doctor {
        name: "leader_returns",
        what: "a leader goes on after the next one began",
        seen_by: "leaders_follow",
        falsify: rows::return_leader,
    },
    Doctor {
        name: "vote_forgotten",
        what: "a server starts without its vote",
        seen_by: "votes_are_kept",
        falsify: rows::forget_vote,
    },
    Doctor {
        name: "node_diverges",
        what: "a node lacks a row that the others have",
        seen_by: "nodes_agree",
        falsify: rows::diverge,
    },
    Doctor {
        name: "position_unseen",
        what: "a read as of a position does not find the event",
        seen_by: "reads_see_positions",
        falsify: history::unsee,
    },
    Doctor {
        name: "never_joined",
        what: "what was cut stays cut",
        seen_by: "stale_nodes_fall_silent",
        falsify: history::never_join,
    },
    Doctor {
        name: "taken_back_early",
        what: "a delivery ends before its time",
        seen_by: "leases_last",
        falsify: story::take_back_early,
    },
    Doctor {
        name: "woken_early",
        what: "an event goes on before its delay ends",
        seen_by: "not_before_its_time",
        falsify: story::wake_early,
    },
    Doctor {
        name: "pause_forgotten",
        what: "a paused queue leases",
        seen_by: "queues_keep_their_pace",
        falsify: story::pause_for_good,
    },
    Doctor {
        name: "drains_for_good",
        what: "a queue that drains takes new events",
        seen_by: "draining_takes_nothing",
        falsify: story::drain_for_good,
    },
    Doctor {
        name: "died_early",
        what: "an event dies with attempts left",
        seen_by: "attempts_are_counted",
        falsify: story::allow_attempts,
    },
    Doctor {
        name: "classes_swapped",
        what: "lower classes go first",
        seen_by: "classes_in_order",
        falsify: story::turn_classes,
    },
    Doctor {
        name: "two_changes",
        what: "two nodes come and two go at once",
        seen_by: "members_change_one_by_one",
        falsify: members::change_two,
    },
    Doctor {
        name: "removed_leads",
        what: "a leader was removed before",
        seen_by: "removed_stay_out",
        falsify: members::remove_leader,
    },
    Doctor {
        name: "strange_disk",
        what: "a server serves from another one's disk",
        seen_by: "strange_disks_stay_out",
        falsify: members::mount_strange,
    },
    Doctor {
        name: "member_missing",
        what: "a node takes another one for no member",
        seen_by: "group_is_complete",
        falsify: members::forget_member,
    },
    Doctor {
        name: "answered_wrongly",
        what: "an ack is answered another time than it counts",
        seen_by: "second_machine_agrees",
        falsify: story::answer_wrongly,
    },
    Doctor {
        name: "nobody_leads",
        what: "nobody leads though nothing is broken",
        seen_by: "one_leader_soon",
        falsify: history::forget_leader,
    },
    Doctor {
        name: "call_hangs",
        what: "a call is answered a minute late",
        seen_by: "calls_end",
        falsify: history::hang,
    },
    Doctor {
        name: "stranger_served",
        what: "another team reads an event",
        seen_by: "strangers_get_nothing",
        falsify: history::serve_stranger,
    },
    Doctor {
        name: "fresh_read_misses",
        what: "fresh reads find nothing",
        seen_by: "fresh_reads_see_all",
        falsify: history::unsee,
    },
    Doctor {
        name: "webhook_is_another",
        what: "a webhook is answered with an event that there is not",
        seen_by: "webhooks_are_one_event",
        falsify: history::answer_other_event,
    },
    Doctor {
        name: "forged_is_taken",
        what: "forged webhooks are answered 2xx",
        seen_by: "unverified_is_never_logged",
        falsify: history::take_refused_webhooks,
    },
    Doctor {
        name: "goes_on",
        what: "a server goes on after its disk failed",
        seen_by: "fail_stop",
        falsify: disks::go_on,
    },
    Doctor {
        name: "rot_unseen",
        what: "a server serves from a rotten log",
        seen_by: "rot_is_seen",
        falsify: disks::serve_rotten,
    },
    Doctor {
        name: "old_program",
        what: "a server serves with a program that is too old",
        seen_by: "old_programs_stay_out",
        falsify: disks::serve_old,
    },
    Doctor {
        name: "clock_off_leads",
        what: "a server leads whose clock is off",
        seen_by: "wrong_clocks_do_not_lead",
        falsify: disks::lead_off,
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::PROPERTIES;

    #[test]
    fn each_doctor_is_seen_by_a_property() {
        for doctor in DOCTORS {
            let seen = PROPERTIES.iter().any(|it| it.name == doctor.seen_by);
            assert!(seen, "{} is seen by nobody", doctor.name);
        }
    }

    #[test]
    fn each_doctor_has_a_name_of_its_own() {
        let planted = ackord_core::planted::Bug::ALL.iter().map(|it| it.name());
        let names: Vec<&str> = planted.chain(DOCTORS.iter().map(|it| it.name)).collect();
        let distinct: std::collections::BTreeSet<&&str> = names.iter().collect();
        assert_eq!(distinct.len(), names.len(), "a hunt goes by the name");
    }

    #[test]
    fn each_property_has_a_doctor() {
        // This one replays the log: only the core itself could be wrong.
        let exempt = "restore_equals_state";
        for property in PROPERTIES.iter().filter(|it| it.name != exempt) {
            let tried = DOCTORS.iter().any(|it| it.seen_by == property.name);
            assert!(tried, "nobody tries {}", property.name);
        }
    }
}
