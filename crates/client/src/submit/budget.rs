//! How many submits, and how many bytes of them, may wait at the same time.

use std::sync::{Arc, Mutex, PoisonError};

use ackord_proto::v1::RefusalReason;

use crate::error::{Error, Refusal};

/// The largest event that fits into one request of the wire.
const ITEM_BYTES_MAX: usize = (4 << 20) - 1024;

/// The bounds, and what is in use.
#[derive(Debug)]
pub(super) struct Budget {
    submits_max: usize,
    bytes_max: usize,
    used: Mutex<Used>,
}

#[derive(Debug, Default)]
struct Used {
    submits: usize,
    bytes: usize,
}

/// One submit's part of the budget; given back when dropped.
#[derive(Debug)]
pub(super) struct Room {
    budget: Arc<Budget>,
    pub(super) bytes: usize,
}

impl Budget {
    pub(super) fn new(submits_max: usize, bytes_max: usize) -> Self {
        Self {
            submits_max,
            bytes_max,
            used: Mutex::default(),
        }
    }

    /// Room for one submit of this many bytes.
    ///
    /// # Errors
    /// Refused: it can never be sent, or too much is waiting.
    pub(super) fn take(self: &Arc<Self>, bytes: usize) -> Result<Room, Error> {
        if bytes > ITEM_BYTES_MAX {
            return Err(too_large(bytes));
        }
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        // A single event always fits, whatever the bound: otherwise it could never be sent.
        let full = used.submits >= self.submits_max
            || (used.submits > 0 && used.bytes + bytes > self.bytes_max);
        if full {
            return Err(overloaded(&used));
        }
        used.submits += 1;
        used.bytes += bytes;
        Ok(Room {
            budget: self.clone(),
            bytes,
        })
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut used = self
            .budget
            .used
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        used.submits -= 1;
        used.bytes -= self.bytes;
    }
}

fn too_large(bytes: usize) -> Error {
    let message = format!("the event takes {bytes} bytes, and a request at most {ITEM_BYTES_MAX}");
    let what_to_do = "put the body into a store and submit a pointer to it";
    Error::Refused(Box::new(Refusal::local(
        RefusalReason::TooLarge,
        message,
        what_to_do,
    )))
}

fn overloaded(used: &Used) -> Error {
    let Used { submits, bytes } = used;
    let message = format!("{submits} submits of {bytes} bytes wait for their answers already");
    let what_to_do = "submit fewer at a time, or raise the bounds in the client's options";
    Error::Refused(Box::new(Refusal::local(
        RefusalReason::Overloaded,
        message,
        what_to_do,
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(taken: Result<Room, Error>) -> Option<RefusalReason> {
        taken.err().and_then(|it| it.reason())
    }

    #[test]
    fn one_submit_too_many_is_refused_at_once() {
        let budget = Arc::new(Budget::new(2, 1000));
        let first = budget.take(1).expect("room");
        let _second = budget.take(1).expect("room");
        assert_eq!(reason(budget.take(1)), Some(RefusalReason::Overloaded));
        drop(first);
        assert_eq!(reason(budget.take(1)), None);
    }

    #[test]
    fn bytes_count_too_and_a_single_event_always_fits() {
        let budget = Arc::new(Budget::new(10, 100));
        let large = budget.take(500).expect("nothing else waits");
        assert_eq!(reason(budget.take(1)), Some(RefusalReason::Overloaded));
        drop(large);
        assert_eq!(reason(budget.take(100)), None);
    }

    #[test]
    fn what_fits_no_request_is_too_large() {
        let budget = Arc::new(Budget::new(10, usize::MAX));
        assert_eq!(
            reason(budget.take(ITEM_BYTES_MAX + 1)),
            Some(RefusalReason::TooLarge)
        );
    }
}
