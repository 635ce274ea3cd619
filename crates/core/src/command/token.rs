use alloc::vec::Vec;

use crate::action::{Action, CloseCause};
use crate::answer::{Rejection, Reply};
use crate::auth::{Need, Over};
use crate::batch::{Batch, DONE, Outcome};
use crate::command::Command;
use crate::id::TokenId;
use crate::limits::{TAGS_PER_TOKEN, TOKENS_PER_TEAM};
use crate::model::{Link, Role, Token};
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

impl CreateToken {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        match command.team {
            None => batch.allow_operator(command)?,
            Some(_) => {
                batch.allow(
                    command,
                    Need {
                        roles: &[Role::Admin],
                        over: Over::Team,
                    },
                )?;
            }
        }
        self.check(batch, command)?;

        let id = TokenId(batch.next_id());
        let mut roles = self.roles.clone();
        roles.sort_unstable();
        roles.dedup();
        batch.add_token(Token {
            id,
            team: command.team,
            hash: self.hash,
            roles,
            tags: self.tags.clone(),
            label: self.label.clone(),
            created: batch.now(),
            expires: self.expires,
            revoked: None,
        });
        Ok(Reply::Token(id))
    }

    fn check(&self, batch: &mut Batch<'_>, command: &Command) -> Result<(), Rejection> {
        if self.roles.is_empty() {
            return Err(Rejection::Invalid("roles: at least one"));
        }
        if command.team.is_none() && self.roles != [Role::Admin] {
            return Err(Rejection::Invalid(
                "roles: a token of no team is an admin's",
            ));
        }
        if command.team.is_none() && !self.tags.is_empty() {
            return Err(Rejection::Invalid(
                "tags: a token of no team is bound to none",
            ));
        }
        if self.tags.len() > TAGS_PER_TOKEN {
            return Err(Rejection::Limit("tags of a token"));
        }
        if self.expires.is_some_and(|it| it <= batch.now()) {
            return Err(Rejection::Invalid("expires: in the future"));
        }
        if batch.state.token_hashes.contains_key(&self.hash) {
            return Err(Rejection::Exists);
        }
        match command.team {
            Some(team) if batch.state.usage(team).tokens >= TOKENS_PER_TEAM => {
                Err(Rejection::Limit("tokens of a team"))
            }
            _ => Ok(()),
        }
    }
}

impl RevokeToken {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        match command.team {
            None => batch.allow_operator(command)?,
            Some(_) => {
                batch.allow(
                    command,
                    Need {
                        roles: &[Role::Admin],
                        over: Over::Team,
                    },
                )?;
            }
        }
        let token = batch.state.tokens.get(&self.token);
        let token = token
            .filter(|it| it.team == command.team)
            .ok_or(Rejection::NotFound)?;
        if token.revoked.is_some() {
            return DONE;
        }
        if command.team.is_none() && batch.is_last_operator(self.token) {
            return Err(Rejection::Invalid("token: the cluster's last admin token stays").into());
        }

        batch.revoke_token(self.token);
        batch.close_streams_of(self.token);
        batch.act(Action::TokenEnded(self.token));
        DONE
    }
}

impl Batch<'_> {
    pub(crate) fn add_token(&mut self, token: Token) {
        self.touch_token(token.id);
        self.state.add_token(token);
    }

    fn revoke_token(&mut self, id: TokenId) {
        let now = self.now();
        let token = self
            .state
            .tokens
            .get_mut(&id)
            .expect("the caller has found it");
        token.revoked = Some(now);
        if let Some(team) = token.team {
            self.state.usage(team).tokens -= 1;
        }
        self.touch_token(id);
    }

    fn is_last_operator(&self, id: TokenId) -> bool {
        let now = self.now();
        let operator = |it: &&Token| it.team.is_none() && it.expires.is_none() && it.is_live(now);
        !self
            .state
            .tokens
            .values()
            .filter(operator)
            .any(|it| it.id != id)
    }

    fn close_streams_of(&mut self, token: TokenId) {
        let streams: Vec<_> = self
            .state
            .sessions
            .values()
            .filter(|it| it.token == token && it.link == Link::Attached)
            .map(|it| (it.node, it.id, it.stream))
            .collect();
        for (node, session, stream) in streams {
            let cause = CloseCause::Revoked;
            self.act(Action::Close {
                node,
                session,
                stream,
                cause,
            });
        }
    }
}
