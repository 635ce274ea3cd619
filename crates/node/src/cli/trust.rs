//! Whom a command trusts, and what it shows of itself.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ackord_client::{Identity, Tls};
use clap::Args;
use clap::builder::BoolishValueParser;
use serde::{Deserialize, Serialize};

use super::failure::Failure;

/// Settings of TLS, the same for every command.
#[derive(Debug, Clone, Default, Args, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Trust {
    /// CA that vouches for https:// servers, a PEM file. Not said: those that this machine trusts
    #[arg(long, global = true, env = "ACKORD_CA", value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    ca: Option<PathBuf>,

    /// For whom the servers' certificates are, where that is not the host that is called
    #[arg(long, global = true, env = "ACKORD_SERVER_NAME", value_name = "NAME")]
    #[serde(skip_serializing_if = "Option::is_none")]
    server_name: Option<String>,

    /// Certificate to show to servers that ask for one, a PEM file; with --client-key
    #[arg(long, global = true, env = "ACKORD_CLIENT_CERT", value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    client_cert: Option<PathBuf>,

    /// Its private key
    #[arg(long, global = true, env = "ACKORD_CLIENT_KEY", value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    client_key: Option<PathBuf>,

    /// Lets the token go to another machine in plain text, where a server is named as http://
    #[arg(
        long,
        global = true,
        env = "ACKORD_INSECURE",
        value_parser = BoolishValueParser::new()
    )]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    insecure: bool,
}

impl Trust {
    /// The one that was kept beside the servers' addresses by `ackord dev`.
    pub(crate) fn of_ca(ca: Option<PathBuf>) -> Self {
        Self {
            ca,
            ..Self::default()
        }
    }

    /// Takes what the user's settings say where nothing was said here.
    pub(crate) fn fill_in(&mut self, ca: Option<&Path>, insecure: bool) {
        if self.ca.is_none() {
            self.ca = ca.map(Path::to_owned);
        }
        self.insecure |= insecure;
    }

    /// The same, where what was `kept` with the servers' addresses fills in what is not said.
    pub(crate) fn or(&self, kept: Self) -> Self {
        // A certificate and its key go together.
        let shows = self.client_cert.is_some() || self.client_key.is_some();
        let (client_cert, client_key) = match shows {
            true => (self.client_cert.clone(), self.client_key.clone()),
            false => (kept.client_cert, kept.client_key),
        };
        Self {
            ca: self.ca.clone().or(kept.ca),
            server_name: self.server_name.clone().or(kept.server_name),
            client_cert,
            client_key,
            insecure: self.insecure || kept.insecure,
        }
    }

    /// The same from whatever directory it is used.
    pub(crate) fn whole(&self) -> io::Result<Self> {
        let whole = |it: &Option<PathBuf>| it.as_ref().map(fs::canonicalize).transpose();
        Ok(Self {
            ca: whole(&self.ca)?,
            server_name: self.server_name.clone(),
            client_cert: whole(&self.client_cert)?,
            client_key: whole(&self.client_key)?,
            insecure: self.insecure,
        })
    }

    /// The variables that say the same.
    pub(crate) fn env(&self) -> impl Iterator<Item = (&'static str, String)> {
        let path = |it: &Option<PathBuf>| it.as_ref().map(|it| it.display().to_string());
        let said = [
            ("ACKORD_CA", path(&self.ca)),
            ("ACKORD_SERVER_NAME", self.server_name.clone()),
            ("ACKORD_CLIENT_CERT", path(&self.client_cert)),
            ("ACKORD_CLIENT_KEY", path(&self.client_key)),
            ("ACKORD_INSECURE", self.insecure.then(|| "true".to_owned())),
        ];
        said.into_iter().filter_map(|(name, it)| Some((name, it?)))
    }

    /// Whether anything is said.
    pub(crate) fn is_stated(&self) -> bool {
        self.env().next().is_some()
    }

    pub(crate) fn is_insecure(&self) -> bool {
        self.insecure
    }

    /// What a client needs to know.
    pub(crate) fn tls(&self) -> Result<Tls, Failure> {
        let identity = match (self.client_cert.clone(), self.client_key.clone()) {
            (Some(cert), Some(key)) => Some(Identity { cert, key }),
            (None, None) => None,
            _ => {
                return Err(Failure::usage("a certificate and its key go together")
                    .next("say both --client-cert and --client-key"));
            }
        };
        Ok(Tls {
            ca: self.ca.clone(),
            server_name: self.server_name.clone(),
            identity,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> Trust {
        Trust {
            ca: Some("/ca".into()),
            server_name: Some("name".to_owned()),
            client_cert: Some("/cert".into()),
            client_key: Some("/key".into()),
            insecure: true,
        }
    }

    #[test]
    fn nothing_is_dropped_on_the_way_to_an_adapter_or_a_login() {
        assert_eq!(full().env().count(), 5);
        assert!(full().is_stated() && !Trust::default().is_stated());
        let kept = serde_json::to_string(&full()).expect("plain data");
        let kept: Trust = serde_json::from_str(&kept).expect("as it was written");
        let read = Trust::default().or(kept);
        let both = [full(), read].map(|it| it.env().collect::<Vec<_>>());
        assert_eq!(both[0], both[1]);
    }

    #[test]
    fn what_is_said_counts_before_what_was_kept_and_a_key_stays_with_its_certificate() {
        let said = Trust {
            client_cert: Some("/mine".into()),
            ..Trust::of_ca(Some("/other".into()))
        };
        let trust = said.or(full());
        assert_eq!(trust.ca, Some("/other".into()));
        trust
            .tls()
            .expect_err("the kept key is of another certificate");
    }
}
