//! Who may do what. The edge checks the same early; this is where it counts, because a token may
//! have been revoked since.

use crate::answer::Rejection;
use crate::batch::Batch;
use crate::command::{Actor, Command};
use crate::id::{TeamId, TokenId};
use crate::model::{Role, Token};
use crate::text::Tag;
use crate::time::Timestamp;

/// What a command asks of its token.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Need<'a> {
    /// One of these roles.
    pub(crate) roles: &'a [Role],
    /// What it concerns, where a token may be bound to tags.
    pub(crate) over: Over<'a>,
}

/// What a command concerns.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Over<'a> {
    /// The whole team: beyond a token that is bound to tags.
    Team,
    /// One queue, by its tag.
    Queue(Option<&'a Tag>),
    /// A queue that is not known yet: whoever asks so asks again once it is.
    SomeQueue,
}

impl Token {
    /// Whether the token counts at this instant.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked.is_none() && self.expires.is_none_or(|it| now < it)
    }

    /// Whether it has the role; [`Role::Admin`] has all.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role) || self.roles.contains(&Role::Admin)
    }

    /// Whether it may concern itself with a tag, or with no tag.
    #[must_use]
    pub fn reaches(&self, tag: Option<&Tag>) -> bool {
        self.tags.is_empty() || tag.is_some_and(|it| self.tags.contains(it))
    }

    /// Whether it belongs to the team, or to those who run the cluster.
    #[must_use]
    pub fn belongs(&self, team: TeamId) -> bool {
        match self.team {
            Some(own) => own == team,
            None => self.roles.contains(&Role::Admin),
        }
    }
}

impl Batch<'_> {
    /// The team that the command concerns, if whoever asks may do this there.
    pub(crate) fn allow(&self, command: &Command, need: Need<'_>) -> Result<TeamId, Rejection> {
        let team = command.team.ok_or(Rejection::NotFound)?;
        if let Actor::Source(_) = command.by {
            return Err(Rejection::NotAllowed);
        }
        if let Actor::Token(id) = command.by {
            let token = self.live_token(id)?;
            let role = need.roles.iter().any(|it| token.has(*it));
            let reaches = match need.over {
                Over::Team => token.tags.is_empty(),
                Over::Queue(tag) => token.reaches(tag),
                Over::SomeQueue => true,
            };
            if !(token.belongs(team) && role && reaches) {
                return Err(Rejection::NotAllowed);
            }
        }
        match self.state.teams.contains_key(&team) {
            true => Ok(team),
            false => Err(Rejection::NotFound),
        }
    }

    /// Lets only those pass who run the cluster.
    pub(crate) fn allow_operator(&self, command: &Command) -> Result<(), Rejection> {
        match command.by {
            Actor::Cluster => Ok(()),
            Actor::Source(_) => Err(Rejection::NotAllowed),
            Actor::Token(id) => {
                let token = self.live_token(id)?;
                let operator = token.team.is_none() && token.has(Role::Admin);
                if operator {
                    Ok(())
                } else {
                    Err(Rejection::NotAllowed)
                }
            }
        }
    }

    /// Lets only the cluster itself pass.
    pub(crate) fn allow_cluster(&self, command: &Command) -> Result<(), Rejection> {
        match command.by {
            Actor::Cluster => Ok(()),
            Actor::Token(_) | Actor::Source(_) => Err(Rejection::NotAllowed),
        }
    }

    fn live_token(&self, id: TokenId) -> Result<&Token, Rejection> {
        let token = self.state.tokens.get(&id).ok_or(Rejection::NotAllowed)?;
        if token.is_live(self.now()) {
            Ok(token)
        } else {
            Err(Rejection::NotAllowed)
        }
    }
}
