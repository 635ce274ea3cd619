//! "No", or "nobody knows", on its way to the caller.

use ackord_core::answer::Rejection;
use ackord_machine::ProposeError;
use ackord_proto::v1::{Refusal, RefusalReason as Reason};
use ackord_proto::{FieldError, refusal, to_wire};
use tonic::{Code, Status};

/// Why a call, or one item of it, has no answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refused(Box<Refusal>);

impl Refused {
    pub(crate) fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self(Box::new(to_wire::refuse(reason, message)))
    }

    /// A field breaks a rule.
    pub(crate) fn invalid(field: &str, rule: &str) -> Self {
        let mut refused = Self::new(Reason::Invalid, format!("{field} {rule}"));
        field.clone_into(&mut refused.0.field);
        refused
    }

    /// The messages of a stream do not follow its rules.
    pub(crate) fn protocol(message: &str) -> Self {
        Self::new(Reason::Protocol, message)
    }

    /// Why nothing more is read of a stream: what came was refused as it came in, is larger than anything may be,
    /// or is no message of the stream; or the connection is gone.
    pub(crate) fn of_stream(status: &Status) -> Self {
        if let Some(refusal) = refusal::from_details(status.details()) {
            return Self(Box::new(refusal));
        }
        match status.code() {
            Code::OutOfRange => Self::new(Reason::TooLarge, status.message()),
            _ => Self::protocol(status.message()),
        }
    }

    /// No such thing in the caller's team.
    pub(crate) fn not_found() -> Self {
        Rejection::NotFound.into()
    }

    /// The same refusal, seen from the message that has the refused one as its field `prefix`.
    #[must_use]
    pub(crate) fn within(mut self, prefix: &str) -> Self {
        if !self.0.field.is_empty() {
            let names = self.0.field.split(", ");
            let names: Vec<String> = names.map(|it| format!("{prefix}.{it}")).collect();
            self.0.field = names.join(", ");
        }
        self
    }

    /// The same refusal, as that of this part of a whole. What says nothing of the part stays.
    #[must_use]
    pub(crate) fn of_part(self, part: &str) -> Self {
        if matches!(
            self.reason(),
            Reason::NoLeader | Reason::ShuttingDown | Reason::Overloaded | Reason::UnknownOutcome
        ) {
            return self;
        }
        let mut refused = self.within(part);
        if refused.0.field.is_empty() {
            part.clone_into(&mut refused.0.field);
        }
        refused.0.message = format!("{part}: {}", refused.0.message);
        refused
    }

    pub(crate) fn reason(&self) -> Reason {
        self.0.reason()
    }

    pub(crate) fn into_refusal(self) -> Refusal {
        *self.0
    }
}

impl From<Rejection> for Refused {
    fn from(rejection: Rejection) -> Self {
        Self(Box::new(to_wire::refusal(&rejection)))
    }
}

impl From<FieldError> for Refused {
    fn from(error: FieldError) -> Self {
        Self(Box::new(to_wire::field_refusal(&error)))
    }
}

impl From<ProposeError> for Refused {
    fn from(error: ProposeError) -> Self {
        let reason = match &error {
            ProposeError::Overloaded { .. } => Reason::Overloaded,
            ProposeError::NotLeader { .. } => Reason::NoLeader,
            ProposeError::TooLarge { .. } => Reason::TooLarge,
            ProposeError::Unknown => Reason::UnknownOutcome,
            ProposeError::ShuttingDown => Reason::ShuttingDown,
        };
        let mut refused = Self::new(reason, error.to_string());
        if let ProposeError::Overloaded { retry_after } = error {
            refused.0.retry_after_ms = u64::try_from(retry_after.as_millis()).unwrap_or(u64::MAX);
        }
        refused
    }
}

impl From<Refused> for Status {
    fn from(refused: Refused) -> Self {
        to_wire::status(&refused.0)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_may_have_been_done_is_told_apart_from_what_was_not() {
        let code = |error: ProposeError| Status::from(Refused::from(error)).code();
        assert_eq!(code(ProposeError::Unknown), Code::Unknown);
        assert_eq!(
            code(ProposeError::NotLeader { leader: None }),
            Code::Unavailable
        );
        assert_eq!(code(ProposeError::ShuttingDown), Code::Unavailable);
    }

    #[test]
    fn a_field_has_a_path() {
        let field = |rule| {
            let refused = Refused::from(Rejection::Invalid(rule)).within("items[2]");
            refused.into_refusal().field
        };
        assert_eq!(field("lease: long"), "items[2].lease_ms");
        assert_eq!(
            field("not_before, expires_at: soon"),
            "items[2].not_before, items[2].expires"
        );
        assert_eq!(field("no field"), "");
    }

    #[test]
    fn what_is_refused_of_a_part_names_the_part() {
        let refusal = |it: Refused| it.of_part("emits[1]").into_refusal();
        let missing = refusal(Refused::not_found());
        assert_eq!(missing.field, "emits[1]");
        assert!(missing.message.starts_with("emits[1]: "), "{missing:?}");
        let bad = refusal(Refused::invalid("terms.schedule", "is refused"));
        assert_eq!(bad.field, "emits[1].terms.schedule");
        let ending = refusal(ProposeError::ShuttingDown.into());
        assert_eq!(ending.field, "");
    }

    #[test]
    fn what_ends_a_stream_is_told_by_its_kind() {
        let reason = |status: Status| Refused::of_stream(&status).reason();
        let too_large = Status::out_of_range("found 9437184 bytes");
        assert_eq!(reason(too_large), Reason::TooLarge);
        let garbage = Status::internal("invalid wire type");
        assert_eq!(reason(garbage), Reason::Protocol);
        let refused = Refused::invalid("items", "is refused");
        let came = Refused::of_stream(&refused.clone().into());
        assert_eq!(came, refused);
    }

    #[test]
    fn overload_says_when_to_come_back() {
        let retry_after = Duration::from_millis(70);
        let refusal = Refused::from(ProposeError::Overloaded { retry_after }).into_refusal();
        assert_eq!(
            (refusal.reason(), refusal.retry_after_ms),
            (Reason::Overloaded, 70)
        );
    }
}
