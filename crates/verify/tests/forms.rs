//! JSON in a field of a form.

mod common;

use ackord_core::text::EventType;
use ackord_proto::v1;
use ackord_verify::{Headers, Refused, Routed};
use common::open::{compile, condition, header, judge, open, pointer, taken};

const FORM: (&str, &str) = (
    "Content-Type",
    "application/x-www-form-urlencoded; charset=utf-8",
);
const BODY: &str = "payload=%7B%22type%22%3A%22task.done%22%2C%22to%22%3A%22a+b%22%7D&v=1";

/// Nothing is verified, the body must be read, and forms have their JSON in this field.
fn opened(field: &str) -> v1::SourceDefinition {
    let place = v1::event_type_place::Place::Pointer("/type".to_owned());
    let event_type = v1::EventTypeRule {
        places: vec![v1::EventTypePlace { place: Some(place) }],
        ..Default::default()
    };
    let mut definition = v1::SourceDefinition {
        event_type: Some(event_type),
        ..open()
    };
    let verification = definition.verification.get_or_insert_default();
    verification.form_field = field.to_owned();
    definition
}

#[test]
fn what_is_in_the_field_is_read_as_the_body() {
    let received = taken(&opened("payload"), &[FORM], BODY);
    assert_eq!(received.event_type.as_str(), "task.done");
    let json = r#"{"type":"task.done","to":"a b"}"#;
    assert_eq!(received.unpacked.as_deref(), Some(json.as_bytes()));
    let json = ("content-type".to_owned(), "application/json".to_owned());
    assert_eq!(received.headers, [json]);
}

#[test]
fn what_is_no_form_is_left_as_it_is() {
    for headers in [&[][..], &[("content-type", "application/json")]] {
        let received = taken(&opened("payload"), headers, r#"{"type":"a"}"#);
        assert_eq!(received.event_type.as_str(), "a");
        assert_eq!(received.unpacked, None);
        let refused = judge(&opened("payload"), headers, BODY);
        assert_eq!(refused, Err(Refused::NotJson));
    }
}

#[test]
fn a_form_is_opened_only_by_who_names_its_field() {
    let refused = judge(&opened(""), &[FORM], BODY);
    assert_eq!(refused, Err(Refused::BadContentType));
    let refused = judge(&opened("other"), &[FORM], BODY);
    assert_eq!(refused, Err(Refused::NotJson));
}

#[test]
fn a_field_that_is_not_there_once_or_holds_no_json_is_refused() {
    for body in [
        "",
        "v=1",
        "payload=",
        "payload=x",
        "payload={}&payload={}",
        "payload={\"type\":\"%FF\"}",
    ] {
        let refused = judge(&opened("payload"), &[FORM], body);
        assert_eq!(refused, Err(Refused::NotJson), "{body}");
    }
    let deep = format!("payload={}", "%5B".repeat(65));
    let refused = judge(&opened("payload"), &[FORM], &deep);
    assert_eq!(refused, Err(Refused::TooDeep));
}

/// Two forms that say the same and were signed apart are two deliveries.
#[test]
fn the_body_that_a_delivery_is_known_by_is_the_form() {
    let key = |body| taken(&opened("payload"), &[FORM], body).dedup.key;
    assert_eq!(key(BODY), key(BODY));
    assert_ne!(key(BODY), key(&BODY.replace("v=1", "v=2")));
}

#[test]
fn what_was_kept_of_a_form_is_routed_again_as_it_was() {
    let json = v1::condition::Test::Equals("application/json".to_owned());
    let a_b = v1::condition::Test::Equals("a b".to_owned());
    let route = v1::Route {
        event_type: "*".to_owned(),
        conditions: vec![
            condition(header("content-type"), json, false),
            condition(pointer("/to"), a_b, false),
        ],
        action: Some(v1::route::Action::Drop(v1::RouteDrop {})),
    };
    let rules = v1::SourceDefinition {
        routes: vec![route],
        ..opened("payload")
    };
    let received = taken(&rules, &[FORM], BODY);
    assert_eq!(received.routed, Routed::Drop { route: 0 });
    let stored = received.headers.iter();
    let stored: Headers<'_> = stored.map(|it| (it.0.as_str(), it.1.as_bytes())).collect();
    let body = received.unpacked.expect("it was a form");
    let event_type = EventType::new("task.done").expect("a type");
    let again = compile(&rules).route(&event_type, &stored, &body);
    assert_eq!(again, Ok(received.routed));
}

#[test]
fn the_name_of_a_field_is_short_and_printable() {
    for name in ["\n".to_owned(), "x".repeat(65)] {
        let refused = ackord_verify::Source::compile(&opened(&name), &[]);
        let said = refused.err().expect("it is no name").to_string();
        assert!(said.starts_with("verification.form_field "), "{said}");
    }
}
