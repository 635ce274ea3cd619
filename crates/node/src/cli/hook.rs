//! `ackord hook`: what Claude Code's hooks run.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ackord_channel::hook::{Moment, Told, answer};
use ackord_channel::mark::{self, Marked};
use ackord_channel::settings::{Config, session_key};
use clap::{Args, Parser, ValueEnum};

use super::output::{Format, Output, note};

/// Longest text that a host tells a hook: more than it ever does.
const TOLD_BYTES_MAX: u64 = 16 << 20;

/// When it is run.
#[derive(Debug, Args)]
pub(crate) struct Hook {
    /// When
    moment: When,
    /// The session's key, where it was said to the adapter too
    #[arg(long, env = "ACKORD_SESSION", value_name = "KEY")]
    session: Option<String>,
    /// The user's settings, where another file was named to the adapter too
    #[arg(long, env = "ACKORD_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum When {
    /// Before a tool is used: an interrupt goes first
    PreToolUse,
    /// Before a turn ends: an event at hand is answered
    Stop,
    /// When a session begins: what waits
    SessionStart,
}

/// The command line of a hook. It knows of nothing else: what is said, or stands in the environment, for other
/// commands may be wrong.
#[derive(Debug, Parser)]
#[command(name = "ackord hook")]
struct Line {
    #[command(flatten)]
    hook: Hook,
}

/// Runs a hook, if that is what was typed. None: it is something else.
pub(crate) fn main() -> Option<ExitCode> {
    let mut words = std::env::args_os().skip(1);
    if words.next()? != "hook" {
        return None;
    }
    let words = std::iter::once("ackord hook".into()).chain(words);
    match Line::try_parse_from(words) {
        Ok(line) => line.hook.run(Output::new(Format::default())),
        // Help was asked for, by somebody.
        Err(error) if !error.use_stderr() => error.exit(),
        // An exit code would tell the agent's host that the hook forbids what it was asked about.
        Err(error) => note(error.to_string()),
    }
    Some(ExitCode::SUCCESS)
}

impl Hook {
    /// Never fails: a hook that cannot say anything says nothing, and the agent goes on.
    pub(crate) fn run(self, output: Output) {
        let mut told = Vec::new();
        let input = std::io::stdin().lock();
        let _unread = input.take(TOLD_BYTES_MAX).read_to_end(&mut told);
        let told = Told::read(&told);
        let Some(dir) = mark::dir() else {
            return;
        };
        let marked = self.marked(&dir, &told);
        let moment = match self.moment {
            When::PreToolUse => Moment::PreToolUse,
            When::Stop => Moment::Stop,
            When::SessionStart => Moment::SessionStart,
        };
        if let Some(answer) = answer(moment, &told, marked.as_ref()) {
            output.bytes(format!("{answer}\n").as_bytes());
        }
    }

    /// What the adapter of this very session says. Where the host names its session, no other one is meant that
    /// happens to work in the same project.
    fn marked(&self, dir: &Path, told: &Told) -> Option<Marked> {
        let of_host = std::env::var("CLAUDE_CODE_SESSION_ID").ok();
        let of_hosts = [of_host.as_deref(), Some(&told.session_id)];
        let of_hosts = of_hosts.into_iter().filter_map(|id| session_key(None, id));
        let of_hosts: Vec<_> = of_hosts.collect();
        let project = project().filter(|_| of_hosts.is_empty());
        let stated = self.session.clone().or_else(|| {
            let config = Config::read(self.config.as_deref());
            config.ok().and_then(|it| it.session)
        });
        let keys: Vec<_> = stated.into_iter().chain(of_hosts).collect();
        mark::find(dir, &keys, project.as_deref())
    }
}

/// The project that the agent works in, as its host says.
pub(crate) fn project() -> Option<PathBuf> {
    std::env::var_os("CLAUDE_PROJECT_DIR")
        .filter(|it| !it.is_empty())
        .map(PathBuf::from)
}
