//! Who waits for commands: somebody of this node, or another node that forwarded them.

use std::time::Duration;

use ackord_proto::peer::{ForwardFailure, ForwardFailureReason as Reason};
use ackord_raft::Origin;
use tokio::sync::{mpsc, oneshot};

use crate::committed::Committed;
use crate::error::ProposeError;

/// What the caller of one unit is told.
pub(crate) type Answer = Result<Vec<Committed>, ProposeError>;

/// See the module. Dropped unanswered, it learns that nobody knows.
#[derive(Debug)]
pub(crate) enum Caller {
    /// Somebody of this node.
    Here(oneshot::Sender<Answer>),
    /// Another node.
    There(Remote),
}

impl Caller {
    /// Says what became of the commands. Whoever asked may be gone; another node learns it when
    /// it applies them itself.
    pub(crate) fn committed(self, committed: impl Iterator<Item = Committed>) {
        match self {
            Self::Here(reply) => {
                let _ = reply.send(Ok(committed.collect()));
            }
            Self::There(mut remote) => remote.answered = true,
        }
    }

    /// Says why there is no answer. Whoever asked may be gone.
    pub(crate) fn fail(self, error: ProposeError) {
        match self {
            Self::Here(reply) => {
                let _ = reply.send(Err(error));
            }
            Self::There(mut remote) => remote.fail(&error),
        }
    }

    /// What the log says of where commands came from; none: from here.
    pub(crate) fn origin(&self, first: usize, commands: usize) -> Option<Origin> {
        let small = |it| u32::try_from(it).expect("an entry has few commands");
        match self {
            Self::Here(_) => None,
            Self::There(remote) => Some(Origin {
                node: remote.node,
                run: remote.run,
                ticket: remote.ticket,
                first: small(first),
                commands: small(commands),
            }),
        }
    }
}

/// Another node that waits.
#[derive(Debug)]
pub(crate) struct Remote {
    node: u64,
    run: u64,
    ticket: u64,
    /// Holds at most one failure for each unit that waits or is on its way, and those are bounded.
    failures: mpsc::UnboundedSender<ForwardFailure>,
    answered: bool,
}

impl Remote {
    pub(crate) fn new(
        node: u64,
        run: u64,
        ticket: u64,
        failures: mpsc::UnboundedSender<ForwardFailure>,
    ) -> Self {
        Self {
            node,
            run,
            ticket,
            failures,
            answered: false,
        }
    }

    fn fail(&mut self, error: &ProposeError) {
        let (reason, retry_after) = match error {
            ProposeError::Overloaded { retry_after } => (Reason::Overloaded, *retry_after),
            ProposeError::NotLeader { .. } => (Reason::NotLeader, Duration::ZERO),
            ProposeError::TooLarge { .. } => (Reason::Malformed, Duration::ZERO),
            ProposeError::Unknown => (Reason::Unknown, Duration::ZERO),
            ProposeError::ShuttingDown => (Reason::ShuttingDown, Duration::ZERO),
        };
        self.answered = true;
        // A stream that is gone has told its node that nobody knows.
        let _ = self.failures.send(ForwardFailure {
            ticket: self.ticket,
            reason: reason.into(),
            retry_after_ms: u64::try_from(retry_after.as_millis()).unwrap_or(u64::MAX),
        });
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        if !self.answered {
            self.fail(&ProposeError::Unknown);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote() -> (Caller, mpsc::UnboundedReceiver<ForwardFailure>) {
        let (failures, heard) = mpsc::unbounded_channel();
        (Caller::There(Remote::new(2, 7, 40, failures)), heard)
    }

    #[test]
    fn another_node_is_told_of_failures_alone() {
        let (caller, mut heard) = remote();
        caller.committed(std::iter::empty());
        assert!(heard.try_recv().is_err());
        let (caller, mut heard) = remote();
        caller.fail(ProposeError::Overloaded {
            retry_after: Duration::from_millis(70),
        });
        let failure = heard.try_recv().expect("a failure");
        assert_eq!(
            (failure.ticket, failure.reason(), failure.retry_after_ms),
            (40, Reason::Overloaded, 70)
        );
        assert!(heard.try_recv().is_err());
    }

    #[test]
    fn dropped_without_an_answer_nobody_knows() {
        let (caller, mut heard) = remote();
        drop(caller);
        assert_eq!(
            heard.try_recv().expect("a failure").reason(),
            Reason::Unknown
        );
        let (reply, mut answer) = oneshot::channel();
        drop(Caller::Here(reply));
        assert!(answer.try_recv().is_err());
    }
}
