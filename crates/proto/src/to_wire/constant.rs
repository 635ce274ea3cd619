//! Constants.

use ackord_core::action::{CloseCause, RevokeCause};
use ackord_core::answer::Taken;
use ackord_core::history::{DeliveryCause, ReturnCause};
use ackord_core::model::{
    Class, DeadCause, Health, Mode, Overlap, Phase, Role, SkipCause, SourceMode,
};

use crate::v1;

macro_rules! constants {
    (
        $(#[$doc:meta])*
        $visibility:vis $name:ident($core:ident) -> $wire:ident { $($variant:ident),* $(,)? }
    ) => {
        $(#[$doc])*
        #[must_use]
        $visibility const fn $name(it: $core) -> v1::$wire {
            match it {
                $($core::$variant => v1::$wire::$variant,)*
            }
        }
    };
}

constants!(
    /// An event's class.
    pub class(Class) -> Class { Interrupt, Priority, Normal }
);
constants!(
    /// Why an event is dead.
    pub dead_cause(DeadCause) -> DeadCause {
        Attempts, Undeliverable, Expired, Rejected, Unmatched,
    }
);
constants!(
    /// What a token may do.
    pub role(Role) -> Role { Admin, Manage, Submit, Session, Approve, Observe }
);
constants!(
    /// Whether a queue takes and gives.
    pub queue_mode(Mode) -> QueueMode { Active, Paused, Draining }
);
constants!(
    /// What a source does with requests.
    pub source_mode(SourceMode) -> SourceMode { Enabled, Paused, Disabled }
);
constants!(
    pub(super) overlap(Overlap) -> Overlap { Allow, Skip, Replace }
);
constants!(
    pub(super) skip_cause(SkipCause) -> TickSkipCause {
        Missed, Overlap, Draining, NoQueue, Edited, Paused,
    }
);
constants!(
    /// Why a stream is closed, as the machine says it.
    pub close_cause(CloseCause) -> CloseCause { Superseded, Revoked, Forgotten }
);
constants!(
    /// Why a delivery is taken back.
    pub revoke_cause(RevokeCause) -> RevokeCause { Preempted, Cancelled, Expired, Finished }
);
constants!(
    pub(super) lease_phase(Phase) -> LeasePhase { Offered, Confirmed, Claimed }
);
constants!(
    pub(super) session_health(Health) -> SessionHealth { Well, Unreachable, Deaf }
);
constants!(
    pub(super) submit_outcome(Taken) -> SubmitOutcome { Accepted, Duplicate, Conflict }
);
constants!(
    pub(super) delivery_cause(DeliveryCause) -> DeliveryCause { First, Again, Takeover, Resume }
);
constants!(
    pub(super) return_cause(ReturnCause) -> ReturnCause {
        Unconfirmed, Unclaimed, SessionLost, LeaseExpired, Nack,
    }
);
