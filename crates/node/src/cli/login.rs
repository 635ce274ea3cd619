//! `ackord login`: where the cluster is, and who this user is, kept for later commands.
//!
//! The token is in a file of its own, for its owner only; where the servers are stands beside it.

use std::fs;
use std::io::{self, BufRead, IsTerminal, Write};
use std::os::fd::AsFd;
use std::path::Path;

use ackord_channel::secret_file::SecretFile;
use ackord_channel::settings::config_dir;
use ackord_client::{Error, v1};
use clap::Args;
use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};
use serde::{Deserialize, Serialize};

use super::connection::Connection;
use super::failure::Failure;
use super::output::{Output, note};
use super::trust::Trust;

/// Beside the token.
const NAME: &str = "login.json";

/// What is kept.
#[derive(Debug, Args)]
pub(crate) struct Login {
    /// Forget what is kept
    #[arg(long)]
    forget: bool,
}

/// What stands beside the token.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    server: Vec<String>,
    #[serde(default)]
    trust: Trust,
}

/// Where a cluster is and who somebody is there, as an earlier command has left it.
pub(crate) struct Kept {
    pub(crate) servers: Vec<String>,
    pub(crate) trust: Trust,
    pub(crate) token: Result<String, Failure>,
}

impl Kept {
    /// What this user has logged in to; none if he has not.
    pub(crate) fn of_login() -> Result<Option<Self>, Failure> {
        let Some(dir) = config_dir() else {
            return Ok(None);
        };
        let path = dir.join(NAME);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(Failure::failed(format!("read {}: {error}", path.display())));
            }
        };
        let file: File = serde_json::from_slice(&text).map_err(|_| {
            Failure::failed(format!(
                "{} is not what `ackord login` writes",
                path.display()
            ))
            .next("log in again: ackord login --server URL")
        })?;
        let token = token_file(&dir).read();
        Ok(Some(Self {
            servers: file.server,
            trust: file.trust,
            token: token
                .map_err(|it| Failure::failed(it.to_string()).next("log in again: ackord login")),
        }))
    }
}

/// Where the token of a login is.
pub(crate) fn token_file(dir: &Path) -> SecretFile {
    SecretFile::new(dir.join("token"))
}

#[derive(Serialize)]
struct Done {
    token_file: String,
}

impl Login {
    pub(crate) async fn run(self, connection: &Connection, output: Output) -> Result<(), Failure> {
        let dir = config_dir().ok_or_else(|| {
            Failure::failed("nobody says where this user's files are")
                .next("set HOME or XDG_CONFIG_HOME")
        })?;
        let file = token_file(&dir);
        if self.forget {
            return forget(&dir, &file, output);
        }
        let servers = connection.stated_servers();
        if servers.is_empty() {
            return Err(Failure::usage("no server is named")
                .next("say which: ackord login --server https://node-1:7400,https://node-2:7400"));
        }
        let token = match connection.stated_token()? {
            Some(token) => token,
            None => asked()?,
        };
        let connection = connection.with_token(token.clone());
        check(&connection).await?;
        let kept = File {
            server: servers.to_vec(),
            trust: connection.stated_trust().whole()?,
        };
        file.write(&token)?;
        let text = serde_json::to_string_pretty(&kept).expect("plain data has a JSON form");
        let path = dir.join(NAME);
        fs::write(&path, text + "\n").map_err(|it| {
            let path = path.display();
            Failure::partly(format!(
                "{file} has the token, but {path} cannot be written: {it}"
            ))
            .next("log in again once it can be: ackord login --server URL")
        })?;
        let done = Done {
            token_file: file.to_string(),
        };
        output.done(
            &done,
            &format!("logged in; the token is in {file}, for this user alone"),
        );
        Ok(())
    }
}

fn forget(dir: &Path, file: &SecretFile, output: Output) -> Result<(), Failure> {
    for path in [file.path(), &dir.join(NAME)] {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            Ok(()) | Err(_) => {}
        }
    }
    let done = Done {
        token_file: file.to_string(),
    };
    output.done(
        &done,
        "forgotten; the token itself is still good: ackord token revoke",
    );
    Ok(())
}

/// Whether the cluster knows the token. What it may do is another matter.
async fn check(connection: &Connection) -> Result<(), Failure> {
    let client = connection.client()?;
    let question = v1::ListSessionsRequest {
        page_size: 1,
        ..v1::ListSessionsRequest::default()
    };
    match client.list_sessions(question).await {
        Ok(_) => Ok(()),
        Err(Error::Refused(it)) if it.reason == v1::RefusalReason::NotAllowed => {
            note(
                "the token is good, but may not attach sessions or look at them: it needs role session",
            );
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// The token, from whoever types or pipes it. It is not shown.
fn asked() -> Result<String, Failure> {
    let input = io::stdin();
    let shown = if input.is_terminal() {
        let _unseen = io::stderr().write_all(b"token: ");
        let before = tcgetattr(input.as_fd()).map_err(io::Error::from)?;
        let mut silent = before.clone();
        silent.local_flags.remove(LocalFlags::ECHO);
        tcsetattr(input.as_fd(), SetArg::TCSANOW, &silent).map_err(io::Error::from)?;
        Some(before)
    } else {
        None
    };
    let mut line = String::new();
    let read = input.lock().read_line(&mut line);
    if let Some(before) = shown {
        tcsetattr(input.as_fd(), SetArg::TCSANOW, &before).map_err(io::Error::from)?;
        note("");
    }
    read?;
    let token = line.trim();
    match token.is_empty() {
        true => Err(Failure::usage("no token was given")
            .next("pipe it in, or name a file: ackord login --server URL --token-file FILE")),
        false => Ok(token.to_owned()),
    }
}
