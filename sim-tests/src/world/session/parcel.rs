//! What goes with an ack: effects that are done, events, messages and changes of crons. All of it, or
//! nothing.

use std::sync::Arc;

use ackord_client::{Ack, Error, v1};
use ackord_core::answer::EffectOutcome;
use ackord_core::command::Fence;

use super::super::crons;
use super::super::recorder::{done, outcome_of};
use super::super::submitter::class_of;
use super::habit::{Hand, acked};
use crate::history::{Answer, CronAsk, Op, OpId, Outcome, Submission, Taken};
use crate::judge::body_of;

/// See the module.
#[derive(Debug, Clone, Default)]
pub(super) struct Parcel {
    /// Effects, and what came of them.
    pub(super) effects: Vec<(String, String)>,
    /// What is published.
    pub(super) emits: Vec<Emit>,
    /// What is done with crons, behind that.
    pub(super) crons: Vec<CronAsk>,
}

/// One thing that goes out.
#[derive(Debug, Clone)]
pub(super) struct Emit {
    pub(super) submission: Arc<Submission>,
    pub(super) is_message: bool,
}

/// What was asked with an ack.
struct Asked {
    ack: OpId,
    effects: Vec<OpId>,
    emits: Vec<OpId>,
    crons: Vec<OpId>,
}

impl Hand {
    /// Acks, and has a parcel go with that.
    pub(super) async fn ack_with(&self, parcel: &Parcel) -> Result<v1::Acked, Error> {
        let asked = self.ask(parcel);
        let result = self.delivery.ack_with(parcel.ack()).await;
        self.hear(&asked, &result);
        if let Some(position) = result.as_ref().ok().and_then(|it| it.position) {
            let event = self.fence.event;
            self.scene.work.was_decided(event, position.index);
        }
        result
    }

    fn ask(&self, parcel: &Parcel) -> Asked {
        let invoke = |op| self.scene.recorder.invoke(self.who(), op);
        Asked {
            ack: invoke(Op::Ack(self.fence)),
            effects: parcel.completions(self.fence).map(invoke).collect(),
            emits: parcel.submits().map(invoke).collect(),
            crons: parcel.crons().map(invoke).collect(),
        }
    }

    fn hear(&self, asked: &Asked, result: &Result<v1::Acked, Error>) {
        let end = |id, outcome| self.scene.recorder.end(self.who(), id, outcome);
        let ack = match result {
            Ok(it) => Outcome::Ok(acked(it)),
            Err(error) => outcome_of(error),
        };
        end(asked.ack, ack);
        for (nth, id) in asked.emits.iter().enumerate() {
            end(*id, self.of_emit(result, nth));
        }
        for id in &asked.crons {
            end(*id, of_cron(result));
        }
        for id in &asked.effects {
            end(*id, of_effect(result));
        }
    }

    /// What went out with an ack that was given before is not known to be this.
    fn of_emit(&self, result: &Result<v1::Acked, Error>, nth: usize) -> Outcome {
        let acked = match result {
            Ok(it) if it.again => return given_before(),
            Ok(it) => it,
            Err(error) => return outcome_of(error),
        };
        let event = acked.emitted.get(nth).and_then(|it| it.event_ids.first());
        let event = event.expect("an ack answers each of its emits");
        let event = event.parse().expect("a server names events by their ids");
        self.scene.work.heard_of(event);
        Outcome::Ok(Answer::Submitted {
            event,
            taken: Taken::Accepted,
            index: acked.position.map_or(0, |it| it.index),
        })
    }
}

fn of_effect(result: &Result<v1::Acked, Error>) -> Outcome {
    match result {
        Ok(it) if it.again => given_before(),
        Ok(it) => Outcome::Ok(Answer::Effect {
            index: it.position.map_or(0, |it| it.index),
            outcome: EffectOutcome::Completed,
        }),
        Err(error) => outcome_of(error),
    }
}

fn of_cron(result: &Result<v1::Acked, Error>) -> Outcome {
    match result {
        Ok(it) if it.again => given_before(),
        Ok(it) => Outcome::Ok(done(it.position.as_ref())),
        Err(error) => outcome_of(error),
    }
}

fn given_before() -> Outcome {
    Outcome::Info("the ack was given before".to_owned())
}

impl Parcel {
    fn completions(&self, fence: Fence) -> impl Iterator<Item = Op> {
        let effects = self.effects.clone().into_iter();
        effects.map(move |(key, result)| Op::Complete { fence, key, result })
    }

    fn submits(&self) -> impl Iterator<Item = Op> {
        self.emits
            .iter()
            .map(|it| Op::Submit(it.submission.clone()))
    }

    fn crons(&self) -> impl Iterator<Item = Op> {
        self.crons.iter().cloned().map(Op::Cron)
    }

    fn ack(&self) -> Ack {
        let ack = Ack::new("done");
        let effects = self.effects.iter();
        let ack = effects.fold(ack, |ack, (key, result)| ack.effect(key, result));
        let emits = self.emits.iter();
        let ack = emits.fold(ack, |ack, it| match it.is_message {
            true => ack.message(message(&it.submission)),
            false => ack.submit(submit(&it.submission)),
        });
        let crons = self.crons.iter().map(crons::emit);
        crons.fold(ack, Ack::emit)
    }
}

/// A message to the queue of a submission, which has a tag.
pub(super) fn message(it: &Submission) -> v1::Message {
    let text = body_of(it.content, it.padding).to_vec();
    v1::Message {
        tags: it.tag.iter().map(ToString::to_string).collect(),
        text: String::from_utf8(text).expect("a name and points"),
        class: class_of(it.class).into(),
        ..v1::Message::default()
    }
}

fn submit(it: &Submission) -> v1::SubmitItem {
    v1::SubmitItem {
        tag: it.tag.as_ref().map(ToString::to_string).unwrap_or_default(),
        class: class_of(it.class).into(),
        event_type: "sim.event".to_owned(),
        body: body_of(it.content, it.padding),
        ..v1::SubmitItem::default()
    }
}
