//! Who calls, and what he may ask for.

use std::sync::Arc;

use ackord_core::answer::Rejection;
use ackord_core::command::{Actor, Command, Op};
use ackord_core::id::TeamId;
use ackord_core::model::{Role, Token};
use ackord_core::text::Tag;
use ackord_proto::v1::RefusalReason as Reason;
use tonic::metadata::MetadataMap;

use crate::api::Api;
use crate::refused::Refused;
use crate::secret;

/// Longest secret that is looked at, in bytes.
const SECRET_MAX: usize = 512;

/// The holder of a token that was good a moment ago.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) token: Arc<Token>,
}

impl Api {
    /// The holder of the token in a call's metadata. A token that could have been made at another
    /// node a moment ago is unknown only once this node has caught up: the questions of all such
    /// calls are one, so that guessing at tokens costs the cluster little.
    pub(crate) async fn caller(&self, metadata: &MetadataMap) -> Result<Caller, Refused> {
        let secret = bearer(metadata)?;
        let hash = secret::hash(secret);
        if let Some(caller) = self.holder(&hash)? {
            return Ok(caller);
        }
        if secret::is_ours(secret) {
            self.catch_up().await?;
            if let Some(caller) = self.holder(&hash)? {
                return Ok(caller);
            }
        }
        Err(Refused::new(Reason::Unauthenticated, unknown(secret)))
    }

    /// The holder of the token with this hash, as far as this node knows.
    fn holder(&self, hash: &[u8; 32]) -> Result<Option<Caller>, Refused> {
        let view = self.machine.view();
        let Some(token) = view.directory.token(hash) else {
            return Ok(None);
        };
        self.live(token)?;
        Ok(Some(Caller {
            token: Arc::clone(token),
        }))
    }

    /// Looks again at the token of a stream.
    pub(crate) fn still(&self, caller: &Caller) -> Result<(), Refused> {
        match self.machine.view().directory.token(&caller.token.hash) {
            Some(token) => self.live(token),
            None => Err(Rejection::NotAllowed.into()),
        }
    }

    fn live(&self, token: &Token) -> Result<(), Refused> {
        if token.is_live(self.machine.log_now()) {
            return Ok(());
        }
        let what = if token.revoked.is_some() {
            "was revoked"
        } else {
            "has ended"
        };
        Err(Refused::new(
            Reason::NotAllowed,
            format!("the token {} {what}", token.id),
        ))
    }
}

impl Caller {
    /// Has one of these roles.
    pub(crate) fn need(&self, roles: &[Role]) -> Result<(), Refused> {
        if roles.iter().any(|it| self.token.has(*it)) {
            return Ok(());
        }
        let roles: Vec<&str> = roles.iter().map(|it| name(*it)).collect();
        let message = format!(
            "the token {} lacks the role {}",
            self.token.id,
            roles.join(" or ")
        );
        Err(Refused::new(Reason::NotAllowed, message))
    }

    /// May concern himself with this queue.
    pub(crate) fn need_tag(&self, tag: Option<&Tag>) -> Result<(), Refused> {
        if self.token.reaches(tag) {
            return Ok(());
        }
        let message = format!("the token {} is bound to other tags", self.token.id);
        Err(Refused::new(Reason::NotAllowed, message))
    }

    /// May concern himself with all queues.
    pub(crate) fn need_all_tags(&self) -> Result<(), Refused> {
        if self.token.tags.is_empty() {
            return Ok(());
        }
        let message = format!(
            "the token {} is bound to tags, and this concerns the team",
            self.token.id
        );
        Err(Refused::new(Reason::NotAllowed, message))
    }

    /// His team.
    pub(crate) fn team(&self) -> Result<TeamId, Refused> {
        self.token.team.ok_or_else(|| {
            let message = format!(
                "the token {} is of no team: use a team's own",
                self.token.id
            );
            Refused::new(Reason::NotAllowed, message)
        })
    }

    /// His team, if he has one of these roles.
    pub(crate) fn team_as(&self, roles: &[Role]) -> Result<TeamId, Refused> {
        self.need(roles)?;
        self.team()
    }

    /// His command.
    pub(crate) fn command(&self, team: Option<TeamId>, op: Op) -> Command {
        Command {
            by: Actor::Token(self.token.id),
            team,
            op,
        }
    }
}

fn bearer(metadata: &MetadataMap) -> Result<&str, Refused> {
    let missing = || Refused::new(Reason::Unauthenticated, "the call carries no token");
    let value = metadata.get("authorization").ok_or_else(missing)?;
    let value = value.to_str().map_err(|_| missing())?;
    let (scheme, secret) = value.split_once(' ').ok_or_else(missing)?;
    let secret = secret.trim();
    if !scheme.eq_ignore_ascii_case("bearer") || secret.is_empty() || secret.len() > SECRET_MAX {
        return Err(missing());
    }
    Ok(secret)
}

fn unknown(secret: &str) -> &'static str {
    if secret::is_damaged(secret) {
        "the token's secret was cut or misread: copy it again"
    } else {
        "nobody knows this token"
    }
}

const fn name(role: Role) -> &'static str {
    match role {
        Role::Admin => "admin",
        Role::Manage => "manage",
        Role::Submit => "submit",
        Role::Session => "session",
        Role::Approve => "approve",
        Role::Observe => "observe",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(value: &str) -> MetadataMap {
        let mut metadata = MetadataMap::new();
        metadata.insert("authorization", value.parse().expect("a header value"));
        metadata
    }

    #[test]
    fn the_scheme_is_read_in_any_case() {
        assert_eq!(bearer(&metadata("Bearer a")), Ok("a"));
        assert_eq!(bearer(&metadata("bearer  a ")), Ok("a"));
    }

    #[test]
    fn anything_else_is_no_token() {
        for value in ["", "Bearer", "Bearer ", "Basic a", "a"] {
            assert!(bearer(&metadata(value)).is_err(), "{value}");
        }
        assert!(bearer(&metadata(&format!("Bearer {}", "a".repeat(513)))).is_err());
        assert!(bearer(&MetadataMap::new()).is_err());
    }
}
