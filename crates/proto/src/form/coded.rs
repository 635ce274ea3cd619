//! Enums without fields: stored as the number of a constant, never as zero.

use ackord_core::history::{DeliveryCause, ReturnCause};
use ackord_core::model::{
    Class, DeadCause, DedupKind, Health, JobKind, Mode, Outcome, Overlap, Phase, Role, SkipCause,
    SourceMode, Verdict,
};

use crate::decode_error::{DecodeError, Fault};
use crate::stored;

/// An enum of core whose variants are constants.
pub(crate) trait Coded: Sized {
    /// The constant's number; not zero.
    fn code(&self) -> i32;
    /// The variant of a constant; none if there is no such constant, or it stands for nothing.
    fn variant(code: i32) -> Option<Self>;
}

/// A constant that must be there.
pub(crate) fn constant<T: Coded>(code: i32, field: &str) -> Result<T, DecodeError> {
    T::variant(code).ok_or_else(|| DecodeError::new(field, Fault::Constant(code)))
}

/// A constant that may be there; zero: it is not.
pub(crate) fn constant_or_none<T: Coded>(code: i32, field: &str) -> Result<Option<T>, DecodeError> {
    if code == 0 {
        Ok(None)
    } else {
        constant(code, field).map(Some)
    }
}

/// The number to store; zero for none.
pub(crate) fn code_or_zero<T: Coded>(it: Option<&T>) -> i32 {
    it.map_or(0, Coded::code)
}

/// The numbers to store.
pub(crate) fn store_codes<T: Coded>(items: &[T]) -> Vec<i32> {
    items.iter().map(Coded::code).collect()
}

/// A list of constants.
pub(crate) fn load_codes<T: Coded>(codes: &[i32], field: &str) -> Result<Vec<T>, DecodeError> {
    codes.iter().map(|it| constant(*it, field)).collect()
}

macro_rules! coded {
    ($name:ident { $($variant:ident),* $(,)? }) => {
        impl Coded for $name {
            fn code(&self) -> i32 {
                match self {
                    $(Self::$variant => stored::$name::$variant,)*
                }
                .into()
            }

            fn variant(code: i32) -> Option<Self> {
                match stored::$name::try_from(code) {
                    $(Ok(stored::$name::$variant) => Some(Self::$variant),)*
                    Ok(stored::$name::Unspecified) | Err(_) => None,
                }
            }
        }
    };
}

coded!(Class {
    Interrupt,
    Priority,
    Normal
});
coded!(Role {
    Admin,
    Manage,
    Submit,
    Session,
    Approve,
    Observe
});
coded!(Mode {
    Active,
    Paused,
    Draining
});
coded!(DeadCause {
    Attempts,
    Undeliverable,
    Expired,
    Rejected,
    Unmatched
});
coded!(SourceMode {
    Enabled,
    Paused,
    Disabled
});
coded!(Overlap {
    Allow,
    Skip,
    Replace
});
coded!(SkipCause {
    Missed,
    Overlap,
    Draining,
    NoQueue,
    Edited,
    Paused
});
coded!(JobKind {
    ReplayDead,
    PurgeDead,
    CancelQueue
});
coded!(Verdict {
    Allowed,
    Denied,
    TimedOut,
    Withdrawn
});
coded!(DedupKind { Client, Source });
coded!(Health {
    Well,
    Unreachable,
    Deaf
});
coded!(Phase {
    Offered,
    Confirmed,
    Claimed
});
coded!(Outcome {
    Done,
    Cancelled,
    Purged
});
coded!(DeliveryCause {
    First,
    Again,
    Takeover,
    Resume
});
coded!(ReturnCause {
    Unconfirmed,
    Unclaimed,
    SessionLost,
    LeaseExpired,
    Nack
});
