//! The ledger: what an event's work does outside, so that it happens once however often the event comes.

use ackord_client::Error;
use ackord_client::v1::{self, EffectOutcome, EffectState};
use schemars::JsonSchema;
use serde::Deserialize;

use super::args::stated;
use super::{Told, Tools, said, words};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BeginArgs {
    /// Names what is to happen, alike each time that the event is worked on, such as charge-customer-17
    key: String,
    /// The event, such as evt_01k4…; left out: the one at hand
    event_id: Option<String>,
    /// The delivery that you were shown (ackord_delivery)
    delivery: Option<u32>,
    /// Only after the answer was "unfinished", and you have looked outside and it did not happen: how you know.
    /// It is yours to do then
    force_reason: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CompleteArgs {
    /// What was begun
    key: String,
    /// What came of it, such as the id of what was made
    result: Option<String>,
    /// The event, such as evt_01k4…; left out: the one at hand
    event_id: Option<String>,
    /// The delivery that you were shown (ackord_delivery)
    delivery: Option<u32>,
}

/// `effect_begin`.
pub(super) async fn begin(tools: &Tools, args: BeginArgs) -> Told {
    let delivery = tools.delivery(args.event_id, args.delivery).await?;
    let key = args.key;
    let (outcome, effect) = match stated(args.force_reason) {
        None => {
            let begun = said(delivery.begin_effect(&key).await)?;
            (begun.outcome(), begun.effect)
        }
        Some(reason) => {
            let forced = said(delivery.force_effect(&key, reason).await)?;
            (forced.outcome(), forced.effect)
        }
    };
    let effect = effect.unwrap_or_default();
    match outcome {
        EffectOutcome::New | EffectOutcome::Forced => Ok(format!(
            "new: nobody has done {key} yet. Do it now, once, and then call effect_complete."
        )),
        EffectOutcome::Done => Ok(format!(
            "done: {key} has happened; do not do it again. What came of it: {}",
            result(&effect)
        )),
        EffectOutcome::Unfinished => Ok(format!(
            "unfinished: delivery {} began {key} at {}, and nobody has said what came of it. It may have \
             happened. Look outside. If it has, call effect_complete; if you are sure that it has not, call \
             effect_begin again with force_reason.",
            effect.delivery,
            words::time(effect.since_ms)
        )),
        EffectOutcome::Unspecified => Err(format!(
            "the cluster gave an answer that this adapter does not know: do not do {key}"
        )),
    }
}

/// `effect_complete`.
pub(super) async fn complete(tools: &Tools, args: CompleteArgs) -> Told {
    let delivery = tools.delivery(args.event_id, args.delivery).await?;
    let key = args.key;
    let came = args.result.unwrap_or_default();
    let completed: Result<v1::CompleteEffectResponse, Error> =
        delivery.complete_effect(&key, came).await;
    let completed = said(completed)?;
    let effect = completed.effect.unwrap_or_default();
    Ok(match completed.again {
        false => format!("{key} is on record as done."),
        true => format!(
            "{key} was done before, and that result stays: {}",
            result(&effect)
        ),
    })
}

fn result(effect: &v1::Effect) -> String {
    match effect.result.as_str() {
        "" => "(nothing was said)".to_owned(),
        result => words::line(result),
    }
}

/// A ledger, for whoever is given the event again. Empty: nothing was begun.
pub(crate) fn ledger(effects: &[v1::Effect]) -> String {
    let line = |it: &v1::Effect| match it.state() {
        EffectState::Done => format!("- {}: done: {}\n", words::line(&it.key), result(it)),
        EffectState::Unfinished | EffectState::Unspecified => format!(
            "- {}: begun by delivery {}, and nobody knows what came of it: look outside before you do it\n",
            words::line(&it.key),
            it.delivery
        ),
    };
    effects.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ledger_says_what_was_done_and_what_nobody_knows() {
        let done = v1::Effect {
            key: "charge".to_owned(),
            state: EffectState::Done.into(),
            result: "ch_1".to_owned(),
            ..v1::Effect::default()
        };
        let begun = v1::Effect {
            key: "mail".to_owned(),
            state: EffectState::Unfinished.into(),
            delivery: 2,
            ..v1::Effect::default()
        };
        let expected = "- charge: done: ch_1\n- mail: begun by delivery 2, and nobody knows what came of it: \
                        look outside before you do it\n";
        assert_eq!(ledger(&[done, begun]), expected);
    }
}
