use alloc::vec::Vec;

use crate::id::TokenId;
use crate::model::Role;
use crate::text::{Label, Tag};
use crate::time::Timestamp;

/// Makes a token, in the command's team, or the cluster's if the command names none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateToken {
    /// SHA-256 of its secret.
    pub hash: [u8; 32],
    /// What it may do.
    pub roles: Vec<Role>,
    /// The tags that it is bound to; empty: not bound.
    pub tags: Vec<Tag>,
    /// For people.
    pub label: Option<Label>,
    /// When it ends by itself.
    pub expires: Option<Timestamp>,
}

/// Ends a token for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokeToken {
    /// Which.
    pub token: TokenId,
}
