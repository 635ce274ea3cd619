//! To whom a command talks, and as whom.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ackord_channel::secret_file::SecretFile;
use ackord_channel::settings::{Config, config_dir};
use ackord_client::{Client, Options};
use clap::Args;
use http::Uri;

use super::credentials::Credentials;
use super::failure::Failure;
use super::login::{self, Kept};
use super::trust::Trust;
use super::values::length;

/// Where `ackord dev` keeps its things unless something else is said.
pub(crate) const DATA_DIR_DEFAULT: &str = "./ackord-data";

/// How long [`Connection::patient`] tries at least.
const PATIENCE: Duration = Duration::from_secs(60);

/// Settings of the connection, the same for every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Connection {
    /// Address of a node, such as https://node-1:7400; several with commas between
    ///
    /// If neither this nor a token is said, both come from the credentials that `ackord dev` left
    /// in the data directory, or else from `ackord login`. A token that is said goes to the same
    /// servers; but to those of a ./ackord-data that --data-dir does not name, only if they are on
    /// this machine.
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

    /// File that holds the secret of a token
    #[arg(
        long,
        global = true,
        env = "ACKORD_TOKEN_FILE",
        value_name = "FILE",
        conflicts_with = "token"
    )]
    token_file: Option<PathBuf>,

    /// Directory of `ackord dev`, with its data and credentials [default: ./ackord-data]
    #[arg(long, global = true, env = "ACKORD_DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,

    /// How long a call goes on trying, such as 5s or 1m
    #[arg(long, global = true, value_name = "LENGTH", value_parser = length, default_value = "5s")]
    pub(crate) timeout: Duration,

    #[command(flatten)]
    trust: Trust,

    /// What `ackord dev` has left in the present directory does not count: it is not the user's own.
    #[arg(skip)]
    not_here: bool,
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
        self.patient_for(PATIENCE)
    }

    /// The same, to the node of `ackord dev` in this directory.
    pub(crate) fn to_dev(&self, data_dir: &Path) -> Self {
        Self {
            server: Vec::new(),
            token: None,
            token_file: None,
            data_dir: Some(data_dir.to_owned()),
            ..self.clone()
        }
    }

    /// The same, with this token.
    pub(crate) fn with_token(&self, token: String) -> Self {
        Self {
            token: Some(token),
            token_file: None,
            ..self.clone()
        }
    }

    /// The same, for calls that go on trying so long at least.
    pub(crate) fn patient_for(&self, length: Duration) -> Self {
        Self {
            timeout: self.timeout.max(length),
            ..self.clone()
        }
    }

    /// The servers that are named.
    pub(crate) fn stated_servers(&self) -> &[String] {
        &self.server
    }

    /// Whom to trust, as it is said.
    pub(crate) fn stated_trust(&self) -> &Trust {
        &self.trust
    }

    /// Where `ackord dev` keeps its things.
    pub(crate) fn data_dir(&self) -> &Path {
        self.data_dir
            .as_deref()
            .unwrap_or_else(|| Path::new(DATA_DIR_DEFAULT))
    }

    /// What a client needs to know.
    pub(crate) fn options(&self, who: Who) -> Result<Options, Failure> {
        let Reach {
            servers,
            token,
            kept,
        } = self.reach(who)?;
        let trust = self.trust.or(kept);
        Ok(Options {
            servers,
            deadline: self.timeout,
            tls: trust.tls()?,
            insecure: trust.is_insecure(),
            // Each command is a client of its own, and none knows what the last one was told.
            fresh: true,
            ..Options::new("", token)
        })
    }

    fn reach(&self, who: Who) -> Result<Reach, Failure> {
        let token = self.stated_token()?;
        match (self.server.is_empty(), token) {
            (false, Some(token)) => Ok(Reach {
                servers: self.server.clone(),
                token,
                kept: Trust::default(),
            }),
            // A secret that is kept for one server is not shown to another.
            (false, None) => Err(Failure::usage("a server is named, but no token for it")
                .next("say it with --token-file or ACKORD_TOKEN_FILE, or with ACKORD_TOKEN")),
            (true, token) => {
                let kept = self.kept(who, token.is_some())?;
                let token = token.map_or(kept.token, Ok)?;
                Ok(Reach {
                    servers: kept.servers,
                    token,
                    kept: kept.trust,
                })
            }
        }
    }

    /// The token that is named.
    pub(crate) fn stated_token(&self) -> Result<Option<String>, Failure> {
        let Some(path) = &self.token_file else {
            return Ok(self.token.clone());
        };
        let token = SecretFile::new(path).read();
        let token = token.map_err(|it| {
            Failure::usage(it.to_string()).next("name a file that holds a token: ackord login")
        })?;
        Ok(Some(token))
    }

    /// What an earlier command has left: `ackord dev` in its directory, or `ackord login` for this user.
    /// `has_token`: it is shown a token that is stated.
    fn kept(&self, who: Who, has_token: bool) -> Result<Kept, Failure> {
        let data_dir = self.data_dir();
        let is_asked = self.data_dir.is_some() || !self.not_here;
        let of_dev = match is_asked.then(|| Credentials::read(data_dir)) {
            // Nobody has asked for what lies here, and whoever states a token may have a login.
            Some(Err(_)) if has_token && self.data_dir.is_none() => None,
            read => read.transpose()?.flatten(),
        };
        let is_there = of_dev.is_some();
        if let Some(it) = of_dev.filter(|it| self.may_reach(it, has_token)) {
            return Ok(Kept {
                servers: it.servers(),
                trust: Trust::of_ca(it.ca(data_dir)),
                token: it.token(who),
            });
        }
        if self.data_dir.is_none()
            && let Some(kept) = Kept::of_login()?
        {
            return Ok(kept);
        }
        Err(no_server(data_dir, is_there))
    }

    /// Whether these servers may be shown what else is stated. Anybody may have written what lies in the
    /// present directory: unless the user has named the place, nothing of his goes to another machine.
    fn may_reach(&self, kept: &Credentials, has_token: bool) -> bool {
        let shows_own = has_token || self.trust.is_stated();
        self.data_dir.is_some() || !shows_own || kept.servers().iter().all(|it| is_here(it))
    }
}

/// Nobody says where to. `has_others`: there are credentials, and they do not count.
fn no_server(data_dir: &Path, has_others: bool) -> Failure {
    let dir = data_dir.display();
    if has_others {
        let what = format!(
            "no server is named, and those of {dir} are on other machines: a stated token or \
             certificate does not go there unasked"
        );
        return Failure::usage(what).next(format!(
            "say --server, or `ackord login`, or --data-dir {dir} if you trust what it holds"
        ));
    }
    Failure::usage(format!("no server is named, and {dir} has no credentials")).next(
        "start a node with `ackord dev` in this directory, or say --server and --token-file, or \
         `ackord login`",
    )
}

/// Whether an address is of this machine, where `ackord dev` serves.
fn is_here(server: &str) -> bool {
    let uri = server.parse::<Uri>().ok();
    let Some(host) = uri.as_ref().and_then(Uri::host) else {
        return false;
    };
    let number = host.trim_start_matches('[').trim_end_matches(']');
    match number.parse::<IpAddr>() {
        Ok(number) => number.is_loopback(),
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

/// As the channel adapter and its installer need it.
impl Connection {
    /// The same, where the user's settings fill in what is not said. Nothing of the present directory counts
    /// unless it is named: an agent works in projects that anybody may have written, and whoever names the
    /// server is sent the token.
    pub(crate) fn of_channel(&self, config: &Config) -> Self {
        let mut it = self.clone();
        it.not_here = true;
        if it.server.is_empty() && it.data_dir.is_none() {
            it.server.clone_from(&config.server);
        }
        if it.token.is_none() && it.token_file.is_none() {
            it.token_file.clone_from(&config.token_file);
        }
        it.trust.fill_in(config.ca.as_deref(), config.insecure);
        it
    }

    /// The file of the token that counts, if it is in one of its own.
    pub(crate) fn token_file(&self) -> Option<SecretFile> {
        if self.token_file.is_some() || self.token.is_some() {
            return self.token_file.as_ref().map(SecretFile::new);
        }
        let is_login = self.server.is_empty() && self.data_dir.is_none() && self.not_here;
        let dir = config_dir().filter(|_| is_login)?;
        Some(login::token_file(&dir))
    }

    /// What must stand in the environment of an adapter that should reach what this reaches. Paths are whole,
    /// for it starts elsewhere; the token itself is not among it.
    pub(crate) fn env_of_channel(&self) -> Result<BTreeMap<String, String>, Failure> {
        if self.token.is_some() && std::env::var_os("ACKORD_TOKEN").is_none() {
            return Err(Failure::usage(
                "a token on the command line is not written into a project",
            )
            .next("keep it in a file: ackord login, or --token-file"));
        }
        let whole = |it: &PathBuf| -> Result<String, Failure> {
            let path = std::fs::canonicalize(it)
                .map_err(|error| Failure::usage(format!("{}: {error}", it.display())))?;
            Ok(path.display().to_string())
        };
        let mut env = BTreeMap::new();
        if !self.server.is_empty() {
            env.insert("ACKORD_SERVER".to_owned(), self.server.join(","));
        }
        let paths = [
            ("ACKORD_TOKEN_FILE", &self.token_file),
            ("ACKORD_DATA_DIR", &self.data_dir),
        ];
        for (name, path) in paths {
            if let Some(path) = path {
                env.insert(name.to_owned(), whole(path)?);
            }
        }
        let trust = self.trust.whole().map_err(|error| {
            Failure::usage(format!("what the connection trusts, or shows: {error}"))
                .next("see --ca, --client-cert and --client-key")
        })?;
        env.extend(trust.env().map(|(name, it)| (name.to_owned(), it)));
        Ok(env)
    }
}

/// Where to, and as whom.
struct Reach {
    servers: Vec<String>,
    token: String,
    /// Whom to trust, as it was kept with the servers.
    kept: Trust,
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
            token_file: None,
            data_dir: Some(data_dir),
            timeout: Duration::from_secs(1),
            trust: Trust::default(),
            not_here: false,
        }
    }

    fn credentials(server: &str) -> Credentials {
        Credentials {
            server: server.to_owned(),
            operator_token: "operator".to_owned(),
            token: Some("team".to_owned()),
            ca: Some("tls/ca.crt".into()),
        }
    }

    fn kept() -> tempfile::TempDir {
        let dir = tempfile::tempdir().expect("a directory");
        let credentials = credentials("http://kept,http://kept2");
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
    fn a_kept_ca_is_for_the_kept_servers_and_lies_beside_them() {
        let dir = kept();
        let ca = |server: &[&str], token| {
            let options = connection(server, token, dir.path().to_owned()).options(Who::Team);
            options.expect("all is known").tls.ca
        };
        assert_eq!(ca(&[], None), Some(dir.path().join("tls/ca.crt")));
        assert_eq!(ca(&["https://a"], Some("mine")), None);
    }

    #[test]
    fn a_kept_secret_is_not_shown_to_another_server() {
        let dir = kept();
        let options = connection(&["http://a"], None, dir.path().to_owned()).options(Who::Team);
        assert_eq!(options.expect_err("no token for it").code(), 2);
    }

    #[test]
    fn what_is_stated_goes_to_another_machine_only_if_its_directory_is_named() {
        let named = connection(&[], None, "data".into());
        let found = Connection {
            data_dir: None,
            ..named.clone()
        };
        let with_ca = Connection {
            trust: Trust::of_ca(Some("/ca".into())),
            ..found.clone()
        };
        let here = credentials("http://127.0.0.1:1,https://[::1]:2,http://LOCALHOST:3");
        assert!(found.may_reach(&here, true) && with_ca.may_reach(&here, true));
        for there in [
            "https://node-1.example:1",
            "http://127.0.0.1:1,https://node-1.example:2",
            "http://127.0.0.1:1@node-1.example:2",
            "http://127.0.0.1.example:1",
            "http://0.0.0.0:1",
            "",
        ] {
            let credentials = credentials(there);
            assert!(!found.may_reach(&credentials, true), "{there}");
            assert!(!with_ca.may_reach(&credentials, false), "{there}");
            assert!(found.may_reach(&credentials, false), "{there}");
            assert!(named.may_reach(&credentials, true), "{there}");
        }
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
