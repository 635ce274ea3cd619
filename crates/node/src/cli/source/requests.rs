//! The latest requests, of all nodes together: each knows those that reached itself.

use std::cmp::Reverse;
use std::time::Duration;

use ackord_client::{Client, Error, Options, v1};
use clap::Args;
use futures::future::join_all;

use super::view::{OfNode, RequestView};
use crate::cli::connection::{Connection, Who};
use crate::cli::failure::Failure;
use crate::cli::output::{Output, note};

/// How long a server may take to answer: what the others have said by then is still true.
const ANSWER_MAX: Duration = Duration::from_secs(2);

/// Which requests.
#[derive(Debug, Clone, Args)]
pub(crate) struct Requests {
    /// Only those to this source; not said: all of the team
    slug: Option<String>,
    /// Only refused ones
    #[arg(long)]
    refused: bool,
    /// Show at most so many
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    limit: u32,
}

/// A server, and what it said.
struct Asked {
    server: String,
    answer: Result<v1::ListRequestsResponse, Error>,
}

/// What some nodes have seen.
struct Seen {
    /// The nodes, in the order of their servers.
    nodes: Vec<String>,
    /// Newest first.
    requests: Vec<RequestView>,
}

impl Requests {
    /// Asks each server. Fails if none answers.
    pub(super) async fn run(self, connection: &Connection, output: Output) -> Result<(), Failure> {
        let options = connection.options(Who::Team)?;
        let servers = options.servers.clone();
        let limit = self.limit;
        let question = v1::ListRequestsRequest {
            slug: self.slug.unwrap_or_default(),
            refused: self.refused,
            page_size: limit,
        };
        let asked = servers.into_iter().map(|it| ask(it, &options, &question));
        let asked: Vec<Asked> = join_all(asked).await;
        let is_one = asked.len() == 1;
        let answers = answers(asked)?;
        let seen = Seen::of(answers, limit);
        let none = seen.none();
        if is_one {
            output.list(&seen.requests, &none);
        } else {
            let rows: Vec<_> = seen.requests.into_iter().map(OfNode::from).collect();
            output.list(&rows, &none);
        }
        Ok(())
    }
}

async fn ask(server: String, options: &Options, question: &v1::ListRequestsRequest) -> Asked {
    let options = Options {
        servers: vec![server.clone()],
        deadline: options.deadline.min(ANSWER_MAX),
        ..options.clone()
    };
    let answer = match Client::new(options) {
        Ok(client) => client.list_requests(question.clone()).await,
        Err(error) => Err(error),
    };
    Asked { server, answer }
}

/// What the servers answer; people are told of those that do not.
fn answers(asked: Vec<Asked>) -> Result<Vec<v1::ListRequestsResponse>, Failure> {
    let mut answers = Vec::new();
    let mut silent: Vec<(String, Error)> = Vec::new();
    for Asked { server, answer } in asked {
        match answer {
            Ok(answer) => answers.push(answer),
            Err(error) => silent.push((server, error)),
        }
    }
    if answers.is_empty()
        && let Some((_, error)) = silent.first()
    {
        return Err(error.clone().into());
    }
    for (server, error) in &silent {
        note(format!("without those of {server}: {error}"));
    }
    Ok(answers)
}

impl Seen {
    /// At most so many of all; zero: as many as there are.
    fn of(answers: Vec<v1::ListRequestsResponse>, limit: u32) -> Self {
        let mut nodes: Vec<String> = Vec::new();
        let mut requests: Vec<(String, v1::ReceivedRequest)> = Vec::new();
        for answer in answers {
            let node = answer.node_id;
            // A node that is reached at two addresses says the same twice.
            if !nodes.contains(&node) {
                let own = answer.requests.into_iter();
                requests.extend(own.map(|it| (node.clone(), it)));
                nodes.push(node);
            }
        }
        requests.sort_by_key(|it| Reverse(it.1.at_ms));
        if limit > 0 {
            requests.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        }
        let views = requests.into_iter();
        let views = views.map(|(node, it)| RequestView::of(node, it));
        Self {
            nodes,
            requests: views.collect(),
        }
    }

    /// What people are told if there are none.
    fn none(&self) -> String {
        let has = match self.nodes.len() {
            1 => "has",
            _ => "have",
        };
        format!("{} {has} seen no such request", self.nodes.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::Row;

    /// What a node has seen, at these instants.
    fn says(node: u64, instants: &[u64]) -> v1::ListRequestsResponse {
        let request = |at_ms: &u64| v1::ReceivedRequest {
            at_ms: *at_ms,
            slug: format!("at-{at_ms}"),
            ..v1::ReceivedRequest::default()
        };
        v1::ListRequestsResponse {
            requests: instants.iter().map(request).collect(),
            node_id: format!("node_{node}"),
        }
    }

    fn asked(server: &str, answer: Result<v1::ListRequestsResponse, Error>) -> Asked {
        Asked {
            server: server.to_owned(),
            answer,
        }
    }

    /// Node and source of each row.
    fn rows(seen: Seen) -> Vec<(String, String)> {
        let rows = seen.requests.into_iter().map(OfNode::from);
        rows.map(|it| (it.cells()[0].clone(), it.cells()[2].clone()))
            .collect()
    }

    fn row(node: &str, slug: &str) -> (String, String) {
        (node.to_owned(), slug.to_owned())
    }

    #[test]
    fn what_all_nodes_have_seen_is_shown_newest_first() {
        let answers = || vec![says(1, &[50, 20]), says(2, &[40, 30, 10])];
        let newest = [
            row("node_1", "at-50"),
            row("node_2", "at-40"),
            row("node_2", "at-30"),
        ];
        assert_eq!(rows(Seen::of(answers(), 3)), newest);
        assert_eq!(rows(Seen::of(answers(), 0)).len(), 5);
        let none = Seen::of(vec![says(1, &[]), says(2, &[])], 3).none();
        assert_eq!(none, "node_1, node_2 have seen no such request");
    }

    #[test]
    fn a_node_at_two_addresses_is_shown_once() {
        let seen = Seen::of(vec![says(1, &[20, 10]), says(1, &[20, 10])], 50);
        assert_eq!(rows(seen).len(), 2);
    }

    #[test]
    fn a_row_for_programs_names_its_node() {
        let seen = Seen::of(vec![says(3, &[10])], 50);
        let alone = serde_json::to_value(&seen.requests[0]).expect("plain data");
        assert_eq!(alone["node_id"], "node_3");
        let among: Vec<_> = seen.requests.into_iter().map(OfNode::from).collect();
        let among = serde_json::to_value(&among[0]).expect("plain data");
        assert_eq!(among, alone);
    }

    #[test]
    fn a_server_that_does_not_answer_is_a_failure_only_if_none_does() {
        let away = || Err(Error::Failed("cannot reach it".to_owned()));
        let some = answers(vec![
            asked("http://s1", away()),
            asked("http://s2", Ok(says(2, &[10]))),
        ]);
        assert_eq!(some.expect("one answers").len(), 1);
        let none = answers(vec![asked("http://s1", away())]);
        assert_eq!(none.expect_err("none answers").code(), 1);
    }
}
