//! A file that holds a token, for its owner only.

use std::fmt;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Longest file that is read: a token is much shorter.
const BYTES_MAX: u64 = 4096;

/// A token cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be read.
    #[error("read {0}: {1}")]
    Io(PathBuf, io::Error),
    /// It holds no token.
    #[error("{0} holds no token: it should be one line")]
    Empty(PathBuf),
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretFile {
    path: PathBuf,
}

impl SecretFile {
    /// A file at this place. Nothing is read or written yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The token.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn read(&self) -> Result<String, ReadError> {
        let failed = |it| ReadError::Io(self.path.clone(), it);
        let file = fs::File::open(&self.path).map_err(failed)?;
        let mut text = String::new();
        let mut some = file.take(BYTES_MAX + 1);
        some.read_to_string(&mut text).map_err(failed)?;
        if some.limit() == 0 {
            return Err(ReadError::Empty(self.path.clone()));
        }
        let token = text.trim();
        if token.is_empty() || token.contains(char::is_whitespace) {
            return Err(ReadError::Empty(self.path.clone()));
        }
        Ok(token.to_owned())
    }

    /// The mode of a file that others may read too.
    #[must_use]
    pub fn others_may_read(&self) -> Option<u32> {
        let mode = fs::metadata(&self.path).ok()?.permissions().mode() & 0o777;
        (mode & 0o077 != 0).then_some(mode)
    }

    /// Keeps a token, for this user alone. A crash leaves the old one or the new one.
    ///
    /// # Errors
    /// The file or its directory cannot be written.
    pub fn write(&self, token: &str) -> io::Result<()> {
        if let Some(dir) = self.path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        }
        let mut beside = self.path.clone().into_os_string();
        beside.push(format!(".{}", std::process::id()));
        let beside = PathBuf::from(beside);
        let written = self.write_beside(&beside, token);
        if written.is_err() {
            let _gone = fs::remove_file(&beside);
        }
        written
    }

    fn write_beside(&self, beside: &Path, token: &str) -> io::Result<()> {
        // What a crash has left may have another mode.
        match fs::remove_file(beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let mut how = OpenOptions::new();
        let mut file = how.write(true).create_new(true).mode(0o600).open(beside)?;
        file.write_all(format!("{token}\n").as_bytes())?;
        file.sync_all()?;
        fs::rename(beside, &self.path)
    }
}

impl fmt::Display for SecretFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_and_is_for_its_owner_only() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = SecretFile::new(dir.path().join("ackord/token"));
        for token in ["ack_one", "ack_two"] {
            file.write(token).expect("written");
            assert_eq!(file.read().expect("readable"), token);
        }
        let mode = fs::metadata(file.path())
            .expect("there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_file_that_others_may_read_is_told_of() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = SecretFile::new(dir.path().join("token"));
        file.write("ack_secret").expect("written");
        assert_eq!(file.others_may_read(), None);
        fs::set_permissions(file.path(), fs::Permissions::from_mode(0o644)).expect("ours");
        assert_eq!(file.others_may_read(), Some(0o644));
    }

    #[test]
    fn what_never_ends_is_not_read_to_its_end() {
        let read = SecretFile::new("/dev/zero").read();
        assert!(matches!(read, Err(ReadError::Empty(_))), "{read:?}");
    }

    #[test]
    fn what_is_no_token_is_not_taken() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = SecretFile::new(dir.path().join("token"));
        for text in ["", "  ", "two words"] {
            file.write(text).expect("written");
            assert!(matches!(file.read(), Err(ReadError::Empty(_))), "{text:?}");
        }
    }
}
