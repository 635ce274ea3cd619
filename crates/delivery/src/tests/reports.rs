//! What the machine is told that sessions have.

use super::*;

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
