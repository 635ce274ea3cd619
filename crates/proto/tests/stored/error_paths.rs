//! An error says where the bytes are wrong, and what is wrong there.

use ackord_core::FORMAT;
use ackord_core::id::{EventId, NodeId, SessionId, TeamId};
use ackord_core::rows::Key;
use ackord_proto::{Fault, entry, row, stored};
use prost::Message;
use stored::command::Op;

fn why_not(entry: &stored::Entry) -> String {
    entry::decode(entry.encode_to_vec().into())
        .expect_err("the entry is broken")
        .to_string()
}

fn entry_of(op: Option<Op>) -> stored::Entry {
    let command = stored::Command {
        token: None,
        source: None,
        team: None,
        op,
    };
    stored::Entry {
        format: FORMAT,
        at_ms: 0,
        commands: vec![command],
    }
}

fn submit() -> stored::Submit {
    stored::Submit {
        event: Some(stored::U128 { high: 1, low: 2 }),
        class: stored::Class::Normal.into(),
        event_type: "push".to_owned(),
        ..stored::Submit::default()
    }
}

#[test]
fn the_path_leads_to_the_field() {
    let broken = stored::Submit {
        tag: "no spaces".to_owned(),
        ..submit()
    };
    assert_eq!(
        why_not(&entry_of(Some(Op::Submit(broken)))),
        "decode entry.commands[0].submit.tag: must be 1 to 128 of A-Z a-z 0-9 - _ . : / @"
    );
}

#[test]
fn a_missing_command_is_an_error() {
    assert_eq!(
        why_not(&entry_of(None)),
        "decode entry.commands[0].op: missing"
    );
}

#[test]
fn a_constant_of_nothing_is_an_error() {
    let zero = stored::Submit {
        class: 0,
        ..submit()
    };
    assert_eq!(
        why_not(&entry_of(Some(Op::Submit(zero)))),
        "decode entry.commands[0].submit.class: has no constant 0"
    );
    let unknown = stored::Submit {
        class: 77,
        ..submit()
    };
    assert_eq!(
        why_not(&entry_of(Some(Op::Submit(unknown)))),
        "decode entry.commands[0].submit.class: has no constant 77"
    );
}

#[test]
fn an_entry_of_a_newer_format_says_so_before_anything_else() {
    let newer = stored::Entry {
        format: FORMAT + 1,
        ..entry_of(None)
    };
    let error = entry::decode(newer.encode_to_vec().into()).expect_err("too new");
    assert_eq!(
        error.fault,
        Fault::Newer {
            needed: FORMAT + 1,
            known: FORMAT
        }
    );
}

#[test]
fn nobody_is_a_token_and_a_source() {
    let mut entry = entry_of(Some(Op::Tick(stored::Unit {})));
    entry.commands[0].token = Some(1);
    entry.commands[0].source = Some(2);
    assert_eq!(
        why_not(&entry),
        "decode entry.commands[0].source: must be not with a token"
    );
}

#[test]
fn a_row_of_another_key_is_an_error() {
    let node = stored::Node {
        id: 3,
        incarnation: 1,
        started: Some(stored::Position::default()),
        address: "h:1".to_owned(),
        ..stored::Node::default()
    };
    let bytes = node.encode_to_vec();
    row::decode(&Key::Node(NodeId(3)), &bytes).expect("its own key");
    let error = row::decode(&Key::Node(NodeId(4)), &bytes).expect_err("another one's key");
    assert_eq!(error.fault, Fault::Misplaced);
}

#[test]
fn a_row_that_must_hold_something_is_never_empty() {
    for key in [
        Key::Node(NodeId(0)),
        Key::Team(TeamId(0)),
        Key::Session(SessionId(0)),
        Key::Event(TeamId(0), EventId(0)),
    ] {
        let error = row::decode(&key, &[]).expect_err("something must be there");
        assert_ne!(error.fault, Fault::Misplaced, "{key:?}");
    }
}
