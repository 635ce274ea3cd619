//! Any bytes as what comes in: a request, or a definition. What must hold is asserted here, for the
//! tests and for the fuzzer.

use std::sync::OnceLock;

use ackord_core::text::{MetaKey, MetaValue};
use ackord_proto::v1::{self, verification::Rule};
use ackord_verify::{Headers, Judged, Request, Secret, Source, presets};
use prost::Message;

const NOW_MS: u64 = 1_700_000_000_000;

/// A source, and whether a sender must know a secret that nobody does.
struct Candidate {
    source: Source,
    is_secret: bool,
}

/// Reads the bytes as one of the two, or as changes of a request on record.
pub(crate) fn run(bytes: &[u8]) {
    match bytes {
        [0, definition @ ..] => define(definition),
        [1, which, vector, changes @ ..] => {
            let vectors = vectors();
            let mut request = vectors[usize::from(*vector) % vectors.len()].clone();
            let (changes, _) = changes.as_chunks::<3>();
            for [high, low, byte] in changes {
                let at = usize::from(u16::from_be_bytes([*high, *low])) % request.len();
                request[at] = *byte;
            }
            judge(chosen(*which), &request);
        }
        [which, request @ ..] => judge(chosen(*which), request),
        [] => {}
    }
}

/// The requests on record, as [`judge`] reads them.
fn vectors() -> &'static [Vec<u8>] {
    static VECTORS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    VECTORS.get_or_init(|| {
        let all: serde_json::Value =
            serde_json::from_str(include_str!("../vectors.json")).expect("vectors are JSON");
        let text = |it: &serde_json::Value| it.as_str().expect("it is text").to_owned();
        let written = |vector: &serde_json::Value| {
            let headers = vector["headers"].as_object().expect("there are headers");
            let line = |(name, value)| format!("{name}: {}\n", text(value));
            let head: String = headers.iter().map(line).collect();
            format!("{head}\n{}", text(&vector["body"])).into_bytes()
        };
        let all = all.as_array().expect("a list of them");
        all.iter().map(written).collect()
    })
}

fn chosen(which: u8) -> &'static Candidate {
    let candidates = candidates();
    &candidates[usize::from(which) % candidates.len()]
}

/// Compiles a definition, with one secret or none.
fn define(bytes: &[u8]) {
    let Ok(definition) = v1::SourceDefinition::decode(bytes) else {
        return;
    };
    let secret = Secret {
        value: b"a-secret-that-nobody-knows",
        expires_at_ms: None,
    };
    for secrets in [&[][..], &[secret]] {
        if let Ok(source) = Source::compile(&definition, secrets) {
            let candidate = Candidate {
                source,
                is_secret: false,
            };
            judge(&candidate, b"a: b\n\n{}");
        }
    }
}

/// Each preset, and the rules of each with nothing to verify, so that they are reached.
fn candidates() -> &'static [Candidate] {
    static CANDIDATES: OnceLock<Vec<Candidate>> = OnceLock::new();
    CANDIDATES.get_or_init(|| {
        let verified = presets().filter(|it| it.needs_secret()).map(|preset| {
            let verification = v1::Verification {
                rule: Some(Rule::Preset(preset.name.to_owned())),
                public_url: "https://hooks.example.com/".to_owned(),
                ..Default::default()
            };
            candidate(verification, v1::SourceDefinition::default(), preset.secret)
        });
        let open = presets().map(|preset| {
            let verification = v1::Verification {
                rule: Some(Rule::Preset("none".to_owned())),
                stored_headers: preset
                    .headers
                    .iter()
                    .map(|it| (*it).to_owned())
                    .take(16)
                    .collect(),
                handshakes: preset.handshakes(),
                form_field: "payload".to_owned(),
                ..Default::default()
            };
            let rules = v1::SourceDefinition {
                event_type: Some(preset.event_type()),
                dedup: Some(preset.dedup()),
                sender: Some(preset.sender()),
                routes: vec![route()],
                unmatched: v1::UnmatchedPolicy::Keep.into(),
                ..Default::default()
            };
            candidate(verification, rules, "")
        });
        verified.chain(open).collect()
    })
}

fn candidate(
    verification: v1::Verification,
    rules: v1::SourceDefinition,
    secret: &str,
) -> Candidate {
    let definition = v1::SourceDefinition {
        verification: Some(verification),
        ..rules
    };
    let value = match secret {
        it if it.contains("whsec_") => "whsec_bm9ib2R5LWtub3dzLXRoaXMtc2VjcmV0LWtleQ==",
        it if it.contains("user:") => "nobody:a-secret-that-nobody-knows",
        _ => "a-secret-that-nobody-knows",
    };
    let value = Secret {
        value: value.as_bytes(),
        expires_at_ms: None,
    };
    let secrets = if secret.is_empty() { &[][..] } else { &[value] };
    Candidate {
        source: Source::compile(&definition, secrets).unwrap_or_else(|it| panic!("{it}")),
        is_secret: !secret.is_empty(),
    }
}

/// A route that looks at what a request may have.
fn route() -> v1::Route {
    let pointer = |it: &str| v1::Place {
        place: Some(v1::place::Place::Pointer(it.to_owned())),
    };
    v1::Route {
        event_type: "p*".to_owned(),
        conditions: vec![v1::Condition {
            place: Some(pointer("/a/0/b")),
            test: Some(v1::condition::Test::Prefix("x".to_owned())),
            negate: true,
        }],
        action: Some(v1::route::Action::Send(v1::RouteSend {
            tags: vec!["a".to_owned(), "b".to_owned()],
            ordering_key_pointers: vec!["/repository/full_name".to_owned(), "number".to_owned()],
            ..Default::default()
        })),
    }
}

/// Judges a request: lines of `name: value`, an empty one, and its body.
fn judge(candidate: &Candidate, bytes: &[u8]) {
    let (head, body) = match bytes.windows(2).position(|it| it == b"\n\n") {
        Some(at) => (&bytes[..at], &bytes[at + 2..]),
        None => (&[][..], bytes),
    };
    let line = |line| {
        let at = <[u8]>::iter(line).position(|it| *it == b':')?;
        let name = str::from_utf8(&line[..at]).ok()?;
        Some((name.trim(), line[at + 1..].trim_ascii()))
    };
    let headers: Headers<'_> = head.split(|it| *it == b'\n').filter_map(line).collect();
    let request = Request {
        method: "POST",
        query: Some("a=b"),
        headers: &headers,
        body,
        now_ms: NOW_MS,
    };
    for is_pairing in [false, true] {
        match candidate.source.judge(&request, is_pairing) {
            Err(_) => {}
            Ok(Judged::Handshake(answer)) => {
                assert!(is_pairing, "a handshake that nobody waits for");
                assert!(answer.body.len() <= 7 * 1024, "a long answer");
            }
            Ok(Judged::Received(it)) => {
                assert!(!candidate.is_secret, "nobody knows the secret");
                let key = it.dedup.key.as_ref();
                assert!(
                    key.is_none_or(|it| (1..=512).contains(&it.len())),
                    "{key:?}"
                );
                for (name, value) in &it.headers {
                    assert!(MetaKey::new(name.clone()).is_ok(), "{name}");
                    assert!(MetaValue::new(value.clone()).is_ok(), "{name}: {value}");
                }
                let sender = it.sender.clone();
                assert!(sender.is_none_or(|it| MetaValue::new(it).is_ok()));
                let stored = it.headers.iter().map(|it| (it.0.as_str(), it.1.as_bytes()));
                let stored: Headers<'_> = stored.collect();
                let again = candidate.source.route(&it.event_type, &stored, body);
                assert_eq!(again, Ok(it.routed), "routed another way the second time");
            }
        }
    }
    show(body);
}

/// What an agent would be shown.
fn show(body: &[u8]) {
    let shown = ackord_render::show(&ackord_render::Page {
        instruction: None,
        body,
        shown_bytes: 256,
        whole: "ackord event body evt_1",
        nonce: [0; 16],
    });
    assert_eq!(
        shown.text.matches(&shown.marker).count(),
        3,
        "its marks are its own"
    );
    let steers = |it: char| it.is_control() && it != '\n' && it != '\t';
    assert!(!shown.text.contains(steers), "it steers a terminal");
}
