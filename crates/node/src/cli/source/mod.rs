//! `ackord source`: where providers send their webhooks.

mod change;
mod definition;
mod requests;
mod reseal;
mod secrets;
mod test;
mod view;

use std::time::Duration;

use ackord_client::{Client, v1};
use clap::{Args, Subcommand};

use super::connection::Connection;
use super::failure::Failure;
use super::output::Output;
use super::paging::Limit;
use super::values::{length, millis};
use change::{Create, Update};
use requests::Requests;
use test::Test;
use view::{Named, Paired, ReroutedView, SourceView};

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Source {
    /// Makes a source; its webhooks go to /webhooks/TEAM/NAME on every node
    ///
    /// Example: ackord source create github --preset github --secret-file github.secret --tag build
    ///
    /// Example: ackord source create stripe --definition stripe.toml --secret-env STRIPE_SECRET
    #[command(verbatim_doc_comment)]
    Create(Create),
    /// Lists sources
    ///
    /// Example: ackord source list
    List(Limit),
    /// Shows one source: mode, secrets by name, definition
    ///
    /// Example: ackord source get github --output json
    Get(Which),
    /// Changes a source; what is not named stays
    ///
    /// Rotate a secret by adding the new one, telling the provider, and removing the old one.
    ///
    /// Example: ackord source update github --add-secret-file new.secret
    ///
    /// Example: ackord source update github --remove-secret s1
    #[command(verbatim_doc_comment)]
    Update(Update),
    /// Accepts and holds: what comes is queued once the source is resumed
    ///
    /// Example: ackord source pause github
    Pause(Which),
    /// Accepts and queues again, and first what was held
    ///
    /// Example: ackord source resume github
    #[command(alias = "enable")]
    Resume(Which),
    /// Refuses what comes
    ///
    /// Example: ackord source disable github
    Disable(Which),
    /// Removes a source; what it has accepted stays, and what it holds is queued
    ///
    /// Example: ackord source delete github --revision 3
    Delete(Delete),
    /// Answers the provider's handshakes for a while, as it tries the URL
    ///
    /// Example: ackord source pair slack --for 10m
    Pair(Pair),
    /// Seals the secrets again, under the present key of the node that is asked
    ///
    /// A source that fails does not keep the others from it, and is told of: what was sealed again
    /// before it stays so.
    ///
    /// Example: ackord source reseal
    Reseal {
        /// Only this one; not said: all of the team
        slug: Option<String>,
    },
    /// Asks each server for the latest requests that reached it, refused ones too, and shows them all
    ///
    /// Servers are those of --server, or of the credentials that `ackord dev` left. What reached a node
    /// that none of them is, is not among it.
    ///
    /// Example: ackord source requests github --refused
    Requests(Requests),
    /// Says what a source would make of a saved request: verified or why not, and what would follow
    ///
    /// Example: ackord source test github --body push.json -H 'X-GitHub-Event: push' -H "X-Hub-Signature-256: $SIG"
    Test(Test),
    /// Routes events again that no route had matched, by today's routes
    ///
    /// Example: ackord source reroute github
    Reroute {
        /// The source
        slug: String,
        /// The events; not said: all that the source keeps
        events: Vec<String>,
    },
}

/// Which source.
#[derive(Debug, Clone, Args)]
pub(crate) struct Which {
    /// Its name
    slug: String,
}

/// Which source, as it was seen.
#[derive(Debug, Clone, Args)]
pub(crate) struct Delete {
    /// Its name
    slug: String,
    /// Only if the source still has this revision
    #[arg(long)]
    revision: Option<u64>,
}

/// For how long.
#[derive(Debug, Clone, Args)]
pub(crate) struct Pair {
    /// The source
    slug: String,
    /// For so long, up to 1h
    #[arg(long = "for", value_name = "LENGTH", value_parser = length, default_value = "10m")]
    span: Duration,
    /// No more, from now on
    #[arg(long, conflicts_with = "span")]
    close: bool,
}

impl Source {
    pub(crate) async fn run(self, connection: &Connection, output: Output) -> Result<(), Failure> {
        let client = &connection.client()?;
        match self {
            Self::Create(create) => output.card(&create.run(client).await?),
            Self::List(limit) => list(client, &limit, output).await?,
            Self::Get(Which { slug }) => output.card(&get(client, slug).await?),
            Self::Update(update) => output.card(&update.run(client).await?),
            Self::Pause(which) => {
                set_mode(client, which, v1::SourceMode::Paused, output).await?;
            }
            Self::Resume(which) => {
                set_mode(client, which, v1::SourceMode::Enabled, output).await?;
            }
            Self::Disable(which) => {
                set_mode(client, which, v1::SourceMode::Disabled, output).await?;
            }
            Self::Delete(which) => delete(client, which, output).await?,
            Self::Pair(pair) => pair.run(client, output).await?,
            Self::Reseal { slug } => reseal::reseal(client, slug, output).await?,
            Self::Requests(requests) => requests.run(connection, output).await?,
            Self::Test(test) => output.card(&test.run(client).await?),
            Self::Reroute { slug, events } => reroute(client, slug, events, output).await?,
        }
        Ok(())
    }
}

async fn get(client: &Client, slug: String) -> Result<SourceView, Failure> {
    let question = v1::GetSourceRequest {
        slug,
        at_least: None,
    };
    let answer = client.get_source(question).await?;
    SourceView::of(answer.source.unwrap_or_default())
}

/// A source that was changed. A node that was behind has told its name alone, and is asked again.
async fn whole(client: &Client, source: Option<v1::Source>) -> v1::Source {
    let source = source.unwrap_or_default();
    if !source.path.is_empty() {
        return source;
    }
    let question = v1::GetSourceRequest {
        slug: source.slug.clone(),
        at_least: None,
    };
    let answer = client.get_source(question).await;
    answer.ok().and_then(|it| it.source).unwrap_or(source)
}

async fn list(client: &Client, limit: &Limit, output: Output) -> Result<(), Failure> {
    let fetch = |page_size, page_token| async move {
        let question = v1::ListSourcesRequest {
            page_size,
            page_token,
            at_least: None,
        };
        let answer = client.list_sources(question).await;
        answer.map(|it| (it.sources, it.next_page_token))
    };
    limit.show::<_, Named, _>(output, "no sources", fetch).await
}

async fn set_mode(
    client: &Client,
    Which { slug }: Which,
    mode: v1::SourceMode,
    output: Output,
) -> Result<(), Failure> {
    let question = v1::UpdateSourceRequest {
        slug,
        mode: mode.into(),
        ..v1::UpdateSourceRequest::default()
    };
    let answer = client.update_source(question).await?;
    let source = Named::from(whole(client, answer.source).await);
    output.done(&source, &source.sentence());
    Ok(())
}

async fn delete(
    client: &Client,
    Delete { slug, revision }: Delete,
    output: Output,
) -> Result<(), Failure> {
    let question = v1::DeleteSourceRequest {
        slug: slug.clone(),
        revision,
    };
    client.delete_source(question).await?;
    let sentence = format!("source {slug} is gone; what it has accepted stays");
    output.done(&serde_json::json!({ "slug": slug }), &sentence);
    Ok(())
}

impl Pair {
    async fn run(self, client: &Client, output: Output) -> Result<(), Failure> {
        let question = v1::OpenPairingRequest {
            slug: self.slug.clone(),
            for_ms: if self.close { 0 } else { millis(self.span) },
        };
        let answer = client.open_pairing(question).await?;
        let paired = Paired::new(self.slug, answer.until_ms);
        output.done(&paired, &paired.sentence());
        Ok(())
    }
}

async fn reroute(
    client: &Client,
    slug: String,
    events: Vec<String>,
    output: Output,
) -> Result<(), Failure> {
    let mut question = v1::RerouteEventsRequest {
        slug,
        event_ids: events,
        page_token: String::new(),
    };
    let mut rows = Vec::new();
    let end = loop {
        match client.reroute_events(question.clone()).await {
            Ok(answer) => {
                rows.extend(answer.events.into_iter().map(ReroutedView::from));
                question.page_token = answer.next_page_token;
            }
            Err(error) if rows.is_empty() => return Err(error.into()),
            Err(error) => break Err(Failure::partly(format!("then: {error}"))),
        }
        if question.page_token.is_empty() {
            break Ok(());
        }
    };
    output.list(&rows, "the source keeps no events");
    end.map_err(|it| it.next("ask again: what is routed already is not routed twice"))
}
