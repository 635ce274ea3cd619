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
/// Session records of one team: each costs memory.
pub const SESSIONS_PER_TEAM: usize = 20_000;
/// Jobs of one team that have not ended.
pub const JOBS_PER_TEAM: usize = 16;
/// Ended jobs that are kept of one team, for whoever asks how they went; then the oldest one is
/// forgotten.
pub const ENDED_JOBS_KEPT: usize = 64;

/// Steps that an event's history keeps: the first [`HISTORY_STEPS_FIRST`] and the latest.
pub const HISTORY_STEPS_MAX: usize = 32;
/// Steps at the beginning of a history that are never dropped.
pub const HISTORY_STEPS_FIRST: usize = 8;

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
