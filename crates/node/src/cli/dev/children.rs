//! Nodes in processes of their own: started, started again when they were killed, stopped with this
//! one.
//!
//! Each ends when its standard input does, so that none is left when this process is killed.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use futures::FutureExt;
use futures::future::{join_all, select_all};
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::{sleep, timeout};

use super::plan::{Plan, config_name, log_name};
use super::{Failure, Started, note};

/// Before a node that was killed is started again: time to see how the others go on.
const RESTART_AFTER: Duration = Duration::from_secs(5);
/// How long a node has to end once it was asked to.
const STOP_MAX: Duration = Duration::from_secs(40);
/// Lines of a node's log that are shown when it does not start.
const TAIL: usize = 6;

/// The processes, by their places.
pub(super) struct Children {
    data_dir: PathBuf,
    nodes: Vec<Node>,
}

/// A process, and the input that it lives by: kept apart, for waiting for a process closes its own.
struct Node {
    child: Child,
    input: Option<ChildStdin>,
}

impl Children {
    /// Starts `nodes` nodes, each as its configuration says.
    pub(super) fn start(data_dir: &Path, nodes: usize) -> std::io::Result<Self> {
        let nodes = (0..nodes).map(|place| spawn(data_dir, place));
        Ok(Self {
            nodes: nodes.collect::<Result<_, _>>()?,
            data_dir: data_dir.to_owned(),
        })
    }

    /// What people and programs are told of them.
    pub(super) fn started(&self, plan: &Plan) -> Vec<Started> {
        let places = plan.servers().into_iter().zip(plan.operations());
        let places = places.zip(plan.web());
        let nodes = self.nodes.iter().enumerate().zip(places);
        nodes
            .map(
                |((place, node), ((server, operations), webhooks))| Started {
                    server,
                    operations: operations.map(|it| it.to_string()),
                    webhooks,
                    pid: node.child.id().unwrap_or_default(),
                    log: self.data_dir.join(log_name(place)).display().to_string(),
                },
            )
            .collect()
    }

    /// Starts again what was killed. Returns when a node ends by itself, which no other start would
    /// better; before the cluster is `ready` that is told with the node's last words.
    pub(super) async fn tend(&mut self, starting: bool) -> Failure {
        loop {
            let ends = self.nodes.iter_mut().map(|it| it.child.wait().boxed());
            let (status, place, rest) = select_all(ends).await;
            drop(rest);
            let node = place + 1;
            match status {
                Ok(status) if status.code().is_none() && !starting => {
                    let after = RESTART_AFTER.as_secs();
                    note(format!(
                        "node {node} was killed: it starts again in {after} s"
                    ));
                    sleep(RESTART_AFTER).await;
                    match spawn(&self.data_dir, place) {
                        Ok(again) => {
                            let pid = again.child.id().unwrap_or_default();
                            note(format!("node {node} is process {pid} now"));
                            self.nodes[place] = again;
                        }
                        Err(error) => return error.into(),
                    }
                }
                Ok(status) => return self.ended(place, status),
                Err(error) => return error.into(),
            }
        }
    }

    fn ended(&self, place: usize, status: ExitStatus) -> Failure {
        let log = self.data_dir.join(log_name(place));
        let text = std::fs::read_to_string(&log).unwrap_or_default();
        let lines: Vec<_> = text.lines().collect();
        let tail = lines[lines.len().saturating_sub(TAIL)..].join("\n  ");
        Failure::failed(format!("node {} ended ({status}):\n  {tail}", place + 1))
            .next(format!("see {}", log.display()))
    }

    /// Ends all of them, and waits until they have.
    pub(super) async fn stop(&mut self) {
        let ends = self.nodes.iter_mut().map(|node| async move {
            drop(node.input.take());
            if timeout(STOP_MAX, node.child.wait()).await.is_err() {
                // It may have ended just now.
                let _ended = node.child.kill().await;
            }
        });
        join_all(ends).await;
    }
}

fn spawn(data_dir: &Path, place: usize) -> std::io::Result<Node> {
    let log = data_dir.join(log_name(place));
    let log = File::options().create(true).append(true).open(log)?;
    let mut child = Command::new(std::env::current_exe()?)
        .args(["serve", "--until-input-ends", "--config"])
        .arg(config_name(place))
        .current_dir(data_dir)
        .env("NO_COLOR", "1")
        // Ctrl-C is for this process, which ends them in its turn.
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::from(log))
        .spawn()?;
    let input = child.stdin.take();
    Ok(Node { child, input })
}
