//! Verbs of sources: `source`, `set-source`, `unsource`, `pair`, `receive` and `reroute`.

use ackord_core::answer::Receipt;
use ackord_core::command::{
    CreateSource, DeleteSource, DeliveryKey, Moment, Op, OpenPairing, Receive, Reroute, Routed,
    Routing, UpdateSource,
};
use ackord_core::id::{EventId, SourceId};
use ackord_core::model::{Class, DedupKey, Instruction, SealedSecret, SourceMode};
use ackord_core::text::{EventType, KeyId, OrderingKey, SecretName, Skill, Slug};
use ackord_core::time::Millis;

use super::crons::silence;
use super::line::Line;
use super::verbs::{class, hash, tag};
use super::world::World;

impl World {
    /// What is asked of a source, or comes to it.
    pub(super) fn source_op(&mut self, verb: &str, line: &mut Line) -> Op {
        let name = line.name();
        let source = self.source(&name);
        match verb {
            "source" => Op::CreateSource(CreateSource {
                slug: Slug::new(name).expect("a valid name"),
                mode: line.arg("mode").map_or(SourceMode::Enabled, |it| mode(&it)),
                definition: vec![0; size(line, "bytes").unwrap_or(1)].into(),
                secrets: secrets(line).unwrap_or_default(),
                silence: silence(line),
            }),
            "set-source" => Op::UpdateSource(UpdateSource {
                source,
                revision: line.number("revision"),
                mode: line.arg("mode").map(|it| mode(&it)),
                definition: size(line, "bytes").map(|it| vec![0; it].into()),
                secrets: secrets(line),
                silence: match line.flag("unwatched") {
                    true => Some(None),
                    false => silence(line).map(Some),
                },
            }),
            "unsource" => Op::DeleteSource(DeleteSource {
                source,
                revision: line.number("revision"),
            }),
            "pair" => Op::OpenPairing(OpenPairing {
                source,
                span: line.span("for").unwrap_or(Millis(0)),
            }),
            "receive" => Op::Receive(Box::new(self.receive(source, line))),
            "reroute" => {
                let revision = self.revision_of(source, line);
                let routed = self.routed(line);
                Op::Reroute(Reroute {
                    source,
                    revision,
                    event: routed.first().map(|it| it.event).unwrap_or_default(),
                    routed,
                })
            }
            _ => panic!("no such verb: {verb}"),
        }
    }

    pub(super) fn source(&self, name: &str) -> SourceId {
        self.sources.get(name).copied().unwrap_or(SourceId(999))
    }

    /// The present one, unless the line names another.
    fn revision_of(&self, source: SourceId, line: &mut Line) -> u64 {
        let known = self.machine.state.sources().find(|it| it.id == source);
        line.number("revision")
            .unwrap_or_else(|| known.map_or(0, |it| it.revision))
    }

    fn receive(&mut self, source: SourceId, line: &mut Line) -> Receive {
        let key = |name: String| DeliveryKey {
            key: DedupKey(hash(&name)),
            kept: None,
        };
        let kept = line.span("kept");
        let unmatched = line.flag("unmatched");
        let dropped = line.flag("dropped");
        Receive {
            revision: self.revision_of(source, line),
            delivery: line.arg("dedup").map(key),
            same_body: line
                .arg("body_hash")
                .map(|it| DeliveryKey { kept, ..key(it) }),
            event_type: EventType::new(line.arg("type").unwrap_or_else(|| String::from("push")))
                .expect("a valid type"),
            content_type: None,
            meta: vec![],
            body: vec![0; size(line, "body").unwrap_or(2)].into(),
            routing: match (unmatched, dropped) {
                (true, _) => Routing::Unmatched {
                    event: self.event(&line.name()),
                    tag: line.arg("tag").map(tag),
                },
                (false, true) => Routing::Dropped,
                (false, false) => Routing::Events(self.routed(line)),
            },
        }
    }

    /// An event for each name that is left, on the tags of `tags` in turn.
    fn routed(&mut self, line: &mut Line) -> Vec<Routed> {
        let names = std::mem::take(&mut line.names);
        let events: Vec<EventId> = names.iter().map(|it| self.event(it)).collect();
        let tags = line.arg("tags").or_else(|| line.arg("tag"));
        let tags: Vec<String> = tags
            .iter()
            .flat_map(|it| it.split(','))
            .map(str::to_owned)
            .collect();
        let class = line.arg("class").map_or(Class::Normal, |it| class(&it));
        let ordering_key = line
            .arg("key")
            .map(|it| OrderingKey::new(it).expect("a valid key"));
        let (delay, ttl) = (line.span("delay"), line.span("ttl"));
        let attempts = line.number("attempts");
        let attempts = attempts.map(|it| u32::try_from(it).expect("a small number"));
        let lease = line.span("lease");
        let skill = line
            .arg("skill")
            .map(|it| Skill::new(it).expect("a valid skill"));
        let routed = |(at, event): (usize, &EventId)| Routed {
            event: *event,
            tag: (!tags.is_empty()).then(|| tag(tags[at % tags.len()].clone())),
            class,
            ordering_key: ordering_key.clone(),
            instruction: skill.clone().map(Instruction::Skill),
            shown_bytes: None,
            not_before: delay.map(Moment::After),
            expires: ttl.map(Moment::After),
            attempts,
            lease,
        };
        events.iter().enumerate().map(routed).collect()
    }

    pub(super) fn say_receipt(&self, receipt: &Receipt) -> String {
        let named = |events: &[EventId]| {
            let names: Vec<String> = events.iter().map(|it| self.say_event(*it)).collect();
            names.join(" ")
        };
        match receipt {
            Receipt::Accepted(events) => format!("accepted {}", named(events)),
            Receipt::Held(events) => format!("held {}", named(events)),
            Receipt::Duplicate(event) => format!("duplicate of {}", self.say_event(*event)),
            Receipt::Unmatched(event) => format!("unmatched {}", self.say_event(*event)),
            Receipt::Dropped => String::from("dropped"),
        }
    }
}

fn mode(text: &str) -> SourceMode {
    match text {
        "enabled" => SourceMode::Enabled,
        "paused" => SourceMode::Paused,
        "disabled" => SourceMode::Disabled,
        _ => panic!("no such mode: {text}"),
    }
}

fn size(line: &mut Line, key: &str) -> Option<usize> {
    line.number(key)
        .map(|it| usize::try_from(it).expect("64 bits"))
}

fn secrets(line: &mut Line) -> Option<Vec<SealedSecret>> {
    let names = line.arg("secrets")?;
    let bytes = size(line, "sealed").unwrap_or(1);
    let secret = |it: &str| SealedSecret {
        name: SecretName::new(it).expect("a valid name"),
        key: KeyId::new("k1").expect("a valid id"),
        sealed: vec![1; bytes].into(),
        expires: None,
    };
    Some(
        names
            .split(',')
            .filter(|it| !it.is_empty())
            .map(secret)
            .collect(),
    )
}
