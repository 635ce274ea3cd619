//! `ackord cluster`: its members, and how they stand.

mod change;
mod snapshot;
mod upgrade;
mod view;

use std::time::Duration;

use ackord_client::{Client, Options, v1};
use ackord_core::id::NodeId;
use clap::Subcommand;
use futures::future::join_all;

use super::connection::{Connection, Who};
use super::failure::Failure;
use super::output::{Output, note};
use change::Wait;
use view::{Asked, summary, views};

/// How long a server may take to answer: what the others have said by then is still true.
const ANSWER_MAX: Duration = Duration::from_secs(2);

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Cluster {
    /// Asks each server how it stands, and shows all members
    ///
    /// Servers are those of --server, or of the credentials that `ackord dev` left. A member that
    /// none of them is, is shown as the leader knows it.
    ///
    /// Example: ackord cluster status --output json
    Status,

    /// Waits until a new node is a member, and says its number
    ///
    /// Start the node first: with an empty data directory, the address as its `advertise`, and
    /// `peers` that name members. It comes in by itself, gets all data, and does not vote; this
    /// command waits for it, and tells a node that waits for nobody whom to ask. Nobody votes
    /// until `promote` or `replace`.
    ///
    /// Example: ackord cluster add 10.0.0.4:7500
    Add {
        /// Where its peers reach the node, as host:port
        address: String,
        #[command(flatten)]
        wait: Wait,
    },

    /// Lets a member vote, once it has caught up
    ///
    /// Three voters outlive the loss of one, five the loss of two; an even number helps nobody.
    ///
    /// Example: ackord cluster promote node_4
    Promote {
        /// The member, such as node_4
        #[arg(value_parser = node)]
        node: NodeId,
        #[command(flatten)]
        wait: Wait,
    },

    /// Lets a member vote in the place of a lost one, which is removed for good
    ///
    /// One step, in which all other voters must be well. A node whose disk is lost comes back under
    /// a new number: start it with an empty data directory at its old address, and name both.
    ///
    /// Example: ackord cluster replace node_2 node_4
    Replace {
        /// The voter that is lost
        #[arg(value_parser = node)]
        old: NodeId,
        /// The member that takes its place
        #[arg(value_parser = node)]
        new: NodeId,
        #[command(flatten)]
        wait: Wait,
    },

    /// Removes a member for good
    ///
    /// Refused while too few of the other voters answer, and of the node that leads. Its data
    /// directory is of no use after that.
    ///
    /// Example: ackord cluster remove node_5
    Remove {
        /// The member, such as node_5
        #[arg(value_parser = node)]
        node: NodeId,
    },

    /// Lets another member lead: the one that lacks least, or the one that is named
    ///
    /// Example: ackord cluster transfer-leader node_2
    TransferLeader {
        /// The member, such as node_2
        #[arg(value_parser = node)]
        node: Option<NodeId>,
    },

    /// Lets the cluster use the newest format that all members know: the last step of an upgrade
    ///
    /// First start every node with the new program, one after the other: they go on in the old
    /// format. Refused while a member runs an older program, or does not answer. After it there is
    /// no way back: an older program refuses the data, and is refused by the others.
    ///
    /// Example: ackord cluster upgrade
    Upgrade {
        /// A format, if not the newest
        #[arg(long)]
        format: Option<u32>,
    },

    /// Writes what each server has in memory to its disk
    ///
    /// A restart has less to apply again after it, and the log may let go of more.
    ///
    /// Example: ackord cluster snapshot
    Snapshot,
}

impl Cluster {
    pub(crate) async fn run(self, connection: &Connection, output: Output) -> Result<(), Failure> {
        match self {
            Self::Status => status(connection, output).await,
            Self::Add { address, wait } => change::add(address, &wait, connection, output).await,
            Self::Promote { node, wait } => change::promote(node, &wait, connection, output).await,
            Self::Replace { old, new, wait } => {
                change::replace(old, new, &wait, connection, output).await
            }
            Self::Remove { node } => change::remove(node, connection, output).await,
            Self::TransferLeader { node } => {
                change::transfer_leader(node, connection, output).await
            }
            Self::Upgrade { format } => upgrade::upgrade(format, connection, output).await,
            Self::Snapshot => snapshot::take(connection, output).await,
        }
    }
}

/// A node, by its number or its whole name.
fn node(text: &str) -> Result<NodeId, String> {
    let digits = text.parse().ok().map(NodeId);
    let named = digits.or_else(|| text.parse().ok());
    named.ok_or_else(|| "a node is named like node_4: see `ackord cluster status`".to_owned())
}

async fn status(connection: &Connection, output: Output) -> Result<(), Failure> {
    let options = connection.options(Who::Team)?;
    let servers = options.servers.clone();
    let asked = join_all(servers.into_iter().map(|it| ask(it, &options))).await;
    if asked.iter().all(|it| it.answer.is_err()) {
        let first = asked.into_iter().next();
        let error = first.and_then(|it| it.answer.err());
        return Err(error.expect("at least one server is asked").into());
    }
    let views = views(&asked);
    output.list(&views, "the cluster has no members");
    if !output.is_json() {
        note(summary(&asked, &views));
    }
    Ok(())
}

async fn ask(server: String, options: &Options) -> Asked {
    let options = Options {
        servers: vec![server.clone()],
        deadline: options.deadline.min(ANSWER_MAX),
        ..options.clone()
    };
    let answer = match Client::new(options) {
        Ok(client) => client.get_status(v1::GetStatusRequest {}).await,
        Err(error) => Err(error),
    };
    Asked { server, answer }
}
