//! Who this session is, and its tokens. The secret of a new token goes into a file for its owner only, never
//! into what the model reads: a transcript is kept, and shared.

use std::time::Duration;

use ackord_client::v1::{self, Role};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::time::timeout;

use super::args::stated;
use super::{About, Told, Tools, said, words};
use crate::room::{Linked, Note, Standing};
use crate::secret_file::SecretFile;

/// How long the session may take to go over to another token.
const RENEW_WAIT: Duration = Duration::from_secs(30);
/// Tokens that are listed at the most.
const LISTED_MAX: u32 = 200;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Label {
    /// For people
    label: Option<String>,
}

impl About {
    /// Where a path of the cluster is reached, as far as anybody has said.
    pub(super) fn url(&self, path: &str) -> String {
        match &self.webhook_url {
            Some(base) => format!("{}{path}", base.trim_end_matches('/')),
            None => format!("{path} on every node"),
        }
    }
}

/// `account_info`.
pub(super) async fn info(tools: &Tools) -> Told {
    let about = &tools.about;
    let standing = tools.room.ask(Note::Standing).await;
    let standing = standing.ok_or_else(|| "this adapter is ending".to_owned())?;
    let mut text = format!(
        "session: {}\ntag: {}\n{}",
        about.key,
        about.tag.as_deref().unwrap_or("(untagged)"),
        stands(&standing)
    );
    let client = tools.client()?;
    let team = client.get_team(v1::GetTeamRequest::default()).await;
    if let Ok(team) = team.map(|it| it.team.unwrap_or_default()) {
        text += &format!(
            "team: {} ({})\nwebhooks: {}\n",
            team.name,
            team.id,
            about.url(&format!("/webhooks/{}/SLUG", team.name))
        );
    }
    if let Some(own) = own(tools).await? {
        text += &format!("token: {}\n", own.token_id);
    }
    Ok(text)
}

fn stands(it: &Standing) -> String {
    let linked = match &it.linked {
        Linked::Attached(id) => format!("attached: {id}"),
        Linked::Trying(None) => "attached: not yet".to_owned(),
        Linked::Trying(Some(why)) => format!("attached: no, and tried again: {why}"),
        Linked::Over(why) => format!("attached: no more: {why}"),
    };
    let holds = match &it.holds {
        Some((fence, true, _)) => format!("{}, claimed", fence.event_id),
        Some((fence, false, _)) => format!("{}, not claimed yet", fence.event_id),
        None => "nothing".to_owned(),
    };
    let lost = it.lost.as_ref().map_or_else(String::new, |it| {
        format!("before that: {} ({})\n", it.fence.event_id, it.loss)
    });
    format!("{linked}\nat hand: {holds}\n{lost}")
}

/// This session, as the cluster knows it.
async fn own(tools: &Tools) -> Result<Option<v1::Session>, String> {
    let question = v1::ListSessionsRequest {
        tag: Some(tools.about.tag.clone().unwrap_or_default()),
        page_size: 1000,
        ..v1::ListSessionsRequest::default()
    };
    let answer = said(tools.client()?.list_sessions(question).await)?;
    let mut sessions = answer.sessions.into_iter();
    Ok(sessions.find(|it| it.key == tools.about.key))
}

/// `token_list`.
pub(super) async fn list(tools: &Tools) -> Told {
    let tokens = all(tools).await?;
    let own = own(tools).await?.map(|it| it.token_id);
    let lines = tokens.iter().filter(|it| it.revoked_at_ms == 0).map(|it| {
        let roles = it.roles().map(|it| words::word(it.as_str_name(), "ROLE_"));
        format!(
            "{} {}: {}{}",
            it.id,
            words::line(&it.label),
            roles.collect::<Vec<_>>().join(", "),
            if own.as_ref() == Some(&it.id) {
                " (this session's)"
            } else {
                ""
            }
        )
    });
    Ok(words::list("There are no tokens.", lines))
}

async fn all(tools: &Tools) -> Result<Vec<v1::Token>, String> {
    let question = v1::ListTokensRequest {
        page_size: LISTED_MAX,
        ..v1::ListTokensRequest::default()
    };
    Ok(said(tools.client()?.list_tokens(question).await)?.tokens)
}

/// `token_create`: for another session of this team.
pub(super) async fn create(tools: &Tools, args: Label) -> Told {
    let dir = tools.about.tokens_dir.as_ref();
    let dir = dir.ok_or("nobody says where to keep a token: set HOME. Nothing was done")?;
    let question = v1::CreateTokenRequest {
        roles: [Role::Session, Role::Submit, Role::Observe]
            .map(Into::into)
            .to_vec(),
        label: stated(args.label).unwrap_or_default(),
        ..v1::CreateTokenRequest::default()
    };
    let made = said(tools.client()?.create_token(question).await)?;
    let file = SecretFile::new(dir.join(&made.token_id));
    let id = &made.token_id;
    file.write(&made.secret).map_err(|error| {
        format!("made {id}, but its secret is lost: {error}. Revoke it: ackord token revoke {id}")
    })?;
    Ok(format!(
        "Made the token {id}, which may attach sessions, submit and look. Its secret is in {file}, for this \
         user alone. A session takes it as ACKORD_TOKEN_FILE."
    ))
}

/// `token_rotate`: this session goes on with a new token, and the old one ends.
pub(super) async fn rotate(tools: &Tools, args: Label) -> Told {
    let file = tools.about.token_file.as_ref().ok_or(
        "this session's token comes from the environment or a flag, so there is no file to put a new one \
         in. Use ACKORD_TOKEN_FILE, or `ackord login`. Nothing was done",
    )?;
    let own = own(tools)
        .await?
        .ok_or("this session is not attached: try again once it is")?;
    let tokens = all(tools).await?;
    let old = tokens.into_iter().find(|it| it.id == own.token_id);
    let old = old.ok_or_else(|| format!("{} is not in the list of tokens", own.token_id))?;
    let question = v1::CreateTokenRequest {
        team: String::new(),
        roles: old.roles.clone(),
        tags: old.tags.clone(),
        label: stated(args.label).unwrap_or_else(|| old.label.clone()),
        expires_at_ms: old.expires_at_ms,
    };
    let client = tools.client()?;
    let made = said(client.create_token(question).await)?;
    let id = &made.token_id;
    file.write(&made.secret).map_err(|error| {
        format!(
            "made {id}, but {file} keeps the old one: {error}. Revoke it: ackord token revoke {id}"
        )
    })?;
    // Attached with the new one before the old one ends, so that what is at hand stays.
    let renewed = timeout(RENEW_WAIT, tools.room.ask(Note::Renew)).await;
    if !matches!(renewed, Ok(Some(()))) {
        return Err(format!(
            "{id} is in {file}, but this session does not go on with it yet, so {} was left as it is. See \
             account_info; once it is attached: ackord token revoke {0}",
            old.id
        ));
    }
    let question = v1::RevokeTokenRequest {
        token_id: old.id.clone(),
    };
    said(client.revoke_token(question).await).map_err(|why| {
        format!(
            "This session has {id} now, but {} is still good: {why}",
            old.id
        )
    })?;
    Ok(format!(
        "This session has {id} now, in {file}. {} counts no more.",
        old.id
    ))
}
