//! `ackord status`: how a node stands.

use ackord_client::v1;
use serde::Serialize;

use super::connection::Connection;
use super::failure::Failure;
use super::output::{Card, Output};
use super::values::{bytes, stated, time, word};

#[derive(Serialize)]
struct StatusView {
    cluster_id: Option<String>,
    node_id: String,
    version: String,
    role: String,
    term: u64,
    leader_id: Option<String>,
    epoch: u64,
    group: u64,
    last_log_index: u64,
    committed_index: u64,
    applied_index: u64,
    flushed_index: u64,
    log_time: Option<String>,
    format: u32,
    log_bytes: u64,
    disk_bytes: u64,
    draining: bool,
}

/// Shows how the asked node stands.
pub(crate) async fn run(connection: &Connection, output: Output) -> Result<(), Failure> {
    let status = connection
        .client()?
        .get_status(v1::GetStatusRequest {})
        .await?;
    output.card(&StatusView::from(status));
    Ok(())
}

impl From<v1::GetStatusResponse> for StatusView {
    fn from(it: v1::GetStatusResponse) -> Self {
        Self {
            role: word(it.role().as_str_name(), "NODE_ROLE"),
            cluster_id: stated(it.cluster_id),
            node_id: it.node_id,
            version: it.version,
            term: it.term,
            leader_id: stated(it.leader_id),
            epoch: it.epoch,
            group: it.group,
            last_log_index: it.last_log_index,
            committed_index: it.committed_index,
            applied_index: it.applied_index,
            flushed_index: it.flushed_index,
            log_time: time(it.log_time_ms),
            format: it.format,
            log_bytes: it.log_bytes,
            disk_bytes: it.disk_bytes,
            draining: it.draining,
        }
    }
}

impl Card for StatusView {
    fn lines(&self) -> Vec<(&'static str, String)> {
        let not_yet = |it: &Option<String>| it.clone().unwrap_or_else(|| "none yet".to_owned());
        // Left out while it is not.
        let draining = if self.draining {
            "it hands over what it has, and stops"
        } else {
            ""
        };
        vec![
            ("cluster", not_yet(&self.cluster_id)),
            ("node", self.node_id.clone()),
            ("version", self.version.clone()),
            ("role", self.role.clone()),
            ("leader", not_yet(&self.leader_id)),
            ("term", self.term.to_string()),
            ("log ends at", self.last_log_index.to_string()),
            ("decided to", self.committed_index.to_string()),
            ("applied to", self.applied_index.to_string()),
            ("on disk to", self.flushed_index.to_string()),
            ("log time", not_yet(&self.log_time)),
            ("format", self.format.to_string()),
            ("log size", bytes(self.log_bytes)),
            ("disk size", bytes(self.disk_bytes)),
            ("draining", draining.to_owned()),
        ]
    }
}
