use alloc::vec;
use alloc::vec::Vec;

use crate::answer::{Rejection, Reply};
use crate::batch::{Batch, Outcome};
use crate::command::Command;
use crate::id::{NodeId, TokenId};
use crate::limits::NODES_MAX;
use crate::model::{Node, Role, Token};
use crate::sweep::SWEEP_EVERY;
use crate::text::PeerAddress;

/// "Here begins a cluster." The first command of its log, and only once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Birth {
    /// Identity of the cluster, not zero.
    pub cluster: u128,
    /// SHA-256 of the first admin token's secret.
    pub admin: [u8; 32],
    /// The first members, in the order of their numbers, which begin with one. At least one, each
    /// with an address of its own.
    pub members: Vec<FirstMember>,
}

/// A node with which a cluster begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstMember {
    /// Where its peers reach it.
    pub address: PeerAddress,
    /// The incarnation of its disk; none: whoever founds does not know it.
    pub disk: Option<u64>,
}

impl Birth {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        batch.allow_cluster(command)?;
        if batch.state.meta.cluster != 0 {
            return Err(Rejection::AlreadyBorn.into());
        }
        self.check()?;

        let now = batch.now();
        let format = batch.format();
        let meta = &mut batch.state.meta;
        meta.cluster = self.cluster;
        meta.format = format;
        meta.sweep_next = now.after(SWEEP_EVERY);
        for (number, member) in (1..).zip(&self.members) {
            let id = NodeId(number);
            let node = Node {
                id,
                address: member.address.clone(),
                disk: member.disk,
                removed: None,
                process: None,
            };
            batch.state.nodes.insert(id, node);
            batch.touch_node(id);
        }
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

    fn check(&self) -> Result<(), Rejection> {
        if self.cluster == 0 {
            return Err(Rejection::Invalid("cluster: not zero"));
        }
        if self.members.is_empty() || self.members.len() > NODES_MAX {
            return Err(Rejection::Invalid("members: 1 to 32"));
        }
        for (at, member) in self.members.iter().enumerate() {
            let rest = &self.members[at + 1..];
            if rest.iter().any(|it| it.address == member.address) {
                return Err(Rejection::Invalid("members: each at its own address"));
            }
            if member.disk.is_some() && rest.iter().any(|it| it.disk == member.disk) {
                return Err(Rejection::Invalid("members: each on its own disk"));
            }
        }
        Ok(())
    }
}
