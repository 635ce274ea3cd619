//! What can be asked of the cluster's members.

use std::fmt;

/// A change of the members, as the keeper asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// A server with an empty disk shall come in.
    Add {
        /// Which server.
        server: usize,
    },
    /// A node shall vote.
    Promote(u64),
    /// A node shall vote in the place of another one.
    Replace {
        /// The one that leaves.
        old: u64,
        /// The one that comes.
        new: u64,
    },
    /// A node shall leave for good.
    Remove(u64),
    /// This node shall lead, or any other one.
    Lead(Option<u64>),
    /// The cluster shall use the next format.
    RaiseFormat,
}

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Add { server } => write!(f, "add server {server}"),
            Self::Promote(node) => write!(f, "promote node_{node}"),
            Self::Replace { old, new } => write!(f, "replace node_{old} by node_{new}"),
            Self::Remove(node) => write!(f, "remove node_{node}"),
            Self::Lead(Some(node)) => write!(f, "let node_{node} lead"),
            Self::RaiseFormat => f.write_str("raise the format"),
            Self::Lead(None) => f.write_str("let another one lead"),
        }
    }
}
