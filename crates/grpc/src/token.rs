//! Tokens. A secret is drawn here, told once, and not kept.

use std::sync::Arc;

use ackord_core::answer::Reply;
use ackord_core::command::{Op, RevokeToken};
use ackord_core::id::TokenId;
use ackord_core::model::{Role, Token};
use ackord_proto::v1::token_service_server::TokenService;
use ackord_proto::{from_wire, to_wire, v1};
use tonic::Request;

use crate::api::{Answer, Api, answer};
use crate::auth::Caller;
use crate::page::Ask;
use crate::refused::Refused;
use crate::secret::Secret;

/// The service.
#[derive(Debug, Clone)]
pub(crate) struct Tokens(pub(crate) Api);

impl Tokens {
    /// A token that the caller may end. One that could have been made at another node a moment ago is
    /// unknown only once this node has caught up.
    async fn find(&self, caller: &Caller, id: &str) -> Result<Arc<Token>, Refused> {
        let id: TokenId = from_wire::id(id, "token_id")?;
        if let Some(token) = self.known(caller, id) {
            return Ok(token);
        }
        self.0.catch_up().await?;
        self.known(caller, id).ok_or_else(Refused::not_found)
    }

    /// The same, as far as this node knows.
    fn known(&self, caller: &Caller, id: TokenId) -> Option<Arc<Token>> {
        let view = self.0.machine.view();
        let own = |it: &&Arc<Token>| caller.token.team.is_none() || it.team == caller.token.team;
        let mut tokens = view.directory.tokens().filter(own);
        tokens.find(|it| it.id == id).cloned()
    }
}

#[tonic::async_trait]
impl TokenService for Tokens {
    async fn create_token(
        &self,
        request: Request<v1::CreateTokenRequest>,
    ) -> Answer<v1::CreateTokenResponse> {
        let (caller, mut asked) = self.0.open(request).await?;
        caller.need(&[Role::Admin])?;
        let name = std::mem::take(&mut asked.team);
        let team = self.0.team(&caller, name).await?;
        let secret = Secret::draw();
        let create = from_wire::create_token(asked, secret.hash()).map_err(Refused::from)?;
        let done = self
            .0
            .propose(caller.command(team, Op::CreateToken(create)))
            .await?;
        let Reply::Token(id) = done.reply else {
            unreachable!("a token that is made has an id")
        };
        answer(v1::CreateTokenResponse {
            token_id: id.to_string(),
            secret: secret.expose().to_owned(),
            position: Some(done.position),
        })
    }

    async fn list_tokens(
        &self,
        request: Request<v1::ListTokensRequest>,
    ) -> Answer<v1::ListTokensResponse> {
        let (caller, asked) = self.0.open(request).await?;
        caller.need(&[Role::Admin])?;
        let ask = Ask::<TokenId>::read(asked.page_size, &asked.page_token)?;
        self.0.reach(asked.at_least).await?;
        let team = self.0.team(&caller, asked.team).await?;
        let view = self.0.machine.view();
        let wanted =
            |it: &&Arc<Token>| it.team == team && ask.after.is_none_or(|last| it.id > last);
        let mut tokens: Vec<&Arc<Token>> = view.directory.tokens().filter(wanted).collect();
        tokens.sort_unstable_by_key(|it| it.id);
        let tokens = tokens.into_iter().map(|it| Ok::<_, Refused>((it.id, it)));
        let page = ask.page(tokens, |it| Ok(Some(to_wire::token(it))))?;
        answer(v1::ListTokensResponse {
            tokens: page.items,
            next_page_token: page.next,
        })
    }

    async fn revoke_token(
        &self,
        request: Request<v1::RevokeTokenRequest>,
    ) -> Answer<v1::RevokeTokenResponse> {
        let (caller, asked) = self.0.open(request).await?;
        caller.need(&[Role::Admin])?;
        let token = self.find(&caller, &asked.token_id).await?;
        let op = Op::RevokeToken(RevokeToken { token: token.id });
        let command = caller.command(token.team, op);
        answer(v1::RevokeTokenResponse {
            position: self.0.carry_out(command).await?,
        })
    }
}

#[cfg(all(test, not(madsim)))]
mod tests {
    use ackord_proto::v1::RefusalReason as Reason;

    use super::*;
    use crate::nobody::{api, operator};

    #[tokio::test]
    async fn a_token_is_unknown_only_to_a_node_that_has_caught_up() {
        let tokens = Tokens(api().await);
        let operator = operator(&tokens.0);
        let id = operator.token.id.to_string();
        let unknown = tokens.find(&operator, "tok_99").await;
        assert_eq!(unknown, Err(Refused::not_found()));
        tokens.0.machine.shutdown().await;
        let known = tokens.find(&operator, &id).await;
        assert_eq!(known, Ok(operator.token.clone()));
        let unsure = tokens.find(&operator, "tok_99").await;
        let reason = unsure.expect_err("it may be there").reason();
        assert_eq!(reason, Reason::NoLeader);
    }
}
