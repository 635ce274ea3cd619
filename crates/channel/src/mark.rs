//! A file that says what the session has: how the hooks of the same agent, which are processes of their own,
//! know of it without asking the cluster.
//!
//! It is written whole or not at all, for its owner only, and removed when the adapter ends. An adapter keeps
//! its file locked as long as it lives: one that is not locked was left by one that was killed, and counts for
//! nothing.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use ackord_client::v1::{Class, Fence};
use serde::{Deserialize, Serialize};
use tracing::debug;

/// What a file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Marked {
    /// The adapter's process.
    pub pid: u32,
    /// The session's key.
    pub key: String,
    /// The project that the agent works in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<PathBuf>,
    /// What it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<MarkedEvent>,
    /// It let an event lie, and gets nothing until the model calls something.
    #[serde(default, skip_serializing_if = "is_false")]
    pub deaf: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
fn is_false(it: &bool) -> bool {
    !it
}

/// An event that the session has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarkedEvent {
    /// Its id.
    pub id: String,
    /// Whether the model has called a tool for it.
    pub claimed: bool,
    /// Whether it goes before everything else.
    pub interrupt: bool,
}

/// A file that is kept up to date.
#[derive(Debug)]
pub struct Mark {
    path: PathBuf,
    said: Marked,
    /// The file as it is, locked.
    written: Option<File>,
}

/// Where the files of this user are. None: nowhere, for nobody says where his home is.
#[must_use]
pub fn dir() -> Option<PathBuf> {
    let stated = |name: &str| std::env::var_os(name).filter(|it| !it.is_empty());
    if let Some(runtime) = stated("XDG_RUNTIME_DIR") {
        return Some(PathBuf::from(runtime).join("ackord"));
    }
    stated("HOME").map(|home| PathBuf::from(home).join(".cache/ackord"))
}

impl Mark {
    /// A file in this directory, for the session of this key.
    #[must_use]
    pub fn new(dir: &Path, key: &str, project: Option<PathBuf>) -> Self {
        let said = Marked {
            pid: std::process::id(),
            key: key.to_owned(),
            project,
            event: None,
            deaf: false,
        };
        Self {
            path: dir.join(name(key)),
            said,
            written: None,
        }
    }

    /// Says what the session has by now.
    pub(crate) fn put(
        &mut self,
        holds: Option<&Fence>,
        standing: Option<(bool, Class)>,
        deaf: bool,
    ) {
        let event = holds
            .zip(standing)
            .map(|(fence, (claimed, class))| MarkedEvent {
                id: fence.event_id.clone(),
                claimed,
                interrupt: class == Class::Interrupt,
            });
        if self.written.is_some() && event == self.said.event && deaf == self.said.deaf {
            return;
        }
        (self.said.event, self.said.deaf) = (event, deaf);
        match self.write() {
            Ok(file) => self.written = Some(file),
            // Hooks help; without them the session goes on.
            Err(error) => debug!(path = %self.path.display(), %error, "write the mark"),
        }
    }

    /// The session is over, or another process has it.
    pub(crate) fn remove(&mut self) {
        if self.written.take().is_none() {
            return;
        }
        // Another process of the session may have written its own.
        if parse(&self.path).is_some_and(|it| it.pid == self.said.pid) {
            let _gone = fs::remove_file(&self.path);
        }
    }

    fn write(&self) -> io::Result<File> {
        let text = serde_json::to_vec(&self.said)?;
        if let Some(dir) = self.path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        }
        let beside = self.path.with_extension(format!("{}", self.said.pid));
        let mut how = OpenOptions::new();
        let mut file = how
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&beside)?;
        file.lock()?;
        file.write_all(&text)?;
        fs::rename(&beside, &self.path)?;
        Ok(file)
    }
}

/// The file's name: a key may hold what no name of a file may.
fn name(key: &str) -> String {
    let plain = |it: char| match it {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' => it,
        _ => '_',
    };
    format!("{}.json", key.chars().map(plain).collect::<String>())
}

/// What a file says, if an adapter that lives has written it.
fn read(path: &Path) -> Option<Marked> {
    let mut file = File::open(path).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => parse_from(&mut file),
        Ok(()) | Err(TryLockError::Error(_)) => None,
    }
}

fn parse(path: &Path) -> Option<Marked> {
    parse_from(&mut File::open(path).ok()?)
}

fn parse_from(file: &mut File) -> Option<Marked> {
    let mut text = Vec::new();
    file.read_to_end(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}

/// The mark of the adapter with one of these keys, or else of the only one in this project.
#[must_use]
pub fn find(dir: &Path, keys: &[String], project: Option<&Path>) -> Option<Marked> {
    let of_key = |key: &String| read(&dir.join(name(key))).filter(|it| it.key == *key);
    if let Some(marked) = keys.iter().find_map(of_key) {
        return Some(marked);
    }
    let project = project?;
    let files = fs::read_dir(dir).ok()?.filter_map(Result::ok);
    let here = files
        .filter(|it| it.path().extension().is_some_and(|it| it == "json"))
        .filter_map(|it| read(&it.path()))
        .filter(|it| it.project.as_deref() == Some(project));
    let mut here = here.collect::<Vec<_>>();
    match here.len() {
        1 => here.pop(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fence() -> Fence {
        Fence {
            event_id: "evt_1".to_owned(),
            delivery: 1,
        }
    }

    #[test]
    fn a_hook_reads_what_the_session_has() {
        let dir = tempfile::tempdir().expect("a directory");
        let project = PathBuf::from("/projects/a");
        let mut mark = Mark::new(dir.path(), "claude/1", Some(project.clone()));
        mark.put(Some(&fence()), Some((false, Class::Interrupt)), false);
        let by_key = find(dir.path(), &["claude/1".to_owned()], None).expect("it is there");
        let event = by_key.event.clone().expect("it has one");
        assert!(event.interrupt && !event.claimed);
        assert_eq!(find(dir.path(), &[], Some(&project)), Some(by_key));
        assert_eq!(find(dir.path(), &["claude_1".to_owned()], None), None);
        mark.remove();
        assert_eq!(find(dir.path(), &[], Some(&project)), None);
    }

    #[test]
    fn of_two_sessions_in_one_project_none_is_guessed() {
        let dir = tempfile::tempdir().expect("a directory");
        let project = PathBuf::from("/projects/a");
        let mut marks = ["one", "two"].map(|it| Mark::new(dir.path(), it, Some(project.clone())));
        marks.iter_mut().for_each(|it| it.put(None, None, false));
        assert_eq!(find(dir.path(), &[], Some(&project)), None);
        assert!(find(dir.path(), &["two".to_owned()], None).is_some());
    }

    #[test]
    fn what_a_killed_adapter_has_left_counts_for_nothing() {
        let dir = tempfile::tempdir().expect("a directory");
        let mut mark = Mark::new(dir.path(), "one", None);
        mark.put(None, None, false);
        let one = ["one".to_owned()];
        assert!(find(dir.path(), &one, None).is_some());
        // As a kill does: the number of its process may be another one's by now.
        drop(mark.written.take());
        assert_eq!(find(dir.path(), &one, None), None);
    }

    #[test]
    fn who_has_lost_the_session_does_not_remove_what_the_next_one_says() {
        let dir = tempfile::tempdir().expect("a directory");
        let mut first = Mark::new(dir.path(), "one", None);
        first.put(None, None, false);
        let mut second = Mark::new(dir.path(), "one", None);
        second.said.pid += 1;
        second.put(Some(&fence()), Some((true, Class::Normal)), false);
        first.remove();
        let found = find(dir.path(), &["one".to_owned()], None).expect("it lives");
        assert!(found.event.is_some());
    }
}
