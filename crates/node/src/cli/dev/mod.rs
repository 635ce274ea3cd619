//! `ackord dev`: one node on this machine, or several that form a cluster, ready to be used.
//!
//! The first start draws the operators' secret and writes it down before the cluster is born with
//! its hash, so that no crash leaves a cluster that nobody can enter. Then it makes a team and its
//! token. A later start finds all of that and goes on.

mod certificates;
mod children;
mod plan;
mod seal;
mod team;

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use ackord_node::config::{Http, LISTEN_DEFAULT, Log};
use ackord_node::{Config, Secret, secret};
use clap::Args;
use serde::Serialize;

use super::connection::{Connection, DATA_DIR_DEFAULT};
use super::credentials::{self, Credentials};
use super::failure::Failure;
use super::output::{Output, note};
use super::stop::Stop;
use super::{node, program};
use children::Children;
use plan::Plan;
use team::{TEAM, make_team};

/// Where a node that serves at the usual address takes webhooks.
pub(crate) const WEB_DEFAULT: &str = "http://127.0.0.1:7700";
/// What a terminal need not be bothered with is left out: openraft warns of its own first steps.
const LOG_DEFAULT: &str = "warn,openraft=error";

/// How to start.
#[derive(Debug, Args)]
pub(crate) struct Dev {
    /// Where to serve; on this machine only. Port 0 takes a free one
    ///
    /// Several nodes serve on ports that follow, and reach each other on ports a hundred above.
    /// Two hundred above are probes and figures: /livez, /readyz, /metrics. Three hundred above,
    /// webhooks come in.
    #[arg(long, value_name = "ADDRESS", default_value = LISTEN_DEFAULT)]
    listen: SocketAddr,
    /// How many nodes form the cluster, each a process of its own. Not said: as many as there are
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=9))]
    nodes: Option<u16>,
    /// Lets several nodes speak TLS, with each other and with clients, by certificates made here
    ///
    /// They are in the data directory, and the credentials name their CA: commands need no flag.
    #[arg(long)]
    tls: bool,
    /// What to log: a level, or levels by module, such as info,ackord_raft=debug
    #[arg(
        long,
        value_name = "FILTER",
        env = "ACKORD_LOG",
        default_value = LOG_DEFAULT
    )]
    log: String,
}

/// A node that is ready.
#[derive(Serialize)]
struct Ready<'a> {
    server: &'a str,
    team: &'static str,
    data_dir: String,
    /// Where the tokens are; none if they were lost.
    credentials: Option<String>,
    first_start: bool,
    /// Where probes and figures are served, where there is one node.
    #[serde(skip_serializing_if = "Option::is_none")]
    operations: Option<String>,
    /// Where webhooks come in, where there is one node: what stands before a source's path.
    #[serde(skip_serializing_if = "Option::is_none")]
    webhooks: Option<String>,
    /// The processes, where there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    nodes: Vec<Started>,
}

/// A node in a process of its own.
#[derive(Serialize)]
struct Started {
    server: String,
    operations: Option<String>,
    webhooks: Option<String>,
    pid: u32,
    log: String,
}

/// What a start finds in the data directory.
enum Found {
    /// Nothing: the cluster begins now.
    Nothing,
    /// What an earlier start has left.
    Credentials(Credentials),
    /// Data, and no way in.
    DataOnly,
}

impl Dev {
    pub(crate) async fn run(self, connection: &Connection, output: Output) -> Result<(), Failure> {
        let data_dir = connection.data_dir();
        if let Some(plan) = Plan::of(data_dir, self.nodes, self.listen, self.tls)? {
            return self.run_several(plan, data_dir, output).await;
        }
        let mut stop = Stop::listen()?;
        let found = look(data_dir)?;
        let first_start = matches!(found, Found::Nothing);
        let server = format!("http://{}", self.listen);
        let known = begin(found, data_dir, &server, None)?;
        seal::make(data_dir)?;

        let log = Log {
            filter: self.log,
            ..Log::default()
        };
        let config = Config {
            listen: vec![self.listen],
            http: plan::web(self.listen).map(Http::at),
            operations: plan::operations(self.listen),
            admin_token_sha256: known.as_ref().map(|it| secret::hash(&it.operator_token)),
            secrets: Some(seal::secrets(data_dir)),
            log,
            ..Config::new(data_dir)
        };
        let server = node::start(config).await?;
        let address = server.addresses().first().copied().unwrap_or(self.listen);
        let address = format!("http://{address}");
        if let Some(mut known) = known.clone() {
            known.server.clone_from(&address);
            make_team(known, data_dir).await?;
        }

        let credentials = known.map(|_| credentials::path(data_dir).display().to_string());
        let data_dir = data_dir.display().to_string();
        let ready = Ready {
            server: &address,
            team: TEAM,
            data_dir,
            credentials,
            first_start,
            operations: server.operations().map(|it| it.to_string()),
            webhooks: server.web().first().map(|it| format!("http://{it}")),
            nodes: Vec::new(),
        };
        output.done(&ready, &ready.words());
        stop.asked().await;
        note("stopping");
        node::stop(server, &mut stop).await;
        Ok(())
    }

    /// Runs several nodes, each in a process of its own, until somebody asks to stop.
    async fn run_several(self, plan: Plan, data_dir: &Path, output: Output) -> Result<(), Failure> {
        let mut stop = Stop::listen()?;
        let found = look(data_dir)?;
        let first_start = matches!(found, Found::Nothing);
        let servers = plan.servers().join(",");
        let known = begin(found, data_dir, &servers, plan.ca())?;
        seal::make(data_dir)?;
        let admin = known.as_ref().map(|it| secret::hash(&it.operator_token));
        plan.write(data_dir, admin, &self.log)?;

        let mut children = Children::start(data_dir, plan.nodes())?;
        if let Some(mut known) = known.clone() {
            known.server.clone_from(&servers);
            tokio::select! {
                biased;
                () = stop.asked() => {
                    children.stop().await;
                    return Ok(());
                }
                made = make_team(known, data_dir) => made?,
                failure = children.tend(true) => return Err(failure),
            }
        }
        let credentials = known.map(|_| credentials::path(data_dir).display().to_string());
        let ready = Ready {
            server: &servers,
            team: TEAM,
            data_dir: data_dir.display().to_string(),
            credentials,
            first_start,
            operations: None,
            webhooks: None,
            nodes: children.started(&plan),
        };
        output.done(&ready, &ready.words());
        tokio::select! {
            biased;
            () = stop.asked() => {}
            failure = children.tend(false) => return Err(failure),
        }
        note("stopping");
        children.stop().await;
        Ok(())
    }
}

/// Writes the operators' secret down where a cluster is about to begin with it.
fn begin(
    found: Found,
    data_dir: &Path,
    server: &str,
    ca: Option<PathBuf>,
) -> Result<Option<Credentials>, Failure> {
    match found {
        Found::Credentials(known) => Ok(Some(known)),
        Found::DataOnly => Ok(None),
        Found::Nothing => {
            let known = Credentials {
                server: server.to_owned(),
                operator_token: Secret::draw().expose().to_owned(),
                token: None,
                ca,
            };
            written(&known, data_dir)?;
            Ok(Some(known))
        }
    }
}

/// What is in the data directory, which is made if it is missing.
fn look(data_dir: &Path) -> Result<Found, Failure> {
    let unusable = |it: std::io::Error| {
        Failure::failed(format!("use {}: {it}", data_dir.display()))
            .next("name another directory with --data-dir")
    };
    fs::create_dir_all(data_dir).map_err(unusable)?;
    if let Some(known) = Credentials::read(data_dir)? {
        return Ok(Found::Credentials(known));
    }
    let mut entries = fs::read_dir(data_dir).map_err(unusable)?;
    let is_empty = entries.all(|it| it.is_ok_and(|it| credentials::is_unfinished(&it.file_name())));
    Ok(if is_empty {
        Found::Nothing
    } else {
        Found::DataOnly
    })
}

fn written(known: &Credentials, data_dir: &Path) -> Result<(), Failure> {
    known.write(data_dir).map_err(|it| {
        Failure::failed(format!(
            "write {}: {it}",
            credentials::path(data_dir).display()
        ))
    })
}

impl Ready<'_> {
    /// What people are told: where it runs, and what to type next.
    fn words(&self) -> String {
        let Self {
            server, data_dir, ..
        } = self;
        let several = !self.nodes.is_empty();
        let running = match several {
            false => format!("Ackord runs on {server}, with its data in {data_dir}."),
            true => format!(
                "Ackord runs as a cluster of {} nodes, with their data and logs in {data_dir}:\n\n{}",
                self.nodes.len(),
                self.processes()
            ),
        };
        let Some(credentials) = &self.credentials else {
            return format!(
                "{running}\nIts credentials are gone: say --server {server} and a --token-file that \
                 you have, or begin anew with another --data-dir."
            );
        };
        let program = program();
        let place = match data_dir.as_str() {
            DATA_DIR_DEFAULT => String::new(),
            other => format!(" --data-dir '{other}'"),
        };
        let tokens = match self.first_start {
            true => format!("Made the team {TEAM} and its token: they are in {credentials}."),
            false => format!("Its tokens are in {credentials}."),
        };
        format!(
            "{running}\n{}{tokens} Commands that you type in this directory find them.\n\n\
             Next, in a second terminal, wait for events:\n\n  \
             {program} attach{place} --tag demo\n\n\
             and in a third one, submit an event, and acknowledge it as the second terminal says:\
             \n\n  \
             {program} submit{place} --tag demo --type greeting --data 'hello'\n  \
             {program} history{place} --tag demo\n\n\
             {}",
            self.webhooks(),
            self.end(&program, &place, several)
        )
    }

    /// Where webhooks come in, on any of the nodes.
    fn webhooks(&self) -> String {
        let of_nodes = self.nodes.iter().find_map(|it| it.webhooks.as_ref());
        let base = self.webhooks.as_ref().or(of_nodes);
        base.map_or_else(String::new, |it| {
            format!("Webhooks come in at {it}/webhooks/{TEAM}/SOURCE.\n")
        })
    }

    fn processes(&self) -> String {
        let line = |it: &Started| format!("  {}  process {}\n", it.server, it.pid);
        self.nodes.iter().map(line).collect()
    }

    fn end(&self, program: &str, place: &str, several: bool) -> String {
        if !several {
            let end =
                "Ctrl-C stops the node. However it stops, nothing that it has accepted is lost.";
            return end.to_owned();
        }
        format!(
            "See who leads, and kill it:\n\n  {program} cluster status{place}\n  \
             kill -9 {}\n\n\
             The others go on in about a second, and what was killed starts again by itself. \
             Ctrl-C stops all.",
            self.nodes.first().map_or(0, |it| it.pid)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(found: &Found) -> &'static str {
        match found {
            Found::Nothing => "nothing",
            Found::Credentials(_) => "credentials",
            Found::DataOnly => "data only",
        }
    }

    #[test]
    fn a_cluster_begins_only_where_nothing_is() {
        let dir = tempfile::tempdir().expect("a directory");
        let data = dir.path().join("data");
        let found = || kind(&look(&data).expect("usable"));
        assert_eq!(found(), "nothing");
        fs::write(data.join("credentials.json.new"), "{").expect("written");
        assert_eq!(found(), "nothing");
        fs::write(data.join("identity"), "").expect("written");
        assert_eq!(found(), "data only");
        let known = Credentials {
            server: String::new(),
            operator_token: String::new(),
            token: None,
            ca: None,
        };
        known.write(&data).expect("written");
        assert_eq!(found(), "credentials");
    }

    #[test]
    fn what_to_type_next_names_a_directory_that_is_not_the_usual_one() {
        let ready = |data_dir: &str| Ready {
            server: "http://127.0.0.1:7400",
            team: TEAM,
            data_dir: data_dir.to_owned(),
            credentials: Some("c".to_owned()),
            first_start: true,
            operations: None,
            webhooks: None,
            nodes: Vec::new(),
        };
        assert!(!ready(DATA_DIR_DEFAULT).words().contains("--data-dir"));
        assert!(
            ready("/d")
                .words()
                .contains("attach --data-dir '/d' --tag demo")
        );
    }
}
