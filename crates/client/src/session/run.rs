//! A handler at work: claimed, extended and answered without its doing.

use std::time::Duration;

use ackord_proto::v1::RefusalReason;
use tokio::time::sleep;
use tracing::{info, warn};

use super::answer::Nack;
use super::delivery::Delivery;
use super::hold::Loss;
use super::{Ended, Session};
use crate::error::Error;

/// A handler that is done by then needs no claim: its ack says as much.
const CLAIM_AFTER: Duration = Duration::from_secs(1);
/// So many extensions fit into one lease, so that one or two may be late.
const EXTENSIONS_PER_LEASE: u32 = 3;
/// However short the lease, not more often than this.
const EXTEND_EVERY_MIN: Duration = Duration::from_millis(250);

impl Session {
    /// Gives each event to the handler until the session ends for good, and returns why it did.
    ///
    /// `Ok(summary)` acknowledges the event; `Err(nack)` gives it back. The event is claimed when
    /// the handler has run for a second, and its lease extended as long as it runs. When the
    /// delivery is lost meanwhile (cancelled, preempted, taken over), the handler is dropped.
    pub async fn run<F>(&mut self, mut handler: impl FnMut(Delivery) -> F) -> Ended
    where
        F: Future<Output = Result<String, Nack>>,
    {
        loop {
            let delivery = match self.next().await {
                Ok(delivery) => delivery,
                Err(ended) => return ended,
            };
            let outcome = tokio::select! {
                biased;
                outcome = handler(delivery.clone()) => outcome,
                loss = delivery.keep() => {
                    info!(event = %delivery.event_id, %loss, "work stopped");
                    continue;
                }
            };
            let answered = match outcome {
                Ok(summary) => delivery.ack(summary).await.map(|_| ()),
                Err(nack) => delivery.nack(nack).await.map(|_| ()),
            };
            if let Err(error) = answered {
                warn!(event = %delivery.event_id, %error, "answer to a delivery");
            }
        }
    }
}

impl Delivery {
    /// Keeps the delivery as long as it is polled: claims it after a second, then extends its lease
    /// up to the queue's cap. Ends when the delivery is lost.
    pub async fn keep(&self) -> Loss {
        tokio::select! {
            biased;
            loss = self.lost() => loss,
            () = self.tend() => self.lost().await,
        }
    }

    /// Ends when the lease can go no further.
    async fn tend(&self) {
        if !self.claimed {
            sleep(CLAIM_AFTER).await;
            if let Err(error) = self.claim().await {
                warn!(event = %self.event_id, %error, "claim of a delivery");
            }
        }
        let pause = (self.lease / EXTENSIONS_PER_LEASE).max(EXTEND_EVERY_MIN);
        loop {
            sleep(pause).await;
            match self.extend(None).await {
                Ok(_until) => {}
                Err(error) if error.reason() == Some(RefusalReason::LeaseCap) => return,
                Err(Error::Refused(_)) if self.loss().is_some() => return,
                Err(error) => warn!(event = %self.event_id, %error, "extension of a lease"),
            }
        }
    }
}
