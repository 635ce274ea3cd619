//! Changes of members as messages, and what becomes of them.

use ackord_proto::peer::change_request::Change as Form;
use ackord_proto::peer::{ChangeOutcome as Outcome, ChangeRequest, ChangeResponse, Replacement};
use ackord_proto::stored::Member;
use ackord_raft::{Change, ChangeError, ChangeRefusal};

/// What another node asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    /// Other members.
    Change(Change),
    /// Another leader: this one, or any.
    Lead(Option<u64>),
}

pub(super) fn change_to_wire(change: &Change) -> ChangeRequest {
    let form = match change {
        Change::Add { node, address } => Form::Add(Member {
            node: *node,
            address: address.clone(),
        }),
        Change::Promote { node } => Form::Promote(*node),
        Change::Replace { old, new } => Form::Replace(Replacement {
            old: *old,
            new: *new,
        }),
        Change::Remove { node } => Form::Remove(*node),
    };
    ChangeRequest { change: Some(form) }
}

pub(super) fn transfer_to_wire(to: Option<u64>) -> ChangeRequest {
    ChangeRequest {
        change: Some(Form::Lead(to.unwrap_or_default())),
    }
}

/// What is asked for; none: nothing.
pub(super) fn change_from_wire(request: ChangeRequest) -> Option<Asked> {
    Some(match request.change? {
        Form::Add(Member { node, address }) => Asked::Change(Change::Add { node, address }),
        Form::Promote(node) => Asked::Change(Change::Promote { node }),
        Form::Replace(Replacement { old, new }) => Asked::Change(Change::Replace { old, new }),
        Form::Remove(node) => Asked::Change(Change::Remove { node }),
        Form::Lead(0) => Asked::Lead(None),
        Form::Lead(node) => Asked::Lead(Some(node)),
    })
}

pub(super) fn changed_to_wire(done: &Result<u64, ChangeError>) -> ChangeResponse {
    let mut response = ChangeResponse::default();
    let outcome = match done {
        Ok(node) => {
            response.node = *node;
            Outcome::Done
        }
        Err(ChangeError::NotLeader { .. }) => Outcome::NotLeader,
        Err(ChangeError::Unknown) => Outcome::Unknown,
        Err(ChangeError::Refused(refusal)) => refused_to_wire(refusal, &mut response),
    };
    response.outcome = outcome.into();
    response
}

fn refused_to_wire(refusal: &ChangeRefusal, response: &mut ChangeResponse) -> Outcome {
    let count = |it: usize| u64::try_from(it).unwrap_or(u64::MAX);
    match refusal {
        ChangeRefusal::Busy => Outcome::Busy,
        ChangeRefusal::NobodyElse => Outcome::NobodyElse,
        ChangeRefusal::BelowQuorum { voters, answering } => {
            response.count = count(*voters);
            response.answering = count(*answering);
            Outcome::BelowQuorum
        }
        ChangeRefusal::Behind { node, entries } => {
            response.node = *node;
            response.count = *entries;
            Outcome::Behind
        }
        ChangeRefusal::Silent { node } => {
            response.node = *node;
            Outcome::Silent
        }
        ChangeRefusal::NoMember { node } => {
            response.node = *node;
            Outcome::NoMember
        }
        ChangeRefusal::NoVoter { node } => {
            response.node = *node;
            Outcome::NoVoter
        }
        ChangeRefusal::Leads { node } => {
            response.node = *node;
            Outcome::Leads
        }
        ChangeRefusal::ClockOff { node } => {
            response.node = *node;
            Outcome::ClockOff
        }
        ChangeRefusal::Elsewhere { node, address } => {
            response.node = *node;
            response.address.clone_from(address);
            Outcome::Elsewhere
        }
    }
}

/// What a change came to: who leads, where that was asked for.
pub(super) fn changed_from_wire(response: &ChangeResponse) -> Result<u64, ChangeError> {
    let node = response.node;
    let count = |it: u64| usize::try_from(it).unwrap_or(usize::MAX);
    let refusal = match response.outcome() {
        Outcome::Done => return Ok(node),
        Outcome::NotLeader => return Err(ChangeError::NotLeader { leader: None }),
        // An answer of a later version is not understood.
        Outcome::Unspecified | Outcome::Unknown => return Err(ChangeError::Unknown),
        Outcome::Busy => ChangeRefusal::Busy,
        Outcome::NobodyElse => ChangeRefusal::NobodyElse,
        Outcome::BelowQuorum => ChangeRefusal::BelowQuorum {
            voters: count(response.count),
            answering: count(response.answering),
        },
        Outcome::Behind => ChangeRefusal::Behind {
            node,
            entries: response.count,
        },
        Outcome::Silent => ChangeRefusal::Silent { node },
        Outcome::NoMember => ChangeRefusal::NoMember { node },
        Outcome::NoVoter => ChangeRefusal::NoVoter { node },
        Outcome::Leads => ChangeRefusal::Leads { node },
        Outcome::ClockOff => ChangeRefusal::ClockOff { node },
        Outcome::Elsewhere => ChangeRefusal::Elsewhere {
            node,
            address: response.address.clone(),
        },
    };
    Err(refusal.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_come_back_as_they_were() {
        let address = "h4:1".to_owned();
        let changes = [
            Change::Add { node: 4, address },
            Change::Promote { node: 4 },
            Change::Replace { old: 3, new: 4 },
            Change::Remove { node: 3 },
        ];
        for change in changes {
            let back = change_from_wire(change_to_wire(&change));
            assert_eq!(back, Some(Asked::Change(change)));
        }
        for to in [None, Some(2)] {
            let back = change_from_wire(transfer_to_wire(to));
            assert_eq!(back, Some(Asked::Lead(to)));
        }
        assert_eq!(change_from_wire(ChangeRequest::default()), None);
    }

    #[test]
    fn what_became_of_a_change_comes_back_as_it_was() {
        let node = 4;
        let address = "h4:1".to_owned();
        let refusals = [
            ChangeRefusal::Busy,
            ChangeRefusal::NobodyElse,
            ChangeRefusal::BelowQuorum {
                voters: 4,
                answering: 2,
            },
            ChangeRefusal::Behind { node, entries: 9 },
            ChangeRefusal::Silent { node },
            ChangeRefusal::NoMember { node },
            ChangeRefusal::NoVoter { node },
            ChangeRefusal::Leads { node },
            ChangeRefusal::ClockOff { node },
            ChangeRefusal::Elsewhere { node, address },
        ];
        let refused = refusals.into_iter().map(|it| Err(ChangeError::Refused(it)));
        let rest = [
            Ok(3),
            Err(ChangeError::Unknown),
            Err(ChangeError::NotLeader { leader: None }),
        ];
        for done in refused.chain(rest) {
            assert_eq!(changed_from_wire(&changed_to_wire(&done)), done);
        }
    }
}
