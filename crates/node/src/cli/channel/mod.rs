//! `ackord channel`: a session inside an agent.

mod doctor;
mod entry;
mod processes;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ackord_channel::desk::Rules;
use ackord_channel::settings::{Config, config_dir, session_key};
use ackord_channel::{
    Approvals, Approver, Connect, Desktop, SHOWN_BYTES_DEFAULT, Settings, TIMEOUT_MAX, TIMEOUT_MIN,
    mark, serve,
};
use ackord_client::Client;
use ackord_node::config::{Log, LogFormat};
use clap::{Args, Subcommand};

use super::connection::{Connection, Who};
use super::failure::Failure;
use super::hook::project;
use super::node::{init_logs, with_causes};
use super::output::Output;
use super::stop::Stop;
use super::values::length;

/// How long a call of a tool goes on trying: through a change of the leader.
const PATIENCE: Duration = Duration::from_secs(30);

/// A session inside an agent.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Channel {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    words: Words,
    /// What to log, on the standard error output
    #[arg(
        long,
        value_name = "FILTER",
        env = "ACKORD_LOG",
        default_value = "info"
    )]
    log: String,
}

/// What it is, and how long things take.
#[derive(Debug, Clone, Args)]
struct Words {
    /// Take events of this queue; not said: of the team's untagged queue
    #[arg(long, env = "ACKORD_TAG")]
    tag: Option<String>,
    /// Name of the session: the same one again takes it over; not said: made of the host's own session
    #[arg(long, env = "ACKORD_SESSION", value_name = "KEY")]
    session: Option<String>,
    /// The user's settings, a TOML file; not said: channel.toml in ~/.config/ackord, if it is there
    #[arg(long, env = "ACKORD_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Ask once about an event that is not answered after so long, if others wait; 0s: never [default: 2m]
    #[arg(long, env = "ACKORD_REMIND_AFTER", value_name = "LENGTH", value_parser = length)]
    remind_after: Option<Duration>,
    /// Announce an event again that nobody has looked at for so long [default: 1m]
    #[arg(long, env = "ACKORD_AGAIN_AFTER", value_name = "LENGTH", value_parser = length)]
    again_after: Option<Duration>,
    /// Take no messages of other sessions
    #[arg(long, env = "ACKORD_NO_MESSAGES", value_parser = clap::builder::BoolishValueParser::new())]
    no_messages: bool,
    /// Ask somebody elsewhere too for what the agent may not do alone: whoever has role approve for the tag
    #[arg(long, env = "ACKORD_APPROVALS", value_parser = clap::builder::BoolishValueParser::new())]
    approvals: bool,
    /// Ask those of another tag, or the holder of a token; with --approvals
    #[arg(long, env = "ACKORD_APPROVALS_TO", value_name = "TAG|TOKEN-ID")]
    approvals_to: Option<String>,
    /// Deny what nobody has answered for so long; with --approvals [default: 5m]
    #[arg(long, env = "ACKORD_APPROVAL_TIMEOUT", value_name = "LENGTH", value_parser = length)]
    approval_timeout: Option<Duration>,
    /// Tell on the desktop when the work of an event is done
    #[arg(long, env = "ACKORD_NOTIFICATIONS", value_parser = clap::builder::BoolishValueParser::new())]
    notifications: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Writes the adapter into Claude Code's files: of this project, or of this user
    ///
    /// Nothing secret is written: the token stays in its file (`ackord login`).
    ///
    /// Example: ackord channel install --tag build --hooks
    ///
    /// Example: ackord channel install --user
    #[command(verbatim_doc_comment)]
    Install(entry::Install),
    /// Looks for what keeps events from coming, and says what to do; changes nothing
    ///
    /// Ends with 1 if something is wrong.
    ///
    /// Example: ackord channel doctor --tag build
    Doctor(doctor::Doctor),
}

impl Channel {
    pub(crate) async fn run(self, connection: &Connection, output: Output) -> Result<(), Failure> {
        match self.command {
            Some(Command::Install(it)) => it.run(connection, output),
            Some(Command::Doctor(it)) => it.run(connection, output).await,
            None => {
                let log = Log {
                    // The SDK logs whole messages, and secrets may be in them: whatever else is wanted.
                    filter: format!("{},rmcp=warn", self.log),
                    format: LogFormat::Text,
                };
                init_logs(&log)?;
                self.words.serve(connection).await
            }
        }
    }
}

impl Words {
    async fn serve(&self, connection: &Connection) -> Result<(), Failure> {
        let config = self.config()?;
        let mut stop = Stop::listen()?;
        let connection = connection.of_channel(&config);
        let settings = self.settings(&config, &connection)?;
        let serving = serve(
            settings,
            connect(connection),
            tokio::io::stdin(),
            tokio::io::stdout(),
            stop.asked(),
        );
        // All that an adapter does is in it: on the heap.
        Box::pin(serving)
            .await
            .map_err(|it| Failure::failed(with_causes(&it)))
    }

    fn config(&self) -> Result<Config, Failure> {
        Config::read(self.config.as_deref()).map_err(|it| {
            Failure::usage(it.to_string()).next("mend the file: docs/channel.md has its keys")
        })
    }

    fn settings(&self, config: &Config, connection: &Connection) -> Result<Settings, Failure> {
        let rules = Rules::default();
        let remind_after = self.remind_after.or(config.remind_after);
        let remind_after = match remind_after {
            None => rules.remind_after,
            Some(length) => (!length.is_zero()).then_some(length),
        };
        let again_after = self.again_after.or(config.again_after);
        let wants_words = self.notifications || config.notifications == Some(true);
        Ok(Settings {
            key: self.key(config).unwrap_or_else(drawn_key),
            tag: self.tag(config),
            accepts_messages: config.messages != Some(false) && !self.no_messages,
            approvals: self.approvals(config)?,
            rules: Rules {
                remind_after,
                again_after: again_after
                    .filter(|it| !it.is_zero())
                    .unwrap_or(rules.again_after),
            },
            desktop: match wants_words {
                true => Desktop::of_system(),
                false => Desktop::silent(),
            },
            webhook_url: config.webhook_url.clone(),
            token_file: connection.token_file(),
            tokens_dir: config_dir().map(|it| it.join("tokens")),
            mark_dir: mark::dir(),
            project: project(),
            shown_bytes: config.shown_bytes.unwrap_or(SHOWN_BYTES_DEFAULT),
        })
    }

    fn approvals(&self, config: &Config) -> Result<Option<Approvals>, Failure> {
        if !self.approvals && !config.approvals {
            return Ok(None);
        }
        let to = self.approvals_to.as_ref().or(config.approvals_to.as_ref());
        let to = to.filter(|it| !it.is_empty());
        let timeout = self.approval_timeout.or(config.approval_timeout);
        let timeout = timeout.unwrap_or(Approvals::default().timeout);
        if !(TIMEOUT_MIN..=TIMEOUT_MAX).contains(&timeout) {
            return Err(
                Failure::usage("the approval timeout is under 1 second, or over 24 hours")
                    .next("say --approval-timeout as 5m, or leave it out"),
            );
        }
        Ok(Some(Approvals {
            to: to.map(|it| Approver::named(it)),
            timeout,
        }))
    }

    fn tag(&self, config: &Config) -> Option<String> {
        let stated = |it: &String| !it.is_empty();
        self.tag
            .clone()
            .or_else(|| config.tag.clone())
            .filter(stated)
    }

    fn key(&self, config: &Config) -> Option<String> {
        let stated = self.session.as_deref().or(config.session.as_deref());
        let of_host = std::env::var("CLAUDE_CODE_SESSION_ID").ok();
        session_key(stated, of_host.as_deref())
    }
}

/// Makes a client each time with the token as it is by then.
pub(super) fn connect(connection: Connection) -> Connect {
    let connection = connection.patient_for(PATIENCE);
    Arc::new(move || {
        let options = connection.options(Who::Team).map_err(|it| it.to_string())?;
        Client::new(options).map_err(|it| it.to_string())
    })
}

/// A name that no other session has.
fn drawn_key() -> String {
    format!("channel-{:016x}", rand::random::<u64>())
}
