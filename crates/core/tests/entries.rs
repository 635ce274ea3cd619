//! What is asked of the entries of the log, apart from what is in them.

mod support;

use ackord_core::answer::Reply;
use ackord_core::command::{Actor, Birth, Command, Entry, FirstMember, Op, RaiseFormat};
use ackord_core::limits::LOG_TIME_MAX;
use ackord_core::text::PeerAddress;
use ackord_core::time::{Millis, Timestamp};
use ackord_core::{FORMAT, format_of};

use support::machine::{Machine, entry};

#[test]
fn log_time_does_not_go_back() {
    let mut machine = Machine::default();
    let late = Timestamp(2000);
    machine.batch(&[entry(late, vec![]), entry(Timestamp(1000), vec![])]);
    assert_eq!(machine.state.meta().now, late);
    machine.restart();
    assert_eq!(machine.state.meta().now, late);
}

#[test]
fn log_time_stops_before_numbers_do() {
    let mut machine = Machine::default();
    machine.batch(&[entry(Timestamp(u64::MAX), vec![])]);
    assert_eq!(machine.state.meta().now, LOG_TIME_MAX);
    let year = Millis::from_days(366);
    assert!(LOG_TIME_MAX.after(year) < Timestamp(u64::MAX));
}

#[test]
fn an_entry_of_a_newer_format_ends_the_process() {
    let machine = Machine::default();
    let newer = Entry {
        format: FORMAT + 1,
        ..entry(Timestamp(1000), vec![])
    };
    let mut state = ackord_core::State::restore(&machine.rows).expect("rows in memory can be read");
    let error = state.begin(&machine.rows).entry(1, &newer);
    let error = error.expect_err("nobody may skip it").to_string();
    assert!(error.contains("upgrade"), "{error}");
}

#[test]
fn a_program_that_knows_the_next_format_goes_on_with_it() {
    let mut machine = Machine::default();
    let by_cluster = |op| Command {
        by: Actor::Cluster,
        team: None,
        op,
    };
    let birth = Op::Birth(Birth {
        cluster: 7,
        admin: [1; 32],
        members: vec![FirstMember {
            address: PeerAddress::new("h:1").expect("a valid address"),
            disk: None,
        }],
    });
    machine.entry(Timestamp(1000), vec![by_cluster(birth)]);
    assert_eq!(format_of(&machine.rows), Ok(FORMAT));
    let raise = Op::RaiseFormat(RaiseFormat { format: FORMAT + 1 });
    assert_eq!(raise.format(), FORMAT + 1);
    let newer = Entry {
        format: FORMAT + 1,
        ..entry(Timestamp(2000), vec![by_cluster(raise)])
    };
    let state = ackord_core::State::restore(&machine.rows).expect("rows in memory can be read");
    machine.state = state.knowing(FORMAT + 1);
    let said = machine.batch(&[newer]);
    assert_eq!(said.answers, [[Ok(Reply::Ok)]]);
    assert_eq!(format_of(&machine.rows), Ok(FORMAT + 1));
}

#[test]
fn an_entry_without_commands_writes_the_time_and_nothing_else() {
    let mut machine = Machine::default();
    assert_eq!(
        machine
            .batch(&[entry(Timestamp(1000), vec![])])
            .changes
            .len(),
        1
    );
    // Nothing has changed: nothing is written.
    assert_eq!(machine.batch(&[entry(Timestamp(1000), vec![])]).changes, []);
}
