//! One logical call: its tries, until one settles it or its deadline has come.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use crate::backoff::Backoff;
use crate::error::Error;
use crate::verdict::{Verdict, settles};

/// May a call be sent again when its answer is lost?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Yes: it changes nothing.
    Read,
    /// Yes: a second time changes nothing more, and answers the same.
    Repeatable,
    /// The same, and the first time stays on record: whoever is refused now was never heard before.
    Recorded,
    /// As [`Kind::Repeatable`], and a server may take long over it.
    Lengthy,
    /// No: a second time would do it twice, or say that it cannot be done.
    Once,
}

/// A try that may be repeated is given up after this long, so that a node that went silent does
/// not use up the whole deadline.
const TRY_LIMIT: Duration = Duration::from_secs(5);
/// The same for what may take a server long: it gives a change of members 20 s, and then says so itself.
const LENGTHY_LIMIT: Duration = Duration::from_secs(25);
/// Thirty years: whoever waits longer waits no longer than this, for instants have an end.
const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 3600);

/// The state of one call between its tries.
#[derive(Debug)]
pub(crate) struct Retry {
    kind: Kind,
    deadline: Instant,
    backoff: Backoff,
    /// An earlier try may have been carried out.
    lost: Option<String>,
}

impl Retry {
    pub(crate) fn new(kind: Kind, deadline: Duration) -> Self {
        let deadline = Instant::now() + deadline.min(FAR);
        Self {
            kind,
            deadline,
            backoff: Backoff::new(),
            lost: None,
        }
    }

    /// Until the deadline of the call.
    pub(crate) fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Until one try is given up.
    fn limit(&self) -> Duration {
        match self.kind {
            Kind::Read | Kind::Repeatable | Kind::Recorded => self.left().min(TRY_LIMIT),
            Kind::Lengthy => self.left().min(LENGTHY_LIMIT),
            Kind::Once => self.left(),
        }
    }

    /// Runs one try, up to its limit of time.
    pub(crate) async fn run<T>(
        &self,
        attempt: impl Future<Output = Result<T, Verdict>>,
    ) -> Result<T, Verdict> {
        self.run_within(self.limit(), attempt).await
    }

    /// Runs one try, up to the deadline of the call.
    pub(crate) async fn run_to_the_end<T>(
        &self,
        attempt: impl Future<Output = Result<T, Verdict>>,
    ) -> Result<T, Verdict> {
        self.run_within(self.left(), attempt).await
    }

    async fn run_within<T>(
        &self,
        limit: Duration,
        attempt: impl Future<Output = Result<T, Verdict>>,
    ) -> Result<T, Verdict> {
        match timeout(limit, attempt).await {
            Ok(outcome) => outcome,
            Err(_elapsed) => Err(Verdict::Lost("no answer in time".to_owned())),
        }
    }

    /// Waits for the next try.
    ///
    /// # Errors
    /// There is none: the call ends so.
    pub(crate) async fn after(&mut self, verdict: Verdict) -> Result<(), Error> {
        let wait = match &verdict {
            Verdict::Final(_) => return Err(self.end(verdict)),
            Verdict::Lost(_) if self.kind == Kind::Once => return Err(self.end(verdict)),
            Verdict::Lost(_) => self.backoff.wait(),
            Verdict::Undone(error) => {
                let asked = error
                    .refusal()
                    .and_then(|it| it.retry_after)
                    .unwrap_or_default();
                self.backoff.wait().max(asked)
            }
        };
        if wait >= self.left() {
            return Err(self.end(verdict));
        }
        if let Verdict::Lost(why) = verdict {
            self.lost = Some(why);
        }
        sleep(wait).await;
        Ok(())
    }

    /// The call ends without going well. What an earlier try may have done is not forgotten.
    fn end(&mut self, verdict: Verdict) -> Error {
        let error = verdict.into_error();
        match (self.kind, error) {
            (Kind::Read, Error::Unknown(why)) => Error::Failed(why),
            (Kind::Read, error) => error,
            (kind, Error::Refused(refusal)) if settles(kind, &refusal) => Error::Refused(refusal),
            (_, error) => match self.lost.take() {
                Some(why) => Error::Unknown(why),
                None => error,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use ackord_proto::v1::{self, RefusalReason};

    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    fn refused(reason: RefusalReason) -> Verdict {
        Verdict::of_refusal(v1::Refusal {
            reason: reason.into(),
            ..v1::Refusal::default()
        })
    }

    fn lost() -> Verdict {
        Verdict::Lost("the stream broke".to_owned())
    }

    #[tokio::test]
    async fn a_try_is_given_the_time_that_a_server_takes() {
        let limit = |kind| Retry::new(kind, LONG).limit();
        assert!(limit(Kind::Repeatable) <= TRY_LIMIT);
        assert!(limit(Kind::Lengthy) > Duration::from_secs(20));
        assert!(limit(Kind::Once) > LENGTHY_LIMIT);
    }

    #[tokio::test]
    async fn a_deadline_may_be_beyond_all_time() {
        let retry = Retry::new(Kind::Read, Duration::MAX);
        assert!(retry.left() > LONG);
        let outcome = retry.run_to_the_end(async { Ok(()) }).await;
        assert!(outcome.is_ok(), "{outcome:?}");
    }

    #[tokio::test]
    async fn a_call_that_must_not_be_repeated_ends_unknown() {
        let mut retry = Retry::new(Kind::Once, LONG);
        assert!(matches!(retry.after(lost()).await, Err(Error::Unknown(_))));
    }

    #[tokio::test]
    async fn a_read_never_ends_unknown() {
        let mut retry = Retry::new(Kind::Read, Duration::ZERO);
        assert!(matches!(retry.after(lost()).await, Err(Error::Failed(_))));
    }

    #[tokio::test]
    async fn a_later_failure_does_not_hide_a_lost_answer() {
        let mut retry = Retry::new(Kind::Repeatable, LONG);
        retry.after(lost()).await.expect("there is time");
        let end = retry.after(refused(RefusalReason::NotAllowed)).await;
        assert!(matches!(end, Err(Error::Unknown(_))), "{end:?}");
    }

    /// How a call ends whose first try was lost and whose second one is refused so.
    async fn refused_after_a_loss(kind: Kind, reason: RefusalReason) -> Error {
        let mut retry = Retry::new(kind, LONG);
        retry.after(lost()).await.expect("there is time");
        retry.after(refused(reason)).await.expect_err("refused")
    }

    #[tokio::test]
    async fn a_refused_ack_was_not_heard_before() {
        for reason in [RefusalReason::Superseded, RefusalReason::AlreadyAcked] {
            let end = refused_after_a_loss(Kind::Recorded, reason).await;
            assert!(matches!(end, Error::Refused(_)), "{end:?}");
        }
    }

    #[tokio::test]
    async fn a_nack_that_was_heard_may_be_why_it_is_refused_now() {
        for reason in [RefusalReason::Superseded, RefusalReason::NotLeased] {
            let end = refused_after_a_loss(Kind::Repeatable, reason).await;
            assert!(matches!(end, Error::Unknown(_)), "{end:?}");
        }
    }

    #[tokio::test]
    async fn what_is_gone_now_may_have_been_there_before() {
        let end = refused_after_a_loss(Kind::Repeatable, RefusalReason::NotFound).await;
        assert!(matches!(end, Error::Unknown(_)), "{end:?}");
        let end = refused_after_a_loss(Kind::Recorded, RefusalReason::NotFound).await;
        assert!(matches!(end, Error::Refused(_)), "{end:?}");
    }

    #[tokio::test]
    async fn what_never_was_was_never_heard() {
        let end = refused_after_a_loss(Kind::Repeatable, RefusalReason::UnknownDelivery).await;
        assert!(matches!(end, Error::Refused(_)), "{end:?}");
    }

    #[tokio::test]
    async fn what_changed_nothing_is_tried_again_whatever_it_is() {
        let mut retry = Retry::new(Kind::Once, LONG);
        retry
            .after(refused(RefusalReason::NoLeader))
            .await
            .expect("another try may go well");
    }

    #[tokio::test]
    async fn a_refusal_that_asks_for_more_time_than_there_is_ends_the_call() {
        let mut retry = Retry::new(Kind::Once, Duration::from_secs(1));
        let overloaded = v1::Refusal {
            reason: RefusalReason::Overloaded.into(),
            retry_after_ms: 60_000,
            ..v1::Refusal::default()
        };
        let end = retry.after(Verdict::of_refusal(overloaded)).await;
        assert_eq!(
            end.err().and_then(|it| it.reason()),
            Some(RefusalReason::Overloaded)
        );
    }
}
