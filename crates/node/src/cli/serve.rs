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
}

#[derive(Serialize)]
struct Serving {
    listen: Vec<String>,
}

impl Serve {
    pub(crate) async fn run(self, output: Output) -> Result<(), Failure> {
        let config = Config::read(&self.config).map_err(|it| {
            Failure::usage(with_causes(&it)).next("mend the configuration and start again")
        })?;
        let mut stop = Stop::listen()?;
        let server = node::start(config).await?;
        let listen: Vec<_> = server.addresses().iter().map(ToString::to_string).collect();
        let sentence = format!("serving on {}", listen.join(" and "));
        output.done(&Serving { listen }, &sentence);
        stop.asked().await;
        server.shutdown().await;
        Ok(())
    }
}
