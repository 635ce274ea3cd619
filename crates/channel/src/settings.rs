//! What is configured, by a file of the user's own. Flags and the environment count before it.
//!
//! Nothing is read from the project: whoever wrote that could name a server of his, and be sent the token.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Deserializer};

/// Longest key of a session that the cluster takes, in bytes.
const KEY_BYTES_MAX: usize = 128;

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("read {0}: {1}")]
    Io(PathBuf, io::Error),
    /// It does not say what it should.
    #[error("{0}: {1}")]
    Wrong(PathBuf, Box<toml::de::Error>),
}

/// What the file says; `channel.toml` in [`config_dir`], unless another one is named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Addresses of nodes.
    #[serde(default)]
    pub server: Vec<String>,
    /// The file that holds the token.
    pub token_file: Option<PathBuf>,
    /// The CA that vouches for the nodes.
    pub ca: Option<PathBuf>,
    /// Lets the token go to other machines in plain text.
    #[serde(default)]
    pub insecure: bool,
    /// The tag whose events the session takes.
    pub tag: Option<String>,
    /// The session's key.
    pub session: Option<String>,
    /// Whether other sessions may send it messages. Not said: they may.
    pub messages: Option<bool>,
    /// An event that is not answered after so long is asked about, once; zero: never.
    #[serde(default, deserialize_with = "length")]
    pub remind_after: Option<Duration>,
    /// An event that nobody has looked at is announced again after so long.
    #[serde(default, deserialize_with = "length")]
    pub again_after: Option<Duration>,
    /// A word on the desktop when the work of an event is done.
    pub notifications: Option<bool>,
    /// Whether permissions that the agent asks for are asked of somebody elsewhere too.
    #[serde(default)]
    pub approvals: bool,
    /// Who is asked: a tag, or the id of a token. Not said: whoever may approve for the session's own tag.
    pub approvals_to: Option<String>,
    /// What nobody answers for so long is denied.
    #[serde(default, deserialize_with = "length")]
    pub approval_timeout: Option<Duration>,
    /// Where providers reach the cluster, such as `https://hooks.example.com`.
    pub webhook_url: Option<String>,
    /// Bytes of a body that are shown at once.
    pub shown_bytes: Option<usize>,
}

impl Config {
    /// Reads a file. One that nobody has named, and that is not there, says nothing.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn read(named: Option<&Path>) -> Result<Self, ConfigError> {
        let usual = || config_dir().map(|it| it.join("channel.toml"));
        let Some(path) = named.map(Path::to_owned).or_else(usual) else {
            return Ok(Self::default());
        };
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => return Err(ConfigError::Io(path, error)),
        };
        toml::from_str(&text).map_err(|it| ConfigError::Wrong(path, Box::new(it)))
    }
}

/// A length of time as people write it.
fn length<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(from)?;
    let parsed = humantime::parse_duration(&text);
    parsed.map(Some).map_err(|it| {
        serde::de::Error::custom(format!("{it}; write a length of time as 30s, 2m or 1h"))
    })
}

/// Where the files of this user are. None: nobody says where his home is.
#[must_use]
pub fn config_dir() -> Option<PathBuf> {
    let stated = |name: &str| std::env::var_os(name).filter(|it| !it.is_empty());
    match stated("XDG_CONFIG_HOME") {
        Some(dir) => Some(PathBuf::from(dir).join("ackord")),
        None => stated("HOME").map(|home| PathBuf::from(home).join(".config/ackord")),
    }
}

/// The key of a session: as it was said, or made of the id that the host gives to its own session, so that a
/// restart of the adapter comes back to what it had. None: neither is there, and nothing tells two sessions of
/// this machine apart.
#[must_use]
pub fn session_key(stated: Option<&str>, host_session: Option<&str>) -> Option<String> {
    let usable = |it: &&str| !it.is_empty();
    if let Some(stated) = stated.filter(usable) {
        return Some(stated.to_owned());
    }
    let id = host_session.filter(usable)?;
    let plain = id.chars().filter(char::is_ascii_graphic);
    let key: String = "claude-".chars().chain(plain).take(KEY_BYTES_MAX).collect();
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, String> {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("channel.toml");
        fs::write(&path, text).expect("written");
        Config::read(Some(&path)).map_err(|it| it.to_string())
    }

    #[test]
    fn a_file_says_what_it_likes() {
        let config =
            read("server = [\"https://a:7400\"]\ntag = \"build\"\nremind_after = \"3m\"\n");
        let config = config.expect("well formed");
        assert_eq!(config.server, ["https://a:7400"]);
        assert_eq!(config.remind_after, Some(Duration::from_secs(180)));
        assert_eq!(read("").expect("nothing is said"), Config::default());
    }

    #[test]
    fn what_is_misspelt_is_named() {
        let why = read("tagg = \"build\"").expect_err("no such key");
        assert!(why.contains("tagg"), "{why}");
        let why = read("remind_after = \"3\"").expect_err("no unit");
        assert!(why.contains("2m"), "{why}");
    }

    #[test]
    fn a_file_that_was_named_must_be_there() {
        let dir = tempfile::tempdir().expect("a directory");
        let error = Config::read(Some(&dir.path().join("nowhere")));
        assert!(matches!(error, Err(ConfigError::Io(..))));
    }

    #[test]
    fn a_session_is_known_again_by_its_hosts_id() {
        assert_eq!(
            session_key(Some("mine"), Some("7")),
            Some("mine".to_owned())
        );
        assert_eq!(
            session_key(None, Some("7f\n-1")),
            Some("claude-7f-1".to_owned())
        );
        assert_eq!(session_key(Some(""), Some("")), None);
        let long = "x".repeat(500);
        assert_eq!(session_key(None, Some(&long)).map(|it| it.len()), Some(128));
    }
}
