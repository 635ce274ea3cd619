//! `ackord submit`: an event goes in.

use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ackord_client::{Event, Receipt, Taken, v1};
use clap::{Args, ValueEnum};
use serde::Serialize;

use super::connection::Connection;
use super::failure::Failure;
use super::output::{Output, note};
use super::values::{length, pair};

/// What to submit.
#[derive(Debug, Args)]
pub(crate) struct Submit {
    /// File with the body; `-` or nothing: the standard input
    file: Option<PathBuf>,
    /// The body itself, instead of a file
    #[arg(long, value_name = "TEXT", conflicts_with = "file")]
    data: Option<String>,
    /// What kind of event it is, such as pull_request
    #[arg(long = "type", value_name = "TYPE")]
    event_type: String,
    /// The queue; not said: the team's untagged queue
    #[arg(long)]
    tag: Option<String>,
    /// Precedence in its queue
    #[arg(long, default_value = "normal")]
    class: Class,
    /// Dedup key: a second submit of it queues nothing and answers with the first event
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// Scope of the dedup key; not said: the team's own
    #[arg(long, requires = "key")]
    namespace: Option<String>,
    /// Events of one (tag, ordering key) complete in their order
    #[arg(long, value_name = "KEY")]
    ordering_key: Option<String>,
    /// Deliver it so long from now at the earliest, such as 10m
    #[arg(long, value_name = "LENGTH", value_parser = length)]
    delay: Option<Duration>,
    /// Give it up if no session has it so long from now, such as 2h
    #[arg(long, value_name = "LENGTH", value_parser = length)]
    ttl: Option<Duration>,
    /// A fact that you vouch for, apart from the body; may be said several times
    #[arg(long = "meta", value_name = "NAME=VALUE", value_parser = pair)]
    meta: Vec<(String, String)>,
    /// Media type of the body; not said: by the end of the file's name, if that is .json or .txt
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
    /// Attempts before it is dead, 1 to 100; not said: as its queue says
    #[arg(long, value_name = "COUNT")]
    attempts: Option<u32>,
    /// Lease after a claim, 1s to 7d; not said: as its queue says
    #[arg(long, value_name = "LENGTH", value_parser = length)]
    lease: Option<Duration>,
}

/// Precedence of an event.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Class {
    /// Goes at once: takes an idle session, or pushes another event aside
    Interrupt,
    /// Before normal ones
    Priority,
    /// The rest
    Normal,
}

impl From<Class> for v1::Class {
    fn from(it: Class) -> Self {
        match it {
            Class::Interrupt => Self::Interrupt,
            Class::Priority => Self::Priority,
            Class::Normal => Self::Normal,
        }
    }
}

#[derive(Serialize)]
struct ReceiptView {
    event_id: String,
    outcome: &'static str,
    epoch: u64,
    group: u64,
    index: u64,
}

impl Submit {
    pub(crate) async fn run(self, connection: &Connection, output: Output) -> Result<(), Failure> {
        let client = connection.client()?;
        let receipt = client.submit(self.event()?).await?;
        if receipt.taken == Taken::Conflict {
            note("the key is in already with other content: nothing was queued");
        }
        let view = ReceiptView::from(receipt);
        let sentence = format!("{} {}", view.outcome, view.event_id);
        output.done(&view, &sentence);
        Ok(())
    }

    fn event(self) -> Result<Event, Failure> {
        let content_type = self
            .content_type
            .clone()
            .or_else(|| guess(self.file.as_deref()).map(str::to_owned));
        let body = self.body()?;
        let class = v1::Class::from(self.class);
        let with = |event, set: fn(Event, String) -> Event, text: Option<String>| match text {
            Some(text) => set(event, text),
            None => event,
        };
        let mut event = Event::new(self.event_type, body).class(class);
        event = with(event, Event::tag, self.tag);
        event = with(event, Event::dedup_key, self.key);
        event = with(event, Event::namespace, self.namespace);
        event = with(event, Event::ordering_key, self.ordering_key);
        event = with(event, Event::content_type, content_type);
        for (name, value) in self.meta {
            event = event.meta(name, value);
        }
        if let Some(delay) = self.delay {
            event = event.delay(delay);
        }
        if let Some(ttl) = self.ttl {
            event = event.ttl(ttl);
        }
        if let Some(attempts) = self.attempts {
            event = event.attempts(attempts);
        }
        if let Some(lease) = self.lease {
            event = event.lease(lease);
        }
        Ok(event)
    }

    fn body(&self) -> Result<Vec<u8>, Failure> {
        if let Some(data) = &self.data {
            return Ok(data.clone().into_bytes());
        }
        match &self.file {
            Some(file) if file.as_os_str() != "-" => std::fs::read(file)
                .map_err(|it| Failure::failed(format!("read {}: {it}", file.display()))),
            Some(_) | None => {
                if self.file.is_none() && io::stdin().is_terminal() {
                    return Err(Failure::usage("there is no body")
                        .next("name a file, say --data TEXT, or pipe the body in"));
                }
                let mut body = Vec::new();
                io::stdin().lock().read_to_end(&mut body)?;
                Ok(body)
            }
        }
    }
}

/// The media type that the end of a file's name stands for.
fn guess(file: Option<&Path>) -> Option<&'static str> {
    match file?.extension()?.to_str()? {
        "json" => Some("application/json"),
        "txt" => Some("text/plain"),
        _ => None,
    }
}

impl From<Receipt> for ReceiptView {
    fn from(it: Receipt) -> Self {
        let outcome = match it.taken {
            Taken::Accepted => "accepted",
            Taken::Duplicate => "duplicate",
            Taken::Conflict => "conflict",
        };
        let v1::Position {
            epoch,
            group,
            index,
        } = it.position;
        Self {
            event_id: it.event_id,
            outcome,
            epoch,
            group,
            index,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_media_type_is_guessed_from_the_file_only() {
        assert_eq!(guess(Some(Path::new("a/b.json"))), Some("application/json"));
        assert_eq!(guess(Some(Path::new("-"))), None);
        assert_eq!(guess(None), None);
    }
}
