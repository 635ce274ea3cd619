//! One stream's mailbox: what it is to be told next. It holds the latest word only, so a stream
//! that does not read costs nothing but its place.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use ackord_core::action::RevokeCause;
use ackord_core::command::Fence;
use ackord_core::model::Token;
use ackord_core::planted::{Bug, is_planted};

use crate::delivery::{Closed, Delivery, Push};

/// Revocations that wait to be written. A session holds two events at the most.
const REVOKES_MAX: usize = 8;
/// Answers of the stream itself that are remembered until the machine says that the deliveries are
/// over. A session answers one thing after the other, and the word follows at once.
const OWN_MAX: usize = 8;

/// See the module.
#[derive(Debug)]
pub(crate) struct Outlet {
    /// The process that opened it.
    pub(crate) nonce: u64,
    pub(crate) token: Arc<Token>,
    /// A delivery that is to be read from the rows once the stream can take it.
    hint: Option<Fence>,
    /// The pump is reading for this stream.
    reading: bool,
    /// A delivery that was read for a stream that waits.
    ready: Option<Box<Delivery>>,
    /// The last delivery that the stream took.
    written: Option<Fence>,
    revokes: VecDeque<(Fence, RevokeCause)>,
    /// What the stream itself answers, or has answered of late.
    own: VecDeque<Own>,
    closed: Option<Closed>,
    /// The stream can write, and waits for something.
    waiting: Option<Waker>,
}

/// An answer that came over the stream itself. Its client hears what became of it, and need not
/// hear that the delivery is over as well. It has the delivery, if only from an earlier stream.
#[derive(Debug, Clone, Copy)]
struct Own {
    fence: Fence,
    /// The machine says that the delivery is over.
    finished: bool,
}

/// What a mailbox asks for after it was told something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ask {
    Nothing,
    /// A delivery should be read for it.
    Read,
    /// The stream does not take what is written to it: close it.
    Stalled,
}

impl Outlet {
    pub(crate) fn new(nonce: u64, token: Arc<Token>) -> Self {
        Self {
            nonce,
            token,
            hint: None,
            reading: false,
            ready: None,
            written: None,
            revokes: VecDeque::new(),
            own: VecDeque::new(),
            closed: None,
            waiting: None,
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.is_some()
    }

    /// The machine wants this delivery written.
    pub(crate) fn deliver(&mut self, fence: Fence) -> Ask {
        let ready = self.ready.as_ref().map(|it| it.fence());
        if [self.written, self.hint, ready].contains(&Some(fence)) {
            return Ask::Nothing;
        }
        self.ready = None;
        self.hint = Some(fence);
        self.ask_for_read()
    }

    /// The session no longer has this delivery.
    pub(crate) fn revoke(&mut self, fence: Fence, cause: RevokeCause) -> Ask {
        let ready = self.ready.as_ref().map(|it| it.fence());
        if is_planted(Bug::RevokedIsWritten) {
            return Ask::Nothing;
        }
        if [self.hint, ready].contains(&Some(fence)) {
            self.hint = None;
            self.ready = None;
            let stalled = cause == RevokeCause::Expired && !self.answers(fence);
            return if stalled { Ask::Stalled } else { Ask::Nothing };
        }
        if cause == RevokeCause::Finished
            && let Some(own) = self.own.iter_mut().find(|it| it.fence == fence)
        {
            own.finished = true;
            return Ask::Nothing;
        }
        self.push_revoke(fence, cause)
    }

    fn push_revoke(&mut self, fence: Fence, cause: RevokeCause) -> Ask {
        if self.revokes.len() >= REVOKES_MAX {
            return Ask::Stalled;
        }
        self.revokes.push_back((fence, cause));
        self.wake();
        Ask::Nothing
    }

    /// The stream itself is about to answer this delivery.
    pub(crate) fn answering(&mut self, fence: Fence) {
        if self.own.len() >= OWN_MAX {
            self.own.pop_front();
        }
        self.own.push_back(Own {
            fence,
            finished: false,
        });
    }

    /// The answer did not count: if the delivery is over, another call has ended it.
    pub(crate) fn not_answered(&mut self, fence: Fence) -> Ask {
        let finished = self.own.iter().any(|it| it.fence == fence && it.finished);
        self.own.retain(|it| it.fence != fence);
        if finished {
            return self.push_revoke(fence, RevokeCause::Finished);
        }
        if self.ready.is_some() {
            self.wake();
        }
        Ask::Nothing
    }

    /// The stream itself answers this delivery, or has answered it of late.
    fn answers(&self, fence: Fence) -> bool {
        self.own.iter().any(|it| it.fence == fence)
    }

    /// Nothing more will be told but this.
    pub(crate) fn close(&mut self, cause: Closed) {
        self.closed.get_or_insert(cause);
        self.hint = None;
        self.ready = None;
        self.revokes.clear();
        self.wake();
    }

    /// What to read for the stream.
    pub(crate) fn begin_read(&mut self) -> Option<Fence> {
        self.reading = self.hint.is_some();
        self.hint
    }

    /// What the rows had for the stream, if it still holds it.
    pub(crate) fn end_read(&mut self, fence: Fence, found: Option<Box<Delivery>>) -> Ask {
        self.reading = false;
        if self.hint != Some(fence) {
            return self.ask_for_read();
        }
        self.hint = None;
        self.ready = found;
        if self.ready.is_some() {
            self.wake();
        }
        Ask::Nothing
    }

    /// The next thing to write. `Poll::Pending`: the stream is woken when there is something; the
    /// ask must be heard before that.
    pub(crate) fn poll(&mut self, cx: &Context<'_>) -> (Poll<Push>, Ask) {
        if let Some(cause) = self.closed {
            return (Poll::Ready(Push::Closed(cause)), Ask::Nothing);
        }
        if let Some((fence, cause)) = self.revokes.pop_front() {
            return (Poll::Ready(Push::Revoke(fence, cause)), Ask::Nothing);
        }
        // What is answered is held back: it would come behind the answer, as if it began anew.
        let given = self.ready.as_ref().map(|it| it.fence());
        if given.is_some_and(|it| !self.answers(it))
            && let Some(delivery) = self.ready.take()
        {
            self.written = Some(delivery.fence());
            return (Poll::Ready(Push::Deliver(delivery)), Ask::Nothing);
        }
        self.waiting = Some(cx.waker().clone());
        (Poll::Pending, self.ask_for_read())
    }

    fn ask_for_read(&self) -> Ask {
        let wanted = self.hint.is_some() && self.waiting.is_some() && !self.reading;
        if wanted { Ask::Read } else { Ask::Nothing }
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waiting.take() {
            waker.wake();
        }
    }
}
