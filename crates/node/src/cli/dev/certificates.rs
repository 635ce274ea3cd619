//! Certificates for nodes on one machine: all are reached at one host, so one certificate does.

use std::fmt::Write as _;
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::cli::cert::{CA, authority, certificate, file_name};
use crate::cli::failure::Failure;

/// The directory, within that of the data.
const DIR: &str = "tls";
/// Each start makes new ones.
const VALID: Duration = Duration::from_secs(90 * 24 * 3600);

/// The CA's certificate, from the data directory.
pub(super) fn ca() -> PathBuf {
    Path::new(DIR).join(CA).with_extension("crt")
}

/// Makes the CA, if there is none, and a certificate for who is reached at `host`.
pub(super) fn make(data_dir: &Path, host: IpAddr) -> Result<(), Failure> {
    let dir = data_dir.join(DIR);
    fs::create_dir_all(&dir)?;
    let (authority, _) = authority(&dir)?;
    let names = [&*host.to_string(), "localhost"];
    certificate(&dir, &authority, &names, SystemTime::now() + VALID)?;
    Ok(())
}

/// The sections of a node's configuration, whose paths begin at the data directory.
pub(super) fn sections(host: IpAddr, with_web: bool) -> String {
    let own = Path::new(DIR).join(file_name(&host.to_string()));
    let [cert, key] = ["crt", "key"].map(|it| format!("{}.{it}", own.display()));
    let mut text = String::new();
    let web = with_web.then_some("http.tls");
    for section in web.into_iter().chain(["tls", "cluster.tls"]) {
        // Writing to a text does not fail.
        let _ = writeln!(text, "[{section}]\ncert = {cert:?}\nkey = {key:?}");
    }
    let _ = writeln!(text, "ca = {:?}", ca());
    text
}
