//! Where a request goes.

mod common;

use ackord_core::model::{Class, Instruction};
use ackord_core::text::{EventType, Prompt};
use ackord_proto::v1::{self, UnmatchedPolicy};
use ackord_verify::{Headers, Refused, Routed};
use common::open::{compile, condition, header, open, pointer, taken};

fn route(pattern: &str, send: Option<v1::RouteSend>) -> v1::Route {
    v1::Route {
        event_type: pattern.to_owned(),
        conditions: Vec::new(),
        action: Some(match send {
            Some(send) => v1::route::Action::Send(send),
            None => v1::route::Action::Drop(v1::RouteDrop {}),
        }),
    }
}

fn to(tag: &str) -> Option<v1::RouteSend> {
    Some(v1::RouteSend {
        tags: vec![tag.to_owned()],
        ..Default::default()
    })
}

fn routes(routes: &[v1::Route]) -> v1::SourceDefinition {
    v1::SourceDefinition {
        routes: routes.to_vec(),
        ..open()
    }
}

/// Where an event of that type goes: tags, `drop`, or `unmatched`.
fn goes(rules: &v1::SourceDefinition, event_type: &str, body: &str) -> String {
    match taken(rules, &[("x-event-type", event_type)], body).routed {
        Routed::Drop { .. } => "drop".to_owned(),
        Routed::Unmatched { keep } => format!("unmatched keep={keep}"),
        Routed::Send(all) => {
            let tag = |it: &ackord_verify::Destination| match &it.tag {
                Some(tag) => tag.as_str().to_owned(),
                None => "-".to_owned(),
            };
            all.iter().map(tag).collect::<Vec<_>>().join(",")
        }
    }
}

#[test]
fn the_first_route_that_matches_decides() {
    let rules = routes(&[
        route("pull_request.closed", None),
        route("pull_request.*", to("review")),
        route("push", to("build")),
        route("p*", to("rest")),
    ]);
    for (event_type, expected) in [
        ("pull_request.closed", "drop"),
        ("pull_request.opened", "review"),
        ("pull_request.", "review"),
        ("pull_request", "rest"),
        ("push", "build"),
        ("pushed", "rest"),
        ("Push", "unmatched keep=false"),
    ] {
        assert_eq!(goes(&rules, event_type, "{}"), expected, "{event_type}");
    }
    let mut keeps = rules;
    keeps.unmatched = UnmatchedPolicy::Keep.into();
    assert_eq!(goes(&keeps, "issue", "{}"), "unmatched keep=true");
    assert_eq!(
        goes(&routes(&[route("*", to("all"))]), "anything", "x"),
        "all"
    );
    assert_eq!(goes(&open(), "anything", "x"), "-");
}

#[test]
fn conditions_look_at_bodies_and_stored_headers() {
    use v1::condition::Test;
    let text = |it: &str| it.to_owned();
    let one_of = Test::OneOf(v1::OneOf {
        values: vec![text("main"), text("")],
    });
    let cases: [(Test, bool, [bool; 4]); 7] = [
        // Of a body with `main`, with an empty text, without it, and that is not JSON.
        (
            Test::Equals(text("main")),
            false,
            [true, false, false, false],
        ),
        (Test::Equals(text("main")), true, [false, true, true, true]),
        (one_of, false, [true, true, false, false]),
        (Test::Prefix(text("ma")), false, [true, false, false, false]),
        (Test::Exists(true), false, [true, true, false, false]),
        (Test::Exists(false), false, [false, false, true, true]),
        (Test::Exists(true), true, [false, false, true, true]),
    ];
    let bodies = [
        r#"{"branch":"main"}"#,
        r#"{"branch":""}"#,
        r#"{"branch":null}"#,
        "x",
    ];
    for (test, negate, expected) in cases {
        let mut only = route("*", to("hit"));
        only.conditions = vec![condition(pointer("branch"), test.clone(), negate)];
        let rules = routes(&[only]);
        for (body, expected) in bodies.iter().zip(expected) {
            let is_hit = goes(&rules, "push", body) == "hit";
            assert_eq!(is_hit, expected, "{test:?} negate={negate} {body}");
        }
    }
    let mut only = route("*", to("hit"));
    only.conditions = vec![
        condition(header("X-Webhook-Id"), Test::Exists(true), false),
        condition(pointer("branch"), Test::Exists(true), false),
    ];
    let rules = routes(&[only]);
    assert_eq!(goes(&rules, "push", bodies[0]), "unmatched keep=false");
    let routed = taken(&rules, &[("x-webhook-id", "1")], bodies[0]).routed;
    assert!(matches!(routed, Routed::Send(_)));
}

#[test]
fn a_route_says_how_its_events_travel() {
    let send = v1::RouteSend {
        instruction: Some(v1::route_send::Instruction::Prompt("Review it.".to_owned())),
        tags: vec!["a".to_owned(), "b".to_owned()],
        class: v1::Class::Priority.into(),
        ordering_key_pointers: vec!["/repo".to_owned(), "number".to_owned()],
        delay_ms: 1000,
        ttl_ms: 2000,
        shown_bytes: 100,
    };
    let mut rules = routes(&[route("*", Some(send))]);
    rules.defaults = Some(v1::SourceDefaults {
        tag: "default".to_owned(),
        class: v1::Class::Interrupt.into(),
        ..Default::default()
    });
    let Routed::Send(all) = taken(&rules, &[], r#"{"repo":"o/r","number":7}"#).routed else {
        panic!("it is sent");
    };
    let tags: Vec<_> = all
        .iter()
        .map(|it| it.tag.as_ref().map(|it| it.as_str()))
        .collect();
    assert_eq!(tags, [Some("a"), Some("b")]);
    for it in &all {
        assert_eq!(it.route, Some(0));
        assert_eq!(it.class, Class::Priority);
        assert_eq!(
            it.ordering_key.as_ref().map(|it| it.as_str()),
            Some("o/r:7")
        );
        let prompt = Prompt::new("Review it.").expect("it is one");
        assert_eq!(it.instruction, Some(Instruction::Prompt(prompt)));
        assert_eq!((it.delay_ms, it.ttl_ms), (Some(1000), Some(2000)));
        assert_eq!(it.shown_bytes, 100);
    }
    rules.routes = Vec::new();
    let Routed::Send(all) = taken(&rules, &[], "x").routed else {
        panic!("it is sent");
    };
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].tag.as_ref().map(|it| it.as_str()), Some("default"));
    assert_eq!(all[0].class, Class::Interrupt);
    assert_eq!((all[0].route, all[0].shown_bytes), (None, 64 << 10));
}

#[test]
fn an_ordering_key_needs_all_of_its_values() {
    let send = v1::RouteSend {
        ordering_key_pointers: vec!["/repo".to_owned(), "number".to_owned()],
        ..Default::default()
    };
    let rules = routes(&[route("*", Some(send))]);
    let key = |body: &str| match taken(&rules, &[], body).routed {
        Routed::Send(all) => all[0].ordering_key.clone().map(|it| it.as_str().to_owned()),
        other => panic!("{other:?}"),
    };
    assert_eq!(key(r#"{"repo":"o/r"}"#), None);
    assert_eq!(key("x"), None);
    let long = format!(r#"{{"repo":"{}","number":1}}"#, "r".repeat(300));
    let hashed = key(&long).expect("it has one");
    assert!(hashed.starts_with("sha256:") && hashed.len() == 71);
    let control = key(r#"{"repo":"a\u0000","number":1}"#).expect("it has one");
    assert!(control.starts_with("sha256:"));
}

#[test]
fn what_was_kept_is_routed_again_as_at_first() {
    use v1::condition::Test;
    let mut only = route("push", to("hit"));
    only.conditions = vec![
        condition(header("x-webhook-id"), Test::Prefix("a".to_owned()), false),
        condition(pointer("branch"), Test::Equals("main".to_owned()), false),
    ];
    let rules = routes(&[only]);
    let source = compile(&rules);
    let (json, form) = ("application/json", "application/x-www-form-urlencoded");
    for (id, branch, content_type) in [
        ("a1", "main", json),
        ("a1", "main", form),
        ("b1", "main", json),
        ("a1", "dev", json),
    ] {
        let body = format!(r#"{{"branch":"{branch}"}}"#);
        let headers = [
            ("x-event-type", "push"),
            ("x-webhook-id", id),
            ("content-type", content_type),
        ];
        let first = taken(&rules, &headers, &body);
        let stored = first.headers.iter();
        let stored: Headers<'_> = stored.map(|it| (it.0.as_str(), it.1.as_bytes())).collect();
        let again = source.route(&first.event_type, &stored, body.as_bytes());
        assert_eq!(again, Ok(first.routed));
    }
    let event_type = EventType::new("push").expect("it is one");
    let deep = "[".repeat(100);
    let again = source.route(&event_type, &Headers::default(), deep.as_bytes());
    assert_eq!(again, Err(Refused::TooDeep));
}
