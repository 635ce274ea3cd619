//! What a try that did not go well means for the next one.

use std::error::Error as _;
use std::fmt;

use ackord_proto::to_wire::refuse;
use ackord_proto::v1::{self, RefusalReason};
use tonic::{Code, Status};

use crate::error::{Error, Refusal};
use crate::retry::Kind;

/// A try did not go well.
#[derive(Debug, Clone)]
pub(crate) enum Verdict {
    /// Another try of the same would end the same.
    Final(Error),
    /// It changed nothing, and another try may go well.
    Undone(Error),
    /// It may have been carried out: the answer is lost.
    Lost(String),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Final(error) | Self::Undone(error) => error.fmt(f),
            Self::Lost(why) => f.write_str(why),
        }
    }
}

impl Verdict {
    /// Judges a refusal.
    pub(crate) fn of_refusal(refusal: v1::Refusal) -> Self {
        match refusal.reason() {
            RefusalReason::UnknownOutcome => Self::Lost(refusal.message),
            RefusalReason::Overloaded | RefusalReason::NoLeader | RefusalReason::ShuttingDown => {
                Self::Undone(Error::Refused(Box::new(refusal.into())))
            }
            _ => Self::Final(Error::Refused(Box::new(refusal.into()))),
        }
    }

    /// Judges how a call of this server ended.
    pub(crate) fn of_status(status: &Status, server: &str) -> Self {
        if let Some(refusal) = ackord_proto::refusal::from_details(status.details()) {
            return Self::of_refusal(refusal);
        }
        if never_sent(status) {
            let why = status
                .source()
                .map_or_else(|| status.message().to_owned(), innermost);
            return Self::Undone(Error::failed(format!("cannot reach {server}: {why}")));
        }
        // A message beyond all limits is not read, so nobody has written a refusal.
        if status.code() == Code::OutOfRange {
            let refusal = refuse(RefusalReason::TooLarge, status.message());
            return Self::of_refusal(refusal);
        }
        // What the transport says is in the cause: its own words are "http2 error".
        let cause = status.source().map(innermost);
        let why = format!(
            "{server} answered {:?}: {}",
            status.code(),
            cause.as_deref().unwrap_or_else(|| status.message())
        );
        match status.code() {
            Code::Unauthenticated
            | Code::PermissionDenied
            | Code::NotFound
            | Code::InvalidArgument
            | Code::FailedPrecondition
            | Code::AlreadyExists
            | Code::ResourceExhausted
            | Code::Unimplemented => Self::Final(Error::Failed(why)),
            Code::Ok
            | Code::Cancelled
            | Code::Unknown
            | Code::DeadlineExceeded
            | Code::Aborted
            | Code::OutOfRange
            | Code::Internal
            | Code::Unavailable
            | Code::DataLoss => Self::Lost(why),
        }
    }

    /// The error that this is if nobody tries again.
    pub(crate) fn into_error(self) -> Error {
        match self {
            Self::Final(error) | Self::Undone(error) => error,
            Self::Lost(why) => Error::Unknown(why),
        }
    }
}

/// No connection was made, so nothing was written to it.
#[cfg(not(madsim))]
fn never_sent(status: &Status) -> bool {
    let mut cause = status.source();
    while let Some(it) = cause {
        if it.is::<tonic::ConnectError>() {
            return true;
        }
        cause = it.source();
    }
    false
}

/// The simulated transport connects anew for each call, and says these only of connecting.
#[cfg(madsim)]
fn never_sent(status: &Status) -> bool {
    let said = |it| status.message().contains(it);
    status.code() == Code::Unavailable && (said("transport error") || said("refused"))
}

fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut error = error;
    while let Some(cause) = error.source() {
        error = cause;
    }
    error.to_string()
}

/// Whether a part that is refused now may be taken when an earlier try comes, late: a queue that drains
/// is opened again, a cron is made or removed by somebody else.
const fn may_pass(reason: RefusalReason) -> bool {
    matches!(
        reason,
        RefusalReason::Draining
            | RefusalReason::NotFound
            | RefusalReason::Exists
            | RefusalReason::Revision
    )
}

/// Whether a refusal settles what became of an earlier try whose answer was lost. What is on record
/// the log would have found; for the rest, an earlier try that counted can be the very reason: an
/// event that was given back goes on to its next delivery, and a lease that was claimed runs out.
pub(crate) fn settles(kind: Kind, refusal: &Refusal) -> bool {
    if refusal.is_of_a_part() {
        return kind == Kind::Recorded && !may_pass(refusal.reason);
    }
    match refusal.reason {
        // Whoever is taken over is not attached, though an earlier try may have counted for a while.
        RefusalReason::UnknownDelivery | RefusalReason::TakenOver => true,
        // What is not found may have been there at the earlier try.
        RefusalReason::NotFound
        | RefusalReason::Superseded
        | RefusalReason::Gone
        | RefusalReason::AlreadyAcked
        | RefusalReason::NotLeased => kind == Kind::Recorded,
        _ => false,
    }
}

impl Verdict {
    /// What the verdict on a later try says of the whole call, if an earlier one was lost.
    pub(crate) fn after_a_loss(self, kind: Kind) -> Self {
        match self {
            Self::Final(Error::Refused(refusal)) if !settles(kind, &refusal) => Self::Final(
                Error::Unknown(format!("an earlier try was lost; now: {refusal}")),
            ),
            Self::Undone(error) => Self::Lost(format!("an earlier try was lost; now: {error}")),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(reason: RefusalReason) -> Status {
        let refusal = v1::Refusal {
            reason: reason.into(),
            ..v1::Refusal::default()
        };
        let details = ackord_proto::refusal::to_details(0, &refusal);
        Status::with_details(Code::Unknown, "", details)
    }

    fn kind(status: &Status) -> &'static str {
        match Verdict::of_status(status, "here") {
            Verdict::Final(_) => "final",
            Verdict::Undone(_) => "undone",
            Verdict::Lost(_) => "lost",
        }
    }

    #[test]
    fn a_refusal_is_judged_by_its_reason() {
        assert_eq!(kind(&refused(RefusalReason::Superseded)), "final");
        assert_eq!(kind(&refused(RefusalReason::NoLeader)), "undone");
        assert_eq!(kind(&refused(RefusalReason::Overloaded)), "undone");
        assert_eq!(kind(&refused(RefusalReason::UnknownOutcome)), "lost");
    }

    #[test]
    fn a_part_that_is_refused_for_now_says_nothing_of_an_earlier_try() {
        for (reason, says) in [
            (RefusalReason::Invalid, true),
            (RefusalReason::Draining, false),
            (RefusalReason::NotFound, false),
        ] {
            let mut refusal = Refusal::local(reason, String::new(), "");
            refusal.field = Some("emits[0]".to_owned());
            assert_eq!(settles(Kind::Recorded, &refusal), says, "{reason:?}");
        }
    }

    #[test]
    fn a_broken_connection_leaves_the_outcome_unknown() {
        assert_eq!(kind(&Status::unavailable("connection reset")), "lost");
        assert_eq!(kind(&Status::internal("h2 protocol error")), "lost");
        assert_eq!(kind(&Status::unimplemented("no such method")), "final");
    }

    #[test]
    fn a_message_that_was_not_read_is_too_large() {
        let verdict = Verdict::of_status(&Status::out_of_range("9 MiB"), "here");
        let Verdict::Final(Error::Refused(refusal)) = verdict else {
            panic!("not refused: {verdict:?}");
        };
        assert_eq!(refusal.reason, RefusalReason::TooLarge);
        assert!(!refusal.what_to_do.is_empty());
    }

    #[cfg(not(madsim))]
    #[test]
    fn a_connection_never_made_changes_nothing() {
        let cause = tonic::ConnectError("connection refused".into());
        assert_eq!(kind(&Status::from_error(Box::new(cause))), "undone");
    }
}
