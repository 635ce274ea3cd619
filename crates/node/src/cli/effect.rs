//! `ackord effect`: what deliveries do outside of the cluster, recorded once.

use ackord_client::v1;
use ackord_client::v1::EffectOutcome;
use clap::Subcommand;
use serde::Serialize;

use super::answer::Fence;
use super::connection::Connection;
use super::failure::Failure;
use super::output::{Output, Row};
use super::values::{counted, stated, time, word};

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Effect {
    /// Says that a delivery is about to do something outside: prints `new` to one call alone
    ///
    /// Whoever is told `new` does it. `done` says what came of it. `unfinished` says that it was begun
    /// before and that nobody knows: look outside, then complete it or force it.
    ///
    /// Example: ackord effect begin evt_01k4… 1 "charge order 17"
    #[command(verbatim_doc_comment)]
    Begin {
        #[command(flatten)]
        fence: Fence,
        /// Names it within its event, alike in each delivery
        key: String,
    },
    /// Says that it is done, and what came of it; the first result stays
    ///
    /// Example: ackord effect complete evt_01k4… 1 "charge order 17" --result pi_3Oq
    Complete {
        #[command(flatten)]
        fence: Fence,
        /// Which
        key: String,
        /// What came of it, such as the id of what was made
        #[arg(long, default_value = "", hide_default_value = true)]
        result: String,
    },
    /// Does once more what is unfinished; stands in the history
    ///
    /// Example: ackord effect force evt_01k4… 2 "charge order 17" --reason "no such payment"
    Force {
        #[command(flatten)]
        fence: Fence,
        /// Which
        key: String,
        /// Why it is sure that it did not happen before
        #[arg(long, default_value = "", hide_default_value = true)]
        reason: String,
    },
    /// Lists what an event's deliveries have done outside
    ///
    /// Example: ackord effect list evt_01k4…
    List {
        /// The event's id
        event: String,
    },
}

/// An effect as it is shown.
#[derive(Serialize)]
pub(crate) struct EffectView {
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<String>,
    key: String,
    state: String,
    delivery: u32,
    since: Option<String>,
    result: Option<String>,
    done_at: Option<String>,
    forced: Option<u32>,
}

impl Effect {
    pub(crate) async fn run(self, connection: &Connection, output: Output) -> Result<(), Failure> {
        let client = &connection.client()?;
        let (outcome, effect) = match self {
            Self::List { event } => {
                let question = v1::ListEffectsRequest {
                    event_id: event,
                    at_least: None,
                };
                let effects = client.list_effects(question).await?.effects;
                let effects: Vec<EffectView> = effects.into_iter().map(EffectView::from).collect();
                output.list(&effects, "no effects");
                return Ok(());
            }
            Self::Begin { fence, key } => {
                let question = v1::BeginEffectRequest {
                    fence: fence.on_the_wire(),
                    key,
                    nonce: rand::random::<u64>().max(1),
                };
                let answer = client.begin_effect(question).await?;
                (answer.outcome(), answer.effect)
            }
            Self::Complete { fence, key, result } => {
                let question = v1::CompleteEffectRequest {
                    fence: fence.on_the_wire(),
                    completion: Some(v1::EffectCompletion { key, result }),
                };
                let answer = client.complete_effect(question).await?;
                (EffectOutcome::Done, answer.effect)
            }
            Self::Force { fence, key, reason } => {
                let question = v1::ForceEffectRequest {
                    fence: fence.on_the_wire(),
                    key,
                    reason,
                    nonce: rand::random::<u64>().max(1),
                };
                let answer = client.force_effect(question).await?;
                (answer.outcome(), answer.effect)
            }
        };
        let outcome = word(outcome.as_str_name(), "EFFECT_OUTCOME");
        let view = EffectView {
            outcome: Some(outcome.clone()),
            ..effect.unwrap_or_default().into()
        };
        let sentence = match &view.result {
            Some(result) => format!("{outcome}: {result}"),
            None => outcome,
        };
        output.done(&view, &sentence);
        Ok(())
    }
}

impl From<v1::Effect> for EffectView {
    fn from(it: v1::Effect) -> Self {
        Self {
            outcome: None,
            state: word(it.state().as_str_name(), "EFFECT_STATE"),
            key: it.key,
            delivery: it.delivery,
            since: time(it.since_ms),
            result: stated(it.result),
            done_at: time(it.done_at_ms),
            forced: counted(it.forced),
        }
    }
}

impl EffectView {
    /// The effect in one line.
    pub(crate) fn line(&self) -> String {
        let result = self.result.as_deref().unwrap_or_default();
        format!(
            "{}  {}  delivery {}  {result}",
            self.key, self.state, self.delivery
        )
        .trim_end()
        .to_owned()
    }
}

impl Row for EffectView {
    const HEAD: &'static [&'static str] = &["effect", "state", "delivery", "since", "result"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.key.clone(),
            self.state.clone(),
            self.delivery.to_string(),
            self.since.clone().unwrap_or_default(),
            self.result.clone().unwrap_or_default(),
        ]
    }
}
