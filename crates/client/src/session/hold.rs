//! What is known of a delivery that this session was given: whether it still is its own.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use ackord_proto::v1::{Fence, RefusalReason, RevokeCause};
use tokio::sync::watch;

use crate::error::Refusal;

/// Why a delivery is no longer the session's. Stop working on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// An interrupt goes first; the event comes back to the session afterwards.
    Preempted,
    /// Somebody cancelled the event.
    Cancelled,
    /// Time ran out: offer, claim or lease.
    Expired,
    /// Its work is answered.
    Finished,
    /// The event went to another session, or back to its queue.
    Superseded,
    /// The session has ended.
    SessionEnded,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Preempted => "an interrupt goes first",
            Self::Cancelled => "the event was cancelled",
            Self::Expired => "its time ran out",
            Self::Finished => "it is answered",
            Self::Superseded => "the event went elsewhere",
            Self::SessionEnded => "the session has ended",
        })
    }
}

impl From<RevokeCause> for Loss {
    fn from(cause: RevokeCause) -> Self {
        match cause {
            RevokeCause::Preempted => Self::Preempted,
            RevokeCause::Cancelled => Self::Cancelled,
            RevokeCause::Expired => Self::Expired,
            RevokeCause::Finished => Self::Finished,
            RevokeCause::Unspecified => Self::Superseded,
        }
    }
}

/// One delivery as the session's task and its handles share it.
#[derive(Debug)]
pub(super) struct Hold {
    pub(super) fence: Fence,
    loss: watch::Sender<Option<Loss>>,
    /// Somebody has taken it from the session.
    pub(super) taken: AtomicBool,
    /// An answer was given, or is on its way.
    pub(super) answered: AtomicBool,
    /// Whoever gives the answer waits for what comes of it.
    answering: AtomicBool,
    /// The session was given another delivery since.
    replaced: AtomicBool,
}

/// An answer on its way. Once dropped, what was not answered is lost to a later delivery.
#[derive(Debug)]
pub(super) struct Answering<'a>(&'a Hold);

impl Drop for Answering<'_> {
    fn drop(&mut self) {
        self.0.answering.store(false, Ordering::SeqCst);
        if self.0.replaced.load(Ordering::SeqCst) {
            self.0.lose(Loss::Superseded);
        }
    }
}

impl Hold {
    pub(super) fn new(fence: Fence) -> Self {
        Self {
            fence,
            loss: watch::Sender::new(None),
            taken: AtomicBool::new(false),
            answered: AtomicBool::new(false),
            answering: AtomicBool::new(false),
            replaced: AtomicBool::new(false),
        }
    }

    /// The session was given another delivery. That may come before the answer to the ack that made room for
    /// it: then that answer says what became of this one.
    pub(super) fn replace(&self) {
        self.replaced.store(true, Ordering::SeqCst);
        if !self.answering.load(Ordering::SeqCst) {
            self.lose(Loss::Superseded);
        }
    }

    /// An answer is on its way as long as this is kept.
    pub(super) fn answering(&self) -> Answering<'_> {
        // From here on, dropping the handle must not give back what may be answered.
        self.answered.store(true, Ordering::SeqCst);
        self.answering.store(true, Ordering::SeqCst);
        Answering(self)
    }

    /// It is no longer the session's; the first cause stays.
    pub(super) fn lose(&self, cause: Loss) {
        self.loss.send_if_modified(|loss| {
            let first = loss.is_none();
            loss.get_or_insert(cause);
            first
        });
    }

    /// Whether, and why, it is no longer the session's.
    pub(super) fn loss(&self) -> Option<Loss> {
        *self.loss.borrow()
    }

    /// Waits until it is no longer the session's.
    pub(super) async fn lost(&self) -> Loss {
        let mut loss = self.loss.subscribe();
        let lost = loss
            .wait_for(Option::is_some)
            .await
            .expect("the sender is borrowed here");
        (*lost).expect("waited for")
    }

    /// Learns from the refusal of an answer.
    pub(super) fn refused(&self, refusal: &Refusal) {
        // What is wrong is a part of the answer: the delivery goes on as it was.
        if refusal.is_of_a_part() {
            return;
        }
        match refusal.reason {
            RefusalReason::Superseded
            | RefusalReason::NotLeased
            | RefusalReason::UnknownDelivery => {
                self.lose(Loss::Superseded);
            }
            RefusalReason::Gone | RefusalReason::NotFound => self.lose(Loss::Cancelled),
            RefusalReason::AlreadyAcked => self.lose(Loss::Finished),
            _ => {}
        }
    }

    /// Somebody has taken it, nobody has answered it, and the cluster waits for a word: for an answer, or
    /// where the time for that has run out, for a sign that the session is not deaf.
    pub(super) fn wants_word(&self) -> bool {
        let waits = match self.loss() {
            None => true,
            Some(Loss::Expired) => !self.replaced.load(Ordering::SeqCst),
            Some(_) => false,
        };
        let (taken, answered) = (&self.taken, &self.answered);
        waits && taken.load(Ordering::Acquire) && !answered.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_has_taken_needs_no_answer() {
        let hold = Hold::new(Fence {
            event_id: "evt_1".to_owned(),
            delivery: 1,
        });
        assert!(!hold.wants_word());
    }

    #[test]
    fn what_ran_out_wants_a_word_until_another_delivery_comes() {
        let hold = Hold::new(Fence {
            event_id: "evt_1".to_owned(),
            delivery: 1,
        });
        hold.taken.store(true, Ordering::Release);
        hold.lose(Loss::Expired);
        assert!(hold.wants_word());
        hold.replace();
        assert!(!hold.wants_word());
    }

    #[test]
    fn a_part_that_is_refused_is_no_loss() {
        let hold = Hold::new(Fence {
            event_id: "evt_1".to_owned(),
            delivery: 1,
        });
        let mut refusal = Refusal::local(RefusalReason::NotFound, String::new(), "");
        refusal.field = Some("emits[0].in_reply_to".to_owned());
        hold.refused(&refusal);
        assert_eq!(hold.loss(), None);
        refusal.field = None;
        hold.refused(&refusal);
        assert_eq!(hold.loss(), Some(Loss::Cancelled));
    }

    #[test]
    fn what_is_being_answered_is_lost_to_the_next_delivery_only_if_the_answer_does_not_count() {
        for (counts, loss) in [(true, Loss::Finished), (false, Loss::Superseded)] {
            let hold = Hold::new(Fence {
                event_id: "evt_1".to_owned(),
                delivery: 1,
            });
            let answering = hold.answering();
            hold.replace();
            assert_eq!(hold.loss(), None, "its answer is on its way");
            if counts {
                hold.lose(Loss::Finished);
            }
            drop(answering);
            assert_eq!(hold.loss(), Some(loss));
        }
    }

    #[tokio::test]
    async fn the_first_loss_stays() {
        let hold = Hold::new(Fence {
            event_id: "evt_1".to_owned(),
            delivery: 1,
        });
        hold.taken.store(true, Ordering::Release);
        assert!(hold.wants_word());
        hold.lose(Loss::Cancelled);
        hold.lose(Loss::SessionEnded);
        assert_eq!(hold.lost().await, Loss::Cancelled);
        assert!(!hold.wants_word());
    }
}
