//! Entries in the files of Claude Code: the server, and the hooks. What else stands in them stays.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::raw::{self, Object};

/// An entry cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The file cannot be read or written.
    #[error("{0}: {1}")]
    Io(PathBuf, io::Error),
    /// It is not what Claude Code writes.
    #[error("{0} is not JSON, so it was left as it is: {1}")]
    NotJson(PathBuf, serde_json::Error),
    /// The same.
    #[error("{0}: {1} is not what Claude Code writes there, so it was left as it is")]
    NotObject(PathBuf, &'static str),
    /// Somebody else writes it all the time.
    #[error("{0} is being changed by another program: close the agent, and try again")]
    Busy(PathBuf),
}

/// How the host starts the adapter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The server's name in the host.
    pub name: String,
    /// The program.
    pub command: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// What is added to its environment. Never a secret.
    pub env: BTreeMap<String, String>,
}

/// Where entries go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file with the servers.
    pub servers: PathBuf,
    /// The file with the hooks.
    pub hooks: PathBuf,
}

impl Place {
    /// The files of a project: whoever works in it has them.
    #[must_use]
    pub fn of_project(dir: &Path) -> Self {
        Self {
            servers: dir.join(".mcp.json"),
            hooks: dir.join(".claude/settings.json"),
        }
    }

    /// The files of a user: all his projects have them. `config_dir` is `CLAUDE_CONFIG_DIR`, if it is set.
    #[must_use]
    pub fn of_user(home: &Path, config_dir: Option<&Path>) -> Self {
        match config_dir {
            Some(dir) => Self {
                servers: dir.join(".claude.json"),
                hooks: dir.join("settings.json"),
            },
            None => Self {
                servers: home.join(".claude.json"),
                hooks: home.join(".claude/settings.json"),
            },
        }
    }
}

/// Writes the server's entry, in place of an earlier one of its name. What somebody has added to that stays.
/// Returns whether the file has changed.
///
/// # Errors
/// See [`InstallError`].
pub fn server(file: &Path, entry: &Entry) -> Result<bool, InstallError> {
    change(file, |root| {
        let not_object = |_| InstallError::NotObject(file.to_owned(), "mcpServers");
        let mut servers = root.object("mcpServers").map_err(not_object)?;
        let mut ours = servers.object(&entry.name).unwrap_or_default();
        let mut env = ours.object("env").unwrap_or_default();
        env.retain(is_kept);
        for (name, value) in &entry.env {
            env.set(name, raw::value(&json!(value), 4));
        }
        let set = [
            ("type", json!("stdio")),
            ("command", json!(entry.command)),
            ("args", json!(entry.args)),
            // Without it the host shows a model only the tools' names, and it cannot answer events.
            ("alwaysLoad", json!(true)),
        ];
        for (name, value) in set {
            ours.set(name, raw::value(&value, 3));
        }
        ours.set("env", env.text(3));
        servers.set(&entry.name, ours.text(2));
        root.set("mcpServers", servers.text(1));
        Ok(())
    })
}

/// Variables of an earlier entry that are not written by us.
fn is_kept(name: &str) -> bool {
    !name.starts_with("ACKORD_") || name == "ACKORD_LOG"
}

/// Hooks, by the host's names and ours.
const HOOKS: [(&str, &str); 3] = [
    ("PreToolUse", "pre-tool-use"),
    ("Stop", "stop"),
    ("SessionStart", "session-start"),
];
/// How often a file is tried that somebody else writes meanwhile.
const TRIES: u32 = 5;
/// A hook answers from a file: one that takes longer, in seconds, has a problem.
const HOOK_SECONDS_MAX: u32 = 5;

/// Writes the hooks' entries, in place of earlier ones. `command` runs `ackord hook`, in a shell's words.
/// Returns whether the file has changed.
///
/// # Errors
/// See [`InstallError`].
pub fn hooks(file: &Path, command: &str) -> Result<bool, InstallError> {
    change(file, |root| {
        let wrong = |what| move |_| InstallError::NotObject(file.to_owned(), what);
        let mut hooks = root.object("hooks").map_err(wrong("hooks"))?;
        for (moment, word) in HOOKS {
            let groups = hooks.list(moment).map_err(wrong(moment))?;
            let mut groups: Vec<_> = groups
                .into_iter()
                .filter_map(|it| without_ours(it, word))
                .collect();
            let hook = json!({
                "type": "command",
                "command": format!("{command} {word}"),
                "timeout": HOOK_SECONDS_MAX,
            });
            groups.push(raw::value(&json!({ "hooks": [hook] }), 3));
            hooks.set(moment, raw::list(&groups, 2));
        }
        root.set("hooks", hooks.text(1));
        Ok(())
    })
}

/// A group of hooks without ours; none if nothing else is in it.
fn without_ours(group: Box<RawValue>, word: &str) -> Option<Box<RawValue>> {
    let Ok(mut object) = serde_json::from_str::<Object>(group.get()) else {
        return Some(group);
    };
    let Ok(hooks) = object.list("hooks") else {
        return Some(group);
    };
    let count = hooks.len();
    let others: Vec<_> = hooks.into_iter().filter(|it| !is_ours(it, word)).collect();
    if others.len() == count {
        return Some(group);
    }
    if others.is_empty() {
        return None;
    }
    object.set("hooks", raw::list(&others, 4));
    Some(object.text(3))
}

/// Whether this is what an earlier installation has written: `…/ackord hook … WORD`.
fn is_ours(hook: &RawValue, word: &str) -> bool {
    let hook: Value = serde_json::from_str(hook.get()).unwrap_or_default();
    let words: Vec<_> = hook["command"]
        .as_str()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let is_program = |it: &str| {
        let name = it.trim_matches(['\'', '"']).rsplit('/').next();
        name.is_some_and(|it| it.starts_with("ackord"))
    };
    let is_called = words
        .windows(2)
        .any(|it| is_program(it[0]) && it[1] == "hook");
    is_called && words.last() == Some(&word)
}

/// What stands in the file for the server of this name.
#[must_use]
pub fn installed(file: &Path, name: &str) -> Option<Value> {
    let root: Value = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
    root["mcpServers"].get(name).cloned()
}

fn change(
    file: &Path,
    change: impl Fn(&mut Object) -> Result<(), InstallError>,
) -> Result<bool, InstallError> {
    let failed = |it| InstallError::Io(file.to_owned(), it);
    for _ in 0..TRIES {
        let before = read(file).map_err(failed)?;
        let mut root = match before.trim_ascii().is_empty() {
            true => Object::default(),
            false => {
                let present: Box<RawValue> = serde_json::from_slice(&before)
                    .map_err(|it| InstallError::NotJson(file.to_owned(), it))?;
                serde_json::from_str(present.get())
                    .map_err(|_| InstallError::NotObject(file.to_owned(), "the file"))?
            }
        };
        change(&mut root)?;
        let text = format!("{}\n", root.text(0).get());
        if same(&before, text.as_bytes()) {
            return Ok(false);
        }
        if replace(file, &before, text.as_bytes()).map_err(failed)? {
            return Ok(true);
        }
    }
    Err(InstallError::Busy(file.to_owned()))
}

/// Whether both say the same.
fn same(before: &[u8], after: &[u8]) -> bool {
    let before: Option<Value> = serde_json::from_slice(before).ok();
    before.is_some() && before == serde_json::from_slice(after).ok()
}

/// What the file says; nothing if it is not there.
fn read(file: &Path) -> io::Result<Vec<u8>> {
    match fs::read(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        read => read,
    }
}

/// Replaces what the file said before, if it still does. A crash leaves the old file or the new one, with the
/// mode that it had. A link stays one.
fn replace(file: &Path, before: &[u8], text: &[u8]) -> io::Result<bool> {
    if let Some(dir) = file.parent().filter(|it| !it.as_os_str().is_empty()) {
        fs::create_dir_all(dir)?;
    }
    let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let mut beside = file.clone().into_os_string();
    beside.push(format!(".{}", std::process::id()));
    let beside = PathBuf::from(beside);
    let replaced = write(&beside, &file, text).and_then(|()| {
        let is_same = read(&file)? == before;
        if is_same {
            fs::rename(&beside, &file)?;
        }
        Ok(is_same)
    });
    if !matches!(replaced, Ok(true)) {
        let _gone = fs::remove_file(&beside);
    }
    replaced
}

fn write(beside: &Path, file: &Path, text: &[u8]) -> io::Result<()> {
    let mut new = fs::File::create(beside)?;
    if let Ok(about) = fs::metadata(file) {
        new.set_permissions(about.permissions())?;
    }
    new.write_all(text)?;
    new.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            name: "ackord".to_owned(),
            command: "/usr/bin/ackord".to_owned(),
            args: vec!["channel".to_owned()],
            env: BTreeMap::from([("ACKORD_TAG".to_owned(), "build".to_owned())]),
        }
    }

    fn read_json(file: &Path) -> Value {
        serde_json::from_slice(&fs::read(file).expect("there")).expect("JSON")
    }

    #[test]
    fn an_entry_is_written_beside_others_and_loads_its_tools() {
        let dir = tempfile::tempdir().expect("a directory");
        let place = Place::of_project(dir.path());
        let other = r#"{"mcpServers": {"other": {"command": "x"}}, "more": [1]}"#;
        fs::write(&place.servers, other).expect("written");
        assert!(server(&place.servers, &entry()).expect("written"));
        assert!(!server(&place.servers, &entry()).expect("as it was"));
        let root = read_json(&place.servers);
        assert_eq!(root["mcpServers"]["other"]["command"], "x");
        assert_eq!(root["more"], json!([1]));
        let ours = installed(&place.servers, "ackord").expect("it is there");
        assert_eq!(
            (&ours["alwaysLoad"], &ours["env"]["ACKORD_TAG"]),
            (&json!(true), &json!("build"))
        );
    }

    #[test]
    fn hooks_are_written_once_and_others_stay() {
        let dir = tempfile::tempdir().expect("a directory");
        let place = Place::of_project(dir.path());
        let other = r#"{"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "mine"}]}]}}"#;
        fs::create_dir_all(place.hooks.parent().expect("a directory")).expect("made");
        fs::write(&place.hooks, other).expect("written");
        assert!(hooks(&place.hooks, "ackord hook").expect("written"));
        assert!(!hooks(&place.hooks, "ackord hook").expect("as it was"));
        assert!(hooks(&place.hooks, "/opt/ackord hook").expect("written"));
        let stop = read_json(&place.hooks)["hooks"]["Stop"].clone();
        let stop = stop.as_array().expect("a list");
        assert_eq!(stop.len(), 2, "{stop:?}");
        assert_eq!(stop[0]["hooks"][0]["command"], "mine");
        assert_eq!(stop[1]["hooks"][0]["command"], "/opt/ackord hook stop");
    }

    #[test]
    fn what_else_stands_in_a_file_stays_as_it_was_written() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join(".claude.json");
        let before = concat!(
            "{\n  \"zeta\": 12345678901234567890123.50,\n  \"mcpServers\": {\n    \"zoo\": {\"b\": 1.0, \"a\": 2},\n",
            "    \"ackord\": {\n      \"timeout\": 7,\n      \"env\": {\n        \"RUST_LOG\": \"x\",\n",
            "        \"ACKORD_TAG\": \"old\",\n        \"ACKORD_SESSION\": \"old\"\n      }\n    }\n  },\n",
            "  \"alpha\": null\n}\n"
        );
        fs::write(&file, before).expect("written");
        assert!(server(&file, &entry()).expect("written"));
        let expected = concat!(
            "{\n  \"zeta\": 12345678901234567890123.50,\n  \"mcpServers\": {\n    \"zoo\": {\"b\": 1.0, \"a\": 2},\n",
            "    \"ackord\": {\n      \"timeout\": 7,\n      \"env\": {\n        \"RUST_LOG\": \"x\",\n",
            "        \"ACKORD_TAG\": \"build\"\n      },\n      \"type\": \"stdio\",\n",
            "      \"command\": \"/usr/bin/ackord\",\n      \"args\": [\n        \"channel\"\n      ],\n",
            "      \"alwaysLoad\": true\n    }\n  },\n  \"alpha\": null\n}\n"
        );
        assert_eq!(fs::read_to_string(&file).expect("there"), expected);
        let files = fs::read_dir(dir.path()).expect("readable");
        assert_eq!(files.count(), 1, "nothing is left beside it");
    }

    #[test]
    fn what_shares_a_group_with_our_hook_stays() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("settings.json");
        let mine = json!({"type": "command", "command": "backup-ackord hook-log stop"});
        let ours = json!({"type": "command", "command": "'/opt/my tools/ackord' hook stop"});
        let group = json!({"matcher": "", "hooks": [mine, ours]});
        let before = json!({"hooks": {"Stop": [group]}});
        fs::write(&file, before.to_string()).expect("written");
        assert!(hooks(&file, "ackord hook").expect("written"));
        let stop = read_json(&file)["hooks"]["Stop"].clone();
        assert_eq!(stop[0], json!({"matcher": "", "hooks": [mine]}));
        assert_eq!(stop[1]["hooks"][0]["command"], "ackord hook stop");
        assert_eq!(stop.as_array().map(Vec::len), Some(2));
        assert!(!hooks(&file, "ackord hook").expect("as it was"));
    }

    #[test]
    fn what_somebody_else_has_changed_meanwhile_is_not_overwritten() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join(".mcp.json");
        fs::write(&file, "{}").expect("written");
        let changes = std::cell::Cell::new(0);
        let changed = change(&file, |root| {
            changes.set(changes.get() + 1);
            if changes.get() == 1 {
                fs::write(&file, r#"{"theirs": 1}"#).expect("written");
            }
            root.set("ours", raw::value(&json!(2), 1));
            Ok(())
        });
        assert!(changed.expect("the second time"));
        assert_eq!(read_json(&file), json!({"theirs": 1, "ours": 2}));
        let busy = change(&file, |root| {
            changes.set(changes.get() + 1);
            fs::write(&file, format!("{{\"theirs\": {}}}", changes.get())).expect("written");
            root.set("ours", raw::value(&json!(3), 1));
            Ok(())
        });
        assert!(matches!(busy, Err(InstallError::Busy(_))), "{busy:?}");
        assert_eq!(fs::read_dir(dir.path()).expect("readable").count(), 1);
    }

    #[test]
    fn a_file_that_is_not_understood_is_left_as_it_is() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join(".mcp.json");
        for text in ["{ // mine\n}", "[]", r#"{"mcpServers": 7}"#] {
            fs::write(&file, text).expect("written");
            assert!(server(&file, &entry()).is_err(), "{text}");
            assert_eq!(fs::read_to_string(&file).expect("there"), text);
        }
    }
}
