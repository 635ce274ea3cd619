//! Constants. The zero of each says that none was stated.

use ackord_core::model::{Class, DeadCause, JobKind, Role, SourceMode};

use super::{FieldError, FieldFault};
use crate::v1;

macro_rules! constants {
    ($(#[$doc:meta])* $name:ident($field:literal) -> $core:ident { $($variant:ident),* $(,)? }) => {
        $(#[$doc])*
        ///
        /// # Errors
        /// There is no such constant.
        pub fn $name(code: i32) -> Result<Option<$core>, FieldError> {
            match v1::$core::try_from(code) {
                Ok(v1::$core::Unspecified) => Ok(None),
                $(Ok(v1::$core::$variant) => Ok(Some($core::$variant)),)*
                Err(_) => Err(FieldError::new($field, FieldFault::Constant(code))),
            }
        }
    };
}

constants!(
    /// An event's class, if stated.
    class("class") -> Class { Interrupt, Priority, Normal }
);
constants!(
    /// A cause of death, if stated.
    dead_cause("cause") -> DeadCause {
        Attempts, Undeliverable, Expired, Rejected, Unmatched,
    }
);
constants!(
    /// What a job does, if stated.
    job_kind("kind") -> JobKind { ReplayDead, PurgeDead, CancelQueue }
);
constants!(
    /// What a source does with requests, if stated.
    source_mode("mode") -> SourceMode { Enabled, Paused, Disabled }
);
constants!(
    /// A token's role, if stated.
    role("roles") -> Role { Admin, Manage, Submit, Session, Approve, Observe }
);

/// A filter by state: compare with what [`crate::to_wire::event_state`] says of an event.
///
/// # Errors
/// There is no such constant.
pub fn event_state(code: i32) -> Result<Option<v1::EventState>, FieldError> {
    let state = v1::EventState::try_from(code)
        .map_err(|_| FieldError::new("state", FieldFault::Constant(code)))?;
    Ok((state != v1::EventState::Unspecified).then_some(state))
}

/// A filter by link: compare with what [`crate::to_wire::session_link`] says of a session.
///
/// # Errors
/// There is no such constant.
pub fn session_link(code: i32) -> Result<Option<v1::SessionLink>, FieldError> {
    let link = v1::SessionLink::try_from(code)
        .map_err(|_| FieldError::new("link", FieldFault::Constant(code)))?;
    Ok((link != v1::SessionLink::Unspecified).then_some(link))
}
