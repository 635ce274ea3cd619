//! `ackord queue set`: reads the settings, changes some, writes all; somebody else's change in
//! between is refused.

use std::time::Duration;

use ackord_client::v1::{self, RefusalReason};
use ackord_client::{Client, Error};
use clap::Args;
use serde_json::json;

use super::view::QueueView;
use crate::cli::changes::seen;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::values::{length, millis};

/// What changes; the rest stays.
#[derive(Debug, Clone, PartialEq, Args)]
pub(crate) struct Set {
    /// Its tag; not said: the team's untagged queue
    #[arg(default_value = "", hide_default_value = true)]
    tag: String,
    /// Lease after a claim, 1s to 7d; each extension adds as much
    #[arg(long, value_name = "LENGTH", value_parser = length)]
    lease: Option<Duration>,
    /// Time from a written delivery to its claim, 1s to 7d
    #[arg(long, value_name = "LENGTH", value_parser = length)]
    claim_limit: Option<Duration>,
    /// Time from the claim to the end of the last extension, up to 7d
    #[arg(long, value_name = "LENGTH", value_parser = length)]
    lease_cap: Option<Duration>,
    /// Attempts before an event is dead, 1 to 100
    #[arg(long, value_name = "COUNT")]
    attempts: Option<u32>,
    /// One event at a time, in order, for the whole queue
    #[arg(long, value_name = "true|false")]
    strict: Option<bool>,
    /// Leases a minute, spread evenly; 0: no bound
    #[arg(long, value_name = "COUNT")]
    rate: Option<u32>,
}

impl Set {
    pub(super) async fn run(self, client: &Client, output: Output) -> Result<(), Failure> {
        let tag = self.tag.clone();
        if self.is_empty() {
            return Err(Failure::usage("nothing to change is named").next(
                "say at least one of --lease, --claim-limit, --lease-cap, --attempts, --strict, \
                 --rate",
            ));
        }
        let present = present(client, &tag).await?;
        let revision = present.as_ref().map(|it| it.revision);
        let settings = self.over(present.and_then(|it| it.settings).unwrap_or_default());
        let question = v1::SetQueueRequest {
            tag: tag.clone(),
            settings: Some(settings),
            revision,
        };
        let v1::SetQueueResponse { revision, position } = client.set_queue(question).await?;
        let question = v1::GetQueueRequest {
            tag: tag.clone(),
            at_least: position,
        };
        if let Some(answer) = seen(client.get_queue(question).await) {
            output.card(&QueueView::from(answer.queue.unwrap_or_default()));
        } else {
            let sentence = format!("{} is set", super::name(&tag));
            output.done(&json!({ "tag": tag, "revision": revision }), &sentence);
        }
        Ok(())
    }

    fn is_empty(&self) -> bool {
        let nothing = Self {
            tag: self.tag.clone(),
            lease: None,
            claim_limit: None,
            lease_cap: None,
            attempts: None,
            strict: None,
            rate: None,
        };
        *self == nothing
    }

    /// The settings with these changes.
    fn over(self, present: v1::QueueSettings) -> v1::QueueSettings {
        v1::QueueSettings {
            lease_ms: self.lease.map_or(present.lease_ms, millis),
            claim_limit_ms: self.claim_limit.map_or(present.claim_limit_ms, millis),
            lease_cap_ms: self.lease_cap.map_or(present.lease_cap_ms, millis),
            attempts: self.attempts.unwrap_or(present.attempts),
            strict: self.strict.unwrap_or(present.strict),
            leases_per_minute: self.rate.unwrap_or(present.leases_per_minute),
        }
    }
}

/// The queue as it is; none if there is none yet.
async fn present(client: &Client, tag: &str) -> Result<Option<v1::Queue>, Error> {
    let question = v1::GetQueueRequest {
        tag: tag.to_owned(),
        at_least: None,
    };
    match client.get_queue(question).await {
        Ok(answer) => Ok(answer.queue),
        Err(error) if error.reason() == Some(RefusalReason::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_stays() {
        let set = Set {
            tag: String::new(),
            lease: Some(Duration::from_secs(1)),
            claim_limit: None,
            lease_cap: None,
            attempts: None,
            strict: Some(false),
            rate: None,
        };
        let present = v1::QueueSettings {
            lease_ms: 5,
            attempts: 7,
            strict: true,
            ..v1::QueueSettings::default()
        };
        let expected = v1::QueueSettings {
            lease_ms: 1000,
            strict: false,
            ..present
        };
        assert!(!set.is_empty());
        assert_eq!(set.over(present), expected);
    }
}
