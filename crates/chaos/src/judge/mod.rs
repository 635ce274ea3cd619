//! The judge: one property a file, each a pure function over what the sink heard.

mod acks;
mod causes;
mod keys;
mod lost;
mod order;
mod votes;

use std::fmt;

use ackord_client::v1;

use crate::sink::Heard;

/// A property that does not hold, and an event that shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The property.
    pub property: &'static str,
    /// What was seen instead.
    pub detail: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.property, self.detail)
    }
}

/// Judges the clients' side: every property that needs no word of the server.
pub fn judge(heard: &Heard) -> Vec<Violation> {
    let properties: [fn(&Heard) -> Vec<Violation>; 4] =
        [lost::judge, keys::judge, acks::judge, order::judge];
    properties.iter().flat_map(|it| it(heard)).collect()
}

/// Judges what needs no end of the run.
pub fn judge_so_far(heard: &Heard) -> Vec<Violation> {
    let properties: [fn(&Heard) -> Vec<Violation>; 2] = [keys::judge, acks::judge];
    properties.iter().flat_map(|it| it(heard)).collect()
}

/// Judges the server's own account of an event against what the sessions saw of it.
pub fn judge_history(heard: &Heard, event: &v1::Event) -> Vec<Violation> {
    causes::judge(heard, event)
}

/// Judges the terms that each start of a node has voted in.
pub fn judge_votes(starts: &[Vec<u64>]) -> Vec<Violation> {
    votes::judge(starts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::{Accepted, Acked, Seen, Witness};
    use ackord_client::Taken;

    /// Two events of one session, submitted, delivered and acknowledged as they should be.
    fn good() -> Heard {
        let mut heard = Heard::default();
        for (n, event) in ["evt_a", "evt_b"].into_iter().enumerate() {
            let index = 10 + n as u64;
            let accepted = Accepted {
                event: event.into(),
                taken: Taken::Accepted,
                index,
            };
            heard.submits.insert(format!("key-{n}"), vec![accepted]);
            let order = 2 * n as u64;
            let seen = Seen {
                order,
                session: "solo-1".into(),
                delivery: 1,
            };
            let acked = Acked {
                order: order + 1,
                delivery: 1,
                index: 20 + n as u64,
                again: false,
            };
            let witness = Witness {
                seen: vec![seen],
                acked: vec![acked],
                disowned: None,
            };
            heard.events.insert(event.into(), witness);
            heard
                .first_seen
                .entry("solo-1".into())
                .or_default()
                .push(event.into());
        }
        heard
    }

    fn broken(change: impl FnOnce(&mut Heard)) -> Vec<&'static str> {
        let mut heard = good();
        change(&mut heard);
        judge(&heard).into_iter().map(|it| it.property).collect()
    }

    fn event<'a>(heard: &'a mut Heard, id: &str) -> &'a mut Witness {
        heard.events.get_mut(id).expect("the good history has it")
    }

    #[test]
    fn a_good_history_has_no_violation() {
        assert_eq!(judge(&good()), []);
    }

    #[test]
    fn an_accepted_event_that_no_session_saw_is_lost() {
        let found = broken(|it| {
            it.events.remove("evt_b");
            it.first_seen.clear();
        });
        assert_eq!(found, ["nothing accepted is lost"]);
    }

    #[test]
    fn an_event_that_nobody_could_ack_is_not_done() {
        let found = broken(|it| event(it, "evt_b").acked.clear());
        assert_eq!(found, ["nothing accepted is lost"]);
    }

    #[test]
    fn an_event_that_nobody_submitted_is_a_phantom() {
        let found = broken(|it| {
            it.submits.remove("key-1");
        });
        assert_eq!(found, ["nothing comes that was not submitted"]);
    }

    #[test]
    fn two_events_under_one_key_are_seen() {
        let found = broken(|it| {
            let mut second = it.submits.remove("key-1").expect("it is there");
            second[0].taken = Taken::Duplicate;
            it.submits.entry("key-0".into()).or_default().extend(second);
        });
        assert_eq!(found, ["one key is one event"]);
    }

    #[test]
    fn a_key_that_is_accepted_twice_is_seen() {
        let found = broken(|it| {
            let answers = it.submits.entry("key-0".into()).or_default();
            answers.push(answers[0].clone());
        });
        assert_eq!(found, ["what was accepted stays known"]);
    }

    #[test]
    fn two_effective_acks_are_seen() {
        let found = broken(|it| {
            let again = event(it, "evt_a").acked[0].clone();
            event(it, "evt_a").acked.push(again);
        });
        assert_eq!(found, ["one ack counts"]);
    }

    #[test]
    fn a_repeated_ack_that_names_another_entry_is_seen() {
        let found = broken(|it| {
            let mut again = event(it, "evt_a").acked[0].clone();
            again.again = true;
            again.index += 1;
            event(it, "evt_a").acked.push(again);
        });
        assert_eq!(found, ["one ack counts"]);
    }

    #[test]
    fn an_ack_that_counted_and_is_refused_later_is_seen() {
        let found = broken(|it| event(it, "evt_a").disowned = Some("superseded".into()));
        assert_eq!(found, ["an ack that counted stays known"]);
    }

    #[test]
    fn a_new_delivery_after_the_ack_is_seen() {
        let found = broken(|it| {
            let seen = Seen {
                order: 99,
                session: "other".into(),
                delivery: 2,
            };
            event(it, "evt_a").seen.push(seen);
        });
        assert_eq!(found, ["no delivery follows an ack"]);
    }

    #[test]
    fn first_deliveries_out_of_order_are_seen() {
        let found = broken(|it| {
            it.first_seen
                .get_mut("solo-1")
                .expect("it is there")
                .reverse();
        });
        assert_eq!(found, ["first deliveries keep the order of their submits"]);
    }

    #[test]
    fn a_vote_that_was_forgotten_is_seen() {
        assert_eq!(judge_votes(&[vec![1, 1], vec![], vec![2, 2], vec![3]]), []);
        let found = judge_votes(&[vec![1, 1], vec![2], vec![2, 2]]);
        assert_eq!(found.len(), 1, "{found:?}");
    }
}
