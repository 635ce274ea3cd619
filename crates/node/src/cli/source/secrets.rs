//! Secrets on their way in: from files and the environment, never from the command line, which other
//! people of the machine can read.

use std::time::Duration;

use ackord_client::v1;
use bytes::Bytes;

use crate::cli::failure::Failure;
use crate::cli::values::from_now;

/// The secrets of these files and variables, which all count for so long. `NAME=FILE` gives one a name.
pub(super) fn read(
    files: &[String],
    variables: &[String],
    expires_in: Option<Duration>,
) -> Result<Vec<v1::NewSecret>, Failure> {
    let expires_at_ms = from_now(expires_in);
    let secret = |it: &String, read: fn(&str) -> Result<Vec<u8>, Failure>| {
        let (name, place) = named(it);
        Ok::<_, Failure>(v1::NewSecret {
            name: name.to_owned(),
            value: secret(&read(place)?, place)?,
            expires_at_ms,
        })
    };
    let of_files = files.iter().map(|it| secret(it, of_file));
    let of_variables = variables.iter().map(|it| secret(it, of_variable));
    let secrets: Vec<_> = of_files.chain(of_variables).collect::<Result<_, _>>()?;
    match secrets.is_empty() && expires_in.is_some() {
        true => Err(Failure::usage("no secret is named that could expire")),
        false => Ok(secrets),
    }
}

fn of_file(file: &str) -> Result<Vec<u8>, Failure> {
    std::fs::read(file).map_err(|it| Failure::failed(format!("read {file}: {it}")))
}

fn of_variable(variable: &str) -> Result<Vec<u8>, Failure> {
    let text = std::env::var(variable);
    text.map(String::into_bytes)
        .map_err(|_| Failure::failed(format!("{variable} is not set")))
}

/// `NAME=PLACE`, or a place alone.
fn named(text: &str) -> (&str, &str) {
    text.split_once('=').unwrap_or(("", text))
}

/// Editors end a file with a new line, which no secret has.
fn secret(bytes: &[u8], place: &str) -> Result<Bytes, Failure> {
    let value = bytes.trim_ascii_end();
    match value.is_empty() {
        true => Err(Failure::usage(format!("{place} holds no secret"))),
        false => Ok(Bytes::copy_from_slice(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_holds_a_secret_and_perhaps_a_new_line() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("github.secret");
        std::fs::write(&path, "It's a Secret to Everybody\n").expect("written");
        let file = path.display().to_string();
        let secrets = read(&[file.clone(), format!("next={file}")], &[], None).expect("read");
        assert_eq!(&secrets[0].value[..], b"It's a Secret to Everybody");
        assert_eq!(
            (secrets[0].name.as_str(), secrets[1].name.as_str()),
            ("", "next")
        );
        assert!(secrets.iter().all(|it| it.expires_at_ms == 0));
        let expiring = read(
            std::slice::from_ref(&file),
            &[],
            Some(Duration::from_hours(1)),
        )
        .expect("read");
        assert!(expiring[0].expires_at_ms > from_now(Some(Duration::ZERO)));
        std::fs::write(&path, "\n").expect("written");
        assert!(read(&[file], &[], None).is_err());
        assert!(read(&[], &["ACKORD_NO_SUCH_VARIABLE".to_owned()], None).is_err());
        assert!(read(&[], &[], Some(Duration::from_hours(1))).is_err());
    }
}
