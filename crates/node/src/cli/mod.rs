//! The command line: one file per noun.

mod answer;
mod approvals;
mod attach;
mod bench;
mod cert;
mod changes;
mod channel;
mod cluster;
mod connection;
mod credentials;
mod cron;
mod dead;
mod dev;
mod doctor;
mod effect;
mod emits;
mod event;
mod failure;
mod files;
mod form;
mod handoff;
mod history;
mod hook;
mod login;
mod message;
mod node;
mod output;
mod paging;
mod queue;
mod serve;
mod session;
mod silence;
mod source;
mod status;
mod stop;
mod submit;
mod team;
mod token;
mod trust;
mod values;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use connection::Connection;
use failure::{EXIT_CODES, Failure};
use output::{Format, Output, note};

/// A durable event queue for agent sessions: events go in, each reaches one session, and leaves
/// only when that session says that its work is done.
///
/// Begin with `ackord dev`: it starts a node here and says what to type next.
#[derive(Debug, Parser)]
#[command(name = "ackord", version, after_long_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Form of the data
    #[arg(
        long,
        short,
        global = true,
        value_enum,
        default_value_t,
        value_name = "FORM"
    )]
    output: Format,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Starts a node on this machine, or several, with a team and a token, and says what to type next
    ///
    /// Data and credentials are in --data-dir; a later start goes on with them.
    ///
    /// Example: ackord dev
    ///
    /// Example: ackord dev --nodes 3
    #[command(verbatim_doc_comment)]
    Dev(dev::Dev),
    /// Starts a node as its configuration says
    ///
    /// Example: ackord serve --config /etc/ackord/node.toml
    Serve(serve::Serve),
    /// Looks at the disk of a node that does not run, and says what is wrong with it
    ///
    /// Nothing is changed. Ends with 1 if something is wrong.
    ///
    /// Example: ackord doctor /var/lib/ackord
    Doctor(doctor::Doctor),
    /// Submits an event
    ///
    /// Example: ackord submit --type pull_request --tag build --meta repo=ackord body.json
    Submit(Box<submit::Submit>),
    /// Attaches a session: events come out, one at a time
    ///
    /// Each event is shown and waits for `ackord ack` from another terminal; with --exec, a command
    /// works on it. Its lease is extended as long as this runs.
    ///
    /// Example: ackord attach --tag build
    ///
    /// Example: ackord attach --tag build --exec 'jq -r .action' --summary
    #[command(verbatim_doc_comment)]
    Attach(attach::Attach),
    /// Acknowledges a delivery: its work is done
    ///
    /// Example: ackord ack evt_01k4… 1 --summary "fixed the build"
    ///
    /// Example: ackord ack evt_01k4… 1 --message deploy="v17 is built" --pause-cron watch-build
    Ack(answer::Ack),
    /// Gives a delivery back: its work is not done
    ///
    /// Example: ackord nack evt_01k4… 1 --delay 10m --reason "disk full"
    Nack(answer::Nack),
    /// Lets a delivery's lease go on: its work takes longer
    ///
    /// Example: ackord extend evt_01k4… 1 --note "half done: tests pass"
    Extend(answer::Extend),
    /// Says how far the work of a delivery is, for whoever goes on with it
    ///
    /// Example: ackord checkpoint evt_01k4… 1 --note "tests pass, review is left"
    Checkpoint(answer::Checkpoint),
    /// Gives the event of a delivery to another tag, with a note
    ///
    /// Example: ackord handoff evt_01k4… 1 deploy --note "v17 is built: roll it out"
    Handoff(handoff::Handoff),
    /// Effects: what deliveries do outside of the cluster, recorded once
    #[command(subcommand)]
    Effect(effect::Effect),
    /// Approvals: what agents ask to be allowed
    #[command(subcommand)]
    Approvals(approvals::Approvals),
    /// Messages: says something to sessions
    #[command(subcommand)]
    Message(message::Message),
    /// Looks at events and moves them
    #[command(subcommand)]
    Event(event::Event),
    /// Says why an event is where it is; short for `event why`
    ///
    /// Example: ackord why evt_01k4…
    Why {
        /// The event's id
        event: String,
    },
    /// Shows what became of events, latest first
    ///
    /// Example: ackord history --tag build
    History(history::History),
    /// Looks at dead letters, sends them round again, removes them
    #[command(subcommand)]
    Dead(dead::Dead),
    /// Looks at queues and changes their settings
    #[command(subcommand)]
    Queue(queue::Queue),
    /// Looks at sessions
    #[command(subcommand)]
    Session(session::Session),
    /// Sources: where providers send their webhooks
    #[command(subcommand)]
    Source(Box<source::Source>),
    /// Crons: what agents are told at instants of a schedule
    #[command(subcommand)]
    Cron(Box<cron::Cron>),
    /// Teams: the tenants of a cluster
    #[command(subcommand)]
    Team(team::Team),
    /// Tokens: who may do what
    #[command(subcommand)]
    Token(token::Token),
    /// Shows how the asked node stands
    ///
    /// Example: ackord status --output json
    Status,
    /// The members of the cluster
    #[command(subcommand)]
    Cluster(cluster::Cluster),
    /// Certificates, to try TLS with
    #[command(subcommand)]
    Cert(cert::Cert),
    /// Lets an agent work on events: an MCP server on standard input and output, for Claude Code
    ///
    /// The agent starts it. Begin with `ackord login` and `ackord channel install`.
    ///
    /// Example: ackord channel --tag build
    Channel(Box<channel::Channel>),
    /// Keeps where the cluster is, and a token, for later commands of this user
    ///
    /// The token is piped in, typed, or read from --token-file, and kept with mode 600.
    ///
    /// Example: ackord login --server https://node-1:7400,https://node-2:7400
    Login(login::Login),
    /// What the hooks of Claude Code run; `ackord channel install --hooks` writes them
    Hook(hook::Hook),
    /// Measures a running cluster
    #[command(subcommand)]
    Bench(bench::Bench),
}

/// Runs what was typed.
pub(crate) fn main() -> ExitCode {
    if let Some(code) = hook::main() {
        return code;
    }
    let cli = Cli::parse();
    let runtime = tokio::runtime::Runtime::new();
    let outcome = match runtime {
        Ok(runtime) => {
            let outcome = runtime.block_on(cli.run());
            // A thread that waits for input would keep the program until some comes.
            runtime.shutdown_background();
            outcome
        }
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            note(failure.to_string());
            ExitCode::from(failure.code())
        }
    }
}

impl Cli {
    async fn run(self) -> Result<(), Failure> {
        let output = Output::new(self.output);
        let connection = &self.connection;
        match self.command {
            Command::Dev(it) => it.run(connection, output).await,
            Command::Serve(it) => it.run(output).await,
            Command::Doctor(it) => it.run(output),
            Command::Submit(it) => it.run(connection, output).await,
            Command::Attach(it) => it.run(connection, output).await,
            Command::Ack(it) => it.run(connection, output).await,
            Command::Nack(it) => it.run(connection, output).await,
            Command::Extend(it) => it.run(connection, output).await,
            Command::Checkpoint(it) => it.run(connection, output).await,
            Command::Handoff(it) => it.run(connection, output).await,
            Command::Effect(it) => it.run(connection, output).await,
            Command::Approvals(it) => it.run(connection, output).await,
            Command::Message(it) => it.run(connection, output).await,
            Command::Event(it) => it.run(connection, output).await,
            Command::Why { event } => event::Event::Why { event }.run(connection, output).await,
            Command::History(it) => it.run(connection, output).await,
            Command::Dead(it) => it.run(connection, output).await,
            Command::Queue(it) => it.run(connection, output).await,
            Command::Session(it) => it.run(connection, output).await,
            Command::Source(it) => it.run(connection, output).await,
            Command::Cron(it) => it.run(connection, output).await,
            Command::Team(it) => it.run(connection, output).await,
            Command::Token(it) => it.run(connection, output).await,
            Command::Status => status::run(connection, output).await,
            Command::Cluster(it) => it.run(connection, output).await,
            Command::Cert(it) => it.run(output),
            Command::Channel(it) => it.run(connection, output).await,
            Command::Login(it) => it.run(connection, output).await,
            Command::Hook(it) => {
                it.run(output);
                Ok(())
            }
            Command::Bench(it) => it.run(connection, output).await,
        }
    }
}

/// How this program was called, to be repeated in what people are told to type.
fn program() -> String {
    std::env::args()
        .next()
        .unwrap_or_else(|| "ackord".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}
