//! What a session is told.

use ackord_core::action::{CloseCause, RevokeCause};
use ackord_core::command::Fence;
use ackord_core::id::SessionId;
use ackord_core::model::{Content, Event, Health, Lease, Ledger, Link, QueueSettings, Session};
use ackord_core::rows::{Key, Row, RowError, Rows};

use crate::hub::StreamId;

/// One thing to write to a session.
#[derive(Debug)]
pub enum Push {
    /// An event to work on.
    Deliver(Box<Delivery>),
    /// A delivery is no longer the session's.
    Revoke(Fence, RevokeCause),
    /// The last thing that is written.
    Closed(Closed),
}

/// An event in a session's hands, with all that it is told about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// How the session holds it.
    pub lease: Lease,
    /// The event.
    pub event: Box<Event>,
    /// What was submitted. The body shares the bytes that were read.
    pub content: Content,
    /// What its queue says of it.
    pub settings: QueueSettings,
    /// What its deliveries have done outside.
    pub ledger: Ledger,
}

impl Delivery {
    /// Names this delivery.
    #[must_use]
    pub fn fence(&self) -> Fence {
        Fence {
            event: self.lease.event,
            delivery: self.lease.delivery,
        }
    }
}

/// Why a stream ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Closed {
    /// Another stream of the session took its place.
    Superseded,
    /// The token was revoked or has ended.
    Revoked,
    /// The node shuts down.
    ShuttingDown,
    /// The session said that it ends.
    Bye,
    /// What was to be written was not taken in time.
    Stalled,
    /// The machine does not count the stream as open.
    Forgotten,
    /// The node has lost the others.
    Isolated,
}

impl Closed {
    /// Whether the machine is still to be told that the stream is gone.
    pub(crate) const fn leaves_a_session(self) -> bool {
        match self {
            Self::Superseded | Self::Forgotten => false,
            Self::Revoked | Self::ShuttingDown | Self::Bye | Self::Stalled | Self::Isolated => true,
        }
    }
}

impl From<CloseCause> for Closed {
    fn from(cause: CloseCause) -> Self {
        match cause {
            CloseCause::Superseded => Self::Superseded,
            CloseCause::Revoked => Self::Revoked,
            CloseCause::Forgotten => Self::Forgotten,
        }
    }
}

fn session(rows: &dyn Rows, id: SessionId) -> Result<Option<Box<Session>>, RowError> {
    match rows.get(&Key::Session(id))? {
        Some(Row::Session(it)) => Ok(Some(it)),
        Some(_) => Err(unexpected(&Key::Session(id))),
        None => Ok(None),
    }
}

/// Whether the rows count the stream as open.
fn is_open(session: &Session, id: StreamId) -> bool {
    session.stream == id.stream && session.link == Link::Attached
}

/// What the session of a stream holds; or why the stream is over, which was opened by this process.
pub(crate) fn held(
    rows: &dyn Rows,
    id: StreamId,
    nonce: u64,
) -> Result<Result<Option<Fence>, Closed>, RowError> {
    let Some(session) = session(rows, id.session)? else {
        return Ok(Err(Closed::Forgotten));
    };
    Ok(match session {
        it if it.stream != id.stream && it.nonce != nonce => Err(Closed::Superseded),
        it if !is_open(&it, id) => Err(Closed::Forgotten),
        // The word of what it did not take was among what was lost.
        it if it.health == Health::Unreachable => Err(Closed::Stalled),
        it => Ok(it.lease.map(|lease| Fence {
            event: lease.event,
            delivery: lease.delivery,
        })),
    })
}

/// Reads what a stream is to be given, if `fence` is still what its session holds.
pub(crate) fn read(
    rows: &dyn Rows,
    id: StreamId,
    fence: Fence,
) -> Result<Option<Box<Delivery>>, RowError> {
    let session = session(rows, id.session)?;
    let Some(session) = session.filter(|it| is_open(it, id)) else {
        return Ok(None);
    };
    let holds = |it: &Lease| (it.event, it.delivery) == (fence.event, fence.delivery);
    let Some(lease) = session.lease.filter(holds) else {
        return Ok(None);
    };

    let queue = Key::Queue(session.queue);
    let Some(Row::Queue(row)) = rows.get(&queue)? else {
        return Err(unexpected(&queue));
    };
    let key = Key::Event(session.team, fence.event);
    let Some(Row::Event(event)) = rows.get(&key)? else {
        return Err(unexpected(&key));
    };
    let key = Key::Content(session.team, fence.event);
    let Some(Row::Content(content)) = rows.get(&key)? else {
        return Err(unexpected(&key));
    };
    let settings = row.settings;
    let ledger = ledger(rows, &event)?;
    Ok(Some(Box::new(Delivery {
        lease,
        event,
        content,
        settings,
        ledger,
    })))
}

/// Most events have none, and no row for it.
fn ledger(rows: &dyn Rows, event: &Event) -> Result<Ledger, RowError> {
    if event.effects == 0 {
        return Ok(Ledger::default());
    }
    let key = Key::Ledger(event.team, event.id);
    match rows.get(&key)? {
        Some(Row::Ledger(ledger)) => Ok(ledger),
        _ => Err(unexpected(&key)),
    }
}

fn unexpected(key: &Key) -> RowError {
    RowError(format!("unexpected row under {key:?}"))
}
