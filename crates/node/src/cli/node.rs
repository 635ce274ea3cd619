//! A node in this process, from its start to the word to stop.

use std::error::Error;
use std::process;

use ackord_node::config::Log;
use ackord_node::{Config, Server, StartError, logs};
use nix::sys::signal::{Signal, raise};

use super::failure::Failure;
use super::output::note;
use super::stop::Stop;

/// Sets up logs and starts the node.
pub(crate) async fn start(config: Config) -> Result<Server, Failure> {
    init_logs(&config.log)?;
    super::files::allow_many();
    Ok(Box::pin(ackord_node::server::start(config)).await?)
}

/// Ends a node that was asked to stop; at once, as a kill would, if somebody asks again.
pub(crate) async fn stop(server: Server, stop: &mut Stop) {
    tokio::select! {
        biased;
        () = stop.asked() => {
            note("stopped at once: calls under way are cut off, and sessions are not told");
            // An orderly exit would close the disk under the threads that use it.
            let _ends_here = raise(Signal::SIGKILL);
            // The first process of a container cannot kill itself so.
            process::abort();
        }
        () = Box::pin(server.shutdown()) => {}
    }
}

/// Sets up logs.
pub(crate) fn init_logs(log: &Log) -> Result<(), Failure> {
    logs::init(log).map_err(|it| {
        Failure::usage(with_causes(&it)).next("write it as `info` or `info,ackord_raft=debug`")
    })
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        let what = with_causes(&error);
        let failure = if error.is_usage() {
            Self::usage(what)
        } else {
            Self::failed(what)
        };
        failure.next(error.advice())
    }
}

/// An error and what caused it, in one line.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(it) = cause {
        text.push_str(": ");
        text.push_str(&it.to_string());
        cause = it.source();
    }
    text
}
