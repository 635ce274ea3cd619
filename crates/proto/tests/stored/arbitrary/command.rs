//! Entries of all kinds of commands.

use ackord_core::FORMAT;
use ackord_core::command::{
    Ack, Actor, AdmitNode, Attach, Birth, Cancel, Claim, Command, Confirm, CreateTeam, CreateToken,
    DedupClaim, Detach, Entry, Extend, Extension, FirstMember, Moment, Nack, Op, Purge,
    RaiseFormat, RemoveNode, Replay, RevokeToken, SetMode, SetQueue, SetTeam, StartJob, StartNode,
    Submit, Tick, Written,
};
use ackord_core::id::{NodeId, SessionId, SourceId, TeamId, TokenId};
use ackord_core::model::{ContentHash, DedupKey, DedupKind};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::word::{
    body, class, content_type, dead_cause, event_id, event_type, fence, job_kind, label, meta,
    millis, mode, note, ordering_key, peer_address, reason, roles, session_key, settings, summary,
    tag, team_name, timestamp,
};
use super::{agent, approval, cron, source};

/// An entry with up to five commands.
pub(crate) fn entry() -> impl Strategy<Value = Entry> {
    let commands = vec(command(), 0..5);
    (0..=FORMAT, timestamp(), commands).prop_map(|(format, at, commands)| Entry {
        format,
        at,
        commands,
    })
}

fn command() -> impl Strategy<Value = Command> {
    let by = prop_oneof![
        Just(Actor::Cluster),
        any::<u64>().prop_map(|it| Actor::Token(TokenId(it))),
        any::<u64>().prop_map(|it| Actor::Source(SourceId(it))),
    ];
    let team = option::of(any::<u64>().prop_map(TeamId));
    (by, team, op()).prop_map(|(by, team, op)| Command { by, team, op })
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => submit().prop_map(|it| Op::Submit(Box::new(it))),
        3 => of_a_delivery(),
        2 => of_a_session(),
        2 => of_a_team(),
        1 => of_a_queue(),
        2 => of_an_event(),
        1 => of_the_cluster(),
        3 => source::op(),
        3 => cron::op(),
        3 => agent::op(),
        2 => approval::op(),
    ]
}

fn of_the_cluster() -> impl Strategy<Value = Op> {
    prop_oneof![
        (any::<(u128, [u8; 32])>(), vec(first_member(), 0..4)).prop_map(
            |((cluster, admin), members)| Op::Birth(Birth {
                cluster,
                admin,
                members
            })
        ),
        any::<(u64, u64, u64, Option<u64>)>().prop_map(|(node, disk, incarnation, after)| {
            Op::StartNode(StartNode {
                node: NodeId(node),
                disk,
                incarnation,
                after,
            })
        }),
        (any::<u64>(), peer_address())
            .prop_map(|(disk, address)| Op::AdmitNode(AdmitNode { disk, address })),
        any::<u64>().prop_map(|node| Op::RemoveNode(RemoveNode { node: NodeId(node) })),
        any::<u32>().prop_map(|format| Op::RaiseFormat(RaiseFormat { format })),
        Just(Op::Tick(Tick)),
    ]
}

fn first_member() -> impl Strategy<Value = FirstMember> {
    (peer_address(), any::<Option<u64>>()).prop_map(|(address, disk)| FirstMember { address, disk })
}

fn of_a_team() -> impl Strategy<Value = Op> {
    let kept = option::of(millis());
    let token = (
        any::<[u8; 32]>(),
        roles(),
        vec(tag(), 0..3),
        option::of(label()),
    );
    prop_oneof![
        team_name().prop_map(|name| Op::CreateTeam(CreateTeam { name })),
        (kept.clone(), kept.clone(), kept).prop_map(|(dedup_kept, events_kept, dead_kept)| {
            Op::SetTeam(SetTeam {
                dedup_kept,
                events_kept,
                dead_kept,
            })
        }),
        (token, option::of(timestamp())).prop_map(|((hash, roles, tags, label), expires)| {
            Op::CreateToken(CreateToken {
                hash,
                roles,
                tags,
                label,
                expires,
            })
        }),
        any::<u64>().prop_map(|it| Op::RevokeToken(RevokeToken { token: TokenId(it) })),
    ]
}

fn of_a_queue() -> impl Strategy<Value = Op> {
    let set = (option::of(tag()), settings(), option::of(any::<u64>()));
    prop_oneof![
        set.prop_map(|(tag, settings, revision)| {
            Op::SetQueue(SetQueue {
                tag,
                settings,
                revision,
            })
        }),
        (option::of(tag()), mode()).prop_map(|(tag, mode)| Op::SetMode(SetMode { tag, mode })),
    ]
}

fn of_an_event() -> impl Strategy<Value = Op> {
    let job = (
        job_kind(),
        option::of(option::of(tag())),
        option::of(dead_cause()),
        option::of(event_type()),
    );
    prop_oneof![
        (event_id(), option::of(reason()))
            .prop_map(|(event, reason)| Op::Cancel(Cancel { event, reason })),
        event_id().prop_map(|event| Op::Replay(Replay { event })),
        event_id().prop_map(|event| Op::Purge(Purge { event })),
        job.prop_map(|(kind, tag, cause, event_type)| {
            Op::StartJob(StartJob {
                kind,
                tag,
                cause,
                event_type,
            })
        }),
    ]
}

fn of_a_session() -> impl Strategy<Value = Op> {
    let written = (any::<u64>(), fence()).prop_map(|(session, fence)| Written {
        session: SessionId(session),
        fence,
    });
    let seen = vec(any::<u64>().prop_map(SessionId), 0..4);
    prop_oneof![
        (session_key(), option::of(tag()), any::<(u64, u64, bool)>()).prop_map(
            |(key, tag, (nonce, node, accepts_messages))| Op::Attach(Attach {
                key,
                nonce,
                tag,
                node: NodeId(node),
                accepts_messages,
            })
        ),
        any::<(u64, u64, bool)>().prop_map(|(session, stream, bye)| {
            Op::Detach(Detach {
                session: SessionId(session),
                stream,
                bye,
            })
        }),
        (any::<u64>(), vec(written, 0..4), seen).prop_map(|(node, written, seen)| {
            Op::Confirm(Confirm {
                node: NodeId(node),
                written,
                seen,
            })
        }),
    ]
}

fn of_a_delivery() -> impl Strategy<Value = Op> {
    let nack = (
        fence(),
        any::<bool>(),
        option::of(millis()),
        option::of(reason()),
        option::of(note()),
    );
    let extension =
        (fence(), option::of(note())).prop_map(|(fence, note)| Extension { fence, note });
    let ack = (
        fence(),
        option::of(summary()),
        vec(agent::completion(), 0..3),
        vec(agent::emit(), 0..3),
    );
    prop_oneof![
        fence().prop_map(|fence| Op::Claim(Claim { fence })),
        ack.prop_map(|(fence, summary, effects, emits)| {
            Op::Ack(Ack {
                fence,
                summary,
                effects,
                emits,
            })
        }),
        nack.prop_map(|(fence, reject, delay, reason, note)| {
            Op::Nack(Nack {
                fence,
                reject,
                delay,
                reason,
                note,
            })
        }),
        vec(extension, 0..4).prop_map(|items| Op::Extend(Extend { items })),
    ]
}

prop_compose! {
    pub(super) fn submit()(
        (event, replayed_from) in (event_id(), option::of(event_id())),
        (tag, class, ordering_key) in (option::of(tag()), class(), option::of(ordering_key())),
        dedup in option::of(dedup_claim()),
        (event_type, content_type) in (event_type(), option::of(content_type())),
        (meta, body) in (meta(), body()),
        (not_before, expires) in (option::of(moment()), option::of(moment())),
        (attempts, lease) in (option::of(any::<u32>()), option::of(millis())),
    ) -> Submit {
        Submit {
            event, tag, class, ordering_key, dedup, event_type, content_type, meta, body,
            not_before, expires, attempts, lease, replayed_from,
        }
    }
}

pub(crate) fn moment() -> impl Strategy<Value = Moment> {
    prop_oneof![
        timestamp().prop_map(Moment::At),
        millis().prop_map(Moment::After)
    ]
}

pub(super) fn dedup_claim() -> impl Strategy<Value = DedupClaim> {
    let kind = select(vec![DedupKind::Client, DedupKind::Source]);
    (any::<u128>(), kind, any::<u128>()).prop_map(|(key, kind, content)| DedupClaim {
        key: DedupKey(key),
        kind,
        content: ContentHash(content),
    })
}
