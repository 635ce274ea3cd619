//! The hub as a stream and the pump see it, without a machine.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use ackord_core::action::{Action, CloseCause, RevokeCause};
use ackord_core::command::{Detach, Fence};
use ackord_core::history::History;
use ackord_core::id::{EventId, NodeId, QueueId, SessionId, TeamId, TokenId};
use ackord_core::model::{
    Class, Content, Event, EventState, Lease, Phase, QueueSettings, Role, Token,
};
use ackord_core::text::EventType;
use ackord_core::time::{Millis, Position, Timestamp};
use bytes::Bytes;
use futures::Stream;

use crate::delivery::{Closed, Delivery, Push};
use crate::hub::{Hub, StreamId};
use crate::inbox::Inbox;

const NODE: NodeId = NodeId(1);
const FIRST: StreamId = StreamId {
    session: SessionId(7),
    stream: 1,
};
const SECOND: StreamId = StreamId {
    session: SessionId(7),
    stream: 2,
};
const OTHER: StreamId = StreamId {
    session: SessionId(8),
    stream: 1,
};

fn token(id: u64) -> Arc<Token> {
    Arc::new(Token {
        id: TokenId(id),
        team: Some(TeamId(1)),
        hash: [1; 32],
        roles: vec![Role::Session],
        tags: vec![],
        label: None,
        created: Timestamp(0),
        expires: None,
        revoked: None,
    })
}

fn fence(event: u128) -> Fence {
    Fence {
        event: EventId(event),
        delivery: 1,
    }
}

fn deliver(id: StreamId, event: u128) -> Action {
    let (session, stream) = (id.session, id.stream);
    Action::Deliver {
        node: NODE,
        session,
        stream,
        fence: fence(event),
    }
}

fn revoke(id: StreamId, event: u128, cause: RevokeCause) -> Action {
    let (session, stream) = (id.session, id.stream);
    Action::Revoke {
        node: NODE,
        session,
        stream,
        fence: fence(event),
        cause,
    }
}

fn delivery(event: u128) -> Box<Delivery> {
    Box::new(Delivery {
        lease: Lease {
            event: EventId(event),
            delivery: 1,
            class: Class::Normal,
            position: Position::default(),
            length: Millis(1),
            phase: Phase::Offered,
            until: Timestamp(1),
            claim_by: Timestamp(1),
            cap: Timestamp(1),
        },
        event: Box::new(Event {
            id: EventId(event),
            team: TeamId(1),
            queue: QueueId(1),
            class: Class::Normal,
            key: None,
            event_type: EventType::new("t").expect("valid"),
            token: TokenId(1),
            accepted: Timestamp(0),
            accepted_at: Position::default(),
            position: Position::default(),
            state: EventState::Ready,
            delivery: 1,
            deliveries: 1,
            attempts: 0,
            attempts_max: None,
            lease: None,
            expires: None,
            body_bytes: 0,
            replayed_from: None,
            note: None,
            ack: None,
            history: History::default(),
        }),
        content: Content {
            content_type: None,
            meta: vec![],
            body: Bytes::new(),
        },
        settings: QueueSettings::default(),
    })
}

fn open(hub: &Hub, id: StreamId) -> Inbox {
    hub.open(id, token(1)).expect("there is room")
}

fn act(hub: &Hub, action: Action) {
    hub.change(|it| it.act(action));
}

/// Does the pump's work: every delivery that is asked for is there.
fn pump(hub: &Hub) {
    let wanted = hub.change(|it| it.take_unread(100));
    for (id, fence) in wanted {
        hub.change(|it| it.read(id, fence, Some(delivery(fence.event.0))));
    }
}

/// What the stream would write now; none: it waits.
fn next(inbox: &mut Inbox) -> Option<Push> {
    match pin!(inbox).poll_next(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(push) => Some(push.expect("not read beyond its end")),
        Poll::Pending => None,
    }
}

fn delivered(inbox: &mut Inbox) -> u128 {
    match next(inbox) {
        Some(Push::Deliver(it)) => it.event.id.0,
        it => panic!("no delivery but {it:?}"),
    }
}

fn closed(inbox: &mut Inbox) -> Closed {
    match next(inbox) {
        Some(Push::Closed(it)) => it,
        it => panic!("not closed but {it:?}"),
    }
}

fn lost(hub: &Hub) -> Vec<Detach> {
    hub.change(|it| it.take_lost(100))
}

fn detach(id: StreamId, bye: bool) -> Detach {
    Detach {
        session: id.session,
        stream: id.stream,
        bye,
    }
}

#[test]
fn nothing_is_read_for_a_stream_that_cannot_write() {
    let hub = Hub::default();
    let mut inbox = open(&hub, FIRST);
    act(&hub, deliver(FIRST, 1));
    assert!(hub.change(|it| it.take_unread(100)).is_empty());

    assert!(next(&mut inbox).is_none());
    pump(&hub);
    assert_eq!(delivered(&mut inbox), 1);
}

#[test]
fn a_delivery_is_written_once_however_often_it_is_asked_for() {
    let hub = Hub::default();
    let mut inbox = open(&hub, FIRST);
    assert!(next(&mut inbox).is_none());
    act(&hub, deliver(FIRST, 1));
    act(&hub, deliver(FIRST, 1));
    pump(&hub);
    act(&hub, deliver(FIRST, 1));
    assert_eq!(delivered(&mut inbox), 1);
    act(&hub, deliver(FIRST, 1));
    assert!(next(&mut inbox).is_none());
    pump(&hub);
    assert!(next(&mut inbox).is_none());
}

#[test]
fn a_newer_delivery_takes_the_place_of_one_that_nobody_read() {
    let hub = Hub::default();
    let mut inbox = open(&hub, FIRST);
    act(&hub, deliver(FIRST, 1));
    act(&hub, deliver(FIRST, 2));
    assert!(next(&mut inbox).is_none());
    pump(&hub);
    assert_eq!(delivered(&mut inbox), 2);
}

#[test]
fn a_delivery_that_changes_while_it_is_read_is_read_again() {
    let hub = Hub::default();
    let mut inbox = open(&hub, FIRST);
    assert!(next(&mut inbox).is_none());
    act(&hub, deliver(FIRST, 1));
    let reading = hub.change(|it| it.take_unread(100));
    act(&hub, deliver(FIRST, 2));
    assert_eq!(reading, [(FIRST, fence(1))]);
    hub.change(|it| it.read(FIRST, fence(1), Some(delivery(1))));
    pump(&hub);
    assert_eq!(delivered(&mut inbox), 2);
}

#[test]
fn what_was_written_and_not_answered_is_confirmed() {
    let hub = Hub::default();
    let (mut first, mut other) = (open(&hub, FIRST), open(&hub, OTHER));
    for (id, inbox, event) in [(FIRST, &mut first, 1), (OTHER, &mut other, 2)] {
        assert!(next(inbox).is_none());
        act(&hub, deliver(id, event));
        pump(&hub);
        assert_eq!(delivered(inbox), event);
    }
    hub.answered(fence(1));

    let parts = hub.change(|it| it.report.take(NODE));
    let written: Vec<Fence> = parts
        .iter()
        .flat_map(|it| &it.written)
        .map(|it| it.fence)
        .collect();
    assert_eq!(written, [fence(2)]);
    assert!(hub.change(|it| it.report.take(NODE)).is_empty());
}

#[test]
fn what_was_only_read_is_not_confirmed() {
    let hub = Hub::default();
    let mut inbox = open(&hub, FIRST);
    assert!(next(&mut inbox).is_none());
    act(&hub, deliver(FIRST, 1));
    pump(&hub);
    assert!(hub.change(|it| it.report.take(NODE)).is_empty());
}

#[test]
fn a_report_that_was_not_heard_is_told_again() {
    let hub = Hub::default();
    hub.heard(SessionId(7));
    let parts = hub.change(|it| it.report.take(NODE));
    for part in parts.clone() {
        hub.change(|it| it.report.put_back(part));
    }
    assert_eq!(hub.change(|it| it.report.take(NODE)), parts);
}

#[test]
fn no_part_of_a_report_is_more_than_a_command_may_carry() {
    let hub = Hub::default();
    (0..1000).for_each(|it| hub.heard(SessionId(it)));
    let parts = hub.change(|it| it.report.take(NODE));
    let counts: Vec<usize> = parts.iter().map(|it| it.seen.len()).collect();
    assert_eq!(counts.iter().sum::<usize>(), 1000);
    assert!(
        counts
            .iter()
            .all(|it| *it <= ackord_core::limits::DELIVERIES_PER_COMMAND)
    );
}

#[test]
fn a_stream_that_takes_nothing_until_its_offer_ends_is_closed() {
    let hub = Hub::default();
    let mut inbox = open(&hub, FIRST);
    act(&hub, deliver(FIRST, 1));
    act(&hub, revoke(FIRST, 1, RevokeCause::Expired));
    assert_eq!(lost(&hub), [detach(FIRST, false)]);
    assert_eq!(closed(&mut inbox), Closed::Stalled);
}

#[test]
fn a_cancelled_delivery_that_nobody_read_is_not_written() {
    let hub = Hub::default();
    let mut inbox = open(&hub, FIRST);
    act(&hub, deliver(FIRST, 1));
    act(&hub, revoke(FIRST, 1, RevokeCause::Cancelled));
    assert!(next(&mut inbox).is_none());
    assert!(hub.change(|it| it.take_unread(100)).is_empty());
}

#[test]
fn a_revocation_of_what_was_written_is_written() {
    let hub = Hub::default();
    let mut inbox = open(&hub, FIRST);
    assert!(next(&mut inbox).is_none());
    act(&hub, deliver(FIRST, 1));
    pump(&hub);
    assert_eq!(delivered(&mut inbox), 1);
    act(&hub, revoke(FIRST, 1, RevokeCause::Preempted));
    let told = next(&mut inbox);
    assert!(matches!(told, Some(Push::Revoke(it, RevokeCause::Preempted)) if it == fence(1)));
}

/// A stream that was given event 1.
fn holding(hub: &Hub) -> Inbox {
    let mut inbox = open(hub, FIRST);
    assert!(next(&mut inbox).is_none());
    act(hub, deliver(FIRST, 1));
    pump(hub);
    assert_eq!(delivered(&mut inbox), 1);
    inbox
}

#[test]
fn a_stream_is_not_told_the_end_of_what_it_answers_itself() {
    let hub = Hub::default();
    let mut inbox = holding(&hub);
    hub.answering(FIRST, fence(1));
    act(&hub, revoke(FIRST, 1, RevokeCause::Finished));
    assert!(next(&mut inbox).is_none());
    // Also if it has gone on to the next one since: what an interrupt had pushed aside.
    hub.answering(FIRST, fence(2));
    hub.answering(FIRST, fence(3));
    act(&hub, revoke(FIRST, 2, RevokeCause::Finished));
    assert!(next(&mut inbox).is_none());
    // Of any other cause it is told.
    act(&hub, revoke(FIRST, 1, RevokeCause::Preempted));
    assert!(matches!(next(&mut inbox), Some(Push::Revoke(..))));
}

#[test]
fn a_stream_is_not_given_what_it_answers_itself() {
    let hub = Hub::default();
    let mut inbox = open(&hub, FIRST);
    assert!(next(&mut inbox).is_none());
    act(&hub, deliver(FIRST, 1));
    // Its client has that from the stream before.
    hub.answering(FIRST, fence(1));
    pump(&hub);
    assert!(next(&mut inbox).is_none());

    act(&hub, deliver(FIRST, 2));
    pump(&hub);
    assert_eq!(delivered(&mut inbox), 2);
}

#[test]
fn a_stream_whose_answer_did_not_count_is_given_what_it_holds() {
    let hub = Hub::default();
    let mut inbox = open(&hub, FIRST);
    assert!(next(&mut inbox).is_none());
    act(&hub, deliver(FIRST, 1));
    hub.answering(FIRST, fence(1));
    pump(&hub);
    assert!(next(&mut inbox).is_none());
    hub.not_answered(FIRST, fence(1));
    assert_eq!(delivered(&mut inbox), 1);
}

#[test]
fn a_stream_that_answers_in_vain_has_not_stalled() {
    let hub = Hub::default();
    let mut inbox = open(&hub, FIRST);
    assert!(next(&mut inbox).is_none());
    act(&hub, deliver(FIRST, 1));
    hub.answering(FIRST, fence(1));
    pump(&hub);
    act(&hub, revoke(FIRST, 1, RevokeCause::Expired));
    hub.not_answered(FIRST, fence(1));
    assert!(next(&mut inbox).is_none());
    assert!(lost(&hub).is_empty());
}

#[test]
fn a_stream_whose_answer_was_refused_is_told_that_another_one_counted() {
    for told_first in [true, false] {
        let hub = Hub::default();
        let mut inbox = holding(&hub);
        hub.answering(FIRST, fence(1));
        if told_first {
            act(&hub, revoke(FIRST, 1, RevokeCause::Finished));
            assert!(next(&mut inbox).is_none());
        }
        hub.not_answered(FIRST, fence(1));
        if !told_first {
            act(&hub, revoke(FIRST, 1, RevokeCause::Finished));
        }
        let told = next(&mut inbox);
        assert!(matches!(told, Some(Push::Revoke(it, RevokeCause::Finished)) if it == fence(1)));
        assert!(next(&mut inbox).is_none());
    }
}

#[test]
fn a_stream_that_lets_revocations_pile_up_is_closed() {
    let hub = Hub::default();
    let mut inbox = open(&hub, FIRST);
    (0..100).for_each(|it| act(&hub, revoke(FIRST, it, RevokeCause::Cancelled)));
    assert_eq!(closed(&mut inbox), Closed::Stalled);
}

#[test]
fn a_newer_stream_of_a_session_closes_the_older_one() {
    let hub = Hub::default();
    let (mut first, mut other) = (open(&hub, FIRST), open(&hub, OTHER));
    let mut second = open(&hub, SECOND);
    assert_eq!(closed(&mut first), Closed::Superseded);
    assert!(next(&mut second).is_none());
    assert!(next(&mut other).is_none());
    drop(first);
    assert!(
        lost(&hub).is_empty(),
        "the machine knows that the older stream is over"
    );
}

#[test]
fn a_dropped_inbox_is_a_lost_stream() {
    let hub = Hub::default();
    drop(open(&hub, FIRST));
    assert_eq!(lost(&hub), [detach(FIRST, false)]);
    assert!(hub.is_empty());
}

#[test]
fn a_session_that_says_bye_is_told_so_and_lost_once() {
    let hub = Hub::default();
    let mut inbox = open(&hub, FIRST);
    hub.bye(FIRST);
    assert_eq!(closed(&mut inbox), Closed::Bye);
    drop(inbox);
    assert_eq!(lost(&hub), [detach(FIRST, true)]);
}

#[test]
fn the_end_of_a_token_closes_its_streams_only() {
    let hub = Hub::default();
    let mut mine = hub.open(FIRST, token(1)).expect("there is room");
    let mut others = hub.open(OTHER, token(2)).expect("there is room");
    act(&hub, Action::TokenEnded(TokenId(1)));
    assert_eq!(closed(&mut mine), Closed::Revoked);
    assert!(next(&mut others).is_none());
}

#[test]
fn the_machine_closes_a_stream() {
    let hub = Hub::default();
    let mut inbox = open(&hub, FIRST);
    let (session, stream) = (FIRST.session, FIRST.stream);
    act(
        &hub,
        Action::Close {
            node: NODE,
            session,
            stream,
            cause: CloseCause::Superseded,
        },
    );
    assert_eq!(closed(&mut inbox), Closed::Superseded);
}

#[test]
fn a_node_that_lost_the_others_holds_no_streams_until_it_finds_them() {
    let hub = Hub::default();
    let mut inbox = open(&hub, FIRST);
    hub.change(|it| it.close_all(Closed::Isolated));
    assert_eq!(closed(&mut inbox), Closed::Isolated);
    assert_eq!(lost(&hub), [detach(FIRST, false)]);
    assert_eq!(closed(&mut open(&hub, OTHER)), Closed::Isolated);
    lost(&hub);
    hub.change(|it| it.rejoin());
    assert!(next(&mut open(&hub, FIRST)).is_none());
}

#[test]
fn who_shuts_down_does_not_open_streams_again() {
    let hub = Hub::default();
    hub.shut_down();
    hub.change(|it| it.close_all(Closed::Isolated));
    hub.change(|it| it.rejoin());
    assert_eq!(closed(&mut open(&hub, FIRST)), Closed::ShuttingDown);
}

#[test]
fn shutting_down_closes_what_is_open_and_what_comes() {
    let hub = Hub::default();
    let mut before = open(&hub, FIRST);
    hub.shut_down();
    let mut after = open(&hub, OTHER);
    assert_eq!(closed(&mut before), Closed::ShuttingDown);
    assert_eq!(closed(&mut after), Closed::ShuttingDown);
    assert_eq!(lost(&hub), [detach(FIRST, false), detach(OTHER, false)]);
}

#[test]
fn after_lost_actions_the_rows_decide() {
    let hub = Hub::default();
    let (mut first, mut other) = (open(&hub, FIRST), open(&hub, OTHER));
    hub.change(|it| it.lagged());
    assert_eq!(hub.change(|it| it.take_unsure(100)), [FIRST, OTHER]);
    hub.change(|it| it.compared(FIRST, Err(Closed::Forgotten)));
    hub.change(|it| it.compared(OTHER, Ok(Some(fence(3)))));

    assert_eq!(closed(&mut first), Closed::Forgotten);
    assert!(next(&mut other).is_none());
    pump(&hub);
    assert_eq!(delivered(&mut other), 3);
}

#[test]
fn a_stream_that_only_the_machine_knows_is_given_up_in_the_end() {
    let hub = Hub::default();
    act(&hub, deliver(FIRST, 1));
    act(&hub, deliver(OTHER, 2));
    hub.change(|it| it.beat());
    let _late = open(&hub, OTHER);
    (0..10).for_each(|_| hub.change(|it| it.beat()));
    assert_eq!(lost(&hub), [detach(FIRST, false)]);
}
