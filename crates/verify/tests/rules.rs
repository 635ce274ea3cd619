//! What is read out of a request.

mod common;

use ackord_proto::v1::{self, MissingKey};
use ackord_verify::Refused;
use common::by_preset;
use common::open::{header, judge, open, pointer, taken};

fn types(places: &[v1::Place], action: &str, fallback: &str) -> v1::SourceDefinition {
    let place = |it: &v1::Place| v1::EventTypePlace {
        place: it.place.clone().map(|it| match it {
            v1::place::Place::Header(it) => v1::event_type_place::Place::Header(it),
            v1::place::Place::Pointer(it) => v1::event_type_place::Place::Pointer(it),
        }),
    };
    v1::SourceDefinition {
        event_type: Some(v1::EventTypeRule {
            places: places.iter().map(place).collect(),
            action_pointer: action.to_owned(),
            fallback: fallback.to_owned(),
        }),
        ..open()
    }
}

#[test]
fn a_type_is_the_first_value_and_its_action() {
    let rules = types(&[header("X-Kind"), pointer("kind")], "/action", "");
    let type_of = |headers: &[(&str, &str)], body| {
        taken(&rules, headers, body).event_type.as_str().to_owned()
    };
    assert_eq!(type_of(&[("x-kind", " push ")], "{}"), "push");
    assert_eq!(
        type_of(&[("X-KIND", "pr")], r#"{"action":"opened"}"#),
        "pr.opened"
    );
    assert_eq!(type_of(&[], r#"{"kind":"issue","action":null}"#), "issue");
    assert_eq!(type_of(&[("x-kind", "")], r#"{"kind":7}"#), "7");
    assert_eq!(
        type_of(&[("x-kind", "Merge Request ü")], "{}"),
        "Merge_Request__"
    );
    assert_eq!(
        type_of(&[("x-kind", "ackord.message")], "{}"),
        "_ackord.message"
    );
}

#[test]
fn a_request_without_a_type_is_refused_or_called_by_the_fallback() {
    let rules = types(&[pointer("kind")], "", "");
    for body in [
        "{}",
        r#"{"kind":null}"#,
        r#"{"kind":""}"#,
        r#"{"kind":{}}"#,
        "[]",
    ] {
        assert_eq!(
            judge(&rules, &[], body),
            Err(Refused::MissingEventType),
            "{body}"
        );
    }
    let long = format!(r#"{{"kind":"{}"}}"#, "x".repeat(129));
    assert_eq!(judge(&rules, &[], &long), Err(Refused::MissingEventType));
    let rules = types(&[pointer("kind")], "", "other");
    for body in ["{}", "not json", ""] {
        assert_eq!(taken(&rules, &[], body).event_type.as_str(), "other");
    }
}

#[test]
fn a_body_is_json_where_it_must_be_read() {
    let form = ("content-type", "application/x-www-form-urlencoded");
    let rules = types(&[pointer("kind")], "", "");
    assert_eq!(judge(&rules, &[], "kind=x"), Err(Refused::NotJson));
    assert_eq!(
        judge(&rules, &[form], "kind=x"),
        Err(Refused::BadContentType)
    );
    // The action is part of the name.
    let rules = types(&[header("x-kind")], "action", "");
    assert_eq!(
        judge(&rules, &[("x-kind", "pr"), form], "x=1"),
        Err(Refused::BadContentType)
    );
    let rules = types(&[header("x-kind")], "", "");
    assert_eq!(
        taken(&rules, &[("x-kind", "pr"), form], "x=1")
            .event_type
            .as_str(),
        "pr"
    );
    let deep = "[".repeat(1000);
    let rules = types(&[pointer("kind")], "", "other");
    assert_eq!(judge(&rules, &[], &deep), Err(Refused::TooDeep));
}

fn dedup(places: &[v1::Place], missing: MissingKey, window_ms: u64) -> v1::SourceDefinition {
    v1::SourceDefinition {
        dedup: Some(v1::DedupRule {
            places: places.to_vec(),
            missing: missing.into(),
            body_window_ms: Some(window_ms),
            body_window_by_type: None,
        }),
        ..open()
    }
}

#[test]
fn a_key_is_the_first_value_or_what_the_rule_says() {
    let places = [header("x-id"), pointer("/data/id")];
    let key = |rules: &_, headers: &[(&str, &str)], body| taken(rules, headers, body).dedup.key;
    let rules = dedup(&places, MissingKey::Refuse, 0);
    assert_eq!(key(&rules, &[("x-id", "a")], "{}").as_deref(), Some("a"));
    let number = r#"{"data":{"id":12345678901234567890123}}"#;
    assert_eq!(
        key(&rules, &[], number).as_deref(),
        Some("12345678901234567890123")
    );
    assert_eq!(judge(&rules, &[], "{}"), Err(Refused::MissingDedupKey));
    assert_eq!(judge(&rules, &[], "x"), Err(Refused::NotJson));
    let hashed = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let rules = dedup(&places, MissingKey::BodyHash, 0);
    assert_eq!(key(&rules, &[], "abc").as_deref(), Some(hashed));
    let rules = dedup(&places, MissingKey::None, 0);
    assert_eq!(key(&rules, &[], "abc"), None);
}

#[test]
fn a_long_key_is_known_by_its_hash() {
    let rules = dedup(&[header("x-id")], MissingKey::Refuse, 0);
    let key = |id: &str| {
        taken(&rules, &[("x-id", id)], "{}")
            .dedup
            .key
            .expect("it has one")
    };
    let (short, long) = ("k".repeat(512), "k".repeat(513));
    assert_eq!(key(&short), short);
    assert!(key(&long).starts_with("sha256:") && key(&long).len() == 71);
    assert_ne!(key(&long), key(&"k".repeat(514)));
}

#[test]
fn a_body_is_known_for_its_window() {
    for (window_ms, expected) in [(1000, Some(1000)), (0, None)] {
        let rules = dedup(&[header("x-id")], MissingKey::Refuse, window_ms);
        let found = taken(&rules, &[("x-id", "a")], "x").dedup;
        assert_eq!(found.body_window_ms, expected);
    }
}

#[test]
fn what_a_rule_does_not_state_is_the_presets() {
    let stating = |rule: v1::DedupRule| v1::SourceDefinition {
        dedup: Some(rule),
        ..open()
    };
    let window = stating(v1::DedupRule {
        body_window_ms: Some(5000),
        ..Default::default()
    });
    let found = taken(&window, &[("idempotency-key", "a")], "x").dedup;
    assert_eq!(found.key.as_deref(), Some("a"));
    assert_eq!(found.body_window_ms, Some(5000));
    assert!(
        taken(&window, &[], "x")
            .dedup
            .key
            .is_some_and(|it| it.starts_with("sha256:"))
    );

    let missing = stating(v1::DedupRule {
        missing: MissingKey::None.into(),
        ..Default::default()
    });
    let found = taken(&missing, &[], "x").dedup;
    assert_eq!(found.key, None);
    assert_eq!(found.body_window_ms, None, "nothing is signed");

    let places = stating(v1::DedupRule {
        places: vec![header("x-mine")],
        ..Default::default()
    });
    let headers = [("idempotency-key", "a"), ("x-mine", "b")];
    assert_eq!(
        taken(&places, &headers, "x").dedup.key.as_deref(),
        Some("b")
    );
}

#[test]
fn senders_who_are_not_on_the_list_are_refused() {
    let rules = |allow: &[&str]| v1::SourceDefinition {
        sender: Some(v1::SenderRule {
            places: vec![pointer("/sender/login")],
            allow: allow.iter().map(|it| (*it).to_owned()).collect(),
        }),
        ..open()
    };
    let (ada, eve) = (
        r#"{"sender":{"login":"ada"}}"#,
        r#"{"sender":{"login":"eve"}}"#,
    );
    let only_ada = rules(&["ada", "bob"]);
    assert_eq!(taken(&only_ada, &[], ada).sender.as_deref(), Some("ada"));
    for body in [
        eve,
        "{}",
        "x",
        r#"{"sender":{"login":"Ada"}}"#,
        r#"{"sender":"ada"}"#,
    ] {
        assert_eq!(
            judge(&only_ada, &[], body),
            Err(Refused::SenderNotAllowed),
            "{body}"
        );
    }
    assert_eq!(taken(&rules(&[]), &[], eve).sender.as_deref(), Some("eve"));
    assert_eq!(
        taken(&rules(&[]), &[], r#"{"sender":{"login":"a\nb"}}"#).sender,
        None
    );
}

#[test]
fn only_listed_headers_are_stored() {
    let mut rules = open();
    rules.verification = Some(v1::Verification {
        stored_headers: vec!["X-Build".to_owned()],
        ..by_preset("none")
    });
    let long = "ä".repeat(600);
    let headers = [
        ("X-BUILD", " 7 "),
        ("x-event-type", "build"),
        ("x-webhook-id", long.as_str()),
        ("idempotency-key", "a\u{7}b"),
        ("user-agent", "curl"),
        ("cookie", "session=canary"),
        ("Content-Type", "text/plain; charset=utf-8"),
    ];
    let stored = taken(&rules, &headers, "{}").headers;
    let names: Vec<&str> = stored.iter().map(|it| it.0.as_str()).collect();
    let expected = ["content-type", "x-build", "x-event-type", "x-webhook-id"];
    assert_eq!(names, expected);
    assert_eq!(stored[0].1, "text/plain; charset=utf-8");
    assert_eq!(stored[1].1, "7");
    assert_eq!(stored[3].1.len(), 1024);
}
