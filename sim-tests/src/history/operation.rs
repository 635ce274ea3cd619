//! Operations: each question with its answer.

use std::collections::BTreeMap;

use super::{Answer, History, Moment, Op, OpId, Outcome, What, Who};

/// A question, and how it ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Operation<'a> {
    /// Its name.
    pub id: OpId,
    /// Who asked.
    pub who: Who,
    /// What.
    pub op: &'a Op,
    /// When it was asked.
    pub invoked: Moment,
    /// When and how it ended. None: whoever asked was gone by then, so nobody knows.
    pub ended: Option<(Moment, &'a Outcome)>,
}

impl<'a> Operation<'a> {
    /// The answer, if it is known to have been carried out.
    #[must_use]
    pub fn ok(&self) -> Option<Answer> {
        self.ended.and_then(|(_, outcome)| outcome.answer())
    }

    /// When it was known to have been carried out.
    #[must_use]
    pub fn ok_at(&self) -> Option<Moment> {
        self.ended
            .filter(|(_, outcome)| outcome.answer().is_some())
            .map(|it| it.0)
    }

    /// Whether it was, or may have been, carried out.
    #[must_use]
    pub fn may_count(&self) -> bool {
        self.ended.is_none_or(|(_, outcome)| outcome.may_count())
    }

    /// How it ended, if anybody knows.
    #[must_use]
    pub fn outcome(&self) -> Option<&'a Outcome> {
        self.ended.map(|it| it.1)
    }
}

impl History {
    /// All operations, in the order in which they were asked.
    #[must_use]
    pub fn operations(&self) -> Vec<Operation<'_>> {
        let mut all: BTreeMap<OpId, Operation<'_>> = BTreeMap::new();
        for (moment, record) in self.records.iter().enumerate() {
            match &record.what {
                What::Invoke(id, op) => {
                    let (id, who, invoked, ended) = (*id, record.who, moment, None);
                    all.insert(
                        id,
                        Operation {
                            id,
                            who,
                            op,
                            invoked,
                            ended,
                        },
                    );
                }
                What::Return(id, outcome) => {
                    let asked = all.get_mut(id).expect("what ends was asked");
                    asked.ended = Some((moment, outcome));
                }
                What::Sight(_) | What::Fault(_) => {}
            }
        }
        all.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ackord_core::command::Fence;
    use ackord_core::id::EventId;

    use super::*;

    #[test]
    fn an_operation_without_an_end_may_count() {
        let mut history = History::default();
        let (at, who) = (Duration::ZERO, Who::Operator);
        let fence = Fence {
            event: EventId(1),
            delivery: 1,
        };
        let lost = history.invoke(at, who, Op::Ack(fence));
        let refused = history.invoke(at, who, Op::Ack(fence));
        let fail = Outcome::Fail {
            reason: None,
            text: String::new(),
        };
        history.end(at, who, refused, fail);
        let operations = history.operations();
        assert_eq!(
            operations.iter().map(|it| it.id).collect::<Vec<_>>(),
            [lost, refused]
        );
        assert!(operations[0].may_count() && operations[0].ok().is_none());
        assert!(!operations[1].may_count());
    }
}
