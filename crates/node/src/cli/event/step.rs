//! One step of an event's history, as it is shown.

use ackord_client::v1;
use ackord_client::v1::StepKind;
use serde::Serialize;

use super::dead_cause;
use crate::cli::values::{counted, stated, time, word};

/// What happened to an event.
#[derive(Serialize)]
pub(crate) struct StepView {
    at: Option<String>,
    what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    effect_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    approval_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_id: Option<String>,
}

impl From<v1::Step> for StepView {
    fn from(it: v1::Step) -> Self {
        let cause = match it.kind() {
            StepKind::Leased => Some(word(it.delivery_cause().as_str_name(), "DELIVERY_CAUSE")),
            StepKind::Returned => Some(word(it.return_cause().as_str_name(), "RETURN_CAUSE")),
            StepKind::Dead => dead_cause(it.dead_cause()),
            _ => None,
        };
        let verdict = word(it.approval_state().as_str_name(), "APPROVAL_STATE");
        Self {
            verdict: stated(it.approval_id.clone()).map(|_| verdict),
            approval_id: stated(it.approval_id.clone()),
            tool: stated(it.tool.clone()),
            token_id: stated(it.token_id.clone()),
            at: time(it.at_ms),
            what: word(it.kind().as_str_name(), "STEP_KIND"),
            session_id: stated(it.session_id),
            delivery: counted(it.delivery),
            cause,
            reason: stated(it.reason),
            tag: stated(it.tag),
            effect_key: stated(it.effect_key),
        }
    }
}

impl StepView {
    /// The step in one line.
    pub(super) fn line(&self) -> String {
        let mut line = self.at.clone().unwrap_or_default();
        let mut say = |text: &str| {
            line.push_str("  ");
            line.push_str(text);
        };
        say(&self.what);
        if let Some(delivery) = self.delivery {
            say(&format!("delivery {delivery}"));
        }
        if let Some(session) = &self.session_id {
            say(&format!("to {session}"));
        }
        if let Some(tag) = &self.tag {
            say(&format!("to {tag}"));
        }
        if let Some(effect) = &self.effect_key {
            say(effect);
        }
        for said in [&self.approval_id, &self.tool, &self.verdict] {
            said.iter().for_each(|it| say(it));
        }
        if let Some(token) = &self.token_id {
            say(&format!("by {token}"));
        }
        if let Some(cause) = &self.cause {
            say(&format!("({cause})"));
        }
        if let Some(reason) = &self.reason {
            say(reason);
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_told_in_one_line() {
        let step = v1::Step {
            at_ms: 1_763_683_200_000,
            kind: StepKind::Returned.into(),
            delivery: 2,
            return_cause: v1::ReturnCause::LeaseExpired.into(),
            reason: "slow".to_owned(),
            ..v1::Step::default()
        };
        let line = StepView::from(step).line();
        assert_eq!(
            line,
            "2025-11-21T00:00:00.000Z  returned  delivery 2  (lease_expired)  slow"
        );
    }
}
