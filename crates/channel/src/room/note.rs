//! What the room is told and asked, and what it answers.

use std::time::Duration;

use ackord_client::v1::{Class, Fence};
use ackord_client::{Delivery, Loss, Session};
use tokio::sync::{mpsc, oneshot};

use super::hand::{Call, Handed};
use crate::desk::{Lost, NoneMeant, Said};

/// Notes that may wait for the room.
const NOTES_MAX: usize = 256;

/// Something that the room is told or asked.
#[derive(Debug)]
pub(crate) enum Note {
    /// The host takes notifications.
    HostListens,
    /// The model calls a tool.
    Called,
    /// The model wants an event, and waits so long.
    Next(Duration, oneshot::Sender<Next>),
    /// The model answers, or speaks of, an event.
    Meant(Meant, oneshot::Sender<Result<Delivery, NotMeant>>),
    /// The model's last word on a delivery goes to the cluster.
    Answers(Fence, Said),
    /// That does not count, or nobody knows.
    NotAnswered(Fence),
    /// How things stand.
    Standing(oneshot::Sender<Standing>),
    /// Attach anew, with the token as it is by now; answered once that is done, with what is at hand.
    Renew(oneshot::Sender<()>),
    Attached(Session),
    NotAttached(String),
    /// Another process has the session, and this one is not let in any more.
    TakenOver,
    /// The notification of an event is about to be written.
    Showing(Fence),
    /// A notification is written.
    Pushed(Fence),
    /// Whoever asked for an event has this one.
    Heard(Fence),
    /// Whoever asked for an event was gone before he had this one.
    Unheard(Fence),
    /// What was about to be handed over is not the session's any more: the call waits on.
    WaitsOn(Call),
    AtCap(Fence),
    Gone(Fence, Loss),
    Counted(Fence, Option<u64>),
}

/// The event that a call speaks of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Meant {
    /// By its id. None: the one that the session has.
    pub(crate) event_id: Option<String>,
    /// The delivery that the model was shown. None: whatever it is.
    pub(crate) delivery: Option<u32>,
    /// What the call says, if it is the last word on it.
    pub(crate) said: Option<Said>,
}

/// Why no delivery is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotMeant {
    /// No event is named, and none can be guessed.
    None(NoneMeant),
    /// The session is not attached, and was given nothing yet.
    NotYet,
    /// This session was never given that event.
    Foreign(String),
    /// It was, under another number by now.
    Older(Fence),
}

/// What came of asking for an event.
#[derive(Debug)]
pub(crate) enum Next {
    /// Here it is.
    Event(Handed),
    /// None came.
    Nothing(Linked),
}

/// Whether the cluster can give this session anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Linked {
    /// It can.
    Attached(String),
    /// Not yet, or not at present: the latest trouble, if there was one.
    Trying(Option<String>),
    /// No more.
    Over(String),
}

/// How things stand.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    pub(crate) linked: Linked,
    pub(crate) holds: Option<(Fence, bool, Class)>,
    pub(crate) lost: Option<Lost>,
}

/// A way to the room.
#[derive(Debug, Clone)]
pub(crate) struct Door(mpsc::Sender<Note>);

impl Door {
    /// A door, and what comes in by it.
    pub(crate) fn new() -> (Self, mpsc::Receiver<Note>) {
        let (notes, inbox) = mpsc::channel(NOTES_MAX);
        (Self(notes), inbox)
    }

    /// A way in for what the room itself lets run beside it.
    pub(super) fn notes(&self) -> mpsc::Sender<Note> {
        self.0.clone()
    }

    /// Tells. A room that has ended does not mind.
    pub(crate) async fn tell(&self, note: Note) {
        let _ended = self.0.send(note).await;
    }

    /// Asks; none if the room has ended.
    pub(crate) async fn ask<T>(&self, note: impl FnOnce(oneshot::Sender<T>) -> Note) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.tell(note(reply)).await;
        answer.await.ok()
    }
}
