//! Bytes that are not what they should be.

/// Stored bytes that cannot be read: where in them, and what is wrong there. The bytes are broken,
/// or a newer version of this program wrote them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("decode {path}: {fault}")]
pub struct DecodeError {
    /// The field, such as `entry.commands[3].submit.tag`.
    pub path: String,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The bytes are not a protobuf message of this shape.
    #[error("{0}")]
    Malformed(prost::DecodeError),
    /// The message has fields that this version does not know, or is not written as we write.
    #[error("has bytes that this version does not know")]
    Unknown,
    /// A field that must be there is not.
    #[error("missing")]
    Missing,
    /// A constant that this version does not know, or that must not be stored.
    #[error("has no constant {0}")]
    Constant(i32),
    /// A value breaks a rule.
    #[error("must be {0}")]
    Rule(&'static str),
    /// The row belongs under another key.
    #[error("the row is another key's")]
    Misplaced,
    /// The entry needs a newer format than this version applies.
    #[error("needs format {needed}, this version knows {known}: upgrade it")]
    Newer {
        /// The format that it needs.
        needed: u32,
        /// The newest one of this version.
        known: u32,
    },
}

impl DecodeError {
    /// An error at the field `path`.
    pub(crate) fn new(path: &str, fault: Fault) -> Self {
        Self {
            path: path.to_owned(),
            fault,
        }
    }

    /// The same error, seen from the message that has the broken one as its field.
    fn within(self, field: &str) -> Self {
        let path = if self.path.is_empty() {
            field.to_owned()
        } else {
            format!("{field}.{}", self.path)
        };
        Self {
            path,
            fault: self.fault,
        }
    }
}

/// Adds to the path of an error on its way out.
pub(crate) trait Within<T> {
    /// The error is in this field.
    fn within(self, field: &str) -> Result<T, DecodeError>;
    /// The error is in this item of this field.
    fn within_item(self, field: &str, index: usize) -> Result<T, DecodeError>;
}

impl<T> Within<T> for Result<T, DecodeError> {
    fn within(self, field: &str) -> Self {
        self.map_err(|it| it.within(field))
    }

    fn within_item(self, field: &str, index: usize) -> Self {
        self.map_err(|it| it.within(&format!("{field}[{index}]")))
    }
}
