//! `ackord session`: who takes events.

use ackord_client::v1;
use ackord_client::v1::SessionLink;
use clap::{Subcommand, ValueEnum};
use serde::Serialize;

use super::connection::Connection;
use super::event::{Queue, class};
use super::failure::Failure;
use super::output::{Output, Row};
use super::paging::Limit;
use super::values::{time, word};

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Session {
    /// Lists sessions and what they do: idle, working, blocked, deaf, unreachable or offline
    ///
    /// Example: ackord session list --tag build
    List {
        #[command(flatten)]
        queue: Queue,
        /// Only those with, or without, a stream
        #[arg(long)]
        link: Option<Link>,
        #[command(flatten)]
        limit: Limit,
    },
}

/// Whether a session has a stream.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Link {
    Attached,
    Detached,
}

#[derive(Serialize)]
struct SessionView {
    session_id: String,
    key: String,
    tag: String,
    node_id: String,
    state: String,
    state_since: Option<String>,
    accepts_messages: bool,
    link: String,
    detached_until: Option<String>,
    health: String,
    lease: Option<LeaseView>,
    parked: Option<FenceView>,
    attached_at: Option<String>,
    seen_at: Option<String>,
    token_id: String,
}

#[derive(Serialize)]
struct LeaseView {
    #[serde(flatten)]
    fence: FenceView,
    class: String,
    phase: String,
    until: Option<String>,
    cap_at: Option<String>,
}

#[derive(Serialize)]
struct FenceView {
    event_id: String,
    delivery: u32,
}

impl Session {
    pub(crate) async fn run(self, connection: &Connection, output: Output) -> Result<(), Failure> {
        let Self::List { queue, link, limit } = self;
        let client = &connection.client()?;
        let link = match link {
            None => SessionLink::Unspecified,
            Some(Link::Attached) => SessionLink::Attached,
            Some(Link::Detached) => SessionLink::Detached,
        };
        let tag = &queue.filter();
        let fetch = |page_size, page_token| async move {
            let question = v1::ListSessionsRequest {
                tag: tag.clone(),
                link: link.into(),
                page_size,
                page_token,
                at_least: None,
            };
            client
                .list_sessions(question)
                .await
                .map(|it| (it.sessions, it.next_page_token))
        };
        limit
            .show::<_, SessionView, _>(output, "no sessions", fetch)
            .await
    }
}

impl From<v1::Session> for SessionView {
    fn from(it: v1::Session) -> Self {
        Self {
            state: word(it.state().as_str_name(), "SESSION_STATE"),
            state_since: time(it.state_since_ms),
            accepts_messages: it.accepts_messages,
            link: word(it.link().as_str_name(), "SESSION_LINK"),
            health: word(it.health().as_str_name(), "SESSION_HEALTH"),
            session_id: it.id,
            key: it.key,
            tag: it.tag,
            node_id: it.node_id,
            detached_until: time(it.detached_until_ms),
            lease: it.lease.map(LeaseView::from),
            parked: it.parked.map(FenceView::from),
            attached_at: time(it.attached_at_ms),
            seen_at: time(it.seen_at_ms),
            token_id: it.token_id,
        }
    }
}

impl From<v1::Lease> for LeaseView {
    fn from(it: v1::Lease) -> Self {
        Self {
            class: class(it.class()),
            phase: word(it.phase().as_str_name(), "LEASE_PHASE"),
            fence: it.fence.unwrap_or_default().into(),
            until: time(it.until_ms),
            cap_at: time(it.cap_at_ms),
        }
    }
}

impl From<v1::Fence> for FenceView {
    fn from(it: v1::Fence) -> Self {
        Self {
            event_id: it.event_id,
            delivery: it.delivery,
        }
    }
}

impl Row for SessionView {
    const HEAD: &'static [&'static str] = &[
        "session", "key", "tag", "state", "since", "event", "phase", "messages", "seen",
    ];

    fn cells(&self) -> Vec<String> {
        let lease = self.lease.as_ref();
        vec![
            self.session_id.clone(),
            self.key.clone(),
            self.tag.clone(),
            self.state.clone(),
            self.state_since.clone().unwrap_or_default(),
            lease.map_or_else(String::new, |it| it.fence.event_id.clone()),
            lease.map_or_else(String::new, |it| it.phase.clone()),
            if self.accepts_messages { "yes" } else { "no" }.to_owned(),
            self.seen_at.clone().unwrap_or_default(),
        ]
    }
}
