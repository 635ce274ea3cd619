//! Secrets of sources, on their way in.

use std::fs::OpenOptions;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use ackord_client::v1;
use bytes::Bytes;
use nix::fcntl::OFlag;

/// Longest file that is read. The cluster takes secrets of 4,096 bytes at the most.
const FILE_BYTES_MAX: u64 = 4096;

/// The secret that a call brings, or names a file of.
pub(super) async fn given(
    secret: Option<String>,
    file: Option<PathBuf>,
) -> Result<Vec<v1::NewSecret>, String> {
    let value = match (secret, file) {
        (None, None) => return Ok(Vec::new()),
        (Some(_), Some(_)) => {
            return Err("secret and secret_file exclude each other. Nothing was done".to_owned());
        }
        (Some(secret), None) => Bytes::from(secret),
        (None, Some(file)) => {
            let path = file.clone();
            let read = tokio::task::spawn_blocking(move || read(&path)).await;
            let bytes = read
                .unwrap_or_else(|it| Err(it.into()))
                .map_err(|it| format!("read {}: {it}. Nothing was done", file.display()))?;
            // Editors end a file with a new line, which no secret has.
            Bytes::copy_from_slice(bytes.trim_ascii_end())
        }
    };
    if value.is_empty() {
        return Err("the secret is empty. Nothing was done".to_owned());
    }
    Ok(vec![v1::NewSecret {
        value,
        ..v1::NewSecret::default()
    }])
}

/// Reads a file that a model has named: nothing that never ends, and nothing that waits for somebody.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut how = OpenOptions::new();
    let how = how.read(true).custom_flags(OFlag::O_NONBLOCK.bits());
    let file = how.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    match u64::try_from(bytes.len()) {
        Ok(..=FILE_BYTES_MAX) => Ok(bytes),
        _ => Err(io::Error::other(format!(
            "it is longer than any secret, which has {FILE_BYTES_MAX} bytes at the most"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use nix::sys::stat::Mode;

    use super::*;

    async fn of_file(path: &Path) -> Result<Bytes, String> {
        let given = given(None, Some(path.to_owned())).await?;
        Ok(given.into_iter().next().expect("one secret").value)
    }

    #[tokio::test]
    async fn a_secret_is_read_from_a_file_without_its_last_new_line() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("secret");
        std::fs::write(&path, "whsec_1234\n").expect("written");
        let secret = of_file(&path).await.expect("readable");
        assert_eq!(secret, "whsec_1234");
    }

    #[tokio::test]
    async fn what_never_ends_or_waits_for_somebody_is_no_secret() {
        let dir = tempfile::tempdir().expect("a directory");
        let fifo = dir.path().join("fifo");
        nix::unistd::mkfifo(&fifo, Mode::S_IRWXU).expect("made");
        let long = dir.path().join("long");
        std::fs::write(&long, vec![b'x'; 4097]).expect("written");
        for path in [Path::new("/dev/zero"), &fifo, &long, dir.path()] {
            let why = of_file(path).await.expect_err("no secret");
            assert!(why.contains("Nothing was done"), "{why}");
        }
    }
}
