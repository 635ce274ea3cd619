//! The adapter, put together.

use std::path::PathBuf;

use ackord_client::SessionOptions;
use rmcp::ServiceExt;
use rmcp::service::{QuitReason, ServerInitializeError};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::oneshot;
use tracing::info;

use crate::desk::Rules;
use crate::desktop::Desktop;
use crate::mark::Mark;
use crate::mcp::{Host, Lines};
use crate::relay::{Approvals, Relay};
use crate::room::{Connect, Door, Line, Plan, Room};
use crate::secret_file::SecretFile;
use crate::tools::{About, Tools};

/// Bytes of a body that are shown at once, unless somebody says otherwise.
pub const SHOWN_BYTES_DEFAULT: usize = 65_536;

/// What an adapter needs to know, besides how to reach the cluster.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What stays the same when the session comes back: 1 to 128 visible ASCII characters.
    pub key: String,
    /// The tag whose events it takes. None: what has no tag.
    pub tag: Option<String>,
    /// Whether other sessions may send it messages.
    pub accepts_messages: bool,
    /// Permissions that the host asks for are asked of somebody elsewhere too. None: they are not.
    pub approvals: Option<Approvals>,
    /// How long things take.
    pub rules: Rules,
    /// A word on the desktop when the work of an event is done.
    pub desktop: Desktop,
    /// Where providers reach the cluster, for what models are told.
    pub webhook_url: Option<String>,
    /// Where the token is kept, if it is kept in a file: `token_rotate` replaces it there.
    pub token_file: Option<SecretFile>,
    /// Where new tokens are put. None: nowhere.
    pub tokens_dir: Option<PathBuf>,
    /// Where hooks look for what the session has. None: nowhere.
    pub mark_dir: Option<PathBuf>,
    /// The project that the agent works in.
    pub project: Option<PathBuf>,
    /// Bytes of a body that are shown at once, at the most.
    pub shown_bytes: usize,
}

/// The adapter could not go on.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The handshake did not come about.
    #[error("handshake with the host")]
    Handshake(#[source] Box<ServerInitializeError>),
}

/// Serves a host until its messages end, or `stop` does; then what the session holds goes back.
///
/// The cluster need not be there: it is tried again and again, and tools say how that stands.
///
/// # Errors
/// See [`ServeError`].
pub async fn serve<R, W>(
    settings: Settings,
    connect: Connect,
    input: R,
    output: W,
    stop: impl Future<Output = ()>,
) -> Result<(), ServeError>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let mut stop = std::pin::pin!(stop);
    let (door, inbox) = Door::new();
    let line = Line::new(connect);
    let plan = plan(&settings, line.clone());
    let nonce = plan.options.nonce;
    let relay = settings.approvals.clone().map(|it| {
        let (room, line, key) = (door.clone(), line.clone(), settings.key.clone());
        Relay::new(it, room, line, key, nonce)
    });
    let host = Host::new(tools(settings, nonce, door.clone(), line), relay);
    let serving = tokio::select! {
        biased;
        () = &mut stop => return Ok(()),
        serving = host.serve(Lines::new(input, output)) => serving,
    };
    let serving = match serving {
        Ok(serving) => serving,
        Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
        Err(error) => return Err(ServeError::Handshake(Box::new(error))),
    };
    let room = Room::new(plan, serving.peer().clone(), &door);
    let (end, ended) = oneshot::channel();
    let room = tokio::spawn(room.run(inbox, ended));
    tokio::select! {
        biased;
        () = &mut stop => {}
        reason = serving.waiting() => match reason {
            Ok(QuitReason::Closed | QuitReason::Cancelled) => info!("the host has ended"),
            Ok(reason) => info!(?reason, "the host's connection has ended"),
            Err(error) => info!(%error, "the host's connection has ended"),
        },
    }
    // A room that has ended by itself hears nothing.
    let _ended = end.send(());
    let _ended = room.await;
    Ok(())
}

fn tools(settings: Settings, nonce: u64, room: Door, line: Line) -> Tools {
    let about = About {
        key: settings.key,
        nonce,
        tag: settings.tag,
        webhook_url: settings.webhook_url,
        token_file: settings.token_file,
        tokens_dir: settings.tokens_dir,
        shown_bytes: settings.shown_bytes,
    };
    Tools {
        room,
        line,
        desktop: settings.desktop,
        about,
    }
}

fn plan(settings: &Settings, line: Line) -> Plan {
    let dir = settings.mark_dir.as_deref();
    let mark = dir.map(|dir| Mark::new(dir, &settings.key, settings.project.clone()));
    let mut options = SessionOptions::new(&settings.key);
    options.tag.clone_from(&settings.tag);
    options.accept_messages = settings.accepts_messages;
    Plan {
        line,
        options,
        rules: settings.rules,
        mark,
        shown_bytes: settings.shown_bytes,
    }
}
