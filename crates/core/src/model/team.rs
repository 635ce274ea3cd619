//! The cluster, its nodes, its teams and their tokens.

use alloc::vec::Vec;

use crate::id::{NodeId, TeamId, TokenId};
use crate::text::{Label, PeerAddress, Tag, TeamName};
use crate::time::{Millis, Position, Timestamp};

/// One row of the cluster: counters and the log's time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Meta {
    /// Which formats this state has been raised to; 0 before birth.
    pub format: u32,
    /// Identity of the cluster, drawn at birth; 0 before.
    pub cluster: u128,
    /// Log time: the latest stamp applied. Never goes back.
    pub now: Timestamp,
    /// The last number given to a team, token, queue, session or job.
    pub last_id: u64,
    /// No row of the due index lies before this instant.
    pub due_from: Timestamp,
    /// Rows of the due index.
    pub due_len: u64,
    /// When the next sweep of what has been kept long enough begins.
    pub sweep_next: Timestamp,
    /// The team that the present sweep has come to.
    pub sweep_team: TeamId,
    /// No silence is told of before this instant: there was an outage.
    pub alarms_from: Timestamp,
}

/// A team (tenant).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// Its id.
    pub id: TeamId,
    /// Its name, unique in the cluster.
    pub name: TeamName,
    /// When it was made.
    pub created: Timestamp,
    /// How long dedup keys live.
    pub dedup_kept: Millis,
    /// How long finished events are kept.
    pub events_kept: Millis,
    /// How long dead letters are kept.
    pub dead_kept: Millis,
    /// No finished event of the team lies before this position.
    pub finished_from: Position,
    /// No dead letter of the team lies before this position.
    pub dead_from: Position,
}

/// What a token may do. Roles do not include each other, but for [`Role::Admin`], which has all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Everything in its team; teams and the cluster if it belongs to no team.
    Admin,
    /// Queues, sources, crons, dead letters, replay, cancel.
    Manage,
    /// Submit and cancel its own.
    Submit,
    /// Attach a session, ack, nack, extend.
    Session,
    /// Approve what an agent may not do alone.
    Approve,
    /// Read events, queues, sessions.
    Observe,
}

/// A bearer token: the SHA-256 of its secret, and what it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its id; not secret.
    pub id: TokenId,
    /// Its team; none for a token of the cluster's operators.
    pub team: Option<TeamId>,
    /// SHA-256 of the secret.
    pub hash: [u8; 32],
    /// What it may do; sorted, without repeats, not empty.
    pub roles: Vec<Role>,
    /// The tags that it is bound to; empty: any tag, and none.
    pub tags: Vec<Tag>,
    /// For people.
    pub label: Option<Label>,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends by itself.
    pub expires: Option<Timestamp>,
    /// When it was revoked. The last ones of a team that were revoked stay on record.
    pub revoked: Option<Timestamp>,
}

/// A node as the log knows it. Its number is given once: the row of a node that was removed stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its number.
    pub id: NodeId,
    /// Where its peers reach it.
    pub address: PeerAddress,
    /// The incarnation of its disk: no other disk is this node. None: nobody has said it yet.
    pub disk: Option<u64>,
    /// When it was removed from the cluster, for good.
    pub removed: Option<Timestamp>,
    /// Its last process that began; none: none did.
    pub process: Option<Process>,
}

/// A process of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Process {
    /// Drawn at its start: streams of an earlier process are gone.
    pub incarnation: u64,
    /// The log position of that start.
    pub started: Position,
}
