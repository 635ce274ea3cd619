//! Planted bugs: what the judge of the simulation must be able to see. `sim-tests` names one, and
//! then all servers of that process have it, and whoever replays their log.
//!
//! They exist under `--cfg madsim` only: elsewhere [`is_planted`] is `false` when it is compiled, and
//! what stands behind it is not in the program. The bugs that a test plants in the real program are
//! in `ackord_raft::failpoint`.

#[cfg(madsim)]
use core::sync::atomic::{AtomicUsize, Ordering};

macro_rules! bugs {
    ($($variant:ident $name:literal: $what:literal,)*) => {
        /// A bug that is put in on purpose.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Bug {
            $(#[doc = $what] $variant,)*
        }

        impl Bug {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// What is wrong, in words.
            #[must_use]
            pub const fn what(self) -> &'static str {
                match self { $(Self::$variant => $what),* }
            }
        }
    };
}

bugs! {
    // Answers to deliveries.
    StaleAckCounts "stale_ack_counts": "an ack counts whatever delivery it names",
    AckAgainRefused "ack_again_refused": "an ack that is given again is refused",
    RefusedAckCounts "refused_ack_counts": "some acks are refused and count all the same",
    NumberReused "number_reused": "a redelivery has the number of the delivery before",
    FormerComesBack "former_comes_back": "a process that was taken over takes the session back",
    TakeoverKeepsNumber "takeover_keeps_number": "old and new process of a session share a delivery",
    CapIgnored "cap_ignored": "a lease is extended beyond its cap",
    LeaseHalved "lease_halved": "a claim holds for half of the lease",
    AttemptsNotCounted "attempts_not_counted": "no attempt is ever spent",
    NackDelayIgnored "nack_delay_ignored": "a nack's delay is not kept",
    // What a delivery leaves behind.
    EffectNewTwice "effect_new_twice": "an effect that is unfinished is new to whoever begins it again",
    CheckpointLost "checkpoint_lost": "a checkpoint's note is not kept",
    PreemptedNotResumed "preempted_not_resumed": "what an interrupt pushed aside goes back to its queue",
    EmitSurvives "emit_survives": "what comes before a refused part of an ack goes out all the same",
    MessagesReordered "messages_reordered": "some messages wait a while, and others overtake them",
    BroadcastSkipsOne "broadcast_skips_one": "of the tags that hear a message to everybody one is left out",
    HandedOffAckCounts "handed_off_ack_counts": "an ack counts after its delivery handed the event off",
    // Approvals.
    AskerAnswers "asker_answers": "whoever asks for an approval may answer it",
    LateAnswerCounts "late_answer_counts": "an answer counts after the deadline, until a tick comes",
    SecondAnswerWins "second_answer_wins": "a later answer takes the place of the first one",
    RequestReused "request_reused": "another request by a known name is that of the first one",
    AskingGivesNoTime "asking_gives_no_time": "the lease of whoever waits for an approval is as ever",
    // What is taken in.
    DedupBeforePropose "dedup_before_propose": "of two submits of one key at a time both are new",
    DedupWithoutContent "dedup_without_content": "other content under a known key is called a duplicate",
    DedupWithoutTeam "dedup_without_team": "two teams share their dedup keys",
    DelayIgnored "delay_ignored": "a delayed event is deliverable at once",
    TtlIgnored "ttl_ignored": "an event outlives its TTL",
    UnverifiedIsLogged "unverified_is_logged": "a webhook that is refused is proposed, to be dropped",
    WebhookKeyForgotten "webhook_key_forgotten": "a webhook that comes again is not known",
    WebhookBeforeCommit "webhook_before_commit": "a webhook is answered when it is proposed",
    DrainingTakesMore "draining_takes_more": "a queue that drains takes new events",
    // Ticks of crons.
    TickDecidedTwice "tick_decided_twice": "a tick that was decided is decided again",
    TickOfOldRevision "tick_of_old_revision": "a tick is decided by what was computed from an earlier revision",
    OverlapIgnored "overlap_ignored": "a tick fires whatever is under way",
    LeasedIsReplaced "leased_is_replaced": "a tick cancels an event that a session was given",
    EmittedCronLost "emitted_cron_lost": "a change of a cron that goes out with an ack is not made",
    ReplacesOneOnly "replaces_one_only": "of the events that a tick replaces all but one stay",
    FirstTickLost "first_tick_lost": "the first tick of a cron is skipped",
    LateTickFires "late_tick_fires": "a tick fires however late it is",
    SilenceTwice "silence_twice": "a silence that goes on is told of again and again",
    SilenceForgotten "silence_forgotten": "a silence is over as if somebody had been told",
    SilenceLate "silence_late": "an alarm waits for three more seconds",
    SilenceEarly "silence_early": "a silence is told of when half of its time is over",
    AckEndsNoSilence "ack_ends_no_silence": "an ack does not put off the alarm of a silence",
    // Who is next.
    OrderingKeyIgnored "ordering_key_ignored": "events of one ordering key are out at a time",
    StrictIgnored "strict_ignored": "a strict queue has several events out",
    StrictHeadSkipped "strict_head_skipped": "the head of a strict queue steps aside for its backoff",
    AgingIgnored "aging_ignored": "a lower class waits for as long as there is a higher one",
    ClassesTurned "classes_turned": "normal events go before priority ones",
    ReturnedLast "returned_last": "what comes back to its place goes after what is new",
    LatestIdleFirst "latest_idle_first": "the session that became idle last goes first",
    PauseIgnored "pause_ignored": "a paused queue delivers",
    RateIgnored "rate_ignored": "leases a minute are not bounded",
    DeafIsGiven "deaf_is_given": "a session that claims nothing is given more",
    // What is remembered.
    DueRowLeft "due_row_left": "an index row outlives its event's state",
    WakesNotRestored "wakes_not_restored": "a restart forgets which queues wait for a tick",
    GhostsStay "ghosts_stay": "sessions of a dead process stay attached",
    // Entries and rows, on one node.
    LocalClock "local_clock": "a node applies entries by its own clock",
    OwnOrder "own_order": "a node applies the commands of an entry in an order of its own",
    RestartSkipsEntry "restart_skips_entry": "a restart does not replay the first entry after the flush",
    SnapshotWithoutDedup "snapshot_without_dedup": "a snapshot leaves out the dedup keys",
    SnapshotWithoutDeliveries "snapshot_without_deliveries": "a snapshot leaves out the numbers of deliveries",
    PurgeForgotten "purge_forgotten": "a restart does not know that its log was purged",
    FailedSyncTriedAgain "failed_sync_tried_again": "a sync that failed is tried again, and works",
    FailedWriteIgnored "failed_write_ignored": "a write that failed counts as done",
    // Between nodes.
    VotesForAll "votes_for_all": "a node votes for whoever asks",
    StampFromZero "stamp_from_zero": "a leader stamps by its own clock, whatever was stamped before",
    QuorumOffByOne "quorum_off_by_one": "whoever is asked for a vote and cannot be reached has voted",
    UnknownEntrySkipped "unknown_entry_skipped": "a program skips entries of a format that it does not know",
    // The edge.
    AckAtAppend "ack_at_append": "a submit is answered once it is in the log of one node",
    AckAtPropose "ack_at_propose": "a submit is answered when it is proposed",
    PositionBefore "position_before": "answers name the entry before their own",
    FreshReadsDoNotAsk "fresh_reads_do_not_ask": "a fresh read does not ask how far everything is",
    ReadsDoNotWait "reads_do_not_wait": "a read as of a position does not wait for it",
    RevokedIsWritten "revoked_is_written": "a delivery is written though it is over by then",
    BodiesMixed "bodies_mixed": "of deliveries that are read together all have the first one's body",
    TimerNotArmed "timer_not_armed": "who becomes the leader does not see what is due",
    ActionsLost "actions_lost": "what a node missed it does not ask for",
}

#[cfg(madsim)]
static PLANTED: AtomicUsize = AtomicUsize::new(usize::MAX);

/// Plants a bug in this process, for good.
#[cfg(madsim)]
pub fn plant(bug: Bug) {
    PLANTED.store(number(bug), Ordering::Relaxed);
}

/// Whether it is planted.
#[cfg(madsim)]
#[must_use]
pub fn is_planted(bug: Bug) -> bool {
    PLANTED.load(Ordering::Relaxed) == number(bug)
}

/// Whether it is planted: never, outside of the simulation.
#[cfg(not(madsim))]
#[must_use]
pub const fn is_planted(_: Bug) -> bool {
    false
}

#[cfg(madsim)]
fn number(bug: Bug) -> usize {
    bug as usize
}
