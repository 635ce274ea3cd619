//! Writes the history as it happens.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ackord_client::Error;
use madsim::time::TimeHandle;

use crate::history::{Answer, Fault, History, Op, OpId, Outcome, Process, Record, Sight, Who};

/// A hand on the one history of a run. Cheap to clone.
#[derive(Clone)]
pub(super) struct Recorder {
    history: Arc<Mutex<History>>,
    /// Told of each record at once.
    listener: Listener,
}

/// Whoever follows a run as it goes.
pub type Listener = fn(&Record);

/// Simulated time since the start.
pub(super) fn now() -> Duration {
    TimeHandle::current().elapsed()
}

impl Recorder {
    pub(super) fn new(listener: Listener) -> Self {
        Self {
            history: Arc::default(),
            listener,
        }
    }

    pub(super) fn invoke(&self, who: Who, op: Op) -> OpId {
        let id = self.history().invoke(now(), who, op);
        self.tell();
        id
    }

    pub(super) fn end(&self, who: Who, id: OpId, outcome: Outcome) {
        self.history().end(now(), who, id, outcome);
        self.tell();
    }

    /// Records a call and its end.
    pub(super) async fn call<T>(
        &self,
        who: Who,
        op: Op,
        call: impl Future<Output = Result<T, Error>>,
        answer: impl FnOnce(&T) -> Answer,
    ) -> Result<T, Error> {
        let id = self.invoke(who, op);
        let result = call.await;
        let outcome = match &result {
            Ok(done) => Outcome::Ok(answer(done)),
            Err(error) => outcome_of(error),
        };
        self.end(who, id, outcome);
        result
    }

    pub(super) fn see(&self, process: Process, sight: Sight) {
        self.history().see(now(), process, sight);
        self.tell();
    }

    pub(super) fn fault(&self, fault: Fault) {
        self.history().fault(now(), fault);
        self.tell();
    }

    /// The history so far.
    pub(super) fn take(&self) -> History {
        std::mem::take(&mut *self.history())
    }

    fn tell(&self) {
        if let Some(record) = self.history().records.last() {
            (self.listener)(record);
        }
    }

    fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Refused and failed are the same to a history: it was not carried out, and will not be.
pub(super) fn outcome_of(error: &Error) -> Outcome {
    match error {
        Error::Refused(refusal) => Outcome::Fail {
            reason: Some(refusal.reason),
            text: refusal.message.clone(),
        },
        Error::Failed(text) => Outcome::Fail {
            reason: None,
            text: text.clone(),
        },
        Error::Unknown(why) => Outcome::Info(why.clone()),
    }
}

/// Where a write was decided.
pub(super) fn done(position: Option<&ackord_client::v1::Position>) -> Answer {
    match position {
        Some(position) => Answer::Done {
            index: position.index,
        },
        None => Answer::Somewhere,
    }
}
