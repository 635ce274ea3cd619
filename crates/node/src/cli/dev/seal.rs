//! The key that seals the secrets of sources, for all nodes of the data directory.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use ackord_node::config::{SealingKey, Secrets};
use ackord_seal::Key;

use crate::cli::failure::Failure;

/// The file, within the data directory.
const FILE: &str = "seal.key";
/// The key's name.
const ID: &str = "dev";

/// Draws the key where there is none yet. What it has sealed is lost with it.
pub(super) fn make(data_dir: &Path) -> Result<(), Failure> {
    let path = data_dir.join(FILE);
    let written = match draw(data_dir, &path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
        written => written,
    };
    written.map_err(|it| Failure::failed(format!("write {}: {it}", path.display())))
}

/// A crash leaves no file, or a whole one.
fn draw(data_dir: &Path, path: &Path) -> io::Result<()> {
    if path.exists() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let beside = data_dir.join("seal.key.new");
    let mut how = OpenOptions::new();
    let how = how.write(true).create(true).truncate(true).mode(0o600);
    let mut file = how.open(&beside)?;
    file.write_all(Key::draw().to_text().as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    std::fs::File::open(data_dir)?.sync_all()
}

/// What a node of this directory is told of its key.
pub(super) fn secrets(data_dir: &Path) -> Secrets {
    Secrets {
        current: None,
        keys: vec![SealingKey {
            id: ID.to_owned(),
            file: Some(data_dir.join(FILE)),
            env: None,
        }],
    }
}

/// The same as a section of a configuration whose paths begin at the data directory.
pub(super) fn section() -> String {
    format!("[[secrets.keys]]\nid = \"{ID}\"\nfile = \"{FILE}\"\n")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_key_is_drawn_once_and_is_its_owners() {
        let dir = tempfile::tempdir().expect("a directory");
        make(dir.path()).expect("drawn");
        let path = dir.path().join(FILE);
        let first = std::fs::read(&path).expect("there");
        make(dir.path()).expect("kept");
        assert_eq!(std::fs::read(&path).expect("there"), first);
        let mode = std::fs::metadata(&path)
            .expect("there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        let keyring = secrets(dir.path()).keyring().expect("a key");
        assert_eq!(keyring.current().as_str(), ID);
    }
}
