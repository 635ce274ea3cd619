//! Every limit, with a sentence of why. A limit is part of the stored format: raising one changes
//! what apply answers, so all members of a cluster must agree on it.

use crate::time::{Millis, Timestamp};

/// Body of one event, in bytes. Larger things belong in a store; send a pointer.
pub const BODY_BYTES_MAX: usize = 1 << 20;
/// Meta fields of one event.
pub const META_FIELDS_MAX: usize = 32;
/// Commands of one Raft entry; the proposer's batch.
pub const COMMANDS_MAX: usize = 1024;
/// Bytes of one Raft entry: some bodies of full size and their commands.
pub const ENTRY_BYTES_MAX: usize = 4 << 20;
/// Rows that one command may write, or read one by one; larger work is a job, or is left to a
/// tick. Rows that are read ahead in one scan are counted apart: at most [`WINDOW`] for each run.
pub const ROWS_PER_COMMAND: usize = 256;
/// Deliveries that one confirm or extend may speak of: each touches up to two rows.
pub const DELIVERIES_PER_COMMAND: usize = ROWS_PER_COMMAND / 2;

/// Log time stops here, whatever an entry's stamp says: what the machine adds to it then ends
/// before the last instant there is, which a scan of the due index leaves out.
pub const LOG_TIME_MAX: Timestamp = Timestamp(u64::MAX / 2);

/// Nodes of a cluster, removed ones left out: the members of its groups, and those that may become
/// some.
pub const NODES_MAX: usize = 32;
/// Teams of a cluster: each costs memory.
pub const TEAMS_MAX: usize = 10_000;
/// Tokens of one team, or of the cluster's operators, revoked ones left out.
pub const TOKENS_PER_TEAM: usize = 1_000;
/// Revoked tokens that are kept of one team, or of the operators, for people to look up; then the
/// one that was revoked first is forgotten.
pub const REVOKED_TOKENS_KEPT: usize = 250;
/// Tags that one token may be bound to.
pub const TAGS_PER_TOKEN: usize = 32;
/// Queues (tags in use) of one team: each costs memory.
pub const QUEUES_PER_TEAM: usize = 20_000;
/// Of these, those that sessions may make, by attaching, by messages and by handing off: so many at
/// the most are in use when they make one. No queue is ever removed, and an agent that makes up tags
/// leaves the other half to those who submit and manage.
pub const QUEUES_BY_SESSIONS: usize = QUEUES_PER_TEAM / 2;
/// Session records of one team: each costs memory.
pub const SESSIONS_PER_TEAM: usize = 20_000;
/// Processes of a session that another one has followed: the latest ones are remembered, so that none of
/// them takes the session back from its successor.
pub const FORMER_KEPT: usize = 4;
/// Jobs of one team that have not ended.
pub const JOBS_PER_TEAM: usize = 16;
/// Ended jobs that are kept of one team, for whoever asks how they went; then the oldest one is
/// forgotten.
pub const ENDED_JOBS_KEPT: usize = 64;

/// Sources of one team: each costs memory.
pub const SOURCES_PER_TEAM: usize = 250;
/// Definition of one source, in bytes.
pub const DEFINITION_BYTES_MAX: usize = 256 << 10;
/// Definitions of a team's sources together, in bytes: they are in memory.
pub const DEFINITION_BYTES_PER_TEAM: usize = 4 << 20;
/// Secrets of one source: those that count, and those that they replace.
pub const SECRETS_PER_SOURCE: usize = 8;
/// One sealed secret, in bytes.
pub const SEALED_BYTES_MAX: usize = 8 << 10;
/// Events that one request to a source may become: each touches up to eight rows.
pub const EVENTS_PER_RECEIVE: usize = 16;
/// A source answers handshakes for so long at the most after somebody has said so.
pub const PAIRING_MAX: Millis = Millis::from_hours(1);

/// Crons of one team: each costs memory.
pub const CRONS_PER_TEAM: usize = 10_000;
/// A tick that is decided so long after its instant is late, and catching up says what becomes of it.
/// Longer than any change of the leader: a failover is no outage.
pub const TICK_LATE: Millis = Millis::from_secs(60);
/// Oldest tick that a cron may catch up on.
pub const CATCH_UP_MAX: Millis = Millis::from_days(366);
/// Events of a cron that its overlap looks at: the latest ones. There are more than one only where
/// somebody fires it by hand.
pub const EVENTS_PER_CRON: usize = 8;
/// Shortest silence that is told of.
pub const SILENCE_MIN: Millis = Millis::from_secs(1);
/// Longest silence that is told of.
pub const SILENCE_MAX: Millis = Millis::from_days(366);
/// No silence is told of for so long after an outage: nobody could acknowledge anything in it, and
/// whoever has work in hand does so first.
pub const SILENCE_GRACE: Millis = Millis::from_mins(10);
/// Latest instant that a tick is named by: it is part of its event's id, in 48 bits.
pub const TICK_MAX: Timestamp = Timestamp((1 << 48) - 1);
/// Tags that one message may go to: each touches up to nine rows.
pub const COPIES_PER_MESSAGE: usize = 16;
/// Tags that one message to everybody may go to: as many as one command has rows for.
pub const TAGS_PER_BROADCAST: usize = 24;
/// Events that may go out with one ack: each touches up to nine rows.
pub const EVENTS_PER_ACK: usize = 16;
/// Changes of crons that may go out with one ack: one that fires a cron touches up to nine rows and
/// reads as many.
pub const CRONS_PER_ACK: usize = 8;
/// Acks of one event that are known again, should their answers be lost: the latest ones. There is more
/// than one where an event was replayed.
pub const ACKS_KEPT: usize = 8;
/// Effects of one event: its ledger is one row, and goes with each delivery.
pub const EFFECTS_PER_EVENT: usize = 64;

/// Open approvals of one team: each costs memory.
pub const APPROVALS_PER_TEAM: usize = 250;
/// Open approvals of one session: an agent asks for little at a time.
pub const APPROVALS_PER_SESSION: usize = 8;
/// Decided approvals that are kept of one team, for whoever asked or asks how they went; then the one
/// that was decided first is forgotten.
pub const DECIDED_APPROVALS_KEPT: usize = 250;
/// Shortest time from a request to its deadline.
pub const APPROVAL_MIN: Millis = Millis::from_secs(1);
/// Longest time from a request to its deadline.
pub const APPROVAL_MAX: Millis = Millis::from_hours(24);

/// Steps that an event's history keeps: the first [`HISTORY_STEPS_FIRST`] and the latest.
pub const HISTORY_STEPS_MAX: usize = 32;
/// Steps at the beginning of a history that are never dropped, unless they tell of approvals.
pub const HISTORY_STEPS_FIRST: usize = 8;
/// Steps of a history that tell of approvals: the latest ones. An agent may ask before each of its
/// tools, and what it was given and handed on must not be pushed out by that.
pub const HISTORY_STEPS_OF_APPROVALS: usize = 4;

/// A lease starts as an offer of this length: long enough for a slow link, short enough that a
/// dead one does not hold an event back.
pub const OFFER: Millis = Millis::from_secs(15);
/// A detached session keeps what it holds for this long.
pub const GRACE: Millis = Millis::from_secs(60);
/// A detached session that holds nothing is forgotten after this long.
pub const SESSION_KEPT: Millis = Millis::from_hours(24);
/// After so many leases in a row from a higher class, one of the lower goes.
pub const STREAK_MAX: u32 = 16;
/// Deliveries without an ack after which an event is dead as undeliverable.
pub const DELIVERIES_MAX: u32 = 50;
/// Attempts that a queue may allow at the most.
pub const ATTEMPTS_MAX: u32 = 100;
/// First backoff after a failed attempt; doubles from there.
pub const BACKOFF_FIRST: Millis = Millis::from_secs(1);
/// Longest backoff, jitter left out.
pub const BACKOFF_MAX: Millis = Millis::from_secs(512);
/// Longest delay that a nack may ask for.
pub const NACK_DELAY_MAX: Millis = Millis::from_hours(24);
/// Latest `not_before` and `expires_at`, from now.
pub const HORIZON: Millis = Millis::from_days(366);

/// Shortest lease or claim limit that a queue may set.
pub const LEASE_MIN: Millis = Millis::from_secs(1);
/// Longest lease, claim limit or lease cap that a queue may set.
pub const LEASE_MAX: Millis = Millis::from_days(7);
/// Lease after a claim, unless the queue says otherwise.
pub const LEASE_DEFAULT: Millis = Millis::from_mins(5);
/// Time from a written delivery to its claim, unless the queue says otherwise.
pub const CLAIM_LIMIT_DEFAULT: Millis = Millis::from_mins(10);
/// Time from the claim to the end of the last extension, unless the queue says otherwise.
pub const LEASE_CAP_DEFAULT: Millis = Millis::from_hours(12);
/// Attempts (1 and 10 retries), unless the queue or the event says otherwise.
pub const ATTEMPTS_DEFAULT: u32 = 11;

/// Shortest life of a dedup key: longer than any sender's retries.
pub const DEDUP_KEPT_MIN: Millis = Millis::from_days(7);
/// Life of a dedup key unless the team says otherwise.
pub const DEDUP_KEPT_DEFAULT: Millis = Millis::from_days(90);
/// Longest life of a dedup key.
pub const DEDUP_KEPT_MAX: Millis = Millis::from_days(366);
/// Life of a finished event (body and history) unless the team says otherwise.
pub const EVENTS_KEPT_DEFAULT: Millis = Millis::from_days(30);
/// Life of a dead letter unless the team says otherwise.
pub const DEAD_KEPT_DEFAULT: Millis = Millis::from_days(90);
/// Shortest and longest life of finished events and dead letters.
pub const KEPT_MIN: Millis = Millis::from_hours(1);
/// See [`KEPT_MIN`].
pub const KEPT_MAX: Millis = Millis::from_days(3660);

/// Events of a run kept in memory: what the next leases take, read in one scan.
pub const WINDOW: usize = 64;
