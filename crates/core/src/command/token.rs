use alloc::vec::Vec;

use crate::action::{Action, CloseCause};
use crate::answer::{Rejection, Reply};
use crate::auth::{Need, Over};
use crate::batch::{Batch, DONE, Outcome};
use crate::command::Command;
use crate::id::TokenId;
use crate::limits::{REVOKED_TOKENS_KEPT, TAGS_PER_TOKEN, TOKENS_PER_TEAM};
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
        let owned = batch.state.team_tokens.get(&command.team);
        if owned.is_some_and(|it| it.live.len() >= TOKENS_PER_TEAM) {
            return Err(Rejection::Limit("tokens of a team"));
        }
        Ok(())
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
        let owned = self.state.team_tokens.entry(token.team).or_default();
        let forgotten = owned.end(id, now, REVOKED_TOKENS_KEPT);
        self.touch_token(id);
        if let Some(forgotten) = forgotten {
            self.forget_token(forgotten);
        }
    }

    /// To whoever shows it, a token that is forgotten is as good as a revoked one.
    fn forget_token(&mut self, id: TokenId) {
        if let Some(token) = self.state.tokens.remove(&id) {
            self.state.token_hashes.remove(&token.hash);
        }
        self.touch_token(id);
    }

    fn is_last_operator(&self, id: TokenId) -> bool {
        let operators = self.state.team_tokens.get(&None);
        let mut others = operators
            .into_iter()
            .flat_map(|it| &it.live)
            .filter(|it| **it != id);
        !others.any(|it| self.state.tokens[it].expires.is_none())
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
