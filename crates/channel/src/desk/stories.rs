//! Stories: what happens on a desk, and what is done about it.

use std::time::Duration;

use ackord_client::Loss;
use ackord_client::v1::{Class, Fence};

use super::{At, Desk, Lost, NoneMeant, Offer, Order, Push, Rules, Said, Ticket};

fn s(seconds: u64) -> At {
    Duration::from_secs(seconds)
}

fn fence(event: &str, delivery: u32) -> Fence {
    Fence {
        event_id: event.to_owned(),
        delivery,
    }
}

fn offer(event: &str, delivery: u32) -> Offer {
    Offer {
        fence: fence(event, delivery),
        class: Class::Normal,
        claimed: false,
        lease: s(300),
    }
}

/// A desk of a host that listens.
fn desk() -> Desk {
    let mut desk = Desk::new(Rules::default());
    assert_eq!(desk.host_listens(s(0)), []);
    desk
}

fn push(event: &str, push: Push) -> Order {
    Order::Push(fence(event, 1), push)
}

/// What is due until then, with the instants.
fn until(desk: &mut Desk, end: At) -> Vec<(u64, Order)> {
    let mut orders = Vec::new();
    while let Some(at) = desk.wakes_at().filter(|it| *it <= end) {
        let due = desk.tick(at);
        orders.extend(due.into_iter().map(|it| (at.as_secs(), it)));
    }
    orders
}

#[test]
fn an_event_is_shown_claimed_by_a_call_extended_and_done() {
    let mut desk = desk();
    assert_eq!(
        desk.delivered(s(1), offer("a", 1)),
        [push("a", Push::Whole)]
    );
    desk.pushed(s(1), &fence("a", 1));
    desk.showing(&fence("a", 1));
    let a = desk.meant(None).expect("one is meant");
    assert_eq!(desk.seen(s(5), &a), [Order::Claim(fence("a", 1))]);
    assert_eq!(desk.seen(s(6), &a), [], "once");
    let due = until(&mut desk, s(210));
    let extend = Order::Extend(fence("a", 1));
    let expected = [
        (105, extend.clone()),
        (125, Order::Count(fence("a", 1))),
        (205, extend),
    ];
    assert_eq!(due, expected);
    desk.answers(&a, Said(1));
    assert_eq!(desk.lost(&a, Loss::Finished), []);
    assert_eq!(desk.wakes_at(), None);
}

#[test]
fn one_event_is_on_the_desk_and_the_same_one_told_again_changes_nothing() {
    let mut desk = desk();
    desk.delivered(s(1), offer("a", 1));
    assert_eq!(desk.delivered(s(2), offer("a", 1)), []);
    assert_eq!(desk.holds(), Some(&fence("a", 1)));
}

#[test]
fn nothing_is_written_before_the_host_listens() {
    let mut desk = Desk::new(Rules::default());
    assert_eq!(desk.delivered(s(1), offer("a", 1)), []);
    assert_eq!(desk.host_listens(s(3)), [push("a", Push::Whole)]);
    assert_eq!(desk.host_listens(s(4)), [], "once");
}

#[test]
fn what_is_not_claimed_is_announced_again_less_and_less_often() {
    let mut desk = desk();
    desk.delivered(s(0), offer("a", 1));
    desk.pushed(s(10), &fence("a", 1));
    let again = |at| (at, push("a", Push::Again));
    assert_eq!(
        until(&mut desk, s(600)),
        [again(70), again(190), again(430)]
    );
    desk.seen(s(600), &fence("a", 1));
    let later = until(&mut desk, s(1200));
    assert!(
        later
            .iter()
            .all(|(_, it)| !matches!(it, Order::Push(_, Push::Again)))
    );
}

#[test]
fn who_forgets_an_ack_is_asked_once_if_others_wait() {
    for (waiting, is_asked) in [(Some(0), false), (Some(2), true), (None, true)] {
        let mut desk = desk();
        desk.delivered(s(0), offer("a", 1));
        desk.seen(s(0), &fence("a", 1));
        let due = until(&mut desk, s(1000));
        let counts = due
            .iter()
            .filter(|(_, it)| matches!(it, Order::Count(_)))
            .count();
        assert_eq!(counts, 1);
        let asked = desk.counted(s(1000), &fence("a", 1), waiting);
        let expected = vec![push("a", Push::Reminder(waiting))];
        assert_eq!(asked, if is_asked { expected } else { vec![] });
        let later = until(&mut desk, s(2000));
        let counts = later.iter().any(|(_, it)| matches!(it, Order::Count(_)));
        assert_eq!(counts, !is_asked, "others may come while he holds it");
    }
}

#[test]
fn nobody_is_asked_about_what_he_has_answered_meanwhile() {
    let mut desk = desk();
    desk.delivered(s(0), offer("a", 1));
    desk.seen(s(0), &fence("a", 1));
    desk.answers(&fence("a", 1), Said(1));
    desk.lost(&fence("a", 1), Loss::Finished);
    assert_eq!(desk.counted(s(130), &fence("a", 1), Some(3)), []);
}

#[test]
fn a_deaf_host_gets_by_asking_what_it_did_not_hear() {
    let mut desk = desk();
    desk.delivered(s(0), offer("a", 1));
    let got = desk.ask_next(s(30), Ticket(1), s(60));
    assert_eq!(got, [Order::Hand(Ticket(1), fence("a", 1))]);
    desk.heard(s(30), &fence("a", 1));
    assert_eq!(desk.standing(), Some((true, Class::Normal)));
    let again = desk.ask_next(s(31), Ticket(2), s(60));
    assert_eq!(
        again,
        [Order::Hand(Ticket(2), fence("a", 1))],
        "it is the same one"
    );
}

#[test]
fn who_asks_first_waits_and_is_handed_what_comes() {
    let mut desk = desk();
    assert_eq!(desk.ask_next(s(0), Ticket(1), s(20)), []);
    assert_eq!(desk.ask_next(s(1), Ticket(2), s(10)), []);
    assert_eq!(until(&mut desk, s(10)), [(10, Order::Nothing(Ticket(2)))]);
    let got = desk.delivered(s(12), offer("a", 1));
    let expected = [Order::Hand(Ticket(1), fence("a", 1))];
    assert_eq!(got, expected, "and no notification besides");
    desk.heard(s(12), &fence("a", 1));
    assert_eq!(desk.host_listens(s(13)), []);
    assert_eq!(desk.meant(None), Ok(fence("a", 1)));
}

#[test]
fn a_call_that_was_given_up_takes_nothing() {
    let mut desk = desk();
    desk.ask_next(s(0), Ticket(1), s(20));
    desk.forget(Ticket(1));
    assert_eq!(
        desk.delivered(s(1), offer("a", 1)),
        [push("a", Push::Whole)]
    );
}

#[test]
fn what_was_handed_to_nobody_goes_to_the_next_call_or_to_the_host() {
    let mut desk = desk();
    desk.ask_next(s(0), Ticket(1), s(20));
    desk.ask_next(s(0), Ticket(2), s(20));
    desk.delivered(s(1), offer("a", 1));
    let next = desk.unheard(s(2), &fence("a", 1));
    assert_eq!(next, [Order::Hand(Ticket(2), fence("a", 1))]);
    assert_eq!(
        desk.standing(),
        Some((false, Class::Normal)),
        "nobody saw it"
    );
    let shown = desk.unheard(s(3), &fence("a", 1));
    assert_eq!(shown, [push("a", Push::Whole)]);
    assert_eq!(desk.unheard(s(4), &fence("a", 1)), [], "once");
}

#[test]
fn what_is_lost_while_it_is_handed_over_leaves_without_a_word() {
    let mut desk = desk();
    desk.ask_next(s(0), Ticket(1), s(20));
    desk.delivered(s(1), offer("a", 1));
    assert_eq!(desk.lost(&fence("a", 1), Loss::Superseded), []);
    assert_eq!(desk.unheard(s(2), &fence("a", 1)), []);
    assert_eq!(desk.ask_next(s(2), Ticket(1), s(20)), [], "it waits on");
    assert_eq!(until(&mut desk, s(20)), [(20, Order::Nothing(Ticket(1)))]);
}

#[test]
fn a_session_that_let_an_event_lie_is_revived_by_a_call() {
    let mut desk = desk();
    desk.delivered(s(0), offer("a", 1));
    let gone = push("a", Push::Missed);
    assert_eq!(desk.lost(&fence("a", 1), Loss::Expired), [gone]);
    assert!(desk.is_deaf());
    assert_eq!(desk.called(), [Order::Revive]);
    assert_eq!(desk.called(), [], "once");
}

/// Delivered, and read by whoever reads notifications.
fn shown(desk: &mut Desk, at: At, event: &str) {
    let fence = fence(event, 1);
    desk.delivered(at, offer(event, 1));
    desk.showing(&fence);
    desk.pushed(at, &fence);
}

fn changed(event: &str, loss: Loss, now: Option<&str>) -> Result<Fence, NoneMeant> {
    let lost = Lost {
        fence: fence(event, 1),
        loss,
    };
    let now = now.map(|it| fence(it, 1));
    Err(NoneMeant::Changed { lost, now })
}

#[test]
fn an_answer_without_a_name_never_counts_for_an_event_that_came_meanwhile() {
    for is_claimed in [true, false] {
        let mut desk = desk();
        shown(&mut desk, s(0), "a");
        if is_claimed {
            desk.seen(s(1), &fence("a", 1));
        }
        desk.lost(&fence("a", 1), Loss::Preempted);
        shown(&mut desk, s(2), "b");
        let expected = changed("a", Loss::Preempted, Some("b"));
        assert_eq!(desk.meant(Some(Said(1))), expected);
        assert_eq!(desk.meant(Some(Said(1))), expected, "told or not");
        desk.seen(s(3), &fence("b", 1));
        assert_eq!(desk.meant(Some(Said(1))), Ok(fence("b", 1)), "it was named");
    }
}

#[test]
fn an_answer_that_is_said_again_without_a_name_does_not_count_for_the_next_event() {
    let mut desk = desk();
    shown(&mut desk, s(0), "a");
    assert_eq!(desk.meant(Some(Said(1))), Ok(fence("a", 1)), "the only one");
    desk.seen(s(1), &fence("a", 1));
    desk.answers(&fence("a", 1), Said(1));
    desk.lost(&fence("a", 1), Loss::Finished);
    let repeated = |now: Option<&str>| {
        let now = now.map(|it| fence(it, 1));
        let answered = fence("a", 1);
        Err(NoneMeant::Repeated { answered, now })
    };
    assert_eq!(desk.meant(Some(Said(1))), repeated(None));
    shown(&mut desk, s(2), "b");
    assert_eq!(desk.meant(Some(Said(1))), repeated(Some("b")));
    assert_eq!(desk.meant(Some(Said(1))), repeated(Some("b")), "and again");
    assert_eq!(desk.meant(Some(Said(2))), Ok(fence("b", 1)), "another word");
    desk.seen(s(3), &fence("b", 1));
    assert_eq!(desk.meant(Some(Said(1))), Ok(fence("b", 1)), "it was named");
}

#[test]
fn who_speaks_of_an_old_event_has_not_named_the_new_one() {
    let mut desk = desk();
    shown(&mut desk, s(0), "a");
    desk.seen(s(1), &fence("a", 1));
    desk.lost(&fence("a", 1), Loss::Cancelled);
    shown(&mut desk, s(2), "b");
    desk.seen(s(3), &fence("a", 1));
    assert_eq!(desk.meant(None), changed("a", Loss::Cancelled, Some("b")));
}

#[test]
fn what_the_host_was_not_told_of_yet_is_not_meant() {
    let mut desk = desk();
    desk.delivered(s(0), offer("a", 1));
    let unseen = Err(NoneMeant::Unseen(fence("a", 1)));
    assert_eq!(desk.meant(Some(Said(1))), unseen);
    desk.showing(&fence("a", 1));
    assert_eq!(desk.meant(Some(Said(1))), Ok(fence("a", 1)));
}

#[test]
fn what_somebody_else_has_answered_is_gone() {
    let mut desk = desk();
    shown(&mut desk, s(0), "a");
    let gone = desk.lost(&fence("a", 1), Loss::Finished);
    assert_eq!(gone, [push("a", Push::Gone(Loss::Finished))]);
    shown(&mut desk, s(1), "b");
    let expected = changed("a", Loss::Finished, Some("b"));
    assert_eq!(desk.meant(Some(Said(1))), expected);
}

#[test]
fn an_answer_that_does_not_count_leaves_the_event_as_it_was() {
    let mut desk = desk();
    shown(&mut desk, s(0), "a");
    desk.seen(s(1), &fence("a", 1));
    desk.answers(&fence("a", 1), Said(1));
    desk.not_answered(&fence("a", 1));
    let gone = desk.lost(&fence("a", 1), Loss::Superseded);
    assert_eq!(gone, [push("a", Push::Gone(Loss::Superseded))]);
    assert_eq!(
        desk.meant(Some(Said(1))),
        changed("a", Loss::Superseded, None)
    );
}

#[test]
fn an_answer_that_turns_out_not_to_count_is_not_taken_for_one_to_the_next_event() {
    let mut desk = desk();
    shown(&mut desk, s(0), "a");
    desk.seen(s(1), &fence("a", 1));
    desk.answers(&fence("a", 1), Said(1));
    shown(&mut desk, s(2), "b");
    desk.not_answered(&fence("a", 1));
    let expected = changed("a", Loss::Superseded, Some("b"));
    assert_eq!(desk.meant(Some(Said(1))), expected);
    assert_eq!(desk.meant(Some(Said(2))), expected);
}

#[test]
fn an_interrupt_pushes_aside_and_what_it_pushed_comes_back_whole() {
    let mut desk = desk();
    desk.delivered(s(0), offer("a", 1));
    desk.seen(s(1), &fence("a", 1));
    let gone = desk.lost(&fence("a", 1), Loss::Preempted);
    assert_eq!(gone, [push("a", Push::Gone(Loss::Preempted))]);
    let urgent = Offer {
        class: Class::Interrupt,
        ..offer("b", 1)
    };
    assert_eq!(desk.delivered(s(2), urgent), [push("b", Push::Whole)]);
    desk.seen(s(3), &fence("b", 1));
    desk.answers(&fence("b", 1), Said(1));
    desk.lost(&fence("b", 1), Loss::Finished);
    let back = desk.delivered(s(9), offer("a", 2));
    assert_eq!(back, [Order::Push(fence("a", 2), Push::Whole)]);
}

#[test]
fn what_nobody_was_shown_leaves_without_a_word() {
    let mut desk = Desk::new(Rules::default());
    desk.delivered(s(0), offer("a", 1));
    assert_eq!(desk.lost(&fence("a", 1), Loss::Cancelled), []);
    desk.host_listens(s(1));
    assert_eq!(
        desk.meant(None),
        Err(NoneMeant::Nothing(desk.fate("a").cloned()))
    );
}

#[test]
fn a_reconnection_of_what_was_claimed_keeps_its_lease_going() {
    let mut desk = desk();
    let claimed = Offer {
        claimed: true,
        ..offer("a", 1)
    };
    assert_eq!(desk.delivered(s(0), claimed), [push("a", Push::Whole)]);
    assert_eq!(
        until(&mut desk, s(100)),
        [(100, Order::Extend(fence("a", 1)))]
    );
}

#[test]
fn at_the_cap_the_lease_goes_no_further() {
    let mut desk = desk();
    desk.delivered(s(0), offer("a", 1));
    desk.seen(s(0), &fence("a", 1));
    desk.at_cap(&fence("a", 1));
    let later = until(&mut desk, s(2000));
    assert!(!later.iter().any(|(_, it)| matches!(it, Order::Extend(_))));
}

#[test]
fn an_event_whose_answer_is_on_its_way_is_not_gone_when_the_next_one_comes_first() {
    let mut desk = desk();
    shown(&mut desk, s(0), "a");
    desk.seen(s(1), &fence("a", 1));
    desk.answers(&fence("a", 1), Said(1));
    let next = desk.delivered(s(2), offer("b", 1));
    assert_eq!(next, [push("b", Push::Whole)]);
    desk.showing(&fence("b", 1));
    let b = desk.meant(Some(Said(2)));
    assert_eq!(b, Ok(fence("b", 1)), "nothing was taken away");
}

#[test]
fn with_nothing_held_nothing_is_meant() {
    let mut desk = desk();
    assert_eq!(desk.meant(None), Err(NoneMeant::Nothing(None)));
    assert_eq!(desk.seen(s(1), &fence("a", 1)), []);
    assert_eq!(desk.lost(&fence("a", 1), Loss::Expired), []);
}
