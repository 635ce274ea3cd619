//! `ackord cluster`: its members, and how they stand.

mod view;

use std::time::Duration;

use ackord_client::{Client, Options, v1};
use clap::Subcommand;
use futures::future::join_all;

use super::connection::{Connection, Who};
use super::failure::Failure;
use super::output::{Output, note};
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
}

impl Cluster {
    pub(crate) async fn run(self, connection: &Connection, output: Output) -> Result<(), Failure> {
        let Self::Status = self;
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
