//! What a stream is told of what it no longer holds.

use super::*;

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
