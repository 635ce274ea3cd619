//! Streams that begin, end, and are taken for lost.

use super::*;

#[test]
fn a_newer_stream_of_a_session_closes_the_older_one() {
    let hub = Hub::default();
    let (mut first, mut other) = (open(&hub, FIRST), open(&hub, OTHER));
    let taken_over = hub.open(SECOND, PROCESS + 1, token(1));
    let mut second = taken_over.expect("there is room");
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
fn a_process_that_opens_a_second_stream_is_to_come_back_on_the_first() {
    let hub = Hub::default();
    let mut first = open(&hub, FIRST);
    let mut second = open(&hub, SECOND);
    assert_eq!(closed(&mut first), Closed::Forgotten);
    assert!(next(&mut second).is_none());
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
    let mut mine = hub.open(FIRST, PROCESS, token(1)).expect("there is room");
    let mut others = hub.open(OTHER, PROCESS, token(2)).expect("there is room");
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
fn a_stream_that_the_cluster_gave_up_is_closed_and_not_reported() {
    let hub = Hub::default();
    let mut inbox = open(&hub, FIRST);
    let (session, stream) = (FIRST.session, FIRST.stream);
    act(
        &hub,
        Action::Close {
            node: NODE,
            session,
            stream,
            cause: CloseCause::Forgotten,
        },
    );
    assert_eq!(closed(&mut inbox), Closed::Forgotten);
    assert_eq!(lost(&hub), []);
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
    assert_eq!(
        hub.change(|it| it.take_unsure(100)),
        [(FIRST, PROCESS), (OTHER, PROCESS)]
    );
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
