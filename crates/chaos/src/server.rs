//! The program as a process: started, armed, killed, waited for.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use ackord_client::v1::RefusalReason;
use ackord_client::{Client, Error, Options, v1};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::port::Port;

/// How long a start may take before it counts as failed.
pub(crate) const START_LIMIT: Duration = Duration::from_secs(60);
/// Stands in the log before each start.
const START_MARK: &str = "== start";
/// Between two looks at something that is awaited.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Why the server could not be brought up.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The program could not be run at all.
    #[error("run {}", program.display())]
    Run {
        /// The program.
        program: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Its configuration could not be written.
    #[error("write the configuration")]
    Configure(#[from] std::io::Error),
    /// It ended by itself.
    #[error("the server ended ({status}): {log}")]
    Ended {
        /// How.
        status: ExitStatus,
        /// The end of its log.
        log: String,
    },
    /// It runs, and does not serve.
    #[error("the server does not serve after {START_LIMIT:?}")]
    Silent,
    /// It serves, and knows its clients no more.
    #[error("the server refuses its own token: {0}")]
    Refused(String),
    /// It serves, and left no credentials.
    #[error("read the credentials: {0}")]
    Credentials(String),
}

/// Where a server lives: the program, its data, its address.
#[derive(Debug)]
pub struct Site {
    program: PathBuf,
    data: PathBuf,
    log: PathBuf,
    port: Port,
}

impl Site {
    /// A server with its data in `data` and its log in the file `log`, on a free port.
    pub fn new(program: &Path, data: &Path, log: &Path) -> Self {
        Self {
            program: program.into(),
            data: data.into(),
            log: log.into(),
            port: Port::for_dev(1),
        }
    }

    /// Starts the program, with faults armed in the text form of its `ACKORD_FAULTS`.
    ///
    /// # Errors
    /// It cannot be run.
    pub fn start(&self, faults: &str) -> Result<Process, StartError> {
        let address = self.port.address.to_string();
        let data = self.data.display().to_string();
        let args = ["dev", "--data-dir", &data, "--listen", &address];
        spawn(&self.program, &args, Path::new("."), &self.log, faults)
    }

    /// Starts the program and waits until it serves.
    ///
    /// # Errors
    /// It cannot be run, ends by itself, or does not serve in time.
    pub async fn start_serving(&self, faults: &str) -> Result<(Process, Client), StartError> {
        let mut process = self.start(faults)?;
        let begun = Instant::now();
        while begun.elapsed() < START_LIMIT {
            if let Some(status) = process.ended() {
                return Err(StartError::Ended {
                    status,
                    log: self.log_tail(),
                });
            }
            if let Ok(client) = self.client() {
                match client.get_status(v1::GetStatusRequest {}).await {
                    Ok(_) => return Ok((process, client)),
                    Err(Error::Refused(it)) if it.reason == RefusalReason::Unauthenticated => {
                        return Err(StartError::Refused(it.to_string()));
                    }
                    Err(_) => {}
                }
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Err(StartError::Silent)
    }

    /// A client of the team that `ackord dev` makes.
    ///
    /// # Errors
    /// There are no credentials yet.
    pub fn client(&self) -> Result<Client, StartError> {
        let path = self.data.join("credentials.json");
        let broken = |it: &dyn std::fmt::Display| StartError::Credentials(it.to_string());
        let text = std::fs::read_to_string(path).map_err(|it| broken(&it))?;
        let credentials: Credentials = serde_json::from_str(&text).map_err(|it| broken(&it))?;
        let mut options = Options::new(format!("http://{}", self.port.address), credentials.token);
        options.deadline = Duration::from_secs(20);
        Client::new(options).map_err(|it| broken(&it))
    }

    /// The terms that each start of the server has voted in, by its log.
    pub fn terms(&self) -> Vec<Vec<u64>> {
        let text = std::fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let starts = text.split(START_MARK).skip(1);
        let term = |line: &str| {
            let fields = line.split_once("vote saved")?.1;
            fields.trim_start_matches(" term=").trim().parse().ok()
        };
        starts
            .map(|it| it.lines().filter_map(term).collect())
            .collect()
    }

    /// The last lines of the server's log.
    pub fn log_tail(&self) -> String {
        tail(&self.log)
    }
}

/// Starts the program in `dir`, with faults armed in the text form of its `ACKORD_FAULTS`.
pub(crate) fn spawn(
    program: &Path,
    args: &[&str],
    dir: &Path,
    log: &Path,
    faults: &str,
) -> Result<Process, StartError> {
    let opened = File::options().create(true).append(true).open(log);
    let (out, err) = opened
        .and_then(|mut it| {
            writeln!(it, "{START_MARK}")?;
            Ok((it.try_clone()?, it))
        })
        .map_err(|source| StartError::Run {
            program: log.into(),
            source,
        })?;
    Command::new(program)
        .args(args)
        .current_dir(dir)
        .env("ACKORD_FAULTS", faults)
        .env("ACKORD_LOG", "info")
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::from(out))
        .stderr(Stdio::from(err))
        .spawn()
        .map(Process)
        .map_err(|source| StartError::Run {
            program: program.into(),
            source,
        })
}

/// The last lines of a log.
pub(crate) fn tail(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(12)..].join("\n")
}

/// What `ackord dev` leaves for its clients.
#[derive(serde::Deserialize)]
struct Credentials {
    token: String,
}

/// A running server. Killed when dropped.
#[derive(Debug)]
pub struct Process(Child);

impl Process {
    /// How it ended, if it did.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().expect("it is our child")
    }

    /// Waits until it ends by itself.
    pub async fn wait(&mut self) -> ExitStatus {
        loop {
            if let Some(status) = self.ended() {
                return status;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// The bytes of memory that it holds, if it runs.
    pub fn memory(&self) -> Option<u64> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).ok()?;
        let line = text.lines().find_map(|it| it.strip_prefix("VmRSS:"))?;
        let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
        Some(kilobytes << 10)
    }

    /// Sends it a signal.
    ///
    /// # Panics
    /// The process was waited for already.
    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.0.id()).expect("a process number is an i32");
        kill(Pid::from_raw(pid), signal).expect("our child, which nobody waited for");
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        // It may have ended by itself just now; either way it is gone after this.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
