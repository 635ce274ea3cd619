//! Requests that providers and their libraries say are right, and all that is nearly right.

mod common;

use std::collections::BTreeSet;

use ackord_verify::{Headers, Refused, Secret, Source, Verifier, presets};
use common::vector::{Vector, vectors};
use common::{definition, received};

fn verifier(vector: &Vector) -> Verifier {
    let compiled = Verifier::compile(&vector.verification(), &vector.secrets());
    compiled.unwrap_or_else(|it| panic!("{}: {it}", vector.preset))
}

fn verified(verifier: &Verifier, vector: &Vector) -> bool {
    verifier.verify(&vector.request(&vector.headers())).is_ok()
}

/// The headers that make the request the provider's.
fn proving(vector: &Vector) -> Vec<String> {
    let verifier = verifier(vector);
    let proves = |name: &&String| {
        let mut without = vector.clone();
        without.headers.remove(*name);
        !verified(&verifier, &without)
    };
    vector.headers.keys().filter(proves).cloned().collect()
}

/// The same request with one header changed.
fn with(vector: &Vector, name: &str, value: &str) -> Vector {
    let mut changed = vector.clone();
    changed.headers.insert(name.to_owned(), value.to_owned());
    changed
}

#[test]
fn every_preset_has_a_request_on_record() {
    let on_record: BTreeSet<String> = vectors().into_iter().map(|it| it.preset).collect();
    let presets: BTreeSet<String> = presets().map(|it| it.name.to_owned()).collect();
    assert_eq!(on_record, presets);
}

#[test]
fn what_providers_say_is_right_is_accepted() {
    for vector in vectors() {
        let headers = vector.headers();
        let judged = verifier(&vector).verify(&vector.request(&headers));
        assert!(
            judged.is_ok(),
            "{} {}: {judged:?}",
            vector.preset,
            vector.source
        );
    }
}

#[test]
fn what_it_says_is_read_as_the_provider_means_it() {
    for vector in vectors() {
        let Some(expect) = &vector.expect else {
            continue;
        };
        let definition = definition(vector.verification());
        let source = Source::compile(&definition, &vector.secrets());
        let headers = vector.headers();
        let judged = source
            .expect("it compiles")
            .judge(&vector.request(&headers), false);
        let received = received(judged);
        let name = &vector.preset;
        assert_eq!(received.event_type.as_str(), expect.event_type, "{name}");
        assert_eq!(received.dedup.key.as_ref(), Some(&expect.key), "{name}");
        assert_eq!(received.sender, expect.sender, "{name}");
        let proving: Vec<String> = proving(&vector);
        let secret = |it: &str| it.contains("signature") || it.contains("token");
        for (header, value) in &received.headers {
            match (header.as_str(), &received.unpacked) {
                ("content-type", Some(_)) => assert_eq!(value, "application/json", "{name}"),
                _ => assert_eq!(vector.headers.get(header), Some(value), "{name}"),
            }
            assert!(
                !secret(header) || header.ends_with("-timestamp"),
                "{name} stores {header}"
            );
        }
        assert!(proving.is_empty() == (name == "none"), "{name}");
    }
}

#[test]
fn no_flipped_bit_of_a_body_verifies() {
    for vector in vectors() {
        let verifier = verifier(&vector);
        let signs_body = !matches!(
            vector.preset.as_str(),
            "gitlab-token" | "telegram" | "token" | "basic" | "none"
        );
        let mut body = vector.body.clone().into_bytes();
        let headers = vector.headers();
        for bit in 0..body.len() * 8 {
            body[bit / 8] ^= 1 << (bit % 8);
            let mut request = vector.request(&headers);
            request.body = &body;
            let is_ok = verifier.verify(&request).is_ok();
            assert_eq!(is_ok, !signs_body, "{} bit {bit}", vector.preset);
            body[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

/// Where a header says something that does not count, such as a signature of another version.
fn idle(vector: &Vector, verifier: &Verifier, name: &str) -> Vec<std::ops::Range<usize>> {
    let value = &vector.headers[name];
    let mut idle = Vec::new();
    let mut start = 0;
    for entry in value.split_inclusive([',', ';', ' ']) {
        let end = start + entry.len();
        let without = format!("{}{}", &value[..start], &value[end..]);
        let without = without.trim_end_matches([',', ';', ' ']);
        if verified(verifier, &with(vector, name, without)) {
            // The separator at its end belongs to the next one.
            idle.push(start..end - usize::from(end < value.len()));
        }
        start = end;
    }
    idle
}

#[test]
fn no_flipped_bit_of_what_proves_it_verifies() {
    for vector in vectors() {
        let verifier = verifier(&vector);
        for name in proving(&vector) {
            let idle = idle(&vector, &verifier, &name);
            let value = vector.headers[&name].clone().into_bytes();
            for bit in 0..value.len() * 8 {
                let mut flipped = value.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                // Schemes of HTTP, and Notion's signatures, are in any case.
                let any_case = name == "authorization" || vector.preset == "notion";
                let same = any_case && flipped.eq_ignore_ascii_case(&value);
                if idle.iter().any(|it| it.contains(&(bit / 8))) || same && bit / 8 < 71 {
                    continue;
                }
                let headers = vector.headers.iter().map(|(header, original)| {
                    let value = if *header == name {
                        &flipped[..]
                    } else {
                        original.as_bytes()
                    };
                    (header.as_str(), value)
                });
                let headers: Headers<'_> = headers.collect();
                let judged = verifier.verify(&vector.request(&headers));
                assert!(judged.is_err(), "{} {name} bit {bit}", vector.preset);
            }
        }
    }
}

#[test]
fn a_header_that_proves_it_must_be_there_once_and_whole() {
    for vector in vectors() {
        let verifier = verifier(&vector);
        for name in proving(&vector) {
            let value = vector.headers[&name].clone();
            let mut without = vector.clone();
            without.headers.remove(&name);
            let headers = without.headers();
            let judged = verifier.verify(&without.request(&headers));
            assert_eq!(
                judged,
                Err(Refused::MissingSignature),
                "{} {name}",
                vector.preset
            );

            let twice = vector.headers.iter().chain([(&name, &value)]);
            let twice: Headers<'_> = twice.map(|it| (it.0.as_str(), it.1.as_bytes())).collect();
            let judged = verifier.verify(&vector.request(&twice));
            let expected = [Err(Refused::MalformedSignature), Err(Refused::BadToken)];
            assert!(expected.contains(&judged), "{} {name} twice", vector.preset);

            let idle = idle(&vector, &verifier, &name);
            let counts = |at: &usize| {
                let is_separator = b",; ".contains(&value.as_bytes()[*at]);
                !is_separator && !idle.iter().any(|it| it.contains(at))
            };
            let last = (0..value.len()).rfind(counts).expect("something proves it");
            for end in 0..=last {
                let cut = with(&vector, &name, &value[..end]);
                assert!(
                    !verified(&verifier, &cut),
                    "{} {name} cut at {end}",
                    vector.preset
                );
            }
            let long = with(&vector, &name, &format!("{value},{}", "a".repeat(5000)));
            assert!(
                !verified(&verifier, &long),
                "{} {name} too long",
                vector.preset
            );
            let headers = vector
                .headers
                .iter()
                .map(|it| (it.0.as_str(), it.1.as_bytes()));
            let headers: Headers<'_> = headers
                .map(|(header, value)| {
                    if header == name {
                        (header, &b"\xff\xfe"[..])
                    } else {
                        (header, value)
                    }
                })
                .collect();
            assert!(
                verifier.verify(&vector.request(&headers)).is_err(),
                "{name} not UTF-8"
            );
        }
    }
}

#[test]
fn another_secret_is_not_believed() {
    for vector in vectors().into_iter().filter(|it| !it.secret.is_empty()) {
        let mut other = vector.clone();
        let at = other.secret.len() / 2;
        let replaced = if other.secret.as_bytes()[at] == b'x' {
            "y"
        } else {
            "x"
        };
        other.secret.replace_range(at..=at, replaced);
        if other.secret.contains(':') == vector.secret.contains(':') {
            assert!(!verified(&verifier(&other), &vector), "{}", vector.preset);
        }
    }
}

#[test]
fn every_active_secret_is_believed_and_no_other() {
    for vector in vectors().into_iter().filter(|it| !it.secret.is_empty()) {
        let now_ms = vector.now_s * 1000;
        let right = common::secret(&vector.secret);
        let whsec = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
        let wrong = match vector.preset.as_str() {
            "basic" => common::secret("other:password"),
            _ => common::secret(whsec),
        };
        let ends = |it: Secret<'static>, at: u64| Secret {
            expires_at_ms: Some(at),
            ..it
        };
        let ended = Secret {
            expires_at_ms: Some(now_ms),
            ..right
        };
        let soon = Secret {
            expires_at_ms: Some(now_ms + 1),
            ..right
        };
        let cases = [
            (vec![right, wrong], Some(0)),
            (vec![wrong, right], Some(1)),
            (vec![wrong, wrong, right, wrong], Some(2)),
            (vec![ends(wrong, now_ms), soon], Some(1)),
            (vec![right, right], Some(0)),
            (vec![wrong, ended], None),
            (vec![ended], None),
        ];
        for (secrets, expected) in cases {
            let verifier = Verifier::compile(&vector.verification(), &secrets);
            let headers = vector.headers();
            let judged = verifier
                .expect("it compiles")
                .verify(&vector.request(&headers));
            let which = judged.ok().map(|it| it.secret);
            assert_eq!(which, expected.map(Some), "{} {secrets:?}", vector.preset);
        }
    }
}

#[test]
fn a_source_that_does_not_exist_refuses_everything() {
    for vector in vectors() {
        assert!(
            !verified(&Verifier::of_nobody(), &vector),
            "{}",
            vector.preset
        );
    }
}
