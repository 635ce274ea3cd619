//! Any bytes as what is asked of sources, and what comes to them.

use ackord_core::command::{
    Actor, Command, CreateSource, DeleteSource, DeliveryKey, Moment, Op, OpenPairing, Receive,
    Reroute, Routed, Routing, UpdateSource,
};
use ackord_core::id::{SourceId, TeamId, TokenId};
use ackord_core::model::{Class, DedupKey, SealedSecret, SourceMode};
use ackord_core::text::{EventType, KeyId, OrderingKey, SecretName, Slug};

use super::Choices;

/// A source of the first team. It is the first thing that is numbered after the tokens.
pub(super) fn first() -> CreateSource {
    CreateSource {
        slug: Slug::new("github").expect("a valid name"),
        mode: SourceMode::Enabled,
        definition: vec![0; 3].into(),
        secrets: vec![],
        silence: None,
    }
}

impl Choices<'_> {
    /// Mostly from whom it should come, and for the team of the first source.
    pub(super) fn of_sources(&mut self) -> Option<Command> {
        let team = match self.below(16)? {
            0 => TeamId(3),
            _ => TeamId(2),
        };
        let receives = self.below(3)? > 0;
        let (by, op) = if receives {
            let receive = Op::Receive(Box::new(self.receive()?));
            (Actor::Source(self.source()?), receive)
        } else {
            (Actor::Token(TokenId(4)), self.change()?)
        };
        let by = match self.below(32)? {
            0 => Actor::Cluster,
            _ => by,
        };
        let team = Some(team);
        Some(Command { by, team, op })
    }

    fn change(&mut self) -> Option<Op> {
        Some(match self.below(8)? {
            0 => Op::CreateSource(CreateSource {
                mode: self.mode()?,
                silence: self.maybe(Self::silence)?,
                ..first()
            }),
            1 => Op::DeleteSource(DeleteSource {
                source: self.source()?,
                revision: self.maybe(Self::number)?,
            }),
            2 => Op::OpenPairing(OpenPairing {
                source: self.source()?,
                span: self.span()?,
            }),
            3 | 4 => {
                let count = 1 + self.below(2)?;
                let routed: Option<Vec<_>> = (0..count).map(|_| self.routed()).collect();
                let routed = routed?;
                Op::Reroute(Reroute {
                    source: self.source()?,
                    revision: self.revision()?,
                    event: routed.first()?.event,
                    routed,
                })
            }
            _ => Op::UpdateSource(UpdateSource {
                source: self.source()?,
                revision: self.maybe(Self::revision)?,
                mode: Some(self.mode()?),
                definition: self.maybe(|it| it.byte().map(|it| vec![0; it.into()].into()))?,
                secrets: self.maybe(|it| it.some(Self::secret))?,
                silence: self.maybe(|it| it.maybe(Self::silence))?,
            }),
        })
    }

    fn receive(&mut self) -> Option<Receive> {
        let routing = match self.below(8)? {
            0 | 1 => Routing::Unmatched {
                event: self.event()?,
                tag: self.tag()?,
            },
            2 => Routing::Dropped,
            _ => Routing::Events(self.some(Self::routed)?),
        };
        Some(Receive {
            revision: self.revision()?,
            delivery: self.maybe(Self::delivery_key)?,
            same_body: self.maybe(Self::delivery_key)?,
            event_type: EventType::new("push").expect("a valid type"),
            content_type: None,
            meta: vec![],
            body: vec![0; usize::from(self.below(4)?)].into(),
            routing,
        })
    }

    fn routed(&mut self) -> Option<Routed> {
        Some(Routed {
            event: self.event()?,
            tag: self.tag()?,
            class: self.one_of(&[Class::Interrupt, Class::Normal, Class::Normal])?,
            ordering_key: self
                .maybe(|it| OrderingKey::new(["x", "y"][usize::from(it.below(2)?)]).ok())?,
            instruction: None,
            shown_bytes: None,
            not_before: self.maybe(|it| it.span().map(Moment::After))?,
            expires: self.maybe(|it| it.span().map(Moment::After))?,
            attempts: self.maybe(Self::small)?,
            lease: self.maybe(Self::span)?,
        })
    }

    fn delivery_key(&mut self) -> Option<DeliveryKey> {
        Some(DeliveryKey {
            key: DedupKey(self.below(8)?.into()),
            kept: self.maybe(Self::span)?,
        })
    }

    fn secret(&mut self) -> Option<SealedSecret> {
        let name = ["s1", "s2", "s3"][usize::from(self.below(3)?)];
        Some(SealedSecret {
            name: SecretName::new(name).expect("a valid name"),
            key: KeyId::new("k1").expect("a valid id"),
            sealed: vec![1].into(),
            expires: self.maybe(Self::instant)?,
        })
    }

    fn mode(&mut self) -> Option<SourceMode> {
        self.one_of(&[
            SourceMode::Enabled,
            SourceMode::Enabled,
            SourceMode::Paused,
            SourceMode::Paused,
            SourceMode::Disabled,
        ])
    }

    /// Mostly an early one.
    fn revision(&mut self) -> Option<u64> {
        match self.below(8)? {
            7 => self.number(),
            it => Some(u64::from(1 + it / 2)),
        }
    }

    /// Mostly the first one.
    fn source(&mut self) -> Option<SourceId> {
        match self.below(8)? {
            7 => self.number().map(SourceId),
            _ => Some(SourceId(7)),
        }
    }
}
