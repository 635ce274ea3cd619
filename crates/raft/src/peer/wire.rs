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

pub(super) fn append_to_wire(request: &AppendEntriesRequest<TypeConfig>) -> peer::AppendRequest {
    peer::AppendRequest {
        vote: Some(vote_to_stored(&request.vote)),
        previous: request.prev_log_id.map(log_id_to_stored),
        records: request.entries.iter().map(record::encode_entry).collect(),
        committed: request.leader_commit.map(log_id_to_stored),
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
