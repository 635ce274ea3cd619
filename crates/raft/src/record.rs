//! What Raft keeps on the disk, between openraft's types and bytes: the one place where they meet.
//! Decoding refuses whatever it does not know, for a record that is half understood is a lie.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use ackord_proto::stored::{self, log_record::Payload as StoredPayload};
use bytes::Bytes;
use openraft::vote::RaftLeaderId;
use prost::Message;

use crate::types::{
    Entry, LeaderId, LogId, Membership, Origin, Payload, Proposal, StoredMembership, Vote,
};

/// A record that cannot be what was stored.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    /// It is not protobuf.
    #[error("not a record")]
    Malformed(#[from] prost::DecodeError),
    /// A field that is always there is not.
    #[error("the record lacks its {0}")]
    Missing(&'static str),
    /// A log record under another's index.
    #[error("the record under index {key} says that it is {found}")]
    Misplaced { key: u64, found: u64 },
    /// A membership with a voter that is no member.
    #[error("the membership is not one: {0}")]
    Membership(String),
}

impl From<RecordError> for io::Error {
    fn from(error: RecordError) -> Self {
        Self::new(io::ErrorKind::InvalidData, error)
    }
}

/// How far the rows are: the last entry applied, and the membership as of then.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Applied {
    pub(crate) last: Option<LogId>,
    pub(crate) membership: StoredMembership,
}

pub(crate) fn encode_log_id(id: LogId) -> Bytes {
    log_id_to_stored(id).encode_to_vec().into()
}

pub(crate) fn decode_log_id(bytes: &[u8]) -> Result<LogId, RecordError> {
    Ok(log_id_from_stored(stored::LogId::decode(bytes)?))
}

pub(crate) fn encode_vote(vote: &Vote) -> Bytes {
    vote_to_stored(vote).encode_to_vec().into()
}

pub(crate) fn decode_vote(bytes: &[u8]) -> Result<Vote, RecordError> {
    Ok(vote_from_stored(stored::Vote::decode(bytes)?))
}

pub(crate) fn vote_to_stored(vote: &Vote) -> stored::Vote {
    stored::Vote {
        term: vote.leader_id.term,
        node: vote.leader_id.node_id,
        committed: vote.committed,
    }
}

pub(crate) fn vote_from_stored(vote: stored::Vote) -> Vote {
    Vote {
        leader_id: LeaderId::new(vote.term, vote.node),
        committed: vote.committed,
    }
}

pub(crate) fn encode_entry(entry: &Entry) -> Bytes {
    let payload = match &entry.payload {
        Payload::Blank => StoredPayload::Blank(stored::Unit {}),
        Payload::Normal(proposal) => StoredPayload::Entry(proposal.bytes.clone()),
        Payload::Membership(it) => StoredPayload::Membership(membership_to_stored(it)),
    };
    let origins = match &entry.payload {
        Payload::Normal(proposal) => proposal.origins.iter().map(origin_to_stored).collect(),
        Payload::Blank | Payload::Membership(_) => Vec::new(),
    };
    let record = stored::LogRecord {
        log_id: Some(log_id_to_stored(entry.log_id)),
        payload: Some(payload),
        origins,
    };
    record.encode_to_vec().into()
}

/// The entry stored under `index`. What it proposes stays encoded: only apply needs it.
pub(crate) fn decode_entry(index: u64, bytes: &Bytes) -> Result<Entry, RecordError> {
    let record = stored::LogRecord::decode(bytes.clone())?;
    let log_id = log_id_from_stored(record.log_id.ok_or(RecordError::Missing("log id"))?);
    if log_id.index != index {
        return Err(RecordError::Misplaced {
            key: index,
            found: log_id.index,
        });
    }
    let payload = match record.payload.ok_or(RecordError::Missing("payload"))? {
        StoredPayload::Blank(stored::Unit {}) => Payload::Blank,
        StoredPayload::Entry(bytes) => Payload::Normal(Proposal {
            bytes,
            entry: None,
            origins: record.origins.into_iter().map(origin_from_stored).collect(),
        }),
        StoredPayload::Membership(it) => Payload::Membership(membership_from_stored(it)?),
    };
    Ok(Entry { log_id, payload })
}

pub(crate) fn encode_applied(applied: &Applied) -> Bytes {
    let at = *applied.membership.log_id();
    let record = stored::AppliedRecord {
        last: applied.last.map(log_id_to_stored),
        membership_at: at.map(log_id_to_stored),
        membership: at.map(|_| membership_to_stored(applied.membership.membership())),
    };
    record.encode_to_vec().into()
}

pub(crate) fn decode_applied(bytes: &[u8]) -> Result<Applied, RecordError> {
    let record = stored::AppliedRecord::decode(bytes)?;
    let membership = match (record.membership_at, record.membership) {
        (Some(at), Some(it)) => {
            StoredMembership::new(Some(log_id_from_stored(at)), membership_from_stored(it)?)
        }
        (None, None) => StoredMembership::default(),
        (Some(_), None) => return Err(RecordError::Missing("membership")),
        (None, Some(_)) => return Err(RecordError::Missing("place of the membership")),
    };
    Ok(Applied {
        last: record.last.map(log_id_from_stored),
        membership,
    })
}

fn origin_to_stored(origin: &Origin) -> stored::Origin {
    stored::Origin {
        node: origin.node,
        run: origin.run,
        ticket: origin.ticket,
        first: origin.first,
        commands: origin.commands,
    }
}

fn origin_from_stored(origin: stored::Origin) -> Origin {
    Origin {
        node: origin.node,
        run: origin.run,
        ticket: origin.ticket,
        first: origin.first,
        commands: origin.commands,
    }
}

pub(crate) fn log_id_to_stored(id: LogId) -> stored::LogId {
    stored::LogId {
        term: id.leader_id.term,
        node: id.leader_id.node_id,
        index: id.index,
    }
}

pub(crate) fn log_id_from_stored(id: stored::LogId) -> LogId {
    LogId::new(LeaderId::new(id.term, id.node), id.index)
}

fn membership_to_stored(membership: &Membership) -> stored::Membership {
    let quorum = |it: &BTreeSet<u64>| stored::Quorum {
        nodes: it.iter().copied().collect(),
    };
    let member = |(node, address): (&u64, &String)| stored::Member {
        node: *node,
        address: address.clone(),
    };
    stored::Membership {
        quorums: membership.get_joint_config().iter().map(quorum).collect(),
        members: membership.nodes().map(member).collect(),
    }
}

fn membership_from_stored(membership: stored::Membership) -> Result<Membership, RecordError> {
    let quorums = membership
        .quorums
        .into_iter()
        .map(|it| it.nodes.into_iter().collect());
    let members: BTreeMap<u64, String> = membership
        .members
        .into_iter()
        .map(|it| (it.node, it.address))
        .collect();
    Membership::new(quorums.collect(), members)
        .map_err(|error| RecordError::Membership(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(index: u64) -> LogId {
        LogId::new(LeaderId::new(7, 2), index)
    }

    fn membership() -> Membership {
        let quorums = vec![BTreeSet::from([1, 2]), BTreeSet::from([2, 3])];
        let members: BTreeMap<u64, String> = (1..=4)
            .map(|node| (node, format!("host-{node}:7001")))
            .collect();
        Membership::new(quorums, members).expect("every voter is a member")
    }

    #[test]
    fn records_come_back_as_they_were() {
        let vote = Vote {
            leader_id: LeaderId::new(7, 2),
            committed: true,
        };
        assert_eq!(
            decode_vote(&encode_vote(&vote)).expect("it was encoded here"),
            vote
        );
        assert_eq!(
            decode_log_id(&encode_log_id(id(9))).expect("it was encoded here"),
            id(9)
        );
        for membership in [
            StoredMembership::default(),
            StoredMembership::new(Some(id(3)), membership()),
        ] {
            let applied = Applied {
                last: Some(id(9)),
                membership,
            };
            let bytes = encode_applied(&applied);
            assert_eq!(
                decode_applied(&bytes).expect("it was encoded here"),
                applied
            );
        }
    }

    #[test]
    fn entries_come_back_as_they_were() {
        let proposal = Proposal {
            bytes: Bytes::from_static(b"entry"),
            entry: None,
            origins: [Origin {
                node: 3,
                run: u64::MAX,
                ticket: 70,
                first: 2,
                commands: 5,
            }]
            .into(),
        };
        for payload in [
            Payload::Blank,
            Payload::Normal(proposal),
            Payload::Membership(membership()),
        ] {
            let entry = Entry {
                log_id: id(9),
                payload,
            };
            let back = decode_entry(9, &encode_entry(&entry)).expect("it was encoded here");
            assert_eq!(format!("{back:?}"), format!("{entry:?}"));
        }
    }

    #[test]
    fn a_record_under_another_index_is_refused() {
        let bytes = encode_entry(&Entry {
            log_id: id(9),
            payload: Payload::Blank,
        });
        assert!(matches!(
            decode_entry(8, &bytes),
            Err(RecordError::Misplaced { key: 8, found: 9 })
        ));
    }

    #[test]
    fn an_empty_record_is_refused() {
        assert!(matches!(
            decode_entry(0, &Bytes::new()),
            Err(RecordError::Missing("log id"))
        ));
    }
}
