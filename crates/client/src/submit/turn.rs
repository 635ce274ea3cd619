//! Whose turn it is on one try of a submit: the stream's, which sends it, or its caller's, who gives it
//! up. Both may want it at the same instant; one of them has it.

use std::sync::atomic::{AtomicU8, Ordering};

const WAITING: u8 = 0;
const SENT: u8 = 1;
const GIVEN_UP: u8 = 2;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Turn(AtomicU8);

impl Turn {
    /// The stream is about to send it. No: it was given up, and must not be sent.
    pub(super) fn send(&self) -> bool {
        self.becomes(SENT)
    }

    /// The caller waits no longer. No: it was sent, and what became of it is not known.
    pub(super) fn give_up(&self) -> bool {
        self.becomes(GIVEN_UP)
    }

    fn becomes(&self, state: u8) -> bool {
        let (done, seen) = (Ordering::AcqRel, Ordering::Acquire);
        let was = self.0.compare_exchange(WAITING, state, done, seen);
        was.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_given_up_is_not_sent() {
        let turn = Turn::default();
        assert!(turn.give_up());
        assert!(!turn.send());
    }

    #[test]
    fn what_was_sent_cannot_be_given_up() {
        let turn = Turn::default();
        assert!(turn.send());
        assert!(!turn.give_up());
    }
}
