//! Fields of a request that break a rule.

/// A request that cannot be understood: which field, and the rule that it breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {fault}")]
pub struct FieldError {
    /// The field, such as `fence.event_id`.
    pub field: String,
    /// What is wrong with it.
    pub fault: FieldFault,
}

/// What is wrong with a field of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FieldFault {
    /// It must be there and is not.
    #[error("is required")]
    Missing,
    /// It breaks a rule.
    #[error("must be {0}")]
    Rule(&'static str),
    /// It is not an id of this kind; its prefix.
    #[error("must be an id of the form {0}…")]
    Id(&'static str),
    /// It has a constant that this version does not know.
    #[error("has no constant {0}")]
    Constant(i32),
    /// It is too large.
    #[error("must be at most {bytes_max} bytes")]
    TooLarge {
        /// Bytes that are allowed.
        bytes_max: usize,
    },
}

impl FieldError {
    /// An error at `field`.
    pub(crate) fn new(field: &str, fault: FieldFault) -> Self {
        Self {
            field: field.to_owned(),
            fault,
        }
    }

    /// The same error, seen from the message that has the broken one as its field; `prefix` is
    /// that field, such as `items[3]`.
    #[must_use]
    pub fn within(self, prefix: &str) -> Self {
        Self {
            field: format!("{prefix}.{}", self.field),
            fault: self.fault,
        }
    }
}
