//! `ackord channel install`: the adapter, and its hooks, in Claude Code's files.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use ackord_channel::install::{Entry, InstallError, Place, hooks, server};
use clap::Args;
use serde::Serialize;

use super::Words;
use crate::cli::connection::Connection;
use crate::cli::failure::Failure;
use crate::cli::output::{Output, note};

/// Where, and what.
#[derive(Debug, Args)]
pub(super) struct Install {
    /// For all projects of this user; not said: for this project, and whoever works in it
    #[arg(long, conflicts_with = "project")]
    user: bool,
    /// The project
    #[arg(long, value_name = "DIR", default_value = ".")]
    project: PathBuf,
    /// The hooks too: interrupts bind, and a turn does not end with an event at hand
    #[arg(long)]
    hooks: bool,
    /// The server's name in the host
    #[arg(long, value_name = "NAME", default_value = "ackord")]
    name: String,
    #[command(flatten)]
    words: Words,
}

#[derive(Serialize)]
struct Installed {
    servers: String,
    hooks: Option<String>,
    start: String,
}

impl Install {
    pub(super) fn run(self, connection: &Connection, output: Output) -> Result<(), Failure> {
        let place = self.place()?;
        let program = program()?;
        let entry = Entry {
            name: self.name.clone(),
            command: program.clone(),
            args: vec!["channel".to_owned()],
            env: self.env(connection)?,
        };
        server(&place.servers, &entry)?;
        if self.hooks {
            let command = self.hook_command(&program, &entry.env);
            hooks(&place.hooks, &command).map_err(|it| {
                let servers = place.servers.display();
                Failure::partly(format!(
                    "{servers} has the server, but there are no hooks: {it}"
                ))
                .next("mend the file, and install again: docs/channel.md")
            })?;
        }
        let start = start_command(&self.name);
        let done = Installed {
            servers: place.servers.display().to_string(),
            hooks: self.hooks.then(|| place.hooks.display().to_string()),
            start: start.clone(),
        };
        let hooks = done.hooks.as_ref();
        let hooks = hooks.map_or_else(String::new, |it| format!(", and its hooks into {it}"));
        let sentence = format!("wrote {} into {}{hooks}", self.name, done.servers);
        output.done(&done, &sentence);
        note(format!(
            "now start the agent:  {start}\nand look whether all is well:  {program} channel doctor"
        ));
        Ok(())
    }

    fn place(&self) -> Result<Place, Failure> {
        if !self.user {
            return Ok(Place::of_project(&self.project));
        }
        let stated = |name: &str| {
            env::var_os(name)
                .filter(|it| !it.is_empty())
                .map(PathBuf::from)
        };
        let home = stated("HOME").ok_or_else(|| {
            Failure::failed("nobody says where this user's files are").next("set HOME")
        })?;
        Ok(Place::of_user(
            &home,
            stated("CLAUDE_CONFIG_DIR").as_deref(),
        ))
    }

    /// What was said here and the adapter must know. Never a secret.
    fn env(&self, connection: &Connection) -> Result<BTreeMap<String, String>, Failure> {
        let mut env = connection.env_of_channel()?;
        let words = &self.words;
        let mut say = |name: &str, value: Option<String>| {
            env.extend(value.map(|it| (name.to_owned(), it)));
        };
        say("ACKORD_TAG", words.tag.clone());
        say("ACKORD_SESSION", words.session.clone());
        let config = words.config.as_deref().map(fs::canonicalize).transpose()?;
        say("ACKORD_CONFIG", config.map(|it| it.display().to_string()));
        let length = |it: std::time::Duration| humantime::format_duration(it).to_string();
        say("ACKORD_REMIND_AFTER", words.remind_after.map(length));
        say("ACKORD_AGAIN_AFTER", words.again_after.map(length));
        say(
            "ACKORD_NO_MESSAGES",
            words.no_messages.then(|| "true".to_owned()),
        );
        say(
            "ACKORD_APPROVALS",
            words.approvals.then(|| "true".to_owned()),
        );
        say("ACKORD_APPROVALS_TO", words.approvals_to.clone());
        say(
            "ACKORD_APPROVAL_TIMEOUT",
            words.approval_timeout.map(length),
        );
        say(
            "ACKORD_NOTIFICATIONS",
            words.notifications.then(|| "true".to_owned()),
        );
        Ok(env)
    }

    /// Hooks run in a shell. They are told what names the session, as the adapter is.
    fn hook_command(&self, program: &str, env: &BTreeMap<String, String>) -> String {
        let mut command = format!("{} hook", quoted(program));
        for (flag, name) in [
            ("--session", "ACKORD_SESSION"),
            ("--config", "ACKORD_CONFIG"),
        ] {
            if let Some(value) = env.get(name) {
                command += &format!(" {flag} {}", quoted(value));
            }
        }
        command
    }
}

/// Starts the agent so that it takes events.
pub(super) fn start_command(name: &str) -> String {
    format!("claude --dangerously-load-development-channels server:{name}")
}

/// This program, as the agent can start it: by its name, where that finds it.
fn program() -> Result<String, Failure> {
    let here = env::current_exe().and_then(fs::canonicalize)?;
    let path = env::var_os("PATH").unwrap_or_default();
    let mut found = env::split_paths(&path).map(|it| it.join("ackord"));
    let is_here = |it: &Path| fs::canonicalize(it).is_ok_and(|it| it == here);
    let first = found.find(|it| it.is_file());
    if here.file_name() == Some(OsStr::new("ackord")) && first.is_some_and(|it| is_here(&it)) {
        return Ok("ackord".to_owned());
    }
    Ok(here.display().to_string())
}

/// One word of a shell.
fn quoted(text: &str) -> String {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || "/._-:".contains(it);
    match !text.is_empty() && text.chars().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

impl From<InstallError> for Failure {
    fn from(error: InstallError) -> Self {
        Self::failed(error.to_string())
            .next("mend the file, or write the entry by hand: docs/channel.md")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_a_shell_stays_one() {
        assert_eq!(quoted("/usr/bin/ackord"), "/usr/bin/ackord");
        assert_eq!(quoted("it's $HOME"), r"'it'\''s $HOME'");
        assert_eq!(quoted(""), "''");
    }
}
