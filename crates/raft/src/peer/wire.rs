//! Between openraft's messages and those of `ackord.peer.v1`. Reading is total.

use ackord_proto::{peer, stored};
use openraft::raft::{
    AppendEntriesRequest, StreamAppendError, StreamAppendResult, TransferLeaderRequest,
    VoteRequest, VoteResponse,
};
use peer::append_response::Result as AppendAnswer;

use crate::record::{
    self, RecordError, log_id_from_stored, log_id_to_stored, vote_from_stored, vote_to_stored,
};
use crate::types::{Entry, LogId, TypeConfig, Vote};

/// `contact_ms`: how long ago this node was in touch.
pub(super) fn append_to_wire(
    request: &AppendEntriesRequest<TypeConfig>,
    contact_ms: u64,
) -> peer::AppendRequest {
    peer::AppendRequest {
        vote: Some(vote_to_stored(&request.vote)),
        previous: request.prev_log_id.map(log_id_to_stored),
        records: request.entries.iter().map(record::encode_entry).collect(),
        committed: request.leader_commit.map(log_id_to_stored),
        // Whoever carries it knows.
        to_run: 0,
        contact_ms: Some(contact_ms),
    }
}

pub(super) fn append_from_wire(
    request: peer::AppendRequest,
) -> Result<AppendEntriesRequest<TypeConfig>, RecordError> {
    let prev_log_id = request.previous.map(log_id_from_stored);
    let first = prev_log_id.map_or(0, |it| it.index.saturating_add(1));
    let entries: Result<Vec<Entry>, RecordError> = (first..=u64::MAX)
        .zip(&request.records)
        .map(|(index, bytes)| record::decode_entry(index, bytes))
        .collect();
    Ok(AppendEntriesRequest {
        vote: vote(request.vote)?,
        prev_log_id,
        entries: entries?,
        leader_commit: request.committed.map(log_id_from_stored),
    })
}

pub(super) fn appended_to_wire(result: StreamAppendResult<TypeConfig>) -> peer::AppendResponse {
    let result = match result {
        Ok(matching) => AppendAnswer::Done(peer::AppendDone {
            matching: matching.map(log_id_to_stored),
        }),
        Err(StreamAppendError::Conflict(at)) => AppendAnswer::Conflict(log_id_to_stored(at)),
        Err(StreamAppendError::HigherVote(vote)) => AppendAnswer::Higher(vote_to_stored(&vote)),
    };
    peer::AppendResponse {
        result: Some(result),
    }
}

pub(super) fn appended_from_wire(
    response: peer::AppendResponse,
) -> Result<StreamAppendResult<TypeConfig>, RecordError> {
    let result = response.result.ok_or(RecordError::Missing("result"))?;
    Ok(match result {
        AppendAnswer::Done(it) => Ok(it.matching.map(log_id_from_stored)),
        AppendAnswer::Conflict(at) => Err(StreamAppendError::Conflict(log_id_from_stored(at))),
        AppendAnswer::Higher(vote) => Err(StreamAppendError::HigherVote(vote_from_stored(vote))),
    })
}

pub(super) fn vote_to_wire(request: &VoteRequest<TypeConfig>, pre_vote: bool) -> peer::VoteRequest {
    peer::VoteRequest {
        vote: Some(vote_to_stored(&request.vote)),
        last_log: request.last_log_id.map(log_id_to_stored),
        pre_vote,
        leadership_transfer: request.leadership_transfer,
    }
}

/// The question, whichever of the two it is.
pub(super) fn vote_from_wire(
    request: peer::VoteRequest,
) -> Result<VoteRequest<TypeConfig>, RecordError> {
    Ok(VoteRequest {
        vote: vote(request.vote)?,
        last_log_id: request.last_log.map(log_id_from_stored),
        leadership_transfer: request.leadership_transfer,
    })
}

pub(super) fn voted_to_wire(response: &VoteResponse<TypeConfig>) -> peer::VoteResponse {
    peer::VoteResponse {
        vote: Some(vote_to_stored(&response.vote)),
        granted: response.vote_granted,
        last_log: response.last_log_id.map(log_id_to_stored),
    }
}

pub(super) fn voted_from_wire(
    response: peer::VoteResponse,
) -> Result<VoteResponse<TypeConfig>, RecordError> {
    Ok(VoteResponse {
        vote: vote(response.vote)?,
        vote_granted: response.granted,
        last_log_id: response.last_log.map(log_id_from_stored),
    })
}

pub(super) fn transfer_to_wire(
    request: &TransferLeaderRequest<TypeConfig>,
) -> peer::TransferLeaderRequest {
    peer::TransferLeaderRequest {
        from: Some(vote_to_stored(request.from_leader())),
        to: *request.to_node_id(),
        last_log: request.last_log_id().copied().map(log_id_to_stored),
    }
}

pub(super) fn transfer_from_wire(
    request: peer::TransferLeaderRequest,
) -> Result<TransferLeaderRequest<TypeConfig>, RecordError> {
    let last_log: Option<LogId> = request.last_log.map(log_id_from_stored);
    Ok(TransferLeaderRequest::new(
        vote(request.from)?,
        request.to,
        last_log,
    ))
}

/// The vote that every message of a leader or a candidate has.
pub(super) fn vote(vote: Option<stored::Vote>) -> Result<Vote, RecordError> {
    let vote = vote.ok_or(RecordError::Missing("vote"))?;
    Ok(vote_from_stored(vote))
}

#[cfg(test)]
mod tests {
    use openraft::vote::RaftLeaderId;

    use super::*;
    use crate::types::{LeaderId, Payload};

    fn id(index: u64) -> LogId {
        LogId::new(LeaderId::new(7, 2), index)
    }

    fn request() -> AppendEntriesRequest<TypeConfig> {
        AppendEntriesRequest {
            vote: Vote {
                leader_id: LeaderId::new(7, 2),
                committed: true,
            },
            prev_log_id: Some(id(4)),
            entries: [5, 6]
                .map(|index| Entry {
                    log_id: id(index),
                    payload: Payload::Blank,
                })
                .into(),
            leader_commit: Some(id(3)),
        }
    }

    #[test]
    fn entries_come_back_as_they_were() {
        let back = append_from_wire(append_to_wire(&request(), 0)).expect("it was written here");
        assert_eq!(format!("{back:?}"), format!("{:?}", request()));
    }

    #[test]
    fn answers_come_back_as_they_were() {
        for answer in [
            Ok(None),
            Ok(Some(id(4))),
            Err(StreamAppendError::Conflict(id(4))),
            Err(StreamAppendError::HigherVote(request().vote)),
        ] {
            let back = appended_from_wire(appended_to_wire(answer.clone()));
            assert_eq!(back.expect("it was written here"), answer);
        }
    }

    #[test]
    fn entries_that_do_not_follow_each_other_are_refused() {
        let mut hole = append_to_wire(&request(), 0);
        hole.previous = Some(log_id_to_stored(id(3)));
        assert!(matches!(
            append_from_wire(hole),
            Err(RecordError::Misplaced { key: 4, found: 5 })
        ));
        let mut end = append_to_wire(&request(), 0);
        end.previous = Some(log_id_to_stored(id(u64::MAX)));
        assert!(append_from_wire(end).is_err());
    }

    #[test]
    fn a_message_without_its_vote_is_refused() {
        let mut nobody = append_to_wire(&request(), 0);
        nobody.vote = None;
        assert!(append_from_wire(nobody).is_err());
        assert!(vote_from_wire(peer::VoteRequest::default()).is_err());
        assert!(voted_from_wire(peer::VoteResponse::default()).is_err());
        assert!(transfer_from_wire(peer::TransferLeaderRequest::default()).is_err());
        assert!(appended_from_wire(peer::AppendResponse::default()).is_err());
    }
}
