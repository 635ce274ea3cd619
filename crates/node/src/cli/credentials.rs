//! The file in which `ackord dev` leaves its address and tokens, so that the next commands need no
//! flags. Whoever reads it may do everything on that node: it is for its owner only.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::failure::Failure;

/// What the file holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    /// Addresses of the nodes, with commas between.
    pub(crate) server: String,
    /// Secret of the operators' token: teams, and tokens of any team.
    pub(crate) operator_token: String,
    /// Secret of the token of the team `dev`: everything in that team. Missing until it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<String>,
    /// The CA that vouches for the nodes, from the directory of this file. None: they speak plain
    /// text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ca: Option<PathBuf>,
}

const NAME: &str = "credentials.json";
/// What is being written, until it is whole.
const UNFINISHED: &str = "credentials.json.new";

/// Where the file is, in a data directory.
pub(crate) fn path(data_dir: &Path) -> PathBuf {
    data_dir.join(NAME)
}

/// A write that a crash has cut short.
pub(crate) fn is_unfinished(name: &OsStr) -> bool {
    name == UNFINISHED
}

impl Credentials {
    /// The addresses of the nodes.
    pub(crate) fn servers(&self) -> Vec<String> {
        self.server.split(',').map(str::to_owned).collect()
    }

    /// The CA that vouches for the nodes, if they speak TLS.
    pub(crate) fn ca(&self, data_dir: &Path) -> Option<PathBuf> {
        self.ca.as_ref().map(|it| data_dir.join(it))
    }

    /// Reads the file; none if there is none.
    pub(crate) fn read(data_dir: &Path) -> Result<Option<Self>, Failure> {
        let path = path(data_dir);
        let unreadable = |why: String| {
            Failure::failed(format!("read {}: {why}", path.display()))
                .next("mend the file, or say --server and --token-file")
        };
        match fs::read(&path) {
            Ok(text) => match serde_json::from_slice(&text) {
                Ok(credentials) => Ok(Some(credentials)),
                // The parser's own message may show a secret.
                Err(_) => Err(unreadable("it is not what `ackord dev` writes".to_owned())),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unreadable(error.to_string())),
        }
    }

    /// Writes the file, for its owner only. A crash leaves the old one or the new one.
    pub(crate) fn write(&self, data_dir: &Path) -> io::Result<()> {
        let path = path(data_dir);
        let beside = data_dir.join(UNFINISHED);
        let mut how = OpenOptions::new();
        let mut file = how
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&beside)?;
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, &path)?;
        File::open(data_dir)?.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_is_written_is_read_and_is_for_its_owner_only() {
        let dir = tempfile::tempdir().expect("a directory");
        let mut credentials = Credentials {
            server: "http://127.0.0.1:7400".to_owned(),
            operator_token: "ackord_a".to_owned(),
            token: None,
            ca: None,
        };
        assert_eq!(Credentials::read(dir.path()).expect("readable"), None);
        for token in [None, Some("ackord_b".to_owned())] {
            credentials.token = token;
            credentials.write(dir.path()).expect("written");
            let read = Credentials::read(dir.path()).expect("readable");
            assert_eq!(read.as_ref(), Some(&credentials));
        }
        let mode = fs::metadata(path(dir.path()))
            .expect("there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_broken_file_is_not_shown() {
        let dir = tempfile::tempdir().expect("a directory");
        fs::write(path(dir.path()), "{\"server\": ackord_secret").expect("written");
        let failure = Credentials::read(dir.path())
            .expect_err("not JSON")
            .to_string();
        assert!(!failure.contains("ackord_secret"), "{failure}");
    }
}
