//! Crafts carried out: what a process does with a delivery before it answers.

use std::ops::ControlFlow;
use std::sync::Arc;

use ackord_client::{Error, v1};
use ackord_core::answer::EffectOutcome;
use ackord_core::id::EventId;
use ackord_core::model::Overlap;
use ackord_core::text::Tag;
use tokio::time::sleep;

use super::habit::Hand;
use super::parcel::{Emit, message};
use crate::draw::Draw;
use crate::history::{Answer, Copied, CronAsk, CronDeed, Op, Submission, Taken, Via};
use crate::plan::{Craft, CronPlan};

/// Effects of an event: few, so that the next delivery comes across those of the one before.
const EFFECTS: u64 = 3;
/// Longest pause until something is said once more, in milliseconds.
const AGAIN_MAX: u64 = 2_000;
/// The fact of a message that tells where its sender hears.
const FROM_TAG: &str = "ackord.from_tag";

impl Hand {
    /// Does what some crafts say. Break: the delivery is over.
    pub(super) async fn craft(&mut self) -> ControlFlow<()> {
        let crafts: Vec<Craft> = self.scene.plan.crafts.iter().copied().collect();
        let draw = &mut self.draw.fork("crafts");
        if crafts.is_empty() || self.scene.is_calm() || draw.chance(30) {
            return ControlFlow::Continue(());
        }
        if draw.chance(80) && self.claim().await.is_err() {
            return ControlFlow::Continue(());
        }
        for craft in crafts {
            match craft {
                Craft::Handoffs if draw.chance(12) => return self.hand_off(draw).await,
                Craft::Handoffs => {}
                _ if draw.chance(50) => {}
                Craft::Effects => self.effect(draw).await,
                Craft::Checkpoints => self.checkpoint(draw).await,
                Craft::Messages => {
                    self.write(draw).await;
                    self.tell_everybody(&mut draw.fork("everybody")).await;
                }
                Craft::Emits => self.pack(draw),
                Craft::Asks => self.ask_leave(draw).await,
                Craft::Crons => self.pack_cron(draw),
            }
        }
        ControlFlow::Continue(())
    }

    async fn effect(&mut self, draw: &mut Draw) {
        let key = format!("e{}", draw.within(1..=EFFECTS));
        let Ok(begun) = self.begin(&key).await else {
            return;
        };
        match begun {
            EffectOutcome::New => {}
            EffectOutcome::Unfinished if draw.chance(40) => self.force(&key).await,
            EffectOutcome::Unfinished => {}
            _ => return,
        }
        let result = format!("{key} {:016x}", draw.number());
        match draw.within(1..=100) {
            1..=40 => self.complete(key, result).await,
            41..=70 => self.parcel.effects.push((key, result)),
            _ => {}
        }
    }

    async fn begin(&self, key: &str) -> Result<EffectOutcome, Error> {
        let op = Op::Begin {
            fence: self.fence,
            key: key.to_owned(),
        };
        let answer = |it: &v1::BeginEffectResponse| effect(it.position, told(it.outcome()));
        let call = self.delivery.begin_effect(key);
        let begun = self.scene.recorder.call(self.who(), op, call, answer).await;
        Ok(told(begun?.outcome()))
    }

    async fn force(&self, key: &str) {
        let op = Op::Force {
            fence: self.fence,
            key: key.to_owned(),
        };
        let answer = |it: &v1::ForceEffectResponse| effect(it.position, told(it.outcome()));
        let call = self.delivery.force_effect(key, "looked");
        let _recorded = self.scene.recorder.call(self.who(), op, call, answer).await;
    }

    async fn complete(&self, key: String, result: String) {
        let call = self.delivery.complete_effect(&key, &result);
        let answer = |it: &v1::CompleteEffectResponse| {
            let outcome = match it.again {
                true => EffectOutcome::Done,
                false => EffectOutcome::Completed,
            };
            effect(it.position, outcome)
        };
        let op = Op::Complete {
            fence: self.fence,
            key: key.clone(),
            result: result.clone(),
        };
        let _recorded = self.scene.recorder.call(self.who(), op, call, answer).await;
    }

    async fn checkpoint(&self, draw: &mut Draw) {
        for _ in 0..draw.within(1..=2) {
            let note = format!("{} is here {:016x}", self.process, draw.number());
            let call = self.delivery.checkpoint(&note);
            let op = Op::Checkpoint {
                fence: self.fence,
                note: note.clone(),
            };
            let answer = |(): &()| Answer::Somewhere;
            let _recorded = self.scene.recorder.call(self.who(), op, call, answer).await;
        }
    }

    /// Writes to another tag, one letter after the other, or to whoever wrote this.
    async fn write(&self, draw: &mut Draw) {
        let sender = self.delivery.meta.get(FROM_TAG).filter(|_| draw.chance(50));
        let sender = sender.map(|it| Tag::new(it.as_str()).expect("the cluster vouches for it"));
        let Some(tag) = sender.clone().or_else(|| self.another_tag(draw)) else {
            return;
        };
        if Some(&tag) == self.queue.tag.as_ref() {
            return;
        }
        for _ in 0..draw.within(1..=3) {
            let (plan, tag) = (&self.scene.plan, Some(tag.clone()));
            let Some(letter) = self.scene.work.letter(plan, draw, Via::Message, tag) else {
                return;
            };
            self.send(&letter, sender.is_some()).await;
        }
    }

    /// Now and then has something to say to everybody, and says some of it once more.
    async fn tell_everybody(&self, draw: &mut Draw) {
        if !draw.chance(20) {
            return;
        }
        let (plan, work) = (&self.scene.plan, &self.scene.work);
        let Some(letter) = work.letter(plan, draw, Via::Message, None) else {
            return;
        };
        if !draw.chance(40) {
            return self.broadcast(&letter, String::new()).await;
        }
        let key = format!("c{}", letter.content);
        self.broadcast(&letter, key.clone()).await;
        sleep(draw.millis(0..=AGAIN_MAX)).await;
        self.broadcast(&letter, key).await;
    }

    /// Under this dedup key, or one that the client draws.
    async fn broadcast(&self, letter: &Arc<Submission>, key: String) {
        let message = v1::Message {
            broadcast: true,
            ..message(letter)
        };
        let call = self.client.send(v1::SendRequest {
            message: Some(message),
            session_key: format!("s{}", self.process.session),
            nonce: self.nonce,
            dedup_key: key,
            ..v1::SendRequest::default()
        });
        let op = Op::Broadcast(letter.clone());
        let told = self.scene.recorder.call(self.who(), op, call, heard).await;
        let Ok(told) = told else { return };
        let told = heard(&told);
        for event in told.events() {
            self.scene.work.heard_of(event);
            if let Some(index) = told.index() {
                self.scene.work.was_decided(event, index);
            }
        }
    }

    async fn send(&self, letter: &Arc<Submission>, replies: bool) {
        let mut message = message(letter);
        if replies {
            message.tags.clear();
            message.in_reply_to = self.fence.event.to_string();
        }
        let call = self.client.send(v1::SendRequest {
            message: Some(message),
            session_key: format!("s{}", self.process.session),
            nonce: self.nonce,
            ..v1::SendRequest::default()
        });
        let op = Op::Submit(letter.clone());
        let sent = self.scene.recorder.call(self.who(), op, call, sent).await;
        if let Some(Answer::Submitted { event, index, .. }) = sent.ok().map(|it| self::sent(&it)) {
            self.scene.work.heard_of(event);
            self.scene.work.was_decided(event, index);
        }
    }

    /// What goes out with the ack; now and then with a part that must not.
    fn pack(&mut self, draw: &mut Draw) {
        for _ in 0..draw.within(1..=3) {
            let is_message = draw.chance(50);
            let tag = match is_message {
                true => self.another_tag(draw),
                false => draw.pick(&self.scene.plan.queues).tag.clone(),
            };
            if !is_message || tag.is_some() {
                self.pack_one(draw, tag, is_message);
            }
        }
        if draw.chance(20) && self.queue.tag.is_some() {
            // Nobody writes to his own tag.
            self.pack_one(draw, self.queue.tag.clone(), true);
        }
    }

    fn pack_one(&mut self, draw: &mut Draw, tag: Option<Tag>, is_message: bool) {
        let via = Via::Ack(self.fence);
        let letter = self.scene.work.letter(&self.scene.plan, draw, via, tag);
        self.parcel.emits.extend(letter.map(|submission| Emit {
            submission,
            is_message,
        }));
    }

    /// What the ack does with a cron that one has made, or another one that it makes. Nobody watches
    /// it, and its events do not pile up.
    fn pack_cron(&mut self, draw: &mut Draw) {
        let mut plan = CronPlan::draw(draw, &self.scene.plan.queues);
        if plan.overlap == Overlap::Allow {
            plan.overlap = Overlap::Skip;
        }
        let known = self.scene.work.some_cron(draw);
        let (label, deed) = match (draw.within(1..=100), known) {
            (31..=60, Some(label)) => (label, CronDeed::Update(plan)),
            (61..=70, Some(label)) => (label, CronDeed::Pause),
            (71..=85, Some(label)) => (label, CronDeed::Resume),
            (86..=90, Some(label)) => (label, CronDeed::Fire),
            (91..=100, Some(label)) => (label, CronDeed::Delete),
            _ => match self.scene.work.new_cron() {
                Some(label) => (label, CronDeed::Create(plan)),
                None => return,
            },
        };
        let with = Some(self.fence);
        self.parcel.crons.push(CronAsk { label, deed, with });
    }

    /// A queue that is not the session's own.
    pub(super) fn another_tag(&self, draw: &mut Draw) -> Option<Tag> {
        let queues = self.scene.plan.queues.iter();
        let tags = queues.filter(|it| it.tag != self.queue.tag);
        let tags: Vec<Tag> = tags.filter_map(|it| it.tag.clone()).collect();
        (!tags.is_empty()).then(|| draw.pick(&tags).clone())
    }

    /// Somebody else's now. Who was heard may say later that he has done it all the same.
    async fn hand_off(&mut self, draw: &mut Draw) -> ControlFlow<()> {
        let Some(tag) = self.another_tag(draw) else {
            return ControlFlow::Continue(());
        };
        let note = match draw.chance(50) {
            true => format!("{} hands on {:016x}", self.process, draw.number()),
            false => String::new(),
        };
        let call = self.delivery.hand_off(tag.as_str(), note);
        let op = Op::HandOff {
            fence: self.fence,
            tag: tag.clone(),
        };
        let answer = |it: &v1::HandoffResponse| Answer::HandedOff {
            index: it.position.map_or(0, |it| it.index),
            again: it.again,
        };
        let handed = self.scene.recorder.call(self.who(), op, call, answer).await;
        if handed.is_err() {
            return ControlFlow::Continue(());
        }
        if draw.chance(50) {
            sleep(draw.millis(0..=500)).await;
            self.ack_apart(self.fence).await;
        }
        ControlFlow::Break(())
    }
}

fn effect(position: Option<v1::Position>, outcome: EffectOutcome) -> Answer {
    Answer::Effect {
        index: position.map_or(0, |it| it.index),
        outcome,
    }
}

fn told(outcome: v1::EffectOutcome) -> EffectOutcome {
    match outcome {
        v1::EffectOutcome::New => EffectOutcome::New,
        v1::EffectOutcome::Done => EffectOutcome::Done,
        v1::EffectOutcome::Forced => EffectOutcome::Forced,
        v1::EffectOutcome::Unfinished | v1::EffectOutcome::Unspecified => EffectOutcome::Unfinished,
    }
}

/// A message to one tag is one event.
fn sent(it: &v1::Sent) -> Answer {
    let event = it.events.first().expect("a message has a copy for its tag");
    Answer::Submitted {
        event: event_id(event),
        taken: taken(event),
        index: it.position.map_or(0, |it| it.index),
    }
}

/// A message to everybody is an event for each tag that hears it.
fn heard(it: &v1::Sent) -> Answer {
    let tag = |tag: &str| Tag::new(tag).expect("the cluster vouches for it");
    let copies = it.events.iter().zip(&it.tags).map(|(event, at)| Copied {
        tag: (!at.is_empty()).then(|| tag(at)),
        event: event_id(event),
        taken: taken(event),
    });
    Answer::Broadcast {
        copies: copies.collect(),
        index: it.position.map_or(0, |it| it.index),
    }
}

fn event_id(it: &v1::Submitted) -> EventId {
    let event = it.event_id.parse();
    event.expect("a server names events by their ids")
}

fn taken(it: &v1::Submitted) -> Taken {
    match it.outcome() {
        v1::SubmitOutcome::Duplicate => Taken::Duplicate,
        v1::SubmitOutcome::Conflict => Taken::Conflict,
        v1::SubmitOutcome::Accepted | v1::SubmitOutcome::Unspecified => Taken::Accepted,
    }
}
