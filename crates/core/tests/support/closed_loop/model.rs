//! A second opinion on the answers: dedup and acks, told from the design alone.

use std::collections::{BTreeMap, BTreeSet};

use ackord_core::answer::{Answer, Rejection, Reply, Taken};
use ackord_core::command::{Command, Fence, Op, Submit};
use ackord_core::id::{EventId, TeamId};
use ackord_core::model::Emitted;
use ackord_core::time::{Millis, Position, Timestamp};

use super::coverage::Coverage;

/// How long dedup keys live in the teams of a closed loop.
pub(super) const KEPT: Millis = Millis::from_days(90);

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Model {
    /// Events that were accepted and not forgotten.
    events: BTreeMap<(TeamId, EventId), Seen>,
    /// Dedup keys: the first event, its content, and when the key ends.
    keys: BTreeMap<(TeamId, u128), (EventId, u128, Timestamp)>,
    over: BTreeSet<(TeamId, EventId)>,
    /// Every delivery there was, for late answers.
    pub(crate) deliveries: Vec<(TeamId, Fence)>,
}

/// When and where an ack counted, and what went out with it.
type Acked = (Timestamp, Position, Vec<Emitted>);

#[derive(Debug, Default)]
struct Seen {
    /// The ack that counted in this round.
    done: bool,
    /// Acks that counted, in all rounds: what they answered.
    acks: BTreeMap<u32, Acked>,
}

impl Model {
    /// Judges an answer.
    ///
    /// # Panics
    /// It is not the one that the design demands.
    pub(crate) fn judge(
        &mut self,
        now: Timestamp,
        command: &Command,
        answer: &Answer,
        coverage: &mut Coverage,
    ) {
        let Some(team) = command.team else { return };
        match &command.op {
            Op::Submit(submit) => self.judge_submit(now, team, submit, answer, coverage),
            Op::Ack(ack) => {
                self.judge_ack(now, team, ack.fence, answer, coverage);
                if let Ok(Reply::Acked {
                    again: false,
                    emitted,
                    ..
                }) = answer
                {
                    self.came(team, emitted.iter().flat_map(|it| &it.events).copied());
                }
            }
            Op::Send(_) => {
                if let Ok(Reply::Sent(sent)) = answer {
                    self.came(team, sent.iter().map(|it| it.0));
                }
                if let Ok(Reply::Broadcast(sent)) = answer {
                    self.came(team, sent.iter().map(|it| it.1));
                }
            }
            Op::Replay(replay) => {
                if let (Ok(_), Some(seen)) = (answer, self.events.get_mut(&(team, replay.event))) {
                    seen.done = false;
                }
            }
            _ => {}
        }
    }

    /// A cron or a source made this event.
    pub(crate) fn fired(&mut self, team: TeamId, event: EventId) {
        self.came(team, [event].into_iter());
    }

    /// Events that came by another way than a submit.
    fn came(&mut self, team: TeamId, events: impl Iterator<Item = EventId>) {
        for event in events {
            self.events.entry((team, event)).or_default();
        }
    }

    fn judge_submit(
        &mut self,
        now: Timestamp,
        team: TeamId,
        submit: &Submit,
        answer: &Answer,
        coverage: &mut Coverage,
    ) {
        let key = submit.dedup.map(|it| (team, it.key.0));
        let content = submit.dedup.map_or(0, |it| it.content.0);
        let first = key
            .and_then(|it| self.keys.get(&it))
            .filter(|it| now < it.2);
        let known = (team, submit.event);
        let repeated = Ok(Reply::Submitted(submit.event, Taken::Duplicate));
        if *answer != repeated && self.may_go(&known) {
            self.events.remove(&known);
        }
        let expected = match first {
            _ if self.events.contains_key(&known) => Some((submit.event, Taken::Duplicate)),
            Some((event, known, _)) if *known == content => Some((*event, Taken::Duplicate)),
            Some((event, ..)) => Some((*event, Taken::Conflict)),
            None => None,
        };
        match (answer, expected) {
            (Ok(Reply::Submitted(event, taken)), Some(expected)) => {
                assert_eq!((*event, *taken), expected, "{submit:?}");
                coverage.saw(match taken {
                    Taken::Conflict => "conflict",
                    Taken::Accepted | Taken::Duplicate => "duplicate",
                });
            }
            (Ok(Reply::Submitted(event, Taken::Accepted)), None) if *event == submit.event => {
                self.events.insert((team, submit.event), Seen::default());
                if let Some(key) = key {
                    self.keys
                        .insert(key, (submit.event, content, now.after(KEPT)));
                }
            }
            (Err(_), None) => {}
            _ => panic!("{answer:?}, not {expected:?}: {submit:?}"),
        }
    }

    fn judge_ack(
        &mut self,
        now: Timestamp,
        team: TeamId,
        fence: Fence,
        answer: &Answer,
        coverage: &mut Coverage,
    ) {
        if *answer == Err(Rejection::NotFound) && self.may_go(&(team, fence.event)) {
            self.events.remove(&(team, fence.event));
        }
        let Some(seen) = self.events.get_mut(&(team, fence.event)) else {
            assert_eq!(*answer, Err(Rejection::NotFound), "{fence:?}");
            return;
        };
        match answer {
            Ok(Reply::Acked {
                at,
                position,
                again: false,
                emitted,
            }) => {
                assert!(!seen.done, "{fence:?} counts twice: {seen:?}");
                assert_eq!(*at, now);
                seen.done = true;
                let acked = (*at, *position, emitted.clone());
                seen.acks.insert(fence.delivery, acked);
            }
            Ok(Reply::Acked {
                at,
                position,
                again: true,
                emitted,
            }) => {
                let first = seen.acks.get(&fence.delivery);
                let acked = (*at, *position, emitted.clone());
                assert_eq!(first, Some(&acked), "{fence:?}");
                coverage.saw("ack again");
            }
            Err(Rejection::Gone) => coverage.saw("ack gone"),
            Err(Rejection::Superseded(_)) => coverage.saw("ack superseded"),
            Err(Rejection::UnknownDelivery | Rejection::AlreadyAcked | Rejection::Part { .. }) => {}
            _ => panic!("{fence:?}: {answer:?}"),
        }
    }

    /// Which events a sweep may forget during the next batch: those that were over before it.
    pub(crate) fn begin(&mut self, over: BTreeSet<(TeamId, EventId)>) {
        self.over = over;
    }

    fn may_go(&self, id: &(TeamId, EventId)) -> bool {
        self.over.contains(id)
    }

    /// Events that were kept long enough are forgotten.
    pub(crate) fn end(&mut self, exists: impl Fn(&(TeamId, EventId)) -> bool) {
        self.events.retain(|id, _| exists(id));
    }
}
