//! Flushing the rows of each server.

use ackord_client::{Client, Error, Options, v1};
use futures::future::join_all;
use serde::Serialize;

use crate::cli::connection::{Connection, Who};
use crate::cli::failure::Failure;
use crate::cli::output::{Output, Row};

/// One server, and how far its rows are on disk.
#[derive(Debug, Serialize)]
struct Snapshot {
    server: String,
    node_id: Option<String>,
    flushed_index: Option<u64>,
    why: Option<String>,
}

/// Asks each server to flush its rows. Fails if none does.
pub(super) async fn take(connection: &Connection, output: Output) -> Result<(), Failure> {
    let options = connection.patient().options(Who::Operator)?;
    let servers = options.servers.clone();
    let asked = servers.into_iter().map(|it| ask(it, &options));
    let taken: Vec<(String, Result<v1::TakeSnapshotResponse, Error>)> = join_all(asked).await;
    if taken.iter().all(|it| it.1.is_err()) {
        let error = taken.into_iter().find_map(|it| it.1.err());
        return Err(error.expect("at least one server is asked").into());
    }
    let snapshots: Vec<_> = taken.into_iter().map(Snapshot::of).collect();
    output.list(&snapshots, "no server was asked");
    Ok(())
}

async fn ask(
    server: String,
    options: &Options,
) -> (String, Result<v1::TakeSnapshotResponse, Error>) {
    let options = Options {
        servers: vec![server.clone()],
        ..options.clone()
    };
    let answer = match Client::new(options) {
        Ok(client) => client.take_snapshot(v1::TakeSnapshotRequest {}).await,
        Err(error) => Err(error),
    };
    (server, answer)
}

impl Snapshot {
    fn of((server, answer): (String, Result<v1::TakeSnapshotResponse, Error>)) -> Self {
        let why = answer.as_ref().err().map(ToString::to_string);
        let answer = answer.ok();
        Self {
            server,
            node_id: answer.as_ref().map(|it| it.node_id.clone()),
            flushed_index: answer.map(|it| it.flushed_index),
            why,
        }
    }
}

impl Row for Snapshot {
    const HEAD: &'static [&'static str] = &["node", "server", "on disk", "why not"];

    fn cells(&self) -> Vec<String> {
        let text = |it: &Option<String>| it.clone().unwrap_or_else(|| "-".to_owned());
        let index = self.flushed_index.map(|it| it.to_string());
        vec![
            text(&self.node_id),
            self.server.clone(),
            text(&index),
            text(&self.why),
        ]
    }
}
