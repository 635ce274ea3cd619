//! To whom a command talks, and as whom.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ackord_client::{Client, Options};
use clap::Args;

use super::credentials::Credentials;
use super::failure::Failure;
use super::values::length;

/// Where `ackord dev` keeps its things unless something else is said.
pub(crate) const DATA_DIR_DEFAULT: &str = "./ackord-data";

/// How long [`Connection::patient`] tries at least.
const PATIENCE: Duration = Duration::from_secs(60);

/// Settings of the connection, the same for every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Connection {
    /// Address of a node, such as http://127.0.0.1:7400; several with commas between
    ///
    /// If neither this nor --token is said, both come from the credentials that `ackord dev` left
    /// in the data directory.
    #[arg(
        long,
        global = true,
        env = "ACKORD_SERVER",
        value_name = "URL",
        value_delimiter = ','
    )]
    server: Vec<String>,

    /// Secret of a token; better in the environment than on the command line
    #[arg(
        long,
        global = true,
        env = "ACKORD_TOKEN",
        value_name = "SECRET",
        hide_env_values = true
    )]
    token: Option<String>,

    /// Directory of `ackord dev`, with its data and credentials
    #[arg(
        long,
        global = true,
        env = "ACKORD_DATA_DIR",
        value_name = "DIR",
        default_value = DATA_DIR_DEFAULT
    )]
    pub(crate) data_dir: PathBuf,

    /// How long a call goes on trying, such as 5s or 1m
    #[arg(long, global = true, value_name = "LENGTH", value_parser = length, default_value = "5s")]
    pub(crate) timeout: Duration,
}

/// As whom a command talks, where the credentials of `ackord dev` leave a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// As the cluster's operator: teams, and tokens of any team.
    Operator,
    /// As the team.
    Team,
}

impl Connection {
    /// A client, as the team.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        self.client_as(Who::Team)
    }

    /// A client.
    pub(crate) fn client_as(&self, who: Who) -> Result<Client, Failure> {
        Ok(Client::new(self.options(who)?)?)
    }

    /// The same, for work that should outlast a restart of the cluster.
    pub(crate) fn patient(&self) -> Self {
        Self {
            timeout: self.timeout.max(PATIENCE),
            ..self.clone()
        }
    }

    /// The same, to the node of `ackord dev` in this directory.
    pub(crate) fn to_dev(&self, data_dir: &Path) -> Self {
        Self {
            server: Vec::new(),
            token: None,
            data_dir: data_dir.to_owned(),
            ..self.clone()
        }
    }

    /// What a client needs to know.
    pub(crate) fn options(&self, who: Who) -> Result<Options, Failure> {
        let (servers, token) = match (self.server.is_empty(), &self.token) {
            (false, Some(token)) => (self.server.clone(), token.clone()),
            // A secret that is kept for one server is not shown to another.
            (false, None) => {
                return Err(Failure::usage("a server is named, but no token for it")
                    .next("say it with --token or ACKORD_TOKEN"));
            }
            (true, token) => {
                let kept = self.credentials()?;
                (
                    kept.servers(),
                    token.clone().map_or_else(|| kept.token(who), Ok)?,
                )
            }
        };
        let deadline = self.timeout;
        Ok(Options {
            servers,
            deadline,
            ..Options::new("", token)
        })
    }

    fn credentials(&self) -> Result<Credentials, Failure> {
        Credentials::read(&self.data_dir)?.ok_or_else(|| {
            let dir = self.data_dir.display();
            Failure::usage(format!("no server is named, and {dir} has no credentials")).next(
                "start a node with `ackord dev` in this directory, or say --server and --token",
            )
        })
    }
}

impl Credentials {
    fn token(&self, who: Who) -> Result<String, Failure> {
        let kept = match who {
            Who::Operator => Some(&self.operator_token),
            Who::Team => self.token.as_ref(),
        };
        kept.cloned().ok_or_else(|| {
            Failure::failed("`ackord dev` has not made its team yet")
                .next("wait until it says that it is ready")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(server: &[&str], token: Option<&str>, data_dir: PathBuf) -> Connection {
        Connection {
            server: server.iter().map(|it| (*it).to_owned()).collect(),
            token: token.map(str::to_owned),
            data_dir,
            timeout: Duration::from_secs(1),
        }
    }

    fn kept() -> tempfile::TempDir {
        let dir = tempfile::tempdir().expect("a directory");
        let credentials = Credentials {
            server: "http://kept,http://kept2".to_owned(),
            operator_token: "operator".to_owned(),
            token: Some("team".to_owned()),
        };
        credentials.write(dir.path()).expect("written");
        dir
    }

    #[test]
    fn credentials_fill_in_what_is_not_said() {
        let dir = kept();
        let options = |server: &[&str], token, who| {
            let options = connection(server, token, dir.path().to_owned()).options(who);
            options
                .map(|it| (it.servers.join(","), it.token))
                .expect("all is known")
        };
        let pair = |server: &str, token: &str| (server.to_owned(), token.to_owned());
        assert_eq!(
            options(&[], None, Who::Team),
            pair("http://kept,http://kept2", "team")
        );
        assert_eq!(
            options(&[], None, Who::Operator),
            pair("http://kept,http://kept2", "operator")
        );
        assert_eq!(
            options(&[], Some("mine"), Who::Operator),
            pair("http://kept,http://kept2", "mine")
        );
        let two = options(&["http://a", "http://b"], Some("mine"), Who::Team);
        assert_eq!(two, pair("http://a,http://b", "mine"));
    }

    #[test]
    fn a_kept_secret_is_not_shown_to_another_server() {
        let dir = kept();
        let options = connection(&["http://a"], None, dir.path().to_owned()).options(Who::Team);
        assert_eq!(options.expect_err("no token for it").code(), 2);
    }

    #[test]
    fn without_anything_the_next_step_is_told() {
        let dir = tempfile::tempdir().expect("a directory");
        let failure = connection(&[], None, dir.path().to_owned()).options(Who::Team);
        let failure = failure.expect_err("nothing is known");
        assert_eq!(failure.code(), 2);
        assert!(failure.to_string().contains("ackord dev"));
    }
}
