//! `ackord token`: who may do what.

use std::time::Duration;

use ackord_client::v1;
use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;

use super::connection::{Connection, Who};
use super::failure::Failure;
use super::output::{Output, Row, note};
use super::paging::Limit;
use super::values::{from_now, length, stated, time, word};

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Makes a token and prints its secret, which is not told again
    ///
    /// Example: ackord token create --role session --tag build --label "build agent"
    /// Example: ackord token create --clawback --label laptop
    Create(Create),
    /// Lists tokens, revoked ones too; never their secrets
    ///
    /// Example: ackord token list
    List {
        /// The team, by id or name; not said: your own
        #[arg(long)]
        team: Option<String>,
        #[command(flatten)]
        limit: Limit,
    },
    /// Ends a token for good and closes its streams
    ///
    /// Example: ackord token revoke tok_5
    Revoke {
        /// The token's id, such as tok_5
        token: String,
    },
}

/// What the token is to be.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// What it may do; may be said several times
    #[arg(
        long = "role",
        required_unless_present = "clawback",
        value_delimiter = ','
    )]
    roles: Vec<Role>,
    /// Print it as the Clawback plugin takes it, cbt_…; without --role it gets session, submit, manage and
    /// observe
    #[arg(long)]
    clawback: bool,
    /// Bind it to this tag; may be said several times
    #[arg(long = "tag")]
    tags: Vec<String>,
    /// For people
    #[arg(long, default_value = "")]
    label: String,
    /// End it by itself after so long, such as 90d
    #[arg(long, value_name = "LENGTH", value_parser = length)]
    expires_in: Option<Duration>,
    /// The team, by id or name; not said: your own
    #[arg(long)]
    team: Option<String>,
}

/// What a token may do.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Role {
    /// Everything in its team; teams and the cluster if it belongs to no team
    Admin,
    /// Queues, sources, crons, dead letters, replay, cancel
    Manage,
    /// Submit, and cancel its own
    Submit,
    /// Attach a session, ack, nack, extend
    Session,
    /// Approve what an agent may not do alone
    Approve,
    /// Read events, queues, sessions
    Observe,
}

#[derive(Serialize)]
struct Created {
    token_id: String,
    secret: String,
}

#[derive(Serialize)]
struct Revoked {
    token_id: String,
}

#[derive(Serialize)]
struct TokenView {
    id: String,
    team_id: Option<String>,
    roles: Vec<String>,
    tags: Vec<String>,
    label: Option<String>,
    created_at: Option<String>,
    expires_at: Option<String>,
    revoked_at: Option<String>,
}

impl Token {
    pub(crate) async fn run(self, connection: &Connection, output: Output) -> Result<(), Failure> {
        match self {
            Self::Create(create) => create.run(connection, output).await,
            Self::List { team, limit } => {
                let client = &connection.client_as(who(&team))?;
                let team = &team.unwrap_or_default();
                let fetch = |page_size, page_token| async move {
                    let team = team.clone();
                    let question = v1::ListTokensRequest {
                        team,
                        page_size,
                        page_token,
                        at_least: None,
                    };
                    client
                        .list_tokens(question)
                        .await
                        .map(|it| (it.tokens, it.next_page_token))
                };
                limit
                    .show::<_, TokenView, _>(output, "no tokens", fetch)
                    .await
            }
            Self::Revoke { token } => {
                let question = v1::RevokeTokenRequest {
                    token_id: token.clone(),
                };
                connection.client()?.revoke_token(question).await?;
                let sentence = format!("revoked {token}");
                output.done(&Revoked { token_id: token }, &sentence);
                Ok(())
            }
        }
    }
}

/// Another team's tokens are the operator's business.
fn who(team: &Option<String>) -> Who {
    if team.is_some() {
        Who::Operator
    } else {
        Who::Team
    }
}

impl Create {
    async fn run(self, connection: &Connection, output: Output) -> Result<(), Failure> {
        let client = connection.client_as(who(&self.team))?;
        let expires_at_ms = from_now(self.expires_in);
        let roles = match self.roles.is_empty() {
            // All that a plugin asks for, but for tokens.
            true => vec![Role::Session, Role::Submit, Role::Manage, Role::Observe],
            false => self.roles,
        };
        let question = v1::CreateTokenRequest {
            team: self.team.unwrap_or_default(),
            roles: roles.iter().map(|it| it.on_the_wire().into()).collect(),
            tags: self.tags,
            label: self.label,
            expires_at_ms,
        };
        let created = client.create_token(question).await?;
        let (token_id, mut secret) = (created.token_id, created.secret);
        if self.clawback {
            secret = ackord_clawback::to_clawback(&secret).unwrap_or(secret);
        }
        if !output.is_json() {
            note(format!("made {token_id}; its secret is told only now:"));
        }
        let sentence = secret.clone();
        output.done(&Created { token_id, secret }, &sentence);
        Ok(())
    }
}

impl Role {
    fn on_the_wire(self) -> v1::Role {
        match self {
            Self::Admin => v1::Role::Admin,
            Self::Manage => v1::Role::Manage,
            Self::Submit => v1::Role::Submit,
            Self::Session => v1::Role::Session,
            Self::Approve => v1::Role::Approve,
            Self::Observe => v1::Role::Observe,
        }
    }
}

impl From<v1::Token> for TokenView {
    fn from(it: v1::Token) -> Self {
        let roles = it
            .roles()
            .map(|it| word(it.as_str_name(), "ROLE"))
            .collect();
        Self {
            id: it.id,
            team_id: stated(it.team_id),
            roles,
            tags: it.tags,
            label: stated(it.label),
            created_at: time(it.created_at_ms),
            expires_at: time(it.expires_at_ms),
            revoked_at: time(it.revoked_at_ms),
        }
    }
}

impl Row for TokenView {
    const HEAD: &'static [&'static str] = &["id", "roles", "tags", "label", "created", "ends"];

    fn cells(&self) -> Vec<String> {
        let ends = match (&self.revoked_at, &self.expires_at) {
            (Some(at), _) => format!("revoked {at}"),
            (None, Some(at)) => at.clone(),
            (None, None) => String::new(),
        };
        vec![
            self.id.clone(),
            self.roles.join(","),
            self.tags.join(","),
            self.label.clone().unwrap_or_default(),
            self.created_at.clone().unwrap_or_default(),
            ends,
        ]
    }
}
