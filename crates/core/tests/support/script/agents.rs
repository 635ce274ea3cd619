//! Verbs of what sessions say to each other, do outside, and hand to each other: `checkpoint`,
//! `handoff`, `send`, `begin`, `complete` and `force`, and what goes out with an `ack`.

use std::fmt::Write;

use ackord_core::answer::{EffectOutcome, Taken};
use ackord_core::command::{
    Ack, Addressed, BeginEffect, Checkpoint, CompleteEffect, Completion, DedupClaim, Emit,
    ForceEffect, Handoff, Message, Moment, Op, Process, Send,
};
use ackord_core::id::{EventId, TeamId};
use ackord_core::model::{
    Class, ContentHash, DedupKey, DedupKind, Effect, EffectState, Emitted, Origin,
};
use ackord_core::rows::{Key, Row, Rows};
use ackord_core::text::{
    EffectKey, EffectResult, MessageText, Note, OrderingKey, SessionKey, Summary, Tag, ThreadId,
};

use super::line::Line;
use super::verbs::{class, hash, note, reason, tag};
use super::world::World;

/// Parts of one ack that a line may name: `emit1=` and so on.
const EMITS: usize = 20;

impl World {
    /// What a session says beyond its answers.
    pub(super) fn agent_op(&mut self, verb: &str, line: &mut Line) -> Op {
        match verb {
            "checkpoint" => Op::Checkpoint(Checkpoint {
                fence: self.fence(&line.name()),
                note: note(line).unwrap_or_else(|| Note::new("so far").expect("a valid text")),
            }),
            "handoff" => Op::Handoff(Handoff {
                fence: self.fence(&line.name()),
                tag: tag(line.name()),
                note: note(line),
            }),
            "send" => {
                let from = line.arg("from").map(|it| Process {
                    key: SessionKey::new(it).expect("a valid key"),
                    nonce: line.number("nonce").unwrap_or(1),
                });
                let broadcast = line.flag("everybody");
                let mut message = self.message(line);
                if broadcast {
                    by_number(&mut message);
                }
                Op::Send(Box::new(Send {
                    from,
                    broadcast,
                    message,
                }))
            }
            "begin" => Op::BeginEffect(BeginEffect {
                fence: self.fence(&line.name()),
                key: effect_key(&line.name()),
                nonce: line.number("nonce"),
            }),
            "complete" => Op::CompleteEffect(CompleteEffect {
                fence: self.fence(&line.name()),
                completion: completion(&line.name(), line.arg("result")),
            }),
            "force" => Op::ForceEffect(ForceEffect {
                fence: self.fence(&line.name()),
                key: effect_key(&line.name()),
                reason: reason(line),
                nonce: line.number("nonce"),
            }),
            _ => self.approval_op(verb, line),
        }
    }

    /// `ack e1/1 "done" effects=charge:pi_1,mail emit1="submit e2 tag=x" emit2="fire c e3"`.
    pub(super) fn ack(&mut self, line: &mut Line) -> Ack {
        let effects = line.arg("effects").unwrap_or_default();
        let effects = effects.split(',').filter(|it| !it.is_empty());
        let effect = |it: &str| match it.split_once(':') {
            Some((key, result)) => completion(key, Some(result.to_owned())),
            None => completion(it, None),
        };
        let emits: Vec<String> = (1..=EMITS)
            .filter_map(|it| line.arg(&format!("emit{it}")))
            .collect();
        let summary = line.quoted.take();
        Ack {
            fence: self.fence(&line.name()),
            summary: summary.map(|it| Summary::new(it).expect("a valid text")),
            effects: effects.map(effect).collect(),
            emits: emits.iter().map(|it| self.emit(it)).collect(),
        }
    }

    fn emit(&mut self, line: &str) -> Emit {
        let mut line = Line::read(line).remove(0);
        let emit = match line.name().as_str() {
            "submit" => Emit::Submit(Box::new(self.submit(&mut line))),
            "send" => Emit::Message(Box::new(self.message(&mut line))),
            verb => Emit::Cron(self.cron_change(verb, &mut line)),
        };
        line.end();
        emit
    }

    /// An event for each name, on the tags of `tags` in turn; without them, an answer.
    fn message(&mut self, line: &mut Line) -> Message {
        let names = std::mem::take(&mut line.names);
        let events: Vec<EventId> = names.iter().map(|it| self.event(it)).collect();
        let tags = line.arg("tags").unwrap_or_default();
        let tags: Vec<&str> = tags.split(',').filter(|it| !it.is_empty()).collect();
        let (dedup, said) = (line.arg("dedup"), line.quoted.take());
        let said = said.or_else(|| line.arg("text"));
        let said = said.unwrap_or_else(|| String::from("hello"));
        let addressed = |(at, event): (usize, EventId)| Addressed {
            event,
            tag: tags.get(at).map(|it| tag((*it).to_owned())),
            dedup: dedup.as_ref().map(|it| DedupClaim {
                key: DedupKey(hash(&format!("{it} {}", tags.get(at).unwrap_or(&"")))),
                kind: DedupKind::Client,
                content: ContentHash(hash(&said)),
            }),
        };
        let to = events.into_iter().enumerate().map(addressed).collect();
        Message {
            to,
            text: MessageText::new(said.clone()).expect("a valid text"),
            class: line.arg("class").map_or(Class::Normal, |it| class(&it)),
            ordering_key: line
                .arg("key")
                .map(|it| OrderingKey::new(it).expect("a valid key")),
            not_before: line.span("delay").map(Moment::After),
            expires: line.span("ttl").map(Moment::After),
            thread: line
                .arg("thread")
                .map(|it| ThreadId::new(it).expect("a valid thread")),
            in_reply_to: line.arg("re").map(|it| self.event(&it)),
        }
    }

    pub(super) fn say_sent(&self, sent: &[(EventId, Taken)]) -> String {
        let said = sent.iter().map(|it| self.say_copy(*it));
        said.collect::<Vec<_>>().join("; ")
    }

    pub(super) fn say_broadcast(&self, sent: &[(Option<Tag>, EventId, Taken)]) -> String {
        let said = sent.iter().map(|(tag, event, taken)| {
            let tag = tag.as_ref().map_or("nobody any more", |it| it.as_str());
            format!("{} to {tag}", self.say_copy((*event, *taken)))
        });
        said.collect::<Vec<_>>().join("; ")
    }

    fn say_copy(&self, (event, taken): (EventId, Taken)) -> String {
        let event = self.say_event(event);
        match taken {
            Taken::Accepted => format!("sent {event}"),
            Taken::Duplicate => format!("duplicate of {event}"),
            Taken::Conflict => format!("conflict with {event}"),
        }
    }

    pub(super) fn say_emitted(&self, parts: &[Emitted]) -> String {
        let part = |it: &Emitted| {
            let events = it.events.iter().map(|it| self.say_event(*it));
            let names = events.chain(it.cron.map(|it| it.to_string()));
            names.collect::<Vec<_>>().join(" ")
        };
        let parts: Vec<String> = parts.iter().map(part).collect();
        if parts.is_empty() {
            String::new()
        } else {
            format!(", with {}", parts.join(" | "))
        }
    }

    pub(super) fn say_effect_answer(&self, outcome: EffectOutcome, effect: &Effect) -> String {
        let outcome = match outcome {
            EffectOutcome::New => "new",
            EffectOutcome::Done => "done before",
            EffectOutcome::Unfinished => "unfinished",
            EffectOutcome::Forced => "forced",
            EffectOutcome::Completed => "completed",
        };
        format!("{outcome}: {}", self.say_effect(effect))
    }

    fn say_effect(&self, effect: &Effect) -> String {
        let mut said = format!(
            "{} of delivery {} since {}",
            effect.key,
            effect.delivery,
            self.say_time(effect.since)
        );
        if effect.forced > 0 {
            write!(said, ", forced {} times", effect.forced).expect("a string takes all");
        }
        if let EffectState::Done { at, result } = &effect.state {
            let result = result.as_ref().map_or("", |it| it.as_str());
            let at = self.say_time(*at);
            write!(said, ", done at {at} \"{result}\"").expect("a string takes all");
        }
        said
    }

    /// What an event's deliveries have done outside.
    pub(super) fn show_ledger(&mut self, team: TeamId, name: &str) -> String {
        let key = Key::Ledger(team, self.event(name));
        match self.machine.rows.get(&key).expect("rows can be read") {
            Some(Row::Ledger(ledger)) => {
                let said = ledger.effects.iter().map(|it| self.say_effect(it));
                said.map(|it| format!("{it}\n")).collect()
            }
            _ => String::from("no ledger\n"),
        }
    }

    /// Who sent a message, and what the cluster says of it.
    pub(super) fn show_message(&mut self, team: TeamId, name: &str) -> String {
        let id = self.event(name);
        let event = self.machine.rows.get(&Key::Event(team, id));
        let content = self.machine.rows.get(&Key::Content(team, id));
        let (Ok(Some(Row::Event(event))), Ok(Some(Row::Content(content)))) = (event, content)
        else {
            return format!("{name}: no such thing\n");
        };
        let by = match &event.origin {
            Origin::Session(it) => {
                let tag = it.tag.as_ref().map_or("-", |it| it.as_str());
                format!("session {} of {tag}", it.key)
            }
            Origin::Token(_) => String::from("a token"),
            Origin::Source(_) => String::from("a source"),
            Origin::Cron(_) => String::from("a cron"),
        };
        let said = String::from_utf8_lossy(&content.body);
        let mut told = format!("{name}: {} from {by}: \"{said}\"\n", event.event_type);
        for (key, value) in &content.meta {
            let named = value.as_str().parse().map(|it| self.say_event(it));
            let value = named.unwrap_or_else(|_| value.to_string());
            writeln!(told, "  {key}: {value}").expect("a string takes all");
        }
        told
    }
}

/// The copies of a message to everybody are known again by their places.
fn by_number(message: &mut Message) {
    for (at, copy) in message.to.iter_mut().enumerate() {
        if let Some(claim) = &mut copy.dedup {
            claim.key = DedupKey(hash(&format!("{:?} {at}", claim.key)));
        }
    }
}

fn effect_key(text: &str) -> EffectKey {
    EffectKey::new(text).expect("a valid key")
}

fn completion(key: &str, result: Option<String>) -> Completion {
    Completion {
        key: effect_key(key),
        result: result.map(|it| EffectResult::new(it).expect("a valid text")),
    }
}
