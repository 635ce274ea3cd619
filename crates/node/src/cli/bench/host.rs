//! A node of the bench's own: this program once more, as `ackord dev`, in a directory that goes
//! away with it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::process::Process;
use crate::cli::connection::Connection;
use crate::cli::failure::Failure;

/// See the module.
pub(super) struct Host {
    child: Child,
    dir: Dir,
}

/// A directory; removed when dropped.
struct Dir(PathBuf);

impl Drop for Dir {
    fn drop(&mut self) {
        // What is left is told of by the next run, which does not begin over it.
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Host {
    /// Starts a node in `dir`, which must not be there yet.
    pub(super) async fn start(dir: &Path) -> Result<Self, Failure> {
        fs::create_dir(dir).map_err(|it| {
            Failure::failed(format!("make {}: {it}", dir.display()))
                .next("remove what an earlier run has left, or name another with --dir")
        })?;
        let dir = Dir(dir.to_owned());
        let child = start(&dir.0).await?;
        Ok(Self { child, dir })
    }

    /// Kills the node and starts it again. Returns how long it took from the new start until the
    /// node served.
    pub(super) async fn restart(&mut self) -> Result<Duration, Failure> {
        self.child.kill().await?;
        let begin = Instant::now();
        self.child = start(&self.dir.0).await?;
        Ok(begin.elapsed())
    }

    /// To this node, as `like` says otherwise. Stale after a restart.
    pub(super) fn connection(&self, like: &Connection) -> Connection {
        like.to_dev(&self.dir.0)
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir.0
    }

    pub(super) fn process(&self) -> Result<Process, Failure> {
        let ended = || Failure::failed("the node of the bench has ended");
        Ok(Process {
            pid: self.child.id().ok_or_else(ended)?,
        })
    }
}

/// Returns once the node serves.
async fn start(dir: &Path) -> Result<Child, Failure> {
    let mut child = Command::new(std::env::current_exe()?)
        .args(["dev", "--output", "json", "--listen", "127.0.0.1:0"])
        .arg("--data-dir")
        .arg(dir)
        .env_remove("ACKORD_SERVER")
        .env_remove("ACKORD_TOKEN")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let missing = || io::Error::other("no pipe");
    let told = BufReader::new(child.stdout.take().ok_or_else(missing)?);
    match told.lines().next_line().await? {
        Some(_ready) => Ok(child),
        None => Err(Failure::failed("the node of the bench did not start")),
    }
}
