use alloc::vec;

use crate::answer::{Rejection, Reply};
use crate::batch::{Batch, FORMAT, Outcome};
use crate::command::Command;
use crate::id::TokenId;
use crate::model::{Role, Token};
use crate::sweep::SWEEP_EVERY;

/// "Here begins a cluster." The first command of its log, and only once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Birth {
    /// Identity of the cluster, not zero.
    pub cluster: u128,
    /// SHA-256 of the first admin token's secret.
    pub admin: [u8; 32],
}

impl Birth {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        batch.allow_cluster(command)?;
        if batch.state.meta.cluster != 0 {
            return Err(Rejection::AlreadyBorn.into());
        }
        if self.cluster == 0 {
            return Err(Rejection::Invalid("cluster: not zero").into());
        }

        let now = batch.now();
        let meta = &mut batch.state.meta;
        meta.cluster = self.cluster;
        meta.format = FORMAT;
        meta.sweep_next = now.after(SWEEP_EVERY);
        let id = TokenId(batch.next_id());
        batch.add_token(Token {
            id,
            team: None,
            hash: self.admin,
            roles: vec![Role::Admin],
            tags: vec![],
            label: None,
            created: now,
            expires: None,
            revoked: None,
        });
        Ok(Reply::Token(id))
    }
}
