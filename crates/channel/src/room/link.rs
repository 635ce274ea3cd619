//! The way to the cluster: a client, and a session that comes back.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ackord_client::v1::RefusalReason;
use ackord_client::{Client, Error, Session, SessionOptions};
use tokio::sync::mpsc;
use tokio::time::sleep;
use tracing::{info, warn};

use super::Note;

/// Between two tries to attach: at first, and at the most.
const RETRY_MIN: Duration = Duration::from_millis(500);
const RETRY_MAX: Duration = Duration::from_secs(30);

/// Makes a client. Reads the token anew, so that one that was replaced meanwhile is taken.
///
/// The error is one sentence for people, with what to do.
pub type Connect = Arc<dyn Fn() -> Result<Client, String> + Send + Sync>;

/// The client that everything here shares.
#[derive(Clone)]
pub(crate) struct Line {
    connect: Connect,
    present: Arc<Mutex<Option<Client>>>,
}

impl Line {
    pub(crate) fn new(connect: Connect) -> Self {
        Self {
            connect,
            present: Arc::default(),
        }
    }

    /// The present client; made when it is first needed.
    pub(crate) fn client(&self) -> Result<Client, String> {
        let mut present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        match &*present {
            Some(client) => Ok(client.clone()),
            None => Ok(present.insert((self.connect)()?).clone()),
        }
    }

    /// The token may be another one by now: the next use makes a client anew.
    pub(crate) fn renew(&self) {
        *self.present.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line").finish_non_exhaustive()
    }
}

/// Attaches, however long it takes, and tells the room. The session `before` it is left first: two of one process
/// would take the stream from each other.
pub(super) async fn attach(
    before: Option<Session>,
    line: Line,
    options: SessionOptions,
    room: mpsc::Sender<Note>,
) {
    if let Some(before) = before {
        before.leave().await;
    }
    let mut wait = RETRY_MIN;
    loop {
        let why = match try_once(&line, &options).await {
            Ok(session) => {
                info!(key = %options.key, session = session.id(), "attached");
                // Nobody left to tell: the session says good-bye.
                let _unheard = room.send(Note::Attached(session)).await;
                return;
            }
            Err(Missed::TakenOver) => {
                let _unheard = room.send(Note::TakenOver).await;
                return;
            }
            Err(Missed::ForNow(why)) => why,
        };
        warn!(key = %options.key, %why, "attach");
        if room.send(Note::NotAttached(why)).await.is_err() {
            return;
        }
        sleep(wait).await;
        wait = (wait * 2).min(RETRY_MAX);
    }
}

/// Why there is no session.
enum Missed {
    /// Another process has it.
    TakenOver,
    /// In words, for people. Another try may do better.
    ForNow(String),
}

async fn try_once(line: &Line, options: &SessionOptions) -> Result<Session, Missed> {
    let client = line.client().map_err(Missed::ForNow)?;
    let attached = client.attach(options.clone()).await;
    attached.map_err(|error| match error.reason() {
        Some(RefusalReason::TakenOver) => Missed::TakenOver,
        Some(RefusalReason::Unauthenticated | RefusalReason::NotAllowed) => {
            line.renew();
            Missed::ForNow(words(&error))
        }
        _ => Missed::ForNow(words(&error)),
    })
}

/// Why a call did not go well, and what to do, in one sentence or two.
pub(crate) fn words(error: &Error) -> String {
    match error {
        Error::Refused(refusal) => match refusal.what_to_do.is_empty() {
            true => format!("refused: {}", refusal.message),
            false => format!(
                "refused: {}. What to do: {}",
                refusal.message, refusal.what_to_do
            ),
        },
        Error::Failed(why) => format!("failed, and nothing was changed: {why}"),
        Error::Unknown(why) => {
            format!("not known whether it was done: {why}. Look before you repeat it")
        }
    }
}
