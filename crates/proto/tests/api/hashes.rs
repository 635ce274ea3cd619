//! Dedup keys and content hashes are stored: what goes into them never changes.

use std::collections::BTreeSet;

use ackord_core::command::{DedupClaim, Submit};
use ackord_core::id::EventId;
use ackord_core::limits::TAGS_PER_BROADCAST;
use ackord_proto::from_wire::{dedup_key, send, submit};
use ackord_proto::v1::submit_item::{Expires, NotBefore};
use ackord_proto::v1::{Class, Message, SendRequest, SubmitItem};

fn item() -> SubmitItem {
    SubmitItem {
        tag: "deploy".to_owned(),
        ordering_key: "pull 17".to_owned(),
        namespace: "github".to_owned(),
        dedup_key: "72d3162e".to_owned(),
        event_type: "pull_request".to_owned(),
        content_type: "application/json".to_owned(),
        meta: [("sender".to_owned(), "octocat".to_owned())].into(),
        body: "{\"number\":17}".into(),
        ..SubmitItem::default()
    }
}

fn read(item: SubmitItem) -> Submit {
    submit(item, EventId(1)).expect("the item is valid")
}

fn content(item: SubmitItem) -> u128 {
    read(item).dedup.expect("the item has a key").content.0
}

#[test]
fn a_dedup_key_keeps_its_hash() {
    assert_eq!(
        format!("{:032x}", dedup_key("github", "72d3162e").0),
        "67dbf3372a1983db726c23aad6f2e117"
    );
}

#[test]
fn a_content_keeps_its_hash() {
    assert_eq!(
        format!("{:032x}", content(item())),
        "4519147d345fb5a5bf9ac50548da525b"
    );
}

/// What a message to everybody, or to two tags, is known again by.
fn copies(broadcast: bool) -> Vec<DedupClaim> {
    let tags = ["build", "deploy"].map(str::to_owned);
    let message = Message {
        text: "hold the deploys".to_owned(),
        tags: if broadcast { vec![] } else { tags.into() },
        broadcast,
        ..Message::default()
    };
    let asked = SendRequest {
        message: Some(message),
        namespace: "ops".to_owned(),
        dedup_key: "hold".to_owned(),
        ..SendRequest::default()
    };
    let mut ids = 0;
    let draw = || {
        ids += 1;
        EventId(ids)
    };
    let sent = send(asked, draw).expect("it is valid");
    assert_eq!(sent.broadcast, broadcast);
    let copies = sent.message.to.into_iter();
    copies.map(|it| it.dedup.expect("it has a key")).collect()
}

#[test]
fn the_copies_of_a_message_keep_their_hashes() {
    let (everybody, tags) = (copies(true), copies(false));
    assert_eq!((everybody.len(), tags.len()), (TAGS_PER_BROADCAST, 2));
    let told = |it: &DedupClaim| format!("{:032x}", it.key.0);
    assert_eq!(told(&everybody[0]), "b6a22327e0e5bdab9f2a2b443b512489");
    assert_eq!(told(&everybody[1]), "26811d8567218ddfea56ab3ed4bd1182");
    assert_eq!(told(&tags[0]), "d528ee8e8b08a3bb93a0bf245129dca3");
    let keys: BTreeSet<_> = everybody.iter().chain(&tags).map(|it| it.key).collect();
    assert_eq!(keys.len(), TAGS_PER_BROADCAST + 2, "each has its own");
    let contents: BTreeSet<_> = everybody.iter().chain(&tags).map(|it| it.content).collect();
    assert_eq!(contents.len(), 1, "all say the same");
}

#[test]
fn namespace_and_key_do_not_run_together() {
    assert_ne!(dedup_key("ab", "c"), dedup_key("a", "bc"));
    assert_ne!(dedup_key("", "abc"), dedup_key("abc", ""));
}

#[test]
fn what_a_session_sees_or_where_it_goes_is_content() {
    let first = content(item());
    let others = [
        SubmitItem {
            tag: "build".to_owned(),
            ..item()
        },
        SubmitItem {
            class: Class::Priority.into(),
            ..item()
        },
        SubmitItem {
            ordering_key: "pull 18".to_owned(),
            ..item()
        },
        SubmitItem {
            event_type: "push".to_owned(),
            ..item()
        },
        SubmitItem {
            content_type: String::new(),
            ..item()
        },
        SubmitItem {
            meta: [("sender".to_owned(), "hubot".to_owned())].into(),
            ..item()
        },
        SubmitItem {
            body: "{}".into(),
            ..item()
        },
    ];
    for other in others {
        assert_ne!(content(other.clone()), first, "{other:?}");
    }
}

#[test]
fn when_and_how_often_is_not_content() {
    let other = SubmitItem {
        not_before: Some(NotBefore::DelayMs(5)),
        expires: Some(Expires::TtlMs(50)),
        attempts: 2,
        lease_ms: 1000,
        ..item()
    };
    assert_eq!(content(other), content(item()));
}

#[test]
fn a_submit_without_a_key_has_no_dedup() {
    let keyless = SubmitItem {
        dedup_key: String::new(),
        ..item()
    };
    assert_eq!(read(keyless).dedup, None);
}
