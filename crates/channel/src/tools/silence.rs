//! Who hears of it if nothing of a cron or source is acknowledged.

use ackord_client::v1;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Tools;
use super::args::{Urgency, stated};

/// Which silence is told of.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SilenceArgs {
    /// An event tells if nothing of it was acknowledged for so many seconds, up to 366 days; 0: none does
    #[schemars(range(max = 31_622_400))]
    after_seconds: u32,
    /// Tag of the sessions that are told; left out: as it is, and at first this session's
    session: Option<String>,
    /// Precedence of the event that tells
    priority: Option<Urgency>,
}

impl SilenceArgs {
    /// What holds once this is said. With a length of zero: nobody hears of it.
    pub(super) fn over(
        self,
        tools: &Tools,
        present: Option<v1::Silence>,
    ) -> Result<v1::Silence, String> {
        let mut silence = present.unwrap_or_default();
        silence.after_ms = u64::from(self.after_seconds) * 1000;
        let own = || tools.about.tag.clone();
        let tag = stated(self.session).or_else(|| stated(Some(silence.tag.clone())));
        let tag = tag.or_else(own).unwrap_or_default();
        if tag.is_empty() && silence.after_ms > 0 {
            return Err(
                "silence.session is needed: this session has no tag. Nothing was done".to_owned(),
            );
        }
        silence.tag = tag;
        if let Some(priority) = self.priority {
            silence.set_class(priority.into());
        }
        Ok(silence)
    }
}
