//! Sources, what is asked of them, and what comes to them.

use std::sync::Arc;

use ackord_core::command::{
    CreateSource, DeleteSource, DeliveryKey, Op, OpenPairing, Receive, Reroute, Routed, Routing,
    UpdateSource,
};
use ackord_core::id::{SourceId, TeamId};
use ackord_core::model::{DedupKey, Holding, Run, SealedSecret, Secret, Source, SourceMode};
use ackord_core::rows::{Key, Row};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::command::moment;
use super::cron::silence;
use super::word::{
    body, class, content_type, event_id, event_type, instruction, key_id, meta, millis,
    ordering_key, position, secret_name, slug, tag, timestamp,
};

pub(super) fn row() -> impl Strategy<Value = (Key, Row)> {
    let holding = (any::<u64>(), position(), any::<u64>());
    prop_oneof![
        source().prop_map(|it| (Key::Source(it.id), Row::Source(Arc::new(it)))),
        (id(), holding).prop_map(|(source, (team, head, len))| {
            let holding = Holding {
                source,
                team: TeamId(team),
                run: Run { head, len },
            };
            (Key::Holding(source), Row::Holding(holding))
        }),
        (id(), position(), event_id())
            .prop_map(|(source, at, event)| (Key::Held(source, at), Row::EventRef(event))),
    ]
}

pub(super) fn op() -> impl Strategy<Value = Op> {
    let revision = option::of(any::<u64>());
    let update = (
        option::of(mode()),
        option::of(body()),
        option::of(vec(sealed(), 0..3)),
        option::of(option::of(silence())),
    );
    prop_oneof![
        (
            (slug(), mode(), body(), vec(sealed(), 0..3)),
            option::of(silence())
        )
            .prop_map(
                |((slug, mode, definition, secrets), silence)| Op::CreateSource(CreateSource {
                    slug,
                    mode,
                    definition,
                    secrets,
                    silence,
                })
            ),
        (id(), revision.clone(), update).prop_map(
            |(source, revision, (mode, definition, secrets, silence))| Op::UpdateSource(
                UpdateSource {
                    source,
                    revision,
                    mode,
                    definition,
                    secrets,
                    silence,
                }
            )
        ),
        (id(), revision)
            .prop_map(|(source, revision)| Op::DeleteSource(DeleteSource { source, revision })),
        (id(), millis()).prop_map(|(source, span)| Op::OpenPairing(OpenPairing { source, span })),
        receive().prop_map(|it| Op::Receive(Box::new(it))),
        (id(), any::<u64>(), event_id(), vec(routed(), 0..3)).prop_map(
            |(source, revision, event, routed)| Op::Reroute(Reroute {
                source,
                revision,
                event,
                routed
            })
        ),
    ]
}

fn id() -> impl Strategy<Value = SourceId> {
    any::<u64>().prop_map(SourceId)
}

fn mode() -> impl Strategy<Value = SourceMode> {
    select(vec![
        SourceMode::Enabled,
        SourceMode::Paused,
        SourceMode::Disabled,
    ])
}

fn sealed() -> impl Strategy<Value = SealedSecret> {
    (secret_name(), key_id(), body(), option::of(timestamp())).prop_map(
        |(name, key, sealed, expires)| SealedSecret {
            name,
            key,
            sealed,
            expires,
        },
    )
}

prop_compose! {
    fn source()(
        (id, team, revision) in any::<(u64, u64, u64)>(),
        (slug, mode, definition) in (slug(), mode(), body()),
        secrets in vec((sealed(), timestamp()), 0..3),
        (pairing, created, changed) in (option::of(timestamp()), timestamp(), timestamp()),
    ) -> Source {
        let secrets = secrets.into_iter().map(|(sealed, created)| Secret { sealed, created });
        Source {
            id: SourceId(id), team: TeamId(team), slug, revision, mode, definition,
            secrets: secrets.collect(), pairing, created, changed,
        }
    }
}

fn delivery_key() -> impl Strategy<Value = DeliveryKey> {
    (any::<u128>(), option::of(millis())).prop_map(|(key, kept)| DeliveryKey {
        key: DedupKey(key),
        kept,
    })
}

fn routing() -> impl Strategy<Value = Routing> {
    prop_oneof![
        vec(routed(), 0..4).prop_map(Routing::Events),
        (event_id(), option::of(tag())).prop_map(|(event, tag)| Routing::Unmatched { event, tag }),
        Just(Routing::Dropped),
    ]
}

prop_compose! {
    fn receive()(
        revision in any::<u64>(),
        (delivery, same_body) in (option::of(delivery_key()), option::of(delivery_key())),
        (event_type, content_type) in (event_type(), option::of(content_type())),
        (meta, body, routing) in (meta(), body(), routing()),
    ) -> Receive {
        Receive { revision, delivery, same_body, event_type, content_type, meta, body, routing }
    }
}

prop_compose! {
    fn routed()(
        event in event_id(),
        (tag, class, ordering_key) in (option::of(tag()), class(), option::of(ordering_key())),
        (instruction, shown_bytes) in (option::of(instruction()), option::of(any::<u32>())),
        (not_before, expires) in (option::of(moment()), option::of(moment())),
        (attempts, lease) in (option::of(any::<u32>()), option::of(millis())),
    ) -> Routed {
        Routed {
            event, tag, class, ordering_key, instruction, shown_bytes, not_before, expires,
            attempts, lease,
        }
    }
}
