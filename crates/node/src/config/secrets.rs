//! The keys that seal the secrets of sources, in files or in the environment. Paths are taken as that
//! of the data directory is: whole, or from the directory in which the node is started.

use std::path::PathBuf;
use std::sync::Arc;

use ackord_core::text::{KeyId, TextError};
use ackord_seal::{Key, KeyError, Keyring, KeyringError};
use serde::Deserialize;
use zeroize::Zeroizing;

/// The keys of the cluster: the same on each of its nodes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secrets {
    /// The key that seals. Not set: the first one.
    #[serde(default)]
    pub current: Option<String>,
    /// All keys that may have sealed a secret.
    pub keys: Vec<SealingKey>,
}

/// A key: 32 random bytes in base64, in a file or in a variable of the environment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealingKey {
    /// Its name, the same on each node: 1 to 63 of a-z, 0-9 and '-'.
    pub id: String,
    /// The file that holds it.
    #[serde(default)]
    pub file: Option<PathBuf>,
    /// The variable that holds it.
    #[serde(default)]
    pub env: Option<String>,
}

/// Keys that cannot be used. Does not tell a key.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// There are none.
    #[error("secrets.keys: name at least one key")]
    None,
    /// A name breaks its rule.
    #[error("secrets: {0}")]
    Name(#[from] TextError),
    /// Nobody knows where a key is, or there are two places.
    #[error("secrets.keys: the key {0} is in a `file` or in an `env`: name one of them")]
    Place(String),
    /// The file cannot be read.
    #[error("read the sealing key {id} from {}", path.display())]
    Read {
        /// The key.
        id: String,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The variable is not set, or is no text.
    #[error("the sealing key {id} is not in the environment variable {name}")]
    Env {
        /// The key.
        id: String,
        /// The variable.
        name: String,
    },
    /// What is there is no key.
    #[error("the sealing key {id}: {source}; make one with `openssl rand -base64 32`")]
    Key {
        /// The key.
        id: String,
        /// Why.
        #[source]
        source: KeyError,
    },
    /// They do not go together.
    #[error("secrets: {0}")]
    Keyring(#[from] KeyringError),
}

impl Secrets {
    /// Reads the keys.
    ///
    /// # Errors
    /// See [`SecretsError`].
    pub fn keyring(&self) -> Result<Arc<Keyring>, SecretsError> {
        let first = self.keys.first().ok_or(SecretsError::None)?;
        let current = KeyId::new(self.current.as_ref().unwrap_or(&first.id).clone())?;
        let mut keys = Vec::new();
        for key in &self.keys {
            keys.push((KeyId::new(key.id.clone())?, key.read()?));
        }
        Ok(Arc::new(Keyring::new(current, keys)?))
    }
}

impl SealingKey {
    fn read(&self) -> Result<Key, SecretsError> {
        let text = match (&self.file, &self.env) {
            (Some(path), None) => {
                std::fs::read_to_string(path).map_err(|source| SecretsError::Read {
                    id: self.id.clone(),
                    path: path.clone(),
                    source,
                })
            }
            (None, Some(name)) => std::env::var(name).map_err(|_| SecretsError::Env {
                id: self.id.clone(),
                name: name.clone(),
            }),
            _ => Err(SecretsError::Place(self.id.clone())),
        };
        let text = Zeroizing::new(text?);
        Key::from_text(&text).map_err(|source| SecretsError::Key {
            id: self.id.clone(),
            source,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(text: &str) -> Result<Arc<Keyring>, SecretsError> {
        let secrets: Secrets = toml::from_str(text).expect("the section is well formed");
        secrets.keyring()
    }

    #[test]
    fn keys_come_from_files_and_the_first_one_seals() {
        let dir = tempfile::tempdir().expect("a directory");
        let write = |name: &str, text: &str| {
            let path = dir.path().join(name);
            std::fs::write(&path, text).expect("written");
            path.display().to_string()
        };
        let old = write("old", &Key::draw().to_text());
        let new = write("new", &format!("{}\n", *Key::draw().to_text()));
        let keys = format!(
            "keys = [{{ id = \"k1\", file = '{old}' }}, {{ id = \"k2\", file = '{new}' }}]"
        );
        let ring = secrets(&keys).expect("a keyring");
        assert_eq!(ring.current().as_str(), "k1");
        let ring = secrets(&format!("current = \"k2\"\n{keys}")).expect("a keyring");
        assert_eq!(ring.current().as_str(), "k2");
        let error = secrets(&format!("current = \"k3\"\n{keys}")).expect_err("no such key");
        assert!(matches!(error, SecretsError::Keyring(_)), "{error}");

        let bad = write("bad", "canary");
        let error = secrets(&format!("keys = [{{ id = \"k1\", file = '{bad}' }}]"));
        let error = error.expect_err("no key").to_string();
        assert!(!error.contains("canary"), "{error}");
    }

    #[test]
    fn each_bad_key_is_named() {
        let why = |text: &str| secrets(text).expect_err("bad keys").to_string();
        assert!(why("keys = []").contains("at least one"));
        assert!(why("keys = [{ id = \"k1\" }]").contains("name one of them"));
        assert!(why("keys = [{ id = \"K 1\", file = \"x\" }]").contains("1 to 63"));
        let missing = why("keys = [{ id = \"k1\", env = \"ACKORD_NO_SUCH_VARIABLE\" }]");
        assert!(missing.contains("ACKORD_NO_SUCH_VARIABLE"), "{missing}");
        assert!(why("keys = [{ id = \"k1\", file = \"/no/such/file\" }]").contains("/no/such"));
    }
}
