//! Tokens. Who may make them is decided by the cluster: an admin of the team. What is made has the roles and
//! tags of the token that asks, and no more.

use std::collections::BTreeMap;
use std::time::Duration;

use ackord_proto::v1;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{Answer, Asker, Done, present, said, stated};
use crate::cluster::{is_undecided, words};
use crate::frame::TokenLabel;
use crate::limits::LISTED_MAX;
use crate::secret::to_clawback;
use crate::time::iso;

const PAGE: u32 = 1_000;
/// Tries to end the old token where the cluster does not decide, and what lies between.
const REVOKE_TRIES: u32 = 20;
const BREATH: Duration = Duration::from_millis(500);

/// Makes a token like this connection's own.
pub(super) async fn create(asker: &Asker, asked: TokenLabel) -> Answer {
    let own = own(asker).await?;
    let label = asked.label.and_then(stated).unwrap_or_default();
    let (id, token) = make(asker, &own, label.clone()).await?;
    Ok(json!({ "token": token, "id": id, "label": label }))
}

/// Makes a token like this connection's own, which ends once the new one was told: it is told only once.
pub(super) async fn rotate(asker: &Asker, asked: TokenLabel) -> Done {
    let made = async {
        let own = own(asker).await?;
        let label = asked.label.and_then(stated);
        make(asker, &own, label.unwrap_or_else(|| own.label.clone())).await
    };
    match made.await {
        Ok((id, token)) => Done {
            answer: Ok(json!({ "token": token, "id": id })),
            replaced: Some(asker.token_id.clone()),
        },
        Err(why) => Done::from(Err(why)),
    }
}

/// Ends a token that was replaced.
pub(super) async fn retire(asker: &Asker, token_id: &str) {
    if let Err(why) = revoke(asker, token_id).await {
        tracing::warn!(
            token = token_id,
            why,
            "a token was replaced, and is still good"
        );
    }
}

pub(super) async fn list(asker: &Asker) -> Answer {
    let sessions = present::all(asker).await?;
    let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
    for it in &sessions {
        let last = seen.entry(it.token_id.as_str()).or_default();
        *last = (*last).max(it.seen_at_ms);
    }
    let shown = |it: &v1::Token| {
        json!({
            "id": it.id,
            "label": it.label,
            "lastSeen": seen.get(it.id.as_str()).map(|it| iso(*it)),
            "createdAt": iso(it.created_at_ms),
            "current": it.id == asker.token_id,
        })
    };
    let tokens = all(asker).await?;
    let live = tokens.iter().filter(|it| it.revoked_at_ms == 0);
    Ok(Value::Array(live.map(shown).collect()))
}

/// The token of this connection.
async fn own(asker: &Asker) -> Result<v1::Token, String> {
    let own = &asker.token_id;
    let mut tokens = all(asker).await?.into_iter();
    let found = tokens.find(|it| it.id == *own);
    found.ok_or_else(|| format!("{own} is not in the list of tokens"))
}

async fn make(asker: &Asker, like: &v1::Token, label: String) -> Result<(String, String), String> {
    let question = v1::CreateTokenRequest {
        team: String::new(),
        roles: like.roles.clone(),
        tags: like.tags.clone(),
        label,
        expires_at_ms: like.expires_at_ms,
    };
    let cluster = &asker.cluster;
    let made = said(cluster.tokens().create_token(cluster.call(question)).await)?;
    let token = to_clawback(&made.secret);
    let token = token.ok_or("the new token has no form that Clawback takes")?;
    Ok((made.token_id, token))
}

async fn revoke(asker: &Asker, token_id: &str) -> Result<(), String> {
    let cluster = &asker.cluster;
    let mut tries = 0;
    loop {
        let question = v1::RevokeTokenRequest {
            token_id: token_id.to_owned(),
        };
        tries += 1;
        match cluster.tokens().revoke_token(cluster.call(question)).await {
            Ok(_) => return Ok(()),
            Err(status) if is_undecided(&status) && tries < REVOKE_TRIES => sleep(BREATH).await,
            Err(status) => return Err(words(&status)),
        }
    }
}

async fn all(asker: &Asker) -> Result<Vec<v1::Token>, String> {
    let cluster = &asker.cluster;
    let (mut tokens, mut page_token) = (Vec::new(), String::new());
    loop {
        let question = v1::ListTokensRequest {
            page_size: PAGE,
            page_token,
            ..v1::ListTokensRequest::default()
        };
        let page = said(cluster.tokens().list_tokens(cluster.fresh(question)).await)?;
        tokens.extend(page.tokens);
        page_token = page.next_page_token;
        if page_token.is_empty() || tokens.len() >= 2 * LISTED_MAX {
            return Ok(tokens);
        }
    }
}
