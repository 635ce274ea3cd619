//! What Raft keeps beside the commands: votes, log records, how far the rows are. The raft crate
//! fills these messages; their bytes are frozen here like all others.

use std::fmt::Debug;

use ackord_proto::stored::log_record::Payload;
use ackord_proto::stored::{
    AppliedRecord, LogId, LogRecord, Member, Membership, Origin, Quorum, Unit, Vote,
};
use bytes::Bytes;
use prost::Message;

use crate::golden::{check, frozen};

const LOG_ID: LogId = LogId {
    term: 4,
    node: 2,
    index: 70_001,
};

fn freezes<M: Message + Default + PartialEq + Debug>(name: &str, message: &M) {
    check(name, &message.encode_to_vec());
    assert_eq!(M::decode(&*frozen(name)).as_ref(), Ok(message));
}

fn membership() -> Membership {
    let member = |node| Member {
        node,
        address: format!("ackord-{node}.ackord:7401"),
    };
    Membership {
        quorums: vec![
            Quorum {
                nodes: vec![1, 2, 3],
            },
            Quorum {
                nodes: vec![2, 3, 4],
            },
        ],
        members: vec![member(1), member(2), member(3), member(4)],
    }
}

fn record(payload: Payload) -> LogRecord {
    LogRecord {
        log_id: Some(LOG_ID),
        payload: Some(payload),
        origins: vec![],
    }
}

#[test]
fn a_vote_keeps_its_bytes() {
    freezes(
        "raft/vote",
        &Vote {
            term: 4,
            node: 2,
            committed: true,
        },
    );
}

#[test]
fn a_log_record_keeps_its_bytes() {
    freezes("raft/log_record_blank", &record(Payload::Blank(Unit {})));
    let entry = Bytes::from_static(b"an entry");
    freezes("raft/log_record_entry", &record(Payload::Entry(entry)));
    freezes(
        "raft/log_record_membership",
        &record(Payload::Membership(membership())),
    );
}

#[test]
fn a_log_record_of_other_nodes_commands_keeps_its_bytes() {
    let origin = |node, ticket, first| Origin {
        node,
        run: 0x1122_3344_5566_7788,
        ticket,
        first,
        commands: 3,
    };
    let entry = Bytes::from_static(b"an entry");
    let record = LogRecord {
        origins: vec![origin(1, 9, 0), origin(3, 70_000, 3)],
        ..record(Payload::Entry(entry))
    };
    freezes("raft/log_record_origins", &record);
}

#[test]
fn an_applied_record_keeps_its_bytes() {
    let applied = AppliedRecord {
        last: Some(LOG_ID),
        membership_at: Some(LogId {
            index: 69_000,
            ..LOG_ID
        }),
        membership: Some(membership()),
    };
    freezes("raft/applied_record", &applied);
}
