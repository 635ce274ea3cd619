//! What a definition must be: each rule that it can break, by the field that breaks it.

mod common;

use ackord_proto::v1::{self, verification::Rule};
use ackord_verify::{Secret, Source, presets, unsupported};
use common::provider::{URL, secret_of};
use common::{by_preset, definition, secret};

fn github() -> v1::SourceDefinition {
    definition(by_preset("github"))
}

fn compiled(definition: &v1::SourceDefinition, secrets: &[Secret<'_>]) -> Result<(), String> {
    let compiled = Source::compile(definition, secrets);
    compiled.map(|_| ()).map_err(|it| it.to_string())
}

/// The definition is refused for this field.
fn refused(definition: &v1::SourceDefinition, field: &str) {
    refused_with(definition, &[secret("a-good-secret")], field);
}

fn refused_with(definition: &v1::SourceDefinition, secrets: &[Secret<'_>], field: &str) {
    let said = compiled(definition, secrets).expect_err(field);
    assert!(said.starts_with(&format!("{field} ")), "{field}: {said}");
}

/// GitHub's scheme written out, as `change` leaves it.
fn hmac(change: impl FnOnce(&mut v1::HmacScheme)) -> v1::SourceDefinition {
    let preset = ackord_verify::preset("stripe").expect("it is there");
    let Some(v1::scheme::Kind::Hmac(mut scheme)) = preset.scheme().kind else {
        panic!("it signs");
    };
    change(&mut scheme);
    scheme_of(v1::scheme::Kind::Hmac(scheme))
}

fn scheme_of(kind: v1::scheme::Kind) -> v1::SourceDefinition {
    definition(v1::Verification {
        rule: Some(Rule::Scheme(v1::Scheme { kind: Some(kind) })),
        ..Default::default()
    })
}

fn form(change: impl FnOnce(&mut v1::SignedForm)) -> v1::SourceDefinition {
    hmac(|it| change(&mut it.forms[0]))
}

fn verification(change: impl FnOnce(&mut v1::Verification)) -> v1::SourceDefinition {
    let mut verification = by_preset("github");
    change(&mut verification);
    definition(verification)
}

#[test]
fn every_preset_is_good_and_could_be_written_out() {
    for preset in presets() {
        let value = secret_of(preset);
        let secrets = [secret(&value)];
        let secrets = if preset.needs_secret() {
            &secrets[..]
        } else {
            &[]
        };
        let by_name = definition(v1::Verification {
            public_url: URL.to_owned(),
            ..by_preset(preset.name)
        });
        assert_eq!(compiled(&by_name, secrets), Ok(()), "{}", preset.name);
        let written_out = v1::SourceDefinition {
            event_type: Some(preset.event_type()),
            dedup: Some(preset.dedup()),
            sender: Some(preset.sender()),
            ..definition(v1::Verification {
                rule: Some(Rule::Scheme(preset.scheme())),
                public_url: URL.to_owned(),
                freshness: preset.freshness(),
                handshakes: preset.handshakes(),
                form_field: preset.form_field.to_owned(),
                stored_headers: preset.headers.iter().map(|it| (*it).to_owned()).collect(),
            })
        };
        assert_eq!(compiled(&written_out, secrets), Ok(()), "{}", preset.name);
    }
}

#[test]
fn what_no_scheme_can_express_is_named() {
    for it in unsupported() {
        let said = compiled(&definition(by_preset(it.name)), &[]).expect_err(it.name);
        assert!(
            said.contains(it.does) && said.contains("no scheme can express"),
            "{said}"
        );
    }
    refused(&definition(by_preset("")), "verification.preset");
    refused(&definition(by_preset("GitHub")), "verification.preset");
    refused(&v1::SourceDefinition::default(), "verification");
    refused(
        &definition(v1::Verification::default()),
        "verification.rule",
    );
}

#[test]
fn secrets_are_what_their_scheme_takes() {
    let ok = secret("a-good-secret");
    refused_with(&github(), &[], "secrets");
    refused_with(&github(), &[ok; 9], "secrets");
    refused_with(&github(), &[ok, secret("")], "secrets[1]");
    refused_with(&github(), &[secret("a-good-secret\n")], "secrets[0]");
    refused_with(&github(), &[secret("short")], "secrets[0]");
    refused_with(&definition(by_preset("none")), &[ok], "secrets");
    refused_with(&definition(by_preset("basic")), &[ok], "secrets[0]");
    for wrong in [":password", "username:", "username"] {
        refused_with(
            &definition(by_preset("basic")),
            &[secret(wrong)],
            "secrets[0]",
        );
    }
    refused_with(&definition(by_preset("openai")), &[ok], "secrets[0]");
    assert_eq!(compiled(&github(), &[ok; 8]), Ok(()));
}

#[test]
fn a_scheme_says_all_that_it_needs() {
    let scheme = "verification.scheme.hmac";
    refused(&hmac(|it| it.algorithm = 0), &format!("{scheme}.algorithm"));
    refused(
        &hmac(|it| it.algorithm = 99),
        &format!("{scheme}.algorithm"),
    );
    refused(&hmac(|it| it.encoding = 0), &format!("{scheme}.encoding"));
    refused(
        &hmac(|it| it.key_encoding = 0),
        &format!("{scheme}.key_encoding"),
    );
    refused(&hmac(|it| it.forms.clear()), &format!("{scheme}.forms"));
    let five = |it: &mut v1::HmacScheme| it.forms = vec![it.forms[0].clone(); 5];
    refused(&hmac(five), &format!("{scheme}.forms"));
    let first = format!("{scheme}.forms[0]");
    refused(
        &form(|it| it.signature = None),
        &format!("{first}.signature"),
    );
    refused(&form(|it| it.parts.clear()), &format!("{first}.parts"));
    let shape = |change: fn(&mut v1::SignatureHeader)| {
        form(|it| change(it.signature.as_mut().expect("it has one")))
    };
    refused(
        &shape(|it| it.name.clear()),
        &format!("{first}.signature.name"),
    );
    refused(
        &shape(|it| it.name = "a b".into()),
        &format!("{first}.signature.name"),
    );
    refused(&shape(|it| it.label.clear()), &format!("{first}.signature"));
    refused(
        &shape(|it| it.label = "ü".into()),
        &format!("{first}.signature"),
    );
    refused(
        &shape(|it| it.separator.clear()),
        &format!("{first}.signature"),
    );
    refused(
        &form(|it| it.time.as_mut().expect("it has one").unit = 0),
        &format!("{first}.time.unit"),
    );
    refused(
        &form(|it| it.time.as_mut().expect("it has one").place = None),
        &format!("{first}.time.place"),
    );
    let empty = scheme_of(v1::scheme::Kind::Token(v1::TokenScheme::default()));
    refused(&empty, "verification.scheme.token.header");
    let mut none = github();
    none.verification = Some(v1::Verification {
        rule: Some(Rule::Scheme(v1::Scheme { kind: None })),
        ..Default::default()
    });
    refused(&none, "verification.scheme.kind");
}

#[test]
fn what_is_signed_holds_the_body_and_the_time() {
    let parts = "verification.scheme.hmac.forms[0].parts";
    let is = |part: &v1::SignedPart, kind: v1::PartKind| {
        part.part == Some(v1::signed_part::Part::Kind(kind.into()))
    };
    refused(
        &form(|it| it.parts.retain(|part| !is(part, v1::PartKind::Body))),
        parts,
    );
    refused(
        &form(|it| it.parts.retain(|part| !is(part, v1::PartKind::Time))),
        parts,
    );
    refused(&form(|it| it.time = None), parts);
    let part = |part| v1::SignedPart { part };
    refused(&form(|it| it.parts[0] = part(None)), &format!("{parts}[0]"));
    let kind = |code| Some(v1::signed_part::Part::Kind(code));
    refused(
        &form(|it| it.parts[0] = part(kind(0))),
        &format!("{parts}[0]"),
    );
    refused(
        &form(|it| it.parts[0] = part(kind(99))),
        &format!("{parts}[0]"),
    );
    let literal = |text: String| Some(v1::signed_part::Part::Literal(text));
    refused(
        &form(|it| it.parts[1] = part(literal(String::new()))),
        &format!("{parts}[1]"),
    );
    refused(
        &form(|it| it.parts[1] = part(literal("x".repeat(65)))),
        &format!("{parts}[1]"),
    );
}

#[test]
fn a_url_that_is_signed_must_be_known() {
    refused(&definition(by_preset("square")), "verification.public_url");
    for wrong in [
        "hooks.example.com",
        "https://",
        "https://a/?b=1",
        "https://a b/",
        "ftp://a/",
    ] {
        refused(
            &verification(|it| it.public_url = wrong.into()),
            "verification.public_url",
        );
    }
}

#[test]
fn freshness_is_bounded_and_of_a_time_that_is_signed() {
    let freshness = |preset: &str, tolerance_ms, pointer: &str, unit: v1::TimeUnit| {
        definition(v1::Verification {
            freshness: Some(v1::Freshness {
                tolerance_ms,
                pointer: pointer.to_owned(),
                unit: unit.into(),
            }),
            ..by_preset(preset)
        })
    };
    let field = "verification.freshness";
    let (none, seconds) = (v1::TimeUnit::Unspecified, v1::TimeUnit::Seconds);
    refused(
        &freshness("github", 604_800_001, "", none),
        &format!("{field}.tolerance_ms"),
    );
    refused(
        &freshness("github", 0, "/time", none),
        &format!("{field}.unit"),
    );
    refused(
        &freshness("github", 0, "/", seconds),
        &format!("{field}.pointer"),
    );
    refused(
        &freshness("stripe", 0, "/created", seconds),
        &format!("{field}.pointer"),
    );
    let good = freshness("github", 604_800_000, "/time", seconds);
    assert_eq!(compiled(&good, &[secret("a-good-secret")]), Ok(()));
}

#[test]
fn a_header_that_verifies_is_never_stored() {
    let stored = |name: &str| verification(|it| it.stored_headers = vec![name.to_owned()]);
    for name in [
        "X-Hub-Signature-256",
        "Authorization",
        "cookie",
        "proxy-authorization",
        "x-a+b",
        "a b",
        "",
    ] {
        refused(&stored(name), "verification.stored_headers[0]");
    }
    let many = (0..25).map(|it| format!("x-{it}")).collect();
    refused(
        &verification(|it| it.stored_headers = many),
        "verification.stored_headers",
    );
    for preset in presets() {
        let Some(v1::scheme::Kind::Hmac(scheme)) = preset.scheme().kind else {
            continue;
        };
        for form in scheme.forms {
            let name = form.signature.expect("it has one").name;
            assert!(!preset.headers.contains(&name.as_str()), "{}", preset.name);
        }
    }
}

#[test]
fn rules_name_what_is_wrong_with_them() {
    let mut it = github();
    it.event_type = Some(v1::EventTypeRule {
        places: vec![v1::EventTypePlace::default()],
        ..Default::default()
    });
    refused(&it, "event_type.places[0].place");
    for fallback in ["a b", "ackord.message"] {
        it.event_type = Some(v1::EventTypeRule {
            fallback: fallback.to_owned(),
            ..Default::default()
        });
        refused(&it, "event_type.fallback");
    }
    it.event_type = Some(v1::EventTypeRule {
        action_pointer: "a..b".to_owned(),
        ..Default::default()
    });
    refused(&it, "event_type.action_pointer");

    let mut it = github();
    it.dedup = Some(v1::DedupRule {
        missing: 99,
        ..Default::default()
    });
    refused(&it, "dedup.missing");
    it.dedup = Some(v1::DedupRule {
        body_window_ms: Some(u64::MAX),
        ..Default::default()
    });
    refused(&it, "dedup.body_window_ms");
    let mut own = form(|_| {});
    own.dedup = Some(v1::DedupRule::default());
    refused(&own, "dedup.places");

    let mut it = definition(by_preset("stripe"));
    it.sender = Some(v1::SenderRule {
        allow: vec!["ada".to_owned()],
        ..Default::default()
    });
    refused(&it, "sender.places");
    let mut it = github();
    it.sender = Some(v1::SenderRule {
        allow: vec![String::new()],
        ..Default::default()
    });
    refused(&it, "sender.allow");
    let mut it = github();
    it.unmatched = 99;
    refused(&it, "unmatched");
    let mut it = github();
    it.defaults = Some(v1::SourceDefaults {
        tag: "a b".to_owned(),
        ..Default::default()
    });
    refused(&it, "defaults.tag");
    let handshake = v1::Handshake::default();
    refused(
        &verification(|it| it.handshakes = vec![handshake]),
        "verification.handshakes[0].when",
    );
}

/// One route, as `change` leaves it.
fn route(change: impl FnOnce(&mut v1::Route, &mut v1::RouteSend)) -> v1::SourceDefinition {
    let mut route = v1::Route {
        event_type: "*".to_owned(),
        ..Default::default()
    };
    let mut send = v1::RouteSend::default();
    change(&mut route, &mut send);
    if route.action.is_none() {
        route.action = Some(v1::route::Action::Send(send));
    }
    v1::SourceDefinition {
        routes: vec![route],
        ..github()
    }
}

#[test]
fn routes_name_what_is_wrong_with_them() {
    use v1::condition::Test;
    use v1::route_send::Instruction;
    for pattern in ["", "a*b", "**", "a b", &"x".repeat(129)] {
        refused(
            &route(|it, _| it.event_type = pattern.to_owned()),
            "routes[0].event_type",
        );
    }
    let none = v1::SourceDefinition {
        routes: vec![v1::Route::default()],
        ..github()
    };
    refused(&none, "routes[0].action");
    let many = v1::SourceDefinition {
        routes: vec![v1::Route::default(); 257],
        ..github()
    };
    refused(&many, "routes");
    let send = |change: fn(&mut v1::RouteSend)| route(|_, it| change(it));
    refused(
        &send(|it| it.tags = vec!["a b".into()]),
        "routes[0].send.tags[0]",
    );
    refused(
        &send(|it| it.tags = vec!["a".into(), "a".into()]),
        "routes[0].send.tags[1]",
    );
    refused(
        &send(|it| it.tags = vec!["a".into(); 17]),
        "routes[0].send.tags",
    );
    refused(&send(|it| it.class = 99), "routes[0].send.class");
    refused(&send(|it| it.delay_ms = u64::MAX), "routes[0].send");
    refused(
        &send(|it| (it.delay_ms, it.ttl_ms) = (5, 5)),
        "routes[0].send.ttl_ms",
    );
    refused(
        &send(|it| it.shown_bytes = 1 << 21),
        "routes[0].send.shown_bytes",
    );
    let keys = |it: &mut v1::RouteSend| it.ordering_key_pointers = vec!["a".into()];
    refused(
        &route(|_, it| {
            keys(it);
            it.class = v1::Class::Interrupt.into();
        }),
        "routes[0].send.ordering_key_pointers",
    );
    let mut by_default = route(|_, it| keys(it));
    by_default.defaults = Some(v1::SourceDefaults {
        class: v1::Class::Interrupt.into(),
        ..Default::default()
    });
    refused(&by_default, "routes[0].send.ordering_key_pointers");
    refused(
        &send(|it| it.instruction = Some(Instruction::Skill("a b".into()))),
        "routes[0].send.skill",
    );
    for prompt in [String::new(), "x".repeat(32_769), "a\u{1b}".to_owned()] {
        let it = route(|_, it| it.instruction = Some(Instruction::Prompt(prompt)));
        refused(&it, "routes[0].send.prompt");
    }
    let condition = |place: Option<v1::place::Place>, test| {
        route(|it, _| {
            it.conditions = vec![v1::Condition {
                place: Some(v1::Place { place }),
                test,
                negate: false,
            }];
        })
    };
    let header = |name: &str| Some(v1::place::Place::Header(name.to_owned()));
    let first = "routes[0].conditions[0]";
    refused(
        &condition(None, Some(Test::Exists(true))),
        &format!("{first}.place.place"),
    );
    refused(
        &condition(header("x-github-event"), None),
        &format!("{first}.test"),
    );
    refused(
        &condition(header("user-agent"), Some(Test::Exists(true))),
        &format!("{first}.place.header"),
    );
    let none = Test::OneOf(v1::OneOf::default());
    refused(
        &condition(header("x-github-event"), Some(none)),
        &format!("{first}.one_of"),
    );
    let long = Test::Equals("x".repeat(1025));
    refused(&condition(header("x-github-event"), Some(long)), first);
}
