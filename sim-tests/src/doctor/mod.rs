//! Doctors: falsify the evidence of a run that went well, each in one way, so that the judge is seen
//! to find it in the noise of a whole run.

mod history;
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
        name: "stale_ack_counts",
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
        name: "due_row_left",
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
        name: "pause_ignored",
        what: "a paused queue leases",
        seen_by: "queues_keep_their_pace",
        falsify: story::pause_for_good,
    },
    Doctor {
        name: "died_early",
        what: "an event dies with attempts left",
        seen_by: "attempts_are_counted",
        falsify: story::allow_attempts,
    },
    Doctor {
        name: "classes_turned",
        what: "lower classes go first",
        seen_by: "classes_in_order",
        falsify: story::turn_classes,
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
    fn each_property_has_a_doctor() {
        // This one replays the log: only the core itself could be wrong.
        let exempt = "restore_equals_state";
        for property in PROPERTIES.iter().filter(|it| it.name != exempt) {
            let tried = DOCTORS.iter().any(|it| it.seen_by == property.name);
            assert!(tried, "nobody tries {}", property.name);
        }
    }
}
