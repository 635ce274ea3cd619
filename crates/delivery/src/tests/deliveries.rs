//! What a stream is given.

use super::*;

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
