//! `ackord cert`: certificates, to try TLS with.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use ackord_tls::mint::{Authority, MintError, Minted, SKEW};
use clap::{Args, Subcommand};
use serde::Serialize;

use super::failure::Failure;
use super::node::with_causes;
use super::output::Output;
use super::program;
use super::values::{length, system_time};

/// The names of the CA's own files.
pub(super) const CA: &str = "ca";

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Cert {
    /// Makes a CA and a certificate for each node, and says how to use them
    ///
    /// A node's certificate is for the host of its address, by its name or its number: clients and
    /// the other nodes look at that. The CA is made once and used again: run the same command again
    /// to renew certificates, or with another host to add one. Nodes take new files while they run.
    ///
    /// For trying, and for machines of your own. Where certificates come from elsewhere, as from
    /// cert-manager or Vault, name those in the configuration; the CA of [cluster.tls] must be one
    /// that nobody but the nodes gets certificates from.
    ///
    /// Example: ackord cert dev node-1 node-2 node-3
    ///
    /// Example: ackord cert dev 10.0.0.1 10.0.0.2 10.0.0.3 --also ackord.example
    #[command(verbatim_doc_comment)]
    Dev(Dev),
}

/// For whom.
#[derive(Debug, Args)]
pub(crate) struct Dev {
    /// The host of each node's address, without a port
    #[arg(required = true, value_name = "HOST")]
    hosts: Vec<String>,
    /// A name that all of them have besides, such as that of a load balancer; several with commas
    #[arg(long, value_name = "HOST", value_delimiter = ',')]
    also: Vec<String>,
    /// Where to write the files
    #[arg(long, value_name = "DIR", default_value = "./ackord-tls")]
    dir: PathBuf,
    /// How long the certificates are valid
    #[arg(long, value_name = "LENGTH", value_parser = length, default_value = "90d")]
    valid: Duration,
}

/// What was made.
#[derive(Serialize)]
struct Made {
    ca: PathBuf,
    ca_is_new: bool,
    nodes: Vec<Files>,
    valid_until: Option<String>,
}

/// A certificate and its key.
#[derive(Debug, Serialize)]
pub(super) struct Files {
    host: String,
    pub(super) cert: PathBuf,
    pub(super) key: PathBuf,
}

impl Cert {
    pub(crate) fn run(self, output: Output) -> Result<(), Failure> {
        let Self::Dev(dev) = self;
        let dir = std::path::absolute(&dev.dir)?;
        fs::create_dir_all(&dir).map_err(|it| unwritten(&dir, &it))?;
        let (authority, ca_is_new) = authority(&dir)?;
        let until = SystemTime::now() + dev.valid;
        let also: Vec<_> = dev.also.iter().map(String::as_str).collect();
        let node = |host: &String| {
            let names = [&[host.as_str()], &*also].concat();
            certificate(&dir, &authority, &names, until)
        };
        let nodes: Result<_, Failure> = dev.hosts.iter().map(node).collect();
        let made = Made {
            ca: dir.join(CA).with_extension("crt"),
            ca_is_new,
            nodes: nodes?,
            valid_until: system_time(until),
        };
        output.done(&made, &made.words());
        Ok(())
    }
}

/// The CA of a directory, and whether it was made just now.
pub(super) fn authority(dir: &Path) -> Result<(Authority, bool), Failure> {
    let (cert, key) = paths(dir, CA);
    let made = match (fs::read_to_string(&cert), fs::read_to_string(&key)) {
        (Ok(cert), Ok(key)) => {
            let again = Authority::again(&Minted { cert, key });
            return Ok((again.map_err(|it| unmade(&it))?, false));
        }
        (Err(error), _) if error.kind() == io::ErrorKind::NotFound => {
            Authority::make().map_err(|it| unmade(&it))?
        }
        (Err(error), _) => return Err(unwritten(&cert, &error)),
        // A new one in its place would be trusted by nobody.
        (Ok(_), Err(error)) => {
            let dir = dir.display();
            return Err(
                Failure::failed(format!("read {}: {error}", key.display())).next(format!(
                    "bring the key of the CA back, or begin anew: move {dir} away"
                )),
            );
        }
    };
    // The certificate last: where it is, the key is.
    let Minted {
        cert: text,
        key: secret,
    } = made.minted();
    written(&key, &secret, 0o600)?;
    written(&cert, &text, 0o644)?;
    Ok((made, true))
}

/// Makes a certificate for whoever is reached by these names, the first of which names its files.
pub(super) fn certificate(
    dir: &Path,
    authority: &Authority,
    names: &[&str],
    until: SystemTime,
) -> Result<Files, Failure> {
    let host = names.first().copied().unwrap_or_default();
    if host.parse::<std::net::IpAddr>().is_err() && !is_name(host) {
        return Err(Failure::usage(format!("{host:?} is no host"))
            .next("write it as node-1.example or 10.0.0.1, without a port"));
    }
    let valid = SystemTime::now() - SKEW..until;
    let minted = authority.mint(names, valid).map_err(|it| unmade(&it))?;
    let (cert, key) = paths(dir, &file_name(host));
    written(&key, &minted.key, 0o600)?;
    written(&cert, &minted.cert, 0o644)?;
    let host = host.to_owned();
    Ok(Files { host, cert, key })
}

/// What the files of a host's certificate are called.
pub(super) fn file_name(host: &str) -> String {
    host.replace(':', "_")
}

/// Whether it can be the name of a machine, and of a file that is not the CA's.
fn is_name(host: &str) -> bool {
    let letter = |it: char| it.is_ascii_alphanumeric() || it == '-' || it == '.';
    host.starts_with(|it: char| it.is_ascii_alphanumeric())
        && host.chars().all(letter)
        && host != CA
}

fn paths(dir: &Path, name: &str) -> (PathBuf, PathBuf) {
    (
        dir.join(format!("{name}.crt")),
        dir.join(format!("{name}.key")),
    )
}

/// A crash leaves the old file or the new one.
fn written(path: &Path, text: &str, mode: u32) -> Result<(), Failure> {
    let write = || {
        let mut beside = path.to_owned();
        beside.as_mut_os_string().push(".new");
        // Another mode than that of an earlier one.
        let _none = fs::remove_file(&beside);
        let mut how = fs::OpenOptions::new();
        let mut file = how.write(true).create_new(true).mode(mode).open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().map_err(|it| unwritten(path, &it))
}

fn unwritten(path: &Path, error: &io::Error) -> Failure {
    Failure::failed(format!("use {}: {error}", path.display()))
        .next("name another directory with --dir")
}

fn unmade(error: &MintError) -> Failure {
    let what = with_causes(error);
    match error {
        MintError::Name(_) => Failure::usage(what).next("write it as node-1.example or 10.0.0.1"),
        MintError::Key(_) | MintError::Make(_) => Failure::failed(what),
    }
}

impl Made {
    fn words(&self) -> String {
        let ca = self.ca.display();
        let program = program();
        let made = if self.ca_is_new {
            "Made the CA"
        } else {
            "Used the CA"
        };
        let until = self.valid_until.as_deref().unwrap_or_default();
        let hosts: Vec<_> = self.nodes.iter().map(|it| it.host.as_str()).collect();
        let mut words = format!(
            "{made} {ca}, and certificates for {} until {until}.\n\n\
             Each node needs its own two files and ca.crt. In its configuration:\n",
            hosts.join(", ")
        );
        for node in &self.nodes {
            words.push_str(&node.configuration(&self.ca));
        }
        let first = hosts.first().copied().unwrap_or_default();
        let host = if first.contains(':') {
            format!("[{first}]")
        } else {
            first.to_owned()
        };
        words.push_str(&format!(
            "\nClients trust the CA, and name the nodes by their hosts:\n\n  \
             {program} cluster status --server https://{host}:7400 --ca {ca} --token-file FILE\n\n\
             Keep ca.key from everybody: whoever has it can make a member of the cluster. The same \
             command renews the certificates; nodes take new files while they run."
        ));
        words
    }
}

impl Files {
    fn configuration(&self, ca: &Path) -> String {
        let Self { host, cert, key } = self;
        let (cert, key, ca) = (cert.display(), key.display(), ca.display());
        format!(
            "\n  # {host}\n  \
             [tls]\n  cert = \"{cert}\"\n  key = \"{key}\"\n  \
             [cluster.tls]\n  cert = \"{cert}\"\n  key = \"{key}\"\n  ca = \"{ca}\"\n"
        )
    }
}
