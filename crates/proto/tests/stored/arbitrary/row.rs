//! Rows of all kinds, each under a key of its kind.

use ackord_core::id::{EventId, JobId, NodeId, QueueId, SessionId, TeamId, TokenId};
use ackord_core::model::{
    Content, ContentHash, DeadLetter, Dedup, DedupKey, DueKind, Filter, Finished, Health, Job,
    Lane, Lease, Link, Meta, Node, Parked, Phase, Process, Queue, Run, Runs, Session, StrictHold,
    Team, Token,
};
use ackord_core::rows::{Key, Row};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::event::{event, outcome};
use super::word::{
    body, class, content_type, dead_cause, event_id, event_type, instruction, job_kind, label,
    meta, millis, mode, ordering_key, peer_address, position, roles, session_key, settings, tag,
    team_name, timestamp,
};
use super::{agent, approval, cron, source};

/// A row and the key that it stands under.
pub(crate) fn keyed_row() -> impl Strategy<Value = (Key, Row)> {
    prop_oneof![
        in_memory(),
        event().prop_map(|it| (Key::Event(it.team, it.id), Row::Event(Box::new(it)))),
        of_an_event(),
        of_an_index(),
        of_a_list(),
        source::row(),
        cron::row(),
        agent::row(),
        approval::row(),
    ]
}

fn in_memory() -> impl Strategy<Value = (Key, Row)> {
    prop_oneof![
        cluster_meta().prop_map(|it| (Key::Meta, Row::Meta(it))),
        node().prop_map(|it| (Key::Node(it.id), Row::Node(it))),
        team().prop_map(|it| (Key::Team(it.id), Row::Team(it))),
        token().prop_map(|it| (Key::Token(it.id), Row::Token(it))),
        queue().prop_map(|it| (Key::Queue(it.id), Row::Queue(Box::new(it)))),
        session().prop_map(|it| (Key::Session(it.id), Row::Session(Box::new(it)))),
        job().prop_map(|it| (Key::Job(it.id), Row::Job(it))),
    ]
}

fn node() -> impl Strategy<Value = Node> {
    let process = (any::<u64>(), position()).prop_map(|(incarnation, started)| Process {
        incarnation,
        started,
    });
    let parts = (
        any::<(u64, Option<u64>)>(),
        peer_address(),
        option::of(timestamp()),
        option::of(process),
    );
    parts.prop_map(|((id, disk), address, removed, process)| Node {
        id: NodeId(id),
        address,
        disk,
        removed,
        process,
    })
}

fn of_an_event() -> impl Strategy<Value = (Key, Row)> {
    let told = (option::of(instruction()), option::of(any::<u32>()));
    let content = (option::of(content_type()), meta(), told, body());
    let dedup = (event_id(), any::<u128>(), timestamp());
    prop_oneof![
        (event_key(), content).prop_map(|((team, event), (content_type, meta, told, body))| {
            let (instruction, shown_bytes) = told;
            let content = Content {
                content_type,
                meta,
                instruction,
                shown_bytes,
                body,
            };
            (Key::Content(team, event), Row::Content(content))
        }),
        (any::<(u64, u128)>(), dedup).prop_map(|((team, key), (event, content, expires))| {
            let dedup = Dedup {
                event,
                content: ContentHash(content),
                expires,
            };
            (Key::Dedup(TeamId(team), DedupKey(key)), Row::Dedup(dedup))
        }),
    ]
}

fn of_an_index() -> impl Strategy<Value = (Key, Row)> {
    let queue = any::<u64>().prop_map(QueueId);
    let lane = (event_id(), any::<u64>(), position());
    let kind = select(vec![DueKind::Wake, DueKind::Expire]);
    prop_oneof![
        (queue.clone(), ordering_key(), lane).prop_map(|(queue, key, (holder, waiting, head))| {
            (
                Key::Lane(queue, key),
                Row::Lane(Lane {
                    holder,
                    waiting,
                    head,
                }),
            )
        }),
        (queue.clone(), ordering_key(), position(), event_id()).prop_map(
            |(queue, key, at, event)| (Key::LaneWaiting(queue, key, at), Row::EventRef(event))
        ),
        (queue.clone(), class(), position(), event_id()).prop_map(|(queue, class, at, event)| (
            Key::Fresh(queue, class, at),
            Row::EventRef(event)
        )),
        (queue, class(), position(), event_id()).prop_map(|(queue, class, at, event)| (
            Key::Returned(queue, class, at),
            Row::EventRef(event)
        )),
        (timestamp(), event_key(), kind)
            .prop_map(|(at, (team, event), kind)| (Key::Due(at, team, event, kind), Row::Due)),
    ]
}

fn of_a_list() -> impl Strategy<Value = (Key, Row)> {
    let common = (event_id(), any::<u64>(), timestamp());
    let place = (any::<u64>().prop_map(TeamId), position());
    prop_oneof![
        (place.clone(), common.clone(), dead_cause()).prop_map(
            |((team, position), (event, queue, at), cause)| {
                let row = DeadLetter {
                    event,
                    queue: QueueId(queue),
                    at,
                    cause,
                };
                (Key::Dead(team, position), Row::DeadLetter(row))
            }
        ),
        (place, common, outcome()).prop_map(|((team, position), (event, queue, at), outcome)| {
            let row = Finished {
                event,
                queue: QueueId(queue),
                at,
                outcome,
            };
            (Key::Finished(team, position), Row::Finished(row))
        }),
    ]
}

fn event_key() -> impl Strategy<Value = (TeamId, EventId)> + Clone {
    (any::<u64>().prop_map(TeamId), event_id())
}

prop_compose! {
    fn cluster_meta()(
        (format, cluster, last_id, due_len, sweep_team) in any::<(u32, u128, u64, u64, u64)>(),
        (now, due_from, sweep_next) in (timestamp(), timestamp(), timestamp()),
        alarms_from in timestamp(),
    ) -> Meta {
        Meta {
            format, cluster, now, last_id, due_from, due_len, sweep_next,
            sweep_team: TeamId(sweep_team), alarms_from,
        }
    }
}

prop_compose! {
    fn team()(
        id in any::<u64>(),
        name in team_name(),
        created in timestamp(),
        (dedup_kept, events_kept, dead_kept) in (millis(), millis(), millis()),
        (finished_from, dead_from) in (position(), position()),
    ) -> Team {
        Team {
            id: TeamId(id), name, created, dedup_kept, events_kept, dead_kept, finished_from,
            dead_from,
        }
    }
}

prop_compose! {
    fn token()(
        (id, team, hash) in any::<(u64, Option<u64>, [u8; 32])>(),
        (roles, tags, label) in (roles(), vec(tag(), 0..3), option::of(label())),
        (created, expires) in (timestamp(), option::of(timestamp())),
        revoked in option::of(timestamp()),
    ) -> Token {
        Token {
            id: TokenId(id), team: team.map(TeamId), hash, roles, tags, label, created, expires,
            revoked,
        }
    }
}

prop_compose! {
    fn queue()(
        (id, team, revision, streak) in any::<(u64, u64, u64, u32)>(),
        (tag, mode, settings) in (option::of(tag()), mode(), settings()),
        runs in [runs(), runs(), runs()],
        strict_hold in option::of(strict_hold()),
        rate_next in timestamp(),
        (delayed, backoff, waiting, dead, held) in any::<(u64, u64, u64, u64, u64)>(),
    ) -> Queue {
        Queue {
            id: QueueId(id), team: TeamId(team), tag, mode, settings, revision, runs, streak,
            strict_hold, rate_next, delayed, backoff, waiting, dead, held,
        }
    }
}

fn runs() -> impl Strategy<Value = Runs> {
    let run = (position(), any::<u64>()).prop_map(|(head, len)| Run { head, len });
    (run.clone(), run).prop_map(|(fresh, returned)| Runs { fresh, returned })
}

fn strict_hold() -> impl Strategy<Value = StrictHold> {
    (event_id(), class(), position(), any::<bool>()).prop_map(|(event, class, position, ready)| {
        StrictHold {
            event,
            class,
            position,
            ready,
        }
    })
}

prop_compose! {
    fn session()(
        (id, team, nonce, queue) in any::<(u64, u64, u64, u64)>(),
        (token, node, stream) in any::<(u64, u64, u64)>(),
        (key, link, health) in (session_key(), link(), health()),
        (idle_since, attached_at) in (position(), position()),
        former in vec(any::<u64>(), 0..=4),
        (lease, parked) in (option::of(lease()), option::of(parked())),
        (attached, seen, accepts_messages) in (timestamp(), timestamp(), any::<bool>()),
    ) -> Session {
        Session {
            id: SessionId(id), team: TeamId(team), key, nonce, former, queue: QueueId(queue),
            token: TokenId(token), node: NodeId(node), stream, link, health, idle_since, lease,
            parked, attached, attached_at, seen, accepts_messages,
        }
    }
}

fn link() -> impl Strategy<Value = Link> {
    let detached = (timestamp(), timestamp());
    prop_oneof![
        Just(Link::Attached),
        detached.prop_map(|(since, until)| Link::Detached { since, until }),
    ]
}

fn health() -> impl Strategy<Value = Health> {
    select(vec![Health::Well, Health::Unreachable, Health::Deaf])
}

prop_compose! {
    fn lease()(
        (event, delivery, class) in (event_id(), any::<u32>(), class()),
        (position, length) in (position(), millis()),
        phase in select(vec![Phase::Offered, Phase::Confirmed, Phase::Claimed]),
        (until, claim_by) in (timestamp(), timestamp()),
        (cap, since) in (timestamp(), timestamp()),
    ) -> Lease {
        Lease { event, delivery, class, position, length, phase, until, claim_by, cap, since }
    }
}

fn parked() -> impl Strategy<Value = Parked> {
    (event_id(), any::<u32>(), class()).prop_map(|(event, delivery, class)| Parked {
        event,
        delivery,
        class,
    })
}

prop_compose! {
    fn job()(
        (id, team, done) in any::<(u64, u64, u64)>(),
        kind in job_kind(),
        queue in option::of(any::<u64>().prop_map(QueueId)),
        (cause, event_type) in (option::of(dead_cause()), option::of(event_type())),
        (before, cursor) in (position(), position()),
        (created, ended) in (timestamp(), option::of(timestamp())),
    ) -> Job {
        Job {
            id: JobId(id), team: TeamId(team), kind, filter: Filter { queue, cause, event_type },
            before, cursor, done, created, ended,
        }
    }
}
