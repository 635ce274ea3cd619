//! `ackord serve`: a node as its configuration says.

use std::path::PathBuf;

use ackord_node::Config;
use clap::Args;
use serde::Serialize;

use super::failure::Failure;
use super::node::{self, with_causes};
use super::output::Output;
use super::stop::Stop;

/// What to serve.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The node's configuration, a TOML file
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Where the other members reach this node, `host:port`, instead of what the configuration says: nodes
    /// can share one file
    #[arg(long, value_name = "ADDRESS", env = "ACKORD_ADVERTISE")]
    advertise: Option<String>,
    /// Stops when the standard input ends: for a program that starts nodes and may be killed
    #[arg(long, hide = true)]
    until_input_ends: bool,
}

#[derive(Serialize)]
struct Serving {
    listen: Vec<String>,
    webhooks: Vec<String>,
    operations: Option<String>,
}

impl Serve {
    pub(crate) async fn run(self, output: Output) -> Result<(), Failure> {
        let config = Config::read(&self.config, self.advertise.clone()).map_err(|it| {
            Failure::usage(with_causes(&it)).next("mend the configuration and start again")
        })?;
        let mut stop = Stop::listen()?;
        // A node that waits for others before it serves can be stopped, too.
        let mut server = tokio::select! {
            biased;
            () = self.asked(&mut stop) => return Ok(()),
            server = node::start(config) => server?,
        };
        let listen: Vec<_> = server.addresses().iter().map(ToString::to_string).collect();
        let operations = server.operations().map(|it| it.to_string());
        let sentence = format!("serving on {}", listen.join(" and "));
        let serving = Serving {
            listen,
            webhooks: server.web().iter().map(ToString::to_string).collect(),
            operations,
        };
        output.done(&serving, &sentence);
        let why = tokio::select! {
            biased;
            () = self.asked(&mut stop) => None,
            why = server.must_end() => Some(why),
        };
        node::stop(server, &mut stop).await;
        why.map_or(Ok(()), |why| Err(why.into()))
    }

    /// Waits until somebody asks the node to stop.
    async fn asked(&self, stop: &mut Stop) {
        tokio::select! {
            biased;
            () = stop.asked() => {}
            () = input_ended(), if self.until_input_ends => {}
        }
    }
}

/// Returns when nobody holds the other end of the standard input any more.
async fn input_ended() {
    let mut ignored = tokio::io::sink();
    // An input that cannot be read has ended, too.
    let _ended = tokio::io::copy(&mut tokio::io::stdin(), &mut ignored).await;
}
